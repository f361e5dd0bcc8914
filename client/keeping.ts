// What a page keeps over a reload: who we are here, and what has not been sent. In Node nothing is kept.
import { page } from "./surroundings.ts";
import type { SayCommand } from "./state.ts";

export type Keeping = {
  token(): string | undefined;
  keepToken(token: string): void;
  unsent(conversation: string): readonly SayCommand[];
  keepUnsent(conversation: string, says: readonly SayCommand[]): void;
};

/** All tabs of a browser are one member of a server; what is unsent belongs to the tab in which it was said. */
export function openKeeping(server: string): Keeping {
  const tokenName = `parlor.token ${server}`;
  const unsentName = (conversation: string): string => `parlor.unsent ${server} ${conversation}`;
  return {
    token: () => trying(() => page?.localStorage.getItem(tokenName)) ?? undefined,
    keepToken: (token) => void trying(() => page?.localStorage.setItem(tokenName, token)),
    unsent: (conversation) =>
      trying(
        () => JSON.parse(page?.sessionStorage.getItem(unsentName(conversation)) ?? "[]") as SayCommand[],
      ) ?? [],
    keepUnsent: (conversation, says) =>
      void trying(() => page?.sessionStorage.setItem(unsentName(conversation), JSON.stringify(says))),
  };
}

/** A browser may forbid its storage, or have it full; then nothing is kept, and all else works. */
function trying<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
