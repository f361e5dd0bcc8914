// The carets of the others in the editor, with their names, and what they have selected; and ours, as the others get it.
import { Annotation, type Range } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type ViewUpdate,
} from "@codemirror/view";
import { createRelativePositionFromTypeIndex, relativePositionToJSON, type Item, type Text } from "yjs";
import type { Awareness } from "./document.ts";
import { caretsOf, onOthers, type Caret, type Peer } from "./peers.ts";

/** Somebody's caret has moved. */
const moved = Annotation.define<true>();

export const carets = (text: Text, awareness: Awareness) =>
  ViewPlugin.define((view) => watch(view, text, awareness), {
    decorations: ({ decorations }) => decorations,
  });

type Watching = { decorations: DecorationSet; update(update: ViewUpdate): void; destroy(): void };

function watch(view: EditorView, text: Text, awareness: Awareness): Watching {
  const stop = onOthers(awareness, () => view.dispatch({ annotations: moved.of(true) }));
  return {
    decorations: drawn(view, text, caretsOf(awareness, text)),
    update(update) {
      if (update.view.hasFocus && (update.selectionSet || update.docChanged || update.focusChanged))
        tell(update.view, text, awareness);
      if (update.docChanged || update.transactions.some((one) => one.annotation(moved)))
        this.decorations = drawn(update.view, text, caretsOf(awareness, text));
    },
    destroy: stop,
  };
}

/** Only what is new: else every word of somebody else would send our caret around. */
function tell({ state }: EditorView, text: Text, awareness: Awareness): void {
  const { anchor, head } = state.selection.main;
  const cursor = { anchor: positionOf(text, anchor), head: positionOf(text, head) };
  const before = awareness.getLocalState()?.["cursor"] as unknown;
  if (JSON.stringify(cursor) !== JSON.stringify(before)) awareness.setLocalStateField("cursor", cursor);
}

const positionOf = (text: Text, index: number): unknown =>
  relativePositionToJSON(createRelativePositionFromTypeIndex(text, index));

function drawn({ state }: EditorView, text: Text, all: readonly Caret[]): DecorationSet {
  const { length } = state.doc;
  const decorations = all
    .filter(({ anchor, head }) => anchor <= length && head <= length)
    .flatMap((caret) => decorationsOf(caret, length === 0));
  return Decoration.set([...decorations, ...wordsOf(text, all)], true);
}

function decorationsOf({ peer, anchor, head }: Caret, isEmpty: boolean): Range<Decoration>[] {
  // not between our own caret and what it is at, and not behind the words that stand in an empty document
  const side = head > anchor || isEmpty ? -1 : 1;
  const caret = Decoration.widget({ widget: new CaretWidget(peer), side }).range(head);
  if (anchor === head) return [caret];
  const attributes = { class: "peer-selection", style: `--colour: ${peer.colour}` };
  return [Decoration.mark({ attributes }).range(Math.min(anchor, head), Math.max(anchor, head)), caret];
}

/** What the assistant has written is marked while it is here: each of its runs writes under a number of its own. */
function wordsOf(text: Text, all: readonly Caret[]): Range<Decoration>[] {
  const writers = new Map(all.flatMap(({ peer }) => (peer.isAssistant ? [[peer.client, peer.colour]] : [])));
  if (writers.size === 0) return [];
  return stretchesOf(text, ({ id }) => writers.get(id.client)).map(({ from, to, colour }) =>
    Decoration.mark({ attributes: { class: "peer-words", style: `--colour: ${colour}` } }).range(from, to),
  );
}

type Stretch = { readonly from: number; readonly colour: string; to: number };

/** Neighbours of one colour are one. */
function stretchesOf(text: Text, colourOf: (item: Item) => string | undefined): Stretch[] {
  const stretches: Stretch[] = [];
  let index = 0;
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const colour = colourOf(item);
    const last = stretches.at(-1);
    const to = index + item.length;
    if (last?.to === index && last.colour === colour) last.to = to;
    else if (colour !== undefined) stretches.push({ from: index, to, colour });
    index = to;
  }
  return stretches;
}

/** The name is not text of the page: it would be copied, searched and read aloud in the middle of a sentence. */
class CaretWidget extends WidgetType {
  readonly peer: Peer;
  constructor(peer: Peer) {
    super();
    this.peer = peer;
  }
  override eq({ peer }: CaretWidget): boolean {
    return (
      peer.client === this.peer.client && peer.name === this.peer.name && peer.colour === this.peer.colour
    );
  }
  override toDOM(): HTMLElement {
    const { name, colour, isAssistant } = this.peer;
    const element = document.createElement("span");
    element.className = isAssistant ? "peer-caret assistant" : "peer-caret";
    element.style.setProperty("--colour", colour);
    element.dataset["name"] = isAssistant ? `✦ ${name}` : name;
    element.ariaHidden = "true";
    return element;
  }
  override ignoreEvent(): boolean {
    return true;
  }
}
