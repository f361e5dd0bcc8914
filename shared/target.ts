// Where in a shared document a run reads and writes, and what stood there. The browser imports only types from this file.
import { z } from "zod";

const Item = z.strictObject({ client: z.int().nonnegative(), clock: z.int().nonnegative() });

/** As `Y.relativePositionToJSON` writes it. https://docs.yjs.dev/api/relative-positions */
const Position = z.strictObject({
  type: Item.nullish(),
  tname: z.string().max(128).nullish(),
  item: Item.nullish(),
  assoc: z.int().optional(),
});

export const Passage = z.object({
  server: z.string().min(1).max(128).optional().describe("one of the configured servers; default the first"),
  document: z.string().min(1).max(256).describe("its name there"),
  type: z.string().max(128).describe("the name of the shared type"),
  kind: z
    .enum(["text", "fragment"])
    .optional()
    .describe("default `text`, a `Y.Text`; `fragment`: a `Y.XmlText` inside a `Y.XmlFragment`"),
  mode: z
    .enum(["insert", "replace", "append", "read"])
    .describe(
      "`insert` at `from`, `replace` what is from `from` to `to`, `append` at the end, or only `read`",
    ),
  from: Position.optional().describe("a Yjs relative position, as JSON"),
  to: Position.optional().describe("the same"),
});

/** Where a run reads and writes. */
export const Target = z
  .strictObject({
    ...Passage.shape,
    token: z.string().max(8_192).optional().describe("for the document server; it is in no log"),
  })
  .refine(({ mode, from }) => from || mode === "append" || mode === "read", { message: "needs `from`" })
  .refine(({ mode, to }) => to || mode !== "replace", { message: "needs `to`" });

/** As `Y.Text.toDelta` writes it. https://docs.yjs.dev/api/delta-format */
export const Delta = z.array(
  z.object({
    insert: z.union([z.string(), z.record(z.string(), z.unknown())]),
    attributes: z.record(z.string(), z.unknown()).optional(),
  }),
);

/** Where a run reads and writes, with the secret for it. */
export type Target = z.infer<typeof Target>;
/** The same as everybody may know it. */
export type Passage = z.infer<typeof Passage>;
/** Text with its formatting, as Yjs writes it. */
export type Delta = z.infer<typeof Delta>;
