// What is said of a schedule when all is quiet.
import type { Client } from "../support/client.ts";
import { writersOf } from "./coauthor-errand.ts";
import { judge } from "./coauthor-judge.ts";
import { until, type Play } from "./coauthor-play.ts";
import { areEqual } from "./coauthor-text.ts";

export const refusals = ({ frames }: Client): string[] =>
  frames.flatMap((frame) => (frame.type === "error" ? [frame.code] : []));

/** What the judge says of it, and who comes anew, and everybody's carets. */
export async function verdict(play: Play): Promise<string[]> {
  const { stage, kind, name, shape, book, errands, editors, server } = play;
  const reader = await stage.join(kind, name);
  await until(play, "a new reader has something else", () => areEqual(reader.doc, server.doc()));
  const docs = editors.map(({ doc, name }) => [name, doc] as const);
  const copies = new Map([...docs, ["the server", server.doc()], ["a new reader", reader.doc]]);
  const people = new Set(editors.map(({ doc }) => doc.clientID));
  const faults = judge({ shape, book, errands, people, copies });
  reader.leave();
  await until(play, "its caret stays", () => !hasCaret(play)).catch((error: Error) =>
    faults.push(`J6: ${error.message}`),
  );
  // a block that was deleted takes the place with it
  const allowed = ["already_undone", ...(shape === "fragment" ? ["document_place_gone"] : [])];
  const bad = errands
    .flatMap(({ members }) => members.flatMap(refusals))
    .filter((code) => !allowed.includes(code));
  return [...faults, ...bad.map((code) => `a command was refused: ${code}`)];
}

/** Somebody still sees who has written or taken back. */
const hasCaret = ({ editors, errands }: Play): boolean =>
  errands
    .flatMap((errand) => Object.values(writersOf(errand)))
    .some((client: number) => editors.some(({ person }) => person.awareness.getStates().has(client)));
