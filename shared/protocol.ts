// Every frame of protocol 1. Types, checks, JSON Schema and the tables of PROTOCOL.md all come from here.
// The browser imports only types from this file, so it never loads zod.
import { z } from "zod";
import { limits } from "./limits.ts";
import { Delta, Passage, Target } from "./target.ts";

const Id = z.string().min(1).max(128);
const Text = z.string().regex(/\S/, "must not be blank");
const Offset = z.int().nonnegative();
const Time = z.iso.datetime();

export const Member = z.object({ id: Id, name: z.string() });

// --- from the client ---------------------------------------------------------------------------------------

const Say = z
  .strictObject({
    type: z.literal("say"),
    text: Text,
    id: z.uuid().optional().describe("chosen by the client: makes the say idempotent"),
    whenBusy: z.enum(["queue", "interrupt", "reject"]).optional().describe("default `queue`"),
    reply: z
      .boolean()
      .optional()
      .describe("default true; false = nobody is asked to answer; the next run reads it"),
    target: Target.optional().describe("a shared document that the run reads, and writes its answer into"),
  })
  .describe("add a message and, unless `reply` is false, start a run");

const Cancel = z
  .strictObject({
    type: z.literal("cancel"),
    run: Id.optional(),
    message: Id.optional(),
    keep: z
      .boolean()
      .optional()
      .describe("default true; false = and take back what it wrote, as `undo` does"),
  })
  .describe(
    "stop a run, or take a queued one out before it starts; names neither: the active run, else the oldest queued one",
  );

const Regenerate = z
  .strictObject({ type: z.literal("regenerate"), run: Id.optional() })
  .describe("answer again, the latest answer or the one named; the old answer leaves the memory");

const Edit = z
  .strictObject({ type: z.literal("edit"), message: Id, text: Text })
  .describe("rewind to that message and say this instead; for its author");

const Undo = z
  .strictObject({
    type: z.literal("undo"),
    run: Id,
    token: z.string().max(8_192).optional().describe("for the document server"),
  })
  .describe(
    "take back what a run wrote into a document, and nothing that people wrote in it; stops the run first",
  );

const Forget = z
  .strictObject({ type: z.literal("forget") })
  .describe("empty the memory of this conversation");

const TypingCommand = z
  .strictObject({ type: z.literal("typing"), typing: z.boolean() })
  .describe("tell the others; leaves no trace");

const HistoryCommand = z
  .strictObject({
    type: z.literal("history"),
    before: Offset,
    limit: z
      .int()
      .min(1)
      .max(limits.historyEntriesMax)
      .optional()
      .describe(`default ${limits.historyEntries}`),
  })
  .describe("ask for older entries");

const Ping = z.strictObject({ type: z.literal("ping"), id: Id.optional() }).describe("answered by `pong`");

export const Command = z.discriminatedUnion("type", [
  Say,
  Cancel,
  Regenerate,
  Edit,
  Undo,
  Forget,
  TypingCommand,
  HistoryCommand,
  Ping,
]);

// --- from the server, in the log ---------------------------------------------------------------------------

const offset = Offset.describe("the position after it");

const Message = z
  .object({
    type: z.literal("message"),
    id: Id.describe("the `say.id`, else made by the server"),
    author: Member,
    text: z.string(),
    time: Time,
    reply: z.boolean(),
    target: Passage.optional().describe("where the run that answers it reads and writes"),
    offset,
  })
  .describe("a member said this");

const Start = z
  .object({ type: z.literal("start"), run: Id, message: Id, model: z.string(), time: Time, offset })
  .describe("a run begins to answer that message");

const Token = z
  .object({
    type: z.literal("token"),
    run: Id,
    text: z.string(),
    kind: z.enum(["reasoning"]).optional().describe("absent = the answer itself"),
    offset,
  })
  .describe("a piece of a run's text; as wide as its text, every other entry is 1 wide");

export const EndReason = z.enum([
  "stop",
  "length",
  "content_filter",
  "cancelled",
  "timeout",
  "limit",
  "interrupted",
  "error",
]);

export const Usage = z.object({ input: z.int(), output: z.int(), estimated: z.boolean().optional() });

export const Failure = z.object({ code: z.string(), message: z.string(), retryAfterMs: z.int().optional() });

const End = z
  .object({
    type: z.literal("end"),
    run: Id,
    reason: EndReason,
    by: Member.optional().describe("who cancelled"),
    usage: Usage.optional(),
    error: Failure.optional(),
    time: Time,
    offset,
  })
  .describe("the run has ended; nothing of it follows");

const Rewind = z
  .object({
    type: z.literal("rewind"),
    to: Id.optional().describe("a message or a run; absent = everything"),
    by: Member,
    offset,
  })
  .describe("`to` and all after it leave the memory and the screen");

const Replaced = z
  .object({ type: z.literal("replaced"), run: Id, delta: Delta, offset })
  .describe("the words of that run take the place of this text in its document");

const Undone = z
  .object({ type: z.literal("undone"), run: Id, by: Member, offset })
  .describe("what that run wrote into its document was taken back");

export const Entry = z.discriminatedUnion("type", [Message, Start, Token, End, Rewind, Replaced, Undone]);

// --- from the server, beside the log -----------------------------------------------------------------------

const Welcome = z
  .object({
    type: z.literal("welcome"),
    protocol: z.string(),
    conversation: Id,
    connection: Id,
    epoch: z.string().describe("names one history of the log"),
    resume: z.enum(["new", "resumed", "reset"]),
    offset: Offset.describe("where the frames that follow begin"),
    head: Offset.describe("where the log ends now"),
    me: Member.extend({ key: z.string().describe("secret; see Members") }),
    members: z.array(Member),
    active: Id.optional().describe("the run that is active now"),
    model: z.string().optional().describe("who answers here; an older server does not say"),
    limits: z.object({ frameBytes: z.int(), textChars: z.int(), commandsPerSecond: z.int() }),
  })
  .describe("the first frame of a connection");

const Presence = z
  .object({ type: z.literal("presence"), members: z.array(Member) })
  .describe("who is here now");

const Typing = z
  .object({ type: z.literal("typing"), member: Member, typing: z.boolean() })
  .describe("another member is typing, or no longer");

const History = z
  .object({
    type: z.literal("history"),
    entries: z.array(Entry),
    before: Offset.describe("where the entries begin"),
  })
  .describe("older entries, oldest first");

const ErrorFrame = z
  .object({
    type: z.literal("error"),
    code: z.string(),
    message: z.string(),
    ref: z.string().optional().describe("the command's `id`, else its `type`"),
    retryAfterMs: z.int().optional(),
  })
  .describe("a command was refused");

const Pong = z.object({ type: z.literal("pong"), id: Id.optional() }).describe("the answer to `ping`");

export const Aside = z.discriminatedUnion("type", [Welcome, Presence, Typing, History, ErrorFrame, Pong]);

export const ServerFrame = z.discriminatedUnion("type", [...Entry.options, ...Aside.options]);

/** A person: the id tells people apart, the name is shown. */
export type Member = z.infer<typeof Member>;
export type Command = z.infer<typeof Command>;
export type Entry = z.infer<typeof Entry>;
/** An entry that has no place in a log yet. */
export type Draft = Unplaced<Entry>;
type Unplaced<T> = T extends unknown ? Omit<T, "offset"> : never;
export type Aside = z.infer<typeof Aside>;
export type ServerFrame = z.infer<typeof ServerFrame>;
/** How an answer ended; `stop` only when the model finished and said so. */
export type EndReason = z.infer<typeof EndReason>;
/** The tokens of one answer; `estimated` where the provider did not count them. */
export type Usage = z.infer<typeof Usage>;
/** What went wrong: a code of `failures`, the same in words, and how long the provider asked to wait (milliseconds). */
export type Failure = z.infer<typeof Failure>;
export type TokenEntry = Extract<Entry, { type: "token" }>;
export type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;
export type FrameOf<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;
