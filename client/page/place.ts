// Where one is and as whom: the room is named after the # of the address, the name is kept in the browser.
import { useCallback, useEffect, useState } from "react";

const nameKey = "parlor.name";

/** The room in the address; undefined = a new private conversation. */
export function useRoom(): string | undefined {
  const [room, setRoom] = useState(roomOf);
  useEffect(() => {
    const change = (): void => setRoom(roomOf());
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  return room;
}

const roomOf = (): string | undefined => decoded(location.hash.slice(1)) || undefined;

/** As it is written, where that is no code. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Into an address that names no room, so that a reload comes back here and the address is the invitation. It is no change
 * of place. An address that names one stands: it may be the place where one is about to go.
 */
export const keepInAddress = (conversation: string): void =>
  void (roomOf() ?? history.replaceState(null, "", `#${conversation}`));

/** Other tabs of this browser are the same person: what one is called there, one is called here. */
export function useName(): [string, (name: string) => void] {
  const [name, setName] = useState(() => kept(nameKey));
  const change = useCallback((next: string) => {
    setName(next);
    keep(nameKey, next);
  }, []);
  useEffect(() => {
    const changed = ({ key, newValue }: StorageEvent): void =>
      void (key === nameKey && setName(newValue ?? ""));
    addEventListener("storage", changed);
    return () => removeEventListener("storage", changed);
  }, []);
  return [name, change];
}

/** For all tabs and for good, or for this tab. */
type Where = "localStorage" | "sessionStorage";

/** A browser may forbid its storage. */
export function kept(key: string, where: Where = "localStorage"): string {
  try {
    return globalThis[where].getItem(key) ?? "";
  } catch {
    return "";
  }
}

export function keep(key: string, value: string, where: Where = "localStorage"): void {
  try {
    if (value === "") globalThis[where].removeItem(key);
    else globalThis[where].setItem(key, value);
  } catch {
    // then it is not there after a reload
  }
}
