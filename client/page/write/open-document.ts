// The document while its page is shown, and as whom one is in it.
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { Member } from "../../index.ts";
import { hueOf } from "../face.tsx";
import { colourOf } from "./colour.ts";
import { noDocument, openDocument, type DocumentState, type SharedDocument } from "./document.ts";

type Opened = { readonly document: SharedDocument | undefined; readonly state: DocumentState };

export function useDocument(name: string, me: Member | undefined): Opened {
  const [document, setDocument] = useState<SharedDocument>();
  useEffect(() => {
    const opened = openDocument(name);
    setDocument(opened);
    return opened.close;
  }, [name]);
  const subscribe = useCallback((listener: () => void) => document?.subscribe(listener) ?? noop, [document]);
  const state = useSyncExternalStore(subscribe, () => document?.state() ?? noDocument);
  useEffect(() => {
    if (me) document?.awareness.setLocalStateField("user", userOf(me));
  }, [document, me]);
  return { document, state };
}

const noop = (): void => {};

/** As other editors read it too: https://docs.yjs.dev/getting-started/adding-awareness */
function userOf({ id, name }: Member): { name: string; color: string; colorLight: string } {
  const color = colourOf(hueOf(id));
  return { name, color, colorLight: `${color}33` };
}
