// What a page keeps over a reload: who we are here, and what has not been sent. In Node nothing is kept.
import { page } from "./surroundings.ts";
import type { SayCommand } from "./state.ts";

export type Keeping = {
  token(): string | undefined;
  keepToken(token: string): void;
  unsent(conversation: string): readonly SayCommand[];
  keepUnsent(conversation: string, says: readonly SayCommand[]): void;
};

/**
 * All tabs of a browser are one member of a server, but for those that were opened before it was one: a tab stays who it was.
 * What is unsent belongs to the tab in which it was said.
 */
export function openKeeping(server: string): Keeping {
  const tokenName = `parlor.token ${server}`;
  const unsentName = (conversation: string): string => `parlor.unsent ${server} ${conversation}`;
  return {
    token: () =>
      trying(() =>
        stores()
          .map((store) => store.getItem(tokenName))
          .find(isToken),
      ) ?? undefined,
    keepToken: (token) => void trying(() => stores().forEach((store) => store.setItem(tokenName, token))),
    unsent: (conversation) =>
      trying(() => saysIn(JSON.parse(page?.sessionStorage.getItem(unsentName(conversation)) ?? "[]"))) ?? [],
    keepUnsent: (conversation, says) =>
      void trying(() => page?.sessionStorage.setItem(unsentName(conversation), JSON.stringify(says))),
  };
}

const stores = () => (page ? [page.sessionStorage, page.localStorage] : []);

/** It becomes part of a header. */
const isToken = (text: string | null): text is string => text !== null && /^[\w.~-]+$/.test(text);

/** Others write into a page's storage, too. */
const saysIn = (found: unknown): readonly SayCommand[] =>
  (found as SayCommand[]).filter(({ type, id, text }) => type === "say" && id && typeof text === "string");

/** A browser may forbid its storage, or have it full; then nothing is kept, and all else works. */
function trying<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
