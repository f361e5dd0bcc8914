// A shared document as the judge sees it: read item by item, by nothing that the server's code has a part in.
import * as Y from "yjs";

export type Shape = "text" | "fragment";

export const typeOf = { text: "text", fragment: "prosemirror" } as const;

export const rootIn = (doc: Y.Doc, shape: Shape): Y.Text | Y.XmlFragment =>
  shape === "text" ? doc.getText(typeOf.text) : doc.getXmlFragment(typeOf.fragment);

/** All texts of a document, in their order. */
export function textsIn(type: unknown): Y.Text[] {
  if (type instanceof Y.Text) return [type];
  if (!(type instanceof Y.XmlFragment)) return [];
  return type.toArray().flatMap((child) => textsIn(child));
}

/** One UTF-16 code unit, by the writer's number and its own; what nobody has done to it is its name for ever. */
export type Unit = { readonly client: number; readonly clock: number; readonly unit: string };

export const nameOf = (client: number, clock: number): string => `${client}:${clock}`;

/** All items of a text, in their order. */
export function* itemsOf(text: Y.Text): Generator<Y.Item> {
  for (let item = text._start; item; item = item.right) yield item;
}

export const unitsOfItem = ({ id, content }: Y.Item): Unit[] =>
  content instanceof Y.ContentString
    ? content.str.split("").map((unit, at) => ({ client: id.client, clock: id.clock + at, unit }))
    : [];

/** What can be seen of a text. */
export const visibleIn = (text: Y.Text): Unit[] =>
  [...itemsOf(text)].filter(({ deleted }) => !deleted).flatMap(unitsOfItem);

export const wordsIn = (units: readonly Pick<Unit, "unit">[]): string =>
  units.map(({ unit }) => unit).join("");

/** Whether two copies have the same, visible or not. */
export function areEqual(one: Y.Doc, other: Y.Doc): boolean {
  return hasAllOf(one, other) && hasAllOf(other, one) && Y.equalSnapshots(Y.snapshot(one), Y.snapshot(other));
}

/** Whether everything that was written in `other` has come to `one`. */
export function hasAllOf(one: Y.Doc, other: Y.Doc): boolean {
  const [known, wanted] = [vectorOf(one), vectorOf(other)];
  return [...wanted].every(([client, clock]) => (known.get(client) ?? 0) >= clock);
}

const vectorOf = (doc: Y.Doc): Map<number, number> => Y.decodeStateVector(Y.encodeStateVector(doc));

/** Everything that an editor would show, formatting too. */
export function shownIn(doc: Y.Doc, shape: Shape): string {
  const root = rootIn(doc, shape);
  return root instanceof Y.XmlFragment ? root.toJSON() : JSON.stringify(root.toDelta() as unknown);
}
