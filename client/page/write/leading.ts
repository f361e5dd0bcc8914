// Who has asked the assistant to write at his caret stands behind its words when they have come, and asks or writes on there.
import { EditorState, StateField, type Transaction } from "@codemirror/state";
import { ySyncAnnotation } from "y-codemirror.next";
import { awaited } from "./following.ts";

/** Something that somebody has written here; the rest has come from elsewhere. */
export const isOwnEdit = (one: Transaction): boolean =>
  one.docChanged && one.annotation(ySyncAnnotation) === undefined;

/** Until he writes himself, or goes somewhere else. */
const isWaiting = StateField.define<boolean>({
  create: () => false,
  update: (before, one) => {
    if (one.effects.some((effect) => effect.is(awaited))) return true;
    return before && !isOwnEdit(one) && !one.isUserEvent("select");
  },
});

const behindWords = EditorState.transactionFilter.of((one) => {
  if (!one.docChanged || isOwnEdit(one) || !one.startState.field(isWaiting)) return one;
  const { selection } = one.startState;
  if (!selection.map(one.changes).main.empty) return one; // what is selected has not been replaced yet
  return [one, { selection: { anchor: one.changes.mapPos(selection.main.to, 1) }, sequential: true }];
});

export const leading = [isWaiting, behindWords];
