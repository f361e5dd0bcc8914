// What providers' streams look like on the wire, and what an answer must make of each: data for the truth table.
// All bodies are written by hand. They show what recorded streams show, in words of our own.
import type { FailureCode } from "../../shared/limits.ts";
import type { EndReason, Usage } from "../../shared/protocol.ts";

/** One event with everything that stands before it, as it goes over the wire. */
export type SentEvent = string | { readonly sent: string; readonly reports: Usage };

export type ProviderStream = {
  readonly provider: string;
  readonly quirk: string;
  readonly api: "chat" | "azure" | "responses" | "anthropic";
  /** Another answer than 200 with a stream of events. */
  readonly answer?: { readonly status: number; readonly type?: string; readonly encoding?: string };
  /** What comes before the finish marker: an answer that ends in here is cut. */
  readonly before: readonly SentEvent[];
  /** The finish marker (or what ends the answer in its place) and all that follows it. */
  readonly ending?: readonly SentEvent[];
  readonly text: string;
  readonly reasoning?: string;
  readonly finish: EndReason;
  readonly usage: Usage;
  readonly error?: FailureCode;
};

type Row = Omit<ProviderStream, "provider" | "quirk" | "api">;

/** What is estimated when the provider reported nothing: the question of all rows, and so many tokens of words. */
const guess = (output: number): Usage => ({ input: 6, output, estimated: true });

/** An event after which the provider has reported this, as long as nothing newer comes. */
const reporting = (input: number, output: number, sent: string): SentEvent => ({
  sent,
  reports: { input, output },
});

const data = (payload: object): string => `data: ${JSON.stringify(payload)}\n\n`;
const named = (event: string, payload: object): string => `event: ${event}\n${data(payload)}`;
const done = "data: [DONE]\n\n";
const crlf = (sent: string): string => sent.replaceAll("\n", "\r\n");

// Chat Completions

const head = { id: "chatcmpl-7", object: "chat.completion.chunk", created: 1_790_000_000, model: "m" };
const choosing = (choice: object, more: object = {}): string =>
  data({ ...head, choices: [{ index: 0, ...choice }], ...more });
const chunk = (delta: object, more: object = {}): string =>
  choosing({ delta, logprobs: null, finish_reason: null }, more);
const say = (content: string, more: object = {}): string => chunk({ content }, more);
const finish = (finish_reason: string, more: object = {}): string =>
  choosing({ delta: {}, logprobs: null, finish_reason }, more);
const counts = (input: number, output: number) => ({
  usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
});
const role = chunk({ role: "assistant", content: "" });
const usageChunk = (input: number, output: number, more: object = {}): SentEvent =>
  reporting(input, output, data({ ...head, choices: [], ...more, ...counts(input, output) }));

type Table = Readonly<Record<string, Readonly<Record<string, Row>>>>;

const stopped = { finish: "stop" } as const;
const cut = { finish: "interrupted", error: "upstream_cut" } as const;
const failed = { finish: "error", error: "upstream_error" } as const;
const toolCall = { finish: "error", error: "upstream_tool_call" } as const;
const noStream = { finish: "error", error: "upstream_not_a_stream" } as const;

const toolDelta = (index: number, call: object): string => chunk({ tool_calls: [{ index, ...call }] });

/** As Perplexity sends it: the answer so far stands beside each delta, and the usage so far in each chunk. */
const cumulative = (output: number, content: string, finish_reason: string | null = null): SentEvent => {
  const message = { role: "assistant", content: "Rain at noon." };
  const more = { ...counts(4, output), citations: ["https://example.org/rain"] };
  return reporting(4, output, crlf(choosing({ message, delta: { content }, finish_reason }, more)));
};

const padding = { service_tier: "default", system_fingerprint: null, usage: null, obfuscation: "t8Kq" };

const chatCompletions: Table = {
  OpenAI: {
    "a role, words, a finish word, usage beside empty choices, padding everywhere": {
      before: [
        chunk({ role: "assistant", content: "", refusal: null }, padding),
        say("Tea ", padding),
        say("first.", { ...padding, obfuscation: "" }),
      ],
      ending: [finish("stop", padding), usageChunk(12, 4, { obfuscation: "r" }), done],
      text: "Tea first.",
      ...stopped,
      usage: { input: 12, output: 4 },
    },
    "no usage, as nobody asked for it": {
      before: [role, say("Plain words.")],
      ending: [finish("stop"), done],
      text: "Plain words.",
      ...stopped,
      usage: guess(3),
    },
    "usage null to the very end": {
      before: [role, say("Nothing counted", { usage: null })],
      ending: [finish("stop", { usage: null }), data({ ...head, choices: [], usage: null }), done],
      text: "Nothing counted",
      ...stopped,
      usage: guess(4),
    },
    "emoji, CJK and letters outside the basic plane": {
      before: [role, say("Zwölf 🦊, "), say("狐狸 👩🏽‍🚀"), say(" 𝔘nd é")],
      ending: [finish("stop"), usageChunk(9, 14), done],
      text: "Zwölf 🦊, 狐狸 👩🏽‍🚀 𝔘nd é",
      ...stopped,
      usage: { input: 9, output: 14 },
    },
    "a surrogate pair split over two deltas": {
      before: [role, say("Look: \ud83e"), say("\udd8a!"), say("\ud83d"), say("\ude00")],
      ending: [finish("stop"), done],
      text: "Look: 🦊!😀",
      ...stopped,
      usage: guess(4),
    },
    "a surrogate pair split around an empty delta": {
      before: [role, say("a\ud83d"), say(""), chunk({}), say("\ude00b")],
      ending: [finish("stop"), done],
      text: "a😀b",
      ...stopped,
      usage: guess(2),
    },
    "half a surrogate pair whose other half never comes": {
      before: [role, say("odd \ud83d"), say(" even "), say("\ude00\ud83d")],
      ending: [finish("stop"), usageChunk(3, 9), done],
      text: "odd \ufffd even \ufffd\ufffd",
      ...stopped,
      usage: { input: 3, output: 9 },
    },
    "a refusal where content would stand": {
      before: [
        chunk({ role: "assistant", content: null }),
        chunk({ refusal: "I would " }),
        chunk({ refusal: "rather not." }),
      ],
      ending: [finish("stop"), usageChunk(20, 6), done],
      text: "I would rather not.",
      ...stopped,
      usage: { input: 20, output: 6 },
    },
    "two choices, interleaved; the other one ends first, and otherwise": {
      before: [
        role,
        choosing({ index: 1, delta: { role: "assistant", content: "" }, finish_reason: null }),
        say("one "),
        choosing({ index: 1, delta: { content: "uno " }, finish_reason: null }),
        choosing({ index: 1, delta: { content: "due" }, finish_reason: null }),
        choosing({ index: 1, delta: {}, finish_reason: "length" }),
        say("two"),
      ],
      ending: [finish("stop"), usageChunk(8, 6), done],
      text: "one two",
      ...stopped,
      usage: { input: 8, output: 6 },
    },
    "two choices in one chunk, ours not the first": {
      before: [
        data({
          choices: [
            { index: 1, delta: { content: "theirs" } },
            { index: 0, delta: { content: "ours" } },
          ],
        }),
      ],
      ending: [
        data({
          choices: [
            { index: 1, delta: {}, finish_reason: "content_filter" },
            { index: 0, delta: {}, finish_reason: "stop" },
          ],
        }),
        done,
      ],
      text: "ours",
      ...stopped,
      usage: guess(1),
    },
    "our choice in two parts, in one chunk": {
      before: [
        data({
          choices: [
            { index: 0, delta: { content: "one " } },
            { index: 0, delta: { content: "two" } },
          ],
        }),
        data({
          choices: [
            { index: 0, delta: { content: " three" } },
            { index: 0, delta: { reasoning: "hm" } },
          ],
        }),
      ],
      ending: [
        data({
          choices: [
            { index: 0, delta: {}, finish_reason: null },
            { index: 0, delta: {}, finish_reason: "stop" },
          ],
        }),
        done,
      ],
      text: "one two three",
      reasoning: "hm",
      ...stopped,
      usage: guess(4),
    },
    "usage below nothing": {
      before: [role, usageChunk(7, 2), say("Minus")],
      ending: [finish("stop"), data({ ...head, choices: [], ...counts(7, -2) }), done],
      text: "Minus",
      ...stopped,
      usage: { input: 7, output: 2 },
    },
    "tool calls in pieces, told apart by their index": {
      before: [
        chunk({ role: "assistant", content: null }),
        toolDelta(0, { id: "call_a", type: "function", function: { name: "tide", arguments: "" } }),
        toolDelta(0, { function: { arguments: '{"port":' } }),
        toolDelta(0, { function: { arguments: '"Brest"}' } }),
        toolDelta(1, { id: "call_b", type: "function", function: { name: "moon", arguments: "{}" } }),
      ],
      ending: [finish("tool_calls"), usageChunk(40, 17), done],
      text: "",
      ...toolCall,
      usage: guess(0),
    },
    "words, then a call of the old kind": {
      before: [role, say("Let me see."), chunk({ function_call: { name: "tide", arguments: "{}" } })],
      ending: [finish("function_call"), done],
      text: "Let me see.",
      ...toolCall,
      usage: guess(3),
    },
    "the finish word length": {
      before: [role, say("And so on and")],
      ending: [finish("length"), usageChunk(7, 16), done],
      text: "And so on and",
      finish: "length",
      usage: { input: 7, output: 16 },
    },
    "the finish word content_filter": {
      before: [role, say("The recipe is")],
      ending: [finish("content_filter"), done],
      text: "The recipe is",
      finish: "content_filter",
      usage: guess(4),
    },
    "a moderation chunk, and events of a kind that is not known yet": {
      before: [
        data({ ...head, object: "chat.completion.moderation", choices: [], moderation: { flagged: false } }),
        role,
        named("chat.heartbeat", { beat: 3 }),
        say("Calm."),
        data({ type: "annotations", annotations: [] }),
      ],
      ending: [finish("stop"), done],
      text: "Calm.",
      ...stopped,
      usage: guess(2),
    },
    "empty deltas, many of them": {
      before: [role, ...Array.from({ length: 12 }, () => data({ choices: [{ delta: {} }] })), say("There.")],
      ending: [finish("stop"), done],
      text: "There.",
      ...stopped,
      usage: guess(2),
    },
  },

  Azure: {
    "the prompt's filter first, results on every choice, a latency checkpoint beside the usage": {
      before: [
        data({
          ...{ choices: [], created: 0, id: "", model: "", object: "" },
          prompt_filter_results: [
            { prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: "safe" } } },
          ],
        }),
        choosing({
          content_filter_results: {},
          delta: { content: "", refusal: null, role: "assistant" },
          finish_reason: null,
        }),
        choosing({ content_filter_results: {}, delta: { content: "Blue " }, finish_reason: null }, padding),
        choosing({
          content_filter_results: { violence: { filtered: false, severity: "safe" } },
          delta: { content: "skies." },
          finish_reason: null,
        }),
      ],
      ending: [
        choosing({ content_filter_results: {}, delta: {}, finish_reason: "stop", logprobs: null }, padding),
        usageChunk(31, 5, { latency_checkpoint: { engine_ttft_ms: 21, total_duration_ms: 340 } }),
        done,
      ],
      text: "Blue skies.",
      ...stopped,
      usage: { input: 31, output: 5 },
    },
    "the asynchronous filter: late chunks with offsets and without a delta": {
      before: [
        data({ choices: [], prompt_filter_results: [] }),
        say("Slow "),
        choosing({
          content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 49 },
          content_filter_results: { hate: { filtered: false, severity: "safe" } },
          finish_reason: null,
        }),
        say("checks."),
      ],
      ending: [
        finish("stop"),
        choosing({
          content_filter_offsets: { check_offset: 44, start_offset: 49, end_offset: 56 },
          content_filter_results: { self_harm: { filtered: false, severity: "safe" } },
          finish_reason: null,
        }),
        usageChunk(15, 3),
        done,
      ],
      text: "Slow checks.",
      ...stopped,
      usage: { input: 15, output: 3 },
    },
    "the asynchronous filter: it stops an answer, in a choice without a delta": {
      before: [say("Far too "), say("much")],
      ending: [
        choosing({
          content_filter_offsets: { check_offset: 40, start_offset: 40, end_offset: 52 },
          content_filter_results: { violence: { filtered: true, severity: "medium" } },
          finish_reason: "content_filter",
        }),
        done,
      ],
      text: "Far too much",
      finish: "content_filter",
      usage: guess(3),
    },
    "filtered in the middle of an answer": {
      before: [data({ choices: [], prompt_filter_results: [] }), role, say("Take the")],
      ending: [
        choosing({
          content_filter_results: { violence: { filtered: true, severity: "high" } },
          delta: {},
          finish_reason: "content_filter",
        }),
        usageChunk(22, 3),
        done,
      ],
      text: "Take the",
      finish: "content_filter",
      usage: { input: 22, output: 3 },
    },
    "the prompt is blocked, with HTTP 400": {
      answer: { status: 400, type: "application/json" },
      before: [
        JSON.stringify({
          error: {
            message: "The question of tenant contoso-secret was stopped.",
            code: "content_filter",
            innererror: { code: "ResponsibleAIPolicyViolation" },
            status: 400,
          },
        }),
      ],
      text: "",
      finish: "content_filter",
      usage: guess(0),
      error: "upstream_filtered",
    },
    "a fault in the middle": {
      before: [data({ choices: [], prompt_filter_results: [] }), role, say("Half")],
      ending: [data({ error: { code: "InternalServerError", message: "deployment eu-7 fell over" } }), done],
      text: "Half",
      ...failed,
      usage: guess(1),
    },
    "the connection ends after the prompt's filter": {
      before: [data({ choices: [], prompt_filter_results: [] })],
      text: "",
      ...cut,
      usage: guess(0),
    },
  },

  OpenRouter: {
    "comments while it waits, reasoning with details, the finish word again beside the usage": {
      before: [
        ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n",
        chunk({
          ...{ role: "assistant", content: "", reasoning: "Count " },
          reasoning_details: [{ type: "reasoning.text", text: "Count ", index: 0, format: null }],
        }),
        chunk({ content: "", reasoning: "sheep." }),
        ": OPENROUTER PROCESSING\n\n",
        chunk({ content: "Three.", reasoning: null, reasoning_details: [] }),
      ],
      ending: [
        choosing({ delta: { content: "" }, finish_reason: "stop", native_finish_reason: "end_turn" }),
        reporting(
          11,
          8,
          choosing({ delta: { content: "" }, finish_reason: "stop" }, { provider: "X", ...counts(11, 8) }),
        ),
        done,
      ],
      text: "Three.",
      reasoning: "Count sheep.",
      ...stopped,
      usage: { input: 11, output: 8 },
    },
    "an error, and usage beside it, after the finish word length": {
      before: [": OPENROUTER PROCESSING\n\n", chunk({ content: "", reasoning: "Hmm, let us" })],
      ending: [
        choosing({ delta: { content: "", reasoning: null }, finish_reason: "length" }),
        reporting(
          25,
          10,
          choosing(
            { delta: { role: "assistant", content: "" }, finish_reason: null },
            { error: { code: 400, message: "the budget of org-hidden is spent" }, ...counts(25, 10) },
          ),
        ),
        done,
      ],
      text: "",
      reasoning: "Hmm, let us",
      ...failed,
      usage: { input: 25, output: 10 },
    },
    "an error beside the finish word error": {
      before: [say("Two thirds")],
      ending: [
        choosing(
          { delta: { content: "" }, finish_reason: "error" },
          { error: { code: "server_error", message: "The host of the model has hung up" } },
        ),
        done,
      ],
      text: "Two thirds",
      ...failed,
      usage: guess(3),
    },
    "comments and nothing else": {
      before: [": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n"],
      text: "",
      ...cut,
      usage: guess(0),
    },
  },

  Groq: {
    "reasoning with a channel, x_groq at both ends": {
      before: [
        chunk({ role: "assistant", content: "" }, { x_groq: { id: "req_1", seed: 4 } }),
        chunk({ reasoning: "Short ", channel: "analysis" }),
        chunk({ reasoning: "question.", channel: "analysis" }),
        chunk({ content: "Yes.", channel: "final" }),
      ],
      ending: [
        finish("stop", { x_groq: { id: "req_1", usage: { queue_time: 0.1 } } }),
        usageChunk(70, 9, { service_tier: "on_demand" }),
        done,
      ],
      text: "Yes.",
      reasoning: "Short question.",
      ...stopped,
      usage: { input: 70, output: 9 },
    },
    "an event named error, and then nothing": {
      before: [role, chunk({ reasoning: "Call it.", channel: "analysis" })],
      ending: [
        named("error", {
          error: { message: "no such tool: abc-secret", code: "tool_use_failed", status_code: 400 },
        }),
      ],
      text: "",
      reasoning: "Call it.",
      ...failed,
      usage: guess(2),
    },
    "an event named error whose data is no JSON": {
      before: [role, say("Well")],
      ending: ["event: error\ndata: over capacity\n\n"],
      text: "Well",
      ...failed,
      usage: guess(1),
    },
  },

  DeepSeek: {
    "reasoning_content before content, keep-alives, usage beside the finish word": {
      before: [
        ": keep-alive\n\n",
        chunk({ role: "assistant", content: null, reasoning_content: "" }, { usage: null }),
        chunk({ content: null, reasoning_content: "嗯，" }),
        ": keep-alive\n\n",
        chunk({ content: null, reasoning_content: "想一想" }),
        chunk({ content: "你好", reasoning_content: null }),
        chunk({ content: " 👋", reasoning_content: null }),
      ],
      ending: [
        reporting(
          5,
          19,
          choosing({ delta: { content: "", reasoning_content: null }, finish_reason: "stop" }, counts(5, 19)),
        ),
        done,
      ],
      text: "你好 👋",
      reasoning: "嗯，想一想",
      ...stopped,
      usage: { input: 5, output: 19 },
    },
    "the finish word insufficient_system_resource": {
      before: [chunk({ content: null, reasoning_content: "Let me" }), say("It is")],
      ending: [finish("insufficient_system_resource"), done],
      text: "It is",
      reasoning: "Let me",
      ...failed,
      usage: guess(3),
    },
  },

  Mistral: {
    "content in parts while it thinks, then text, which ends in the chunk of the finish word": {
      before: [
        chunk({ role: "assistant", content: "" }),
        say("", { p: "abcdef" }),
        chunk(
          { content: [{ type: "thinking", thinking: [{ type: "text", text: "Seven " }] }] },
          { p: "abc" },
        ),
        chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "sixes" }], closed: true }] }),
        chunk({
          content: [
            { type: "thinking", thinking: [{ type: "text", text: "." }], closed: true },
            { type: "text", text: "4" },
          ],
        }),
      ],
      ending: [
        reporting(
          14,
          22,
          choosing({ delta: { content: "2" }, finish_reason: "stop" }, { ...counts(14, 22), p: "abcd" }),
        ),
        done,
      ],
      text: "42",
      reasoning: "Seven sixes.",
      ...stopped,
      usage: { input: 14, output: 22 },
    },
    "parts that are no words: references, images, nothing": {
      before: [
        chunk({
          content: [
            { type: "text", text: "See " },
            { type: "reference", reference_ids: [3] },
            { type: "text", text: "there." },
            { type: "image_url", image_url: "https://example.org/i.png" },
            { type: "text" },
            null,
          ],
        }),
      ],
      ending: [finish("stop"), done],
      text: "See there.",
      ...stopped,
      usage: guess(3),
    },
    "the finish word model_length": {
      before: [say("On and on")],
      ending: [reporting(3, 30, finish("model_length", counts(3, 30))), done],
      text: "On and on",
      finish: "length",
      usage: { input: 3, output: 30 },
    },
    "a word and a whole tool call in the chunk of the finish word": {
      before: [role],
      ending: [
        reporting(
          50,
          12,
          choosing(
            {
              delta: {
                content: "Ok.",
                tool_calls: [{ index: 0, id: "Kx1", function: { name: "tide", arguments: "{}" } }],
              },
              finish_reason: "tool_calls",
            },
            counts(50, 12),
          ),
        ),
        done,
      ],
      text: "Ok.",
      ...toolCall,
      usage: { input: 50, output: 12 },
    },
    "the finish word error": {
      before: [say("So")],
      ending: [finish("error"), done],
      text: "So",
      ...failed,
      usage: guess(1),
    },
  },

  Perplexity: {
    "CRLF, usage that grows on every chunk, a message beside the delta, no [DONE]": {
      before: [cumulative(3, "Rain "), cumulative(5, "at "), cumulative(7, "noon.")],
      ending: [cumulative(8, "", "stop")],
      text: "Rain at noon.",
      ...stopped,
      usage: { input: 4, output: 8 },
    },
  },

  Moonshot: {
    "text, finish word and usage in one chunk": {
      before: [role, chunk({ reasoning_content: "Easy." }), say("Paper ")],
      ending: [
        reporting(19, 6, choosing({ delta: { content: "moon" }, finish_reason: "stop" }, counts(19, 6))),
        done,
      ],
      text: "Paper moon",
      reasoning: "Easy.",
      ...stopped,
      usage: { input: 19, output: 6 },
    },
    "usage inside the choice": {
      before: [role, say("Half moon")],
      ending: [reporting(19, 3, choosing({ delta: {}, finish_reason: "stop", ...counts(19, 3) })), done],
      text: "Half moon",
      ...stopped,
      usage: { input: 19, output: 3 },
    },
  },

  "z.ai": {
    "reasoning_content, usage beside the finish word": {
      before: [chunk({ role: "assistant", reasoning_content: "Quick" }), say("Done", { request_id: "r-1" })],
      ending: [
        reporting(
          9,
          5,
          choosing({ delta: { role: "assistant", content: "" }, finish_reason: "stop" }, counts(9, 5)),
        ),
        done,
      ],
      text: "Done",
      reasoning: "Quick",
      ...stopped,
      usage: { input: 9, output: 5 },
    },
  },

  Ollama: {
    "reasoning beside empty content, one more empty chunk before the finish word": {
      before: [
        chunk({ role: "assistant", content: "", reasoning: "Two" }, { system_fingerprint: "fp_ollama" }),
        chunk({ role: "assistant", content: "", reasoning: "\n" }),
        say("1  \n"),
        say("2"),
        say(""),
      ],
      ending: [finish("stop"), usageChunk(60, 12), done],
      text: "1  \n2",
      reasoning: "Two\n",
      ...stopped,
      usage: { input: 60, output: 12 },
    },
    "the connection ends when the model is unloaded": {
      before: [say("I was ab")],
      text: "I was ab",
      ...cut,
      usage: guess(2),
    },
  },

  vLLM: {
    "the last word beside the finish word length, a stop_reason beside it": {
      before: [chunk({ role: "assistant" }), say("<s>"), say("over ")],
      ending: [
        choosing({ delta: { content: "and" }, logprobs: null, finish_reason: "length", stop_reason: null }),
        done,
      ],
      text: "<s>over and",
      finish: "length",
      usage: guess(3),
    },
    "reasoning under both names, one of them empty": {
      before: [
        chunk({ role: "assistant", content: "" }),
        chunk({ reasoning: "Hm", reasoning_content: "" }),
        chunk({ reasoning: "", reasoning_content: "m." }),
        chunk({ reasoning: "!", reasoning_content: "!" }),
        say("Right."),
      ],
      ending: [finish("stop"), done],
      text: "Right.",
      reasoning: "Hmm.!",
      ...stopped,
      usage: guess(3),
    },
    "an object that is an error, and [DONE] after it": {
      before: [role, say("Ten ")],
      ending: [data({ object: "error", message: "out of memory on k-9", type: "x", code: 500 }), done],
      text: "Ten ",
      ...failed,
      usage: guess(1),
    },
    "an error, and [DONE] after it": {
      before: [role, say("Ten ")],
      ending: [data({ error: { object: "error", message: "worker 3 at 10.0.0.8 died", code: 500 } }), done],
      text: "Ten ",
      ...failed,
      usage: guess(1),
    },
  },

  GPUStack: {
    "reasoning_content, usage null until the last chunk, no [DONE]": {
      before: [
        chunk({ reasoning_content: "" }, { usage: null }),
        chunk({ reasoning_content: "\nOne" }, { usage: null }),
        say("\n\nUno", { usage: null }),
      ],
      ending: [
        reporting(
          8,
          21,
          choosing(
            { delta: { content: "" }, finish_reason: "stop" },
            { usage: { completion_tokens: 21, draft_tokens: 0, prompt_tokens: 8, tokens_per_second: 59.2 } },
          ),
        ),
      ],
      text: "\n\nUno",
      reasoning: "\nOne",
      ...stopped,
      usage: { input: 8, output: 21 },
    },
    "a line `error:`, which is no field of an event": {
      before: [role, say("Loading"), 'error: {"code":500,"message":"slot 2 of host k-9"}\n\n'],
      text: "Loading",
      ...cut,
      usage: guess(2),
    },
  },

  Gemini: {
    "CRLF, two large chunks, the finish word beside text, no [DONE]": {
      before: [
        reporting(
          6,
          9,
          crlf(choosing({ delta: { role: "assistant", content: "Once there was" } }, counts(6, 9))),
        ),
      ],
      ending: [
        reporting(
          6,
          14,
          crlf(
            choosing(
              { delta: { content: " a fox.", extra_content: { google: {} } }, finish_reason: "stop" },
              counts(6, 14),
            ),
          ),
        ),
      ],
      text: "Once there was a fox.",
      ...stopped,
      usage: { input: 6, output: 14 },
    },
    "SAFETY, in large letters": {
      before: [say("First, ")],
      ending: [finish("SAFETY")],
      text: "First, ",
      finish: "content_filter",
      usage: guess(2),
    },
  },

  Snowflake: {
    "no finish word at all, only [DONE]": {
      before: [
        data({ choices: [{ delta: { content: "Cold" } }], usage: {} }),
        reporting(13, 2, data({ choices: [{ delta: { content: " facts." } }], ...counts(13, 2) })),
      ],
      ending: [done],
      text: "Cold facts.",
      ...stopped,
      usage: { input: 13, output: 2 },
    },
  },

  FastChat: {
    "a fault that is a text with an error code, and [DONE] after it": {
      before: [role, say("Half an")],
      ending: [data({ text: "**NETWORK ERROR**, ask org-hidden", error_code: 50_001 }), done],
      text: "Half an",
      ...failed,
      usage: guess(2),
    },
    "an error code of 0, which is none": {
      before: [role, say("Whole", { error_code: 0 })],
      ending: [finish("stop"), done],
      text: "Whole",
      ...stopped,
      usage: guess(2),
    },
  },

  Together: {
    "the finish word eos": {
      before: [role, say("The end")],
      ending: [reporting(2, 3, finish("eos", counts(2, 3))), done],
      text: "The end",
      ...stopped,
      usage: { input: 2, output: 3 },
    },
  },

  "llama.cpp": {
    "tool calls whose later pieces repeat the id, with an empty name and null for arguments": {
      before: [
        chunk({ role: "assistant", content: null }),
        toolDelta(0, { id: "t1", type: "function", function: { name: "tide", arguments: "{" } }),
        toolDelta(0, { id: "t1", function: { name: "", arguments: null } }),
        toolDelta(0, { id: "t1", function: { name: "", arguments: "}" } }),
      ],
      ending: [finish("tool_calls", { timings: { predicted_ms: 12.5 } }), done],
      text: "",
      ...toolCall,
      usage: guess(0),
    },
  },

  "a compatible server": {
    "a tool call and no word, and the finish word stop": {
      before: [
        role,
        toolDelta(0, { id: "t1", type: "function", function: { name: "tide", arguments: "{}" } }),
      ],
      ending: [finish("stop"), done],
      text: "",
      ...toolCall,
      usage: guess(0),
    },
    "a tool call and no word, and nothing but [DONE]": {
      before: [toolDelta(0, { id: "t1", type: "function", function: { name: "tide", arguments: "{}" } })],
      ending: [done],
      text: "",
      ...toolCall,
      usage: guess(0),
    },
    "words, a tool call, and the finish word stop": {
      before: [say("High at noon."), toolDelta(0, { id: "t1", function: { name: "tide", arguments: "{}" } })],
      ending: [finish("stop"), done],
      text: "High at noon.",
      ...stopped,
      usage: guess(4),
    },
    "no tool calls, in a list": {
      before: [chunk({ role: "assistant", tool_calls: [] })],
      ending: [finish("stop"), done],
      text: "",
      ...stopped,
      usage: guess(0),
    },
    "`data:` without a space, and a finish word that is empty until the last chunk": {
      before: ["Dry ", "wit."].map((content) =>
        choosing({ delta: { content }, finish_reason: "" }).replace("data: ", "data:"),
      ),
      ending: [finish("stop").replace("data: ", "data:"), "data:[DONE]\n\n"],
      text: "Dry wit.",
      ...stopped,
      usage: guess(2),
    },
    "a byte order mark, and a comment before everything": {
      before: [`\ufeff: ping - 2026-11-01 10:00:00\n\n${role}`, say("Marked")],
      ending: [finish("stop"), done],
      text: "Marked",
      ...stopped,
      usage: guess(2),
    },
    "a byte order mark before the first word": {
      before: [`\ufeff${say("First")}`],
      ending: [finish("stop"), done],
      text: "First",
      ...stopped,
      usage: guess(2),
    },
    "lines that end in a lone CR": {
      before: [role, say("Old "), `: ping\n\n${say("Macs 🍎")}`].map((sent) => sent.replaceAll("\n", "\r")),
      ending: [finish("stop"), done].map((sent) => sent.replaceAll("\n", "\r")),
      text: "Old Macs 🍎",
      ...stopped,
      usage: guess(4),
    },
    "lines that end in a lone CR, the very last one too": {
      before: [say("No more").replaceAll("\n", "\r")],
      ending: [finish("stop").replaceAll("\n", "\r")],
      text: "No more",
      ...stopped,
      usage: guess(2),
    },
    "lines that end in LF, CRLF and CR by turns": {
      before: [crlf(role), say("Mixed ").replaceAll("\n", "\r"), say("ends").replace("\n\n", "\n\r\n")],
      ending: [finish("stop").replace("\n\n", "\r\r\n"), done],
      text: "Mixed ends",
      ...stopped,
      usage: guess(3),
    },
    "other fields, comments inside an event, and a payload on two lines": {
      before: [
        `id: 1\nretry: 3000\nevent: message\n${say("Odd")}`,
        ': look\ndata: {"choices":[{"delta":\n: a comment\ndata: {"content":" shapes"}}]}\nnonsense\n\n',
      ],
      ending: [finish("stop"), done],
      text: "Odd shapes",
      ...stopped,
      usage: guess(3),
    },
    "chunks without choices, without an index, with null for everything": {
      before: [
        data({}),
        data({ choices: null, usage: null, error: null }),
        data({ choices: [null] }),
        data({ choices: [{ delta: null, finish_reason: null }] }),
        data({ choices: [{ delta: { role: null, content: null, reasoning: null } }] }),
        data({ choices: [{ delta: { content: 7, reasoning_content: {} } }] }),
        data({ choices: [{ delta: { content: "Still " } }] }),
        data({ choices: [{ delta: { content: "here" } }], usage: { prompt_tokens: null } }),
      ],
      ending: [data({ choices: [{ finish_reason: "stop" }] }), done],
      text: "Still here",
      ...stopped,
      usage: guess(3),
    },
    "a payload cut in its middle, and the connection with it": {
      before: [role, say("Kept"), 'data: {"id":"chatcmpl-7","choices":[{"index":0,"delta":{"content":"lo'],
      text: "Kept",
      ...cut,
      usage: guess(1),
    },
    "a payload cut in its middle, after which the stream goes on": {
      before: [role, say("Sound"), 'data: {"choices":[{"delta":{"content":"lo\n\n', say(" unsound")],
      ending: [finish("stop"), done],
      text: "Sound",
      ...cut,
      usage: guess(2),
    },
    "a payload that is JSON, and no object": {
      before: [role, say("Ok"), "data: 17\n\n"],
      ending: [finish("stop"), done],
      text: "Ok",
      ...cut,
      usage: guess(1),
    },
    "a fault in a shape of its own, and [DONE] after it without a finish word": {
      before: [role, say("Half"), data({ detail: "worker of org-hidden died" }), done],
      text: "Half",
      ...cut,
      usage: guess(1),
    },
    "empty choices, and [DONE] without a finish word": {
      before: [data({ choices: [] }), say("Bare")],
      ending: [data({ choices: [] }), done],
      text: "Bare",
      ...stopped,
      usage: guess(1),
    },
    "[DONE] without the blank line after it": {
      before: [say("Almost"), "data: [DONE]\n"],
      text: "Almost",
      ...cut,
      usage: guess(2),
    },
    "the finish word without the blank line after it": {
      before: [say("Almost"), finish("stop").slice(0, -1)],
      text: "Almost",
      ...cut,
      usage: guess(2),
    },
    "everything after [DONE] is ignored": {
      before: [say("Over")],
      ending: [finish("stop"), done, say(" and out"), data({ error: { message: "late" } })],
      text: "Over",
      ...stopped,
      usage: guess(1),
    },
  },

  "any proxy": {
    "the stream ends without a finish word": {
      before: [role, say("To be"), say(" contin")],
      text: "To be contin",
      ...cut,
      usage: guess(3),
    },
    "a stream with nothing in it": { before: [], text: "", ...cut, usage: guess(0) },
    "HTTP 200 with an error in JSON": {
      answer: { status: 200, type: "application/json; charset=utf-8" },
      before: ['{"error":{"message":"no route for org-hidden","type":"gateway"}}'],
      text: "",
      ...noStream,
      usage: guess(0),
    },
    "HTTP 200 with a page of HTML": {
      answer: { status: 200, type: "text/html" },
      before: ["<!doctype html><title>Sign in to contoso-secret</title>"],
      text: "",
      ...noStream,
      usage: guess(0),
    },
    "HTTP 200 with an error in JSON that calls itself a stream": {
      before: [],
      ending: ['\n {"error":{"message":"no route"}}\n'],
      text: "",
      ...noStream,
      usage: guess(0),
    },
    "HTTP 200 with a page of HTML that does not say what it is": {
      answer: { status: 200 },
      before: ["\n<html>Sign in to contoso-secret</html>"],
      text: "",
      ...noStream,
      usage: guess(0),
    },
    "HTTP 200 with a list in JSON that does not say what it is": {
      answer: { status: 200 },
      before: ['[{"error":{"message":"no route for org-hidden"}}]'],
      text: "",
      ...noStream,
      usage: guess(0),
    },
    "a stream that does not say that it is one": {
      answer: { status: 200 },
      before: [role, say("Hello"), finish("stop"), done],
      text: "Hello",
      ...stopped,
      usage: guess(2),
    },
    "a type in large letters": {
      answer: { status: 200, type: "Text/Event-Stream; charset=UTF-8" },
      before: [role, say("Hello"), finish("stop"), done],
      text: "Hello",
      ...stopped,
      usage: guess(2),
    },
    "a stream that is compressed, though nobody asked": {
      answer: { status: 200, type: "text/event-stream", encoding: "gzip" },
      before: ["\u001f"],
      text: "",
      ...noStream,
      usage: guess(0),
    },
    "HTTP 204": { answer: { status: 204 }, before: [], text: "", ...noStream, usage: guess(0) },
  },
};

// OpenAI's Responses API

const response = { id: "resp_7", object: "response", model: "m", status: "in_progress", output: [] };
let sequence = 0;
const typed = (type: string, fields: object): string =>
  named(type, { type, sequence_number: sequence++, ...fields });
const created = [typed("response.created", { response }), typed("response.in_progress", { response })];
const itemAdded = (type: string, index = 0): string =>
  typed("response.output_item.added", {
    output_index: index,
    item: { id: `i_${index}`, type, status: "in_progress" },
  });
const partAdded = typed("response.content_part.added", {
  ...{ item_id: "i_0", output_index: 0, content_index: 0 },
  part: { type: "output_text", annotations: [], text: "" },
});
const message = [itemAdded("message"), partAdded];
const words = (delta: string): string =>
  typed("response.output_text.delta", {
    item_id: "i_0",
    content_index: 0,
    delta,
    logprobs: [],
    obfuscation: "Vb3",
  });
const wordsDone = (text: string): string[] => [
  typed("response.output_text.done", { item_id: "i_0", content_index: 0, text }),
  typed("response.content_part.done", { item_id: "i_0", part: { type: "output_text", text } }),
  typed("response.output_item.done", { item: { id: "i_0", type: "message", content: [{ text }] } }),
];
const responseUsage = (input: number, output: number) => ({
  usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
});
const completed = (input: number, output: number): SentEvent =>
  reporting(
    input,
    output,
    typed("response.completed", {
      response: { ...response, status: "completed", ...responseUsage(input, output) },
    }),
  );
const incomplete = (reason: string): SentEvent =>
  reporting(
    10,
    16,
    typed("response.incomplete", {
      response: {
        ...response,
        status: "incomplete",
        incomplete_details: { reason },
        ...responseUsage(10, 16),
      },
    }),
  );
const summary = (index: number, ...deltas: string[]): string[] => [
  typed("response.reasoning_summary_part.added", {
    item_id: "i_0",
    summary_index: index,
    part: { type: "summary_text", text: "" },
  }),
  ...deltas.map((delta) => typed("response.reasoning_summary_text.delta", { summary_index: index, delta })),
  typed("response.reasoning_summary_text.done", { summary_index: index, text: deltas.join("") }),
  typed("response.reasoning_summary_part.done", { summary_index: index, part: { text: deltas.join("") } }),
];

const responses: Table = {
  "OpenAI Responses": {
    "the whole life of an answer, whose last events repeat it": {
      before: [...created, ...message, words("Good "), words("day."), ...wordsDone("Good day.")],
      ending: [completed(10, 5)],
      text: "Good day.",
      ...stopped,
      usage: { input: 10, output: 5 },
    },
    "emoji, CJK, and a surrogate pair split over two deltas": {
      before: [...message, words("狐 👩🏽‍🚀 \ud83e"), words("\udd8a")],
      ending: [completed(3, 9)],
      text: "狐 👩🏽‍🚀 🦊",
      ...stopped,
      usage: { input: 3, output: 9 },
    },
    "a refusal": {
      before: [
        ...message,
        typed("response.refusal.delta", { item_id: "i_0", delta: "Not " }),
        typed("response.refusal.delta", { item_id: "i_0", delta: "that." }),
        typed("response.refusal.done", { item_id: "i_0", refusal: "Not that." }),
      ],
      ending: [completed(12, 4)],
      text: "Not that.",
      ...stopped,
      usage: { input: 12, output: 4 },
    },
    "a summary of reasoning in two parts": {
      before: [
        ...created,
        itemAdded("reasoning"),
        ...summary(0, "Read ", "it."),
        ...summary(1, "Answer it."),
        itemAdded("message", 1),
        words("Fine."),
      ],
      ending: [completed(8, 40)],
      text: "Fine.",
      reasoning: "Read it.\n\nAnswer it.",
      ...stopped,
      usage: { input: 8, output: 40 },
    },
    "reasoning itself, as open models show it": {
      before: [
        itemAdded("reasoning"),
        typed("response.reasoning_text.delta", { delta: "Why " }),
        typed("response.reasoning_text.delta", { delta: "not" }),
        typed("response.reasoning_text.done", { text: "Why not" }),
        words("Sure"),
      ],
      ending: [completed(4, 6)],
      text: "Sure",
      reasoning: "Why not",
      ...stopped,
      usage: { input: 4, output: 6 },
    },
    "incomplete: max_output_tokens": {
      before: [...message, words("Then the"), ...wordsDone("Then the")],
      ending: [incomplete("max_output_tokens")],
      text: "Then the",
      finish: "length",
      usage: { input: 10, output: 16 },
    },
    "incomplete: content_filter": {
      before: [...message, words("First mix")],
      ending: [incomplete("content_filter")],
      text: "First mix",
      finish: "content_filter",
      usage: { input: 10, output: 16 },
    },
    "incomplete, for a reason that nobody knows": {
      before: [...message, words("Maybe")],
      ending: [incomplete("solar_flare")],
      text: "Maybe",
      ...failed,
      usage: { input: 10, output: 16 },
    },
    "it fails in the middle": {
      before: [...message, words("Part")],
      ending: [
        typed("response.failed", {
          response: {
            ...response,
            status: "failed",
            error: { code: "server_error", message: "rack org-hidden" },
          },
        }),
      ],
      text: "Part",
      ...failed,
      usage: guess(1),
    },
    "it fails because there were too many requests": {
      before: [...created],
      ending: [
        typed("response.failed", {
          response: {
            ...response,
            status: "failed",
            error: { code: "rate_limit_exceeded", message: "org-hidden" },
          },
        }),
      ],
      text: "",
      finish: "error",
      error: "upstream_rate_limited",
      usage: guess(0),
    },
    "an event named error": {
      before: [...message, words("A word")],
      ending: [typed("error", { code: "ERR_SOMETHING", message: "key sk-tail", param: null })],
      text: "A word",
      ...failed,
      usage: guess(2),
    },
    "a call of a function": {
      before: [
        ...created,
        itemAdded("function_call"),
        typed("response.function_call_arguments.delta", { item_id: "i_0", delta: '{"port":' }),
        typed("response.function_call_arguments.delta", { item_id: "i_0", delta: '"Brest"}' }),
        typed("response.function_call_arguments.done", { item_id: "i_0", arguments: '{"port":"Brest"}' }),
      ],
      ending: [completed(30, 15)],
      text: "",
      ...toolCall,
      usage: { input: 30, output: 15 },
    },
    "words, then a call of a custom tool": {
      before: [
        ...message,
        words("Let me"),
        itemAdded("custom_tool_call", 1),
        typed("response.custom_tool_call_input.delta", { item_id: "i_1", delta: "tide" }),
      ],
      ending: [completed(30, 15)],
      text: "Let me",
      ...toolCall,
      usage: { input: 30, output: 15 },
    },
    "a tool of the provider's own, beside the words": {
      before: [
        itemAdded("web_search_call"),
        typed("response.web_search_call.searching", { item_id: "i_0" }),
        typed("response.web_search_call.completed", { item_id: "i_0" }),
        itemAdded("message", 1),
        words("Found."),
        typed("response.output_text.annotation.added", { annotation: { type: "url_citation", url: "x" } }),
      ],
      ending: [completed(90, 3)],
      text: "Found.",
      ...stopped,
      usage: { input: 90, output: 3 },
    },
    "two messages, one after the other": {
      before: [...message, words("One. "), itemAdded("message", 1), words("Two.")],
      ending: [completed(5, 5)],
      text: "One. Two.",
      ...stopped,
      usage: { input: 5, output: 5 },
    },
    "events of kinds that are not known yet, comments, CRLF": {
      before: [
        typed("response.queued", { response }),
        `: ping\n\n${words("New ")}`,
        typed("response.dream.delta", { delta: "sheep" }),
        typed("weather", { delta: "rain" }),
        words("things"),
      ].map(crlf),
      ending: [completed(6, 2)],
      text: "New things",
      ...stopped,
      usage: { input: 6, output: 2 },
    },
    "payloads without names of events": {
      before: [...created, words("Bare "), words("data")].map((sent) => sent.replace(/^event: .*\n/, "")),
      ending: [data({ type: "response.completed", response: { ...response, status: "completed" } })],
      text: "Bare data",
      ...stopped,
      usage: guess(3),
    },
    "usage below nothing": {
      before: [words("Minus")],
      ending: [typed("response.completed", { response: { ...response, ...responseUsage(6, -2) } })],
      text: "Minus",
      ...stopped,
      usage: guess(2),
    },
    "everything after the last event is ignored": {
      before: [words("Over")],
      ending: [completed(2, 1), words(" and out"), typed("error", { code: "late" })],
      text: "Over",
      ...stopped,
      usage: { input: 2, output: 1 },
    },
    "the stream ends when all was said, but not that it was all": {
      before: [...created, ...message, words("All of it."), ...wordsDone("All of it.")],
      text: "All of it.",
      ...cut,
      usage: guess(3),
    },
    "a [DONE], as other servers send it, and no last event": {
      before: [words("Mine"), done],
      text: "Mine",
      ...cut,
      usage: guess(1),
    },
    "a payload cut in its middle": {
      before: [
        words("Kept"),
        'event: response.output_text.delta\ndata: {"type":"response.outp\n\n',
        words("lost"),
      ],
      ending: [completed(1, 1)],
      text: "Kept",
      ...cut,
      usage: guess(1),
    },
    "HTTP 200 with an error in JSON": {
      answer: { status: 200, type: "application/json" },
      before: ['{"error":{"message":"org-hidden"}}'],
      text: "",
      ...noStream,
      usage: guess(0),
    },
  },
};

// Anthropic's Messages

/** Its JSON is padded with spaces before the closing brace, to hide how long it is. */
const padded = (type: string, fields: object, spaces = 4): string =>
  named(type, { type, ...fields }).replace(/\}\n\n$/, `${" ".repeat(spaces)}}\n\n`);
const start = (usage: object | null = { input_tokens: 15, output_tokens: 2 }): string =>
  padded("message_start", {
    message: {
      id: "msg_7",
      type: "message",
      role: "assistant",
      content: [],
      model: "m",
      stop_reason: null,
      usage,
    },
  });
const ping = 'event: ping\ndata: {"type": "ping"}\n\n';
const blockStart = (type: string, index = 0, more: object = {}): string =>
  padded("content_block_start", { index, content_block: { type, ...more } }, 7);
const blockDelta = (delta: object, index = 0): string => padded("content_block_delta", { index, delta }, 2);
const text = (words: string, index = 0): string => blockDelta({ type: "text_delta", text: words }, index);
const thinking = (words: string): string => blockDelta({ type: "thinking_delta", thinking: words });
const blockStop = (index = 0): string => padded("content_block_stop", { index }, 11);
const begun = [start(), blockStart("text", 0, { text: "" }), ping];
const messageDelta = (stop_reason: string, usage: object = { input_tokens: 15, output_tokens: 9 }): string =>
  padded("message_delta", { delta: { stop_reason, stop_sequence: null, stop_details: null }, usage }, 9);
const stops = (stop_reason: string): SentEvent => reporting(15, 9, messageDelta(stop_reason));
const messageStop = padded("message_stop", {}, 3);
const overloaded = padded("error", {
  error: { details: null, type: "overloaded_error", message: "cell 12-secret" },
});

const anthropic: Table = {
  Anthropic: {
    "a block of text, a ping as the second event, padding before every closing brace": {
      before: [
        start(),
        ping,
        blockStart("text", 0, { text: "" }),
        text("Warm "),
        text("bread"),
        blockStop(),
        stops("end_turn"),
      ],
      ending: [messageStop],
      text: "Warm bread",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "a prompt that came from the cache, in part": {
      before: [
        start({
          input_tokens: 3,
          cache_creation_input_tokens: 20,
          cache_read_input_tokens: 100,
          output_tokens: 1,
        }),
        text("Quick"),
        reporting(123, 4, messageDelta("end_turn", { output_tokens: 4 })),
      ],
      ending: [messageStop],
      text: "Quick",
      ...stopped,
      usage: { input: 123, output: 4 },
    },
    "emoji, CJK, and a surrogate pair split over two deltas": {
      before: [...begun, text("👩🏽‍🚀 火"), text("\ud83d"), text("\ude80 ok"), blockStop(), stops("end_turn")],
      ending: [messageStop],
      text: "👩🏽‍🚀 火🚀 ok",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "thinking with a signature, a block of it hidden, then text": {
      before: [
        start(),
        blockStart("thinking", 0, { thinking: "", signature: "" }),
        ping,
        thinking("A fox "),
        thinking("is quick."),
        blockDelta({ type: "signature_delta", signature: "EqQBCkYIBxgC" }),
        blockStop(),
        blockStart("redacted_thinking", 1, { data: "EmwKAhgBEgy3" }),
        blockStop(1),
        blockStart("text", 2, { text: "" }),
        text("Foxes.", 2),
        blockStop(2),
        stops("end_turn"),
      ],
      ending: [messageStop],
      text: "Foxes.",
      reasoning: "A fox is quick.",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "usage that comes twice: it is of the whole answer each time": {
      before: [
        ...begun,
        text("Twice"),
        reporting(15, 3, padded("message_delta", { delta: {}, usage: { output_tokens: 3 } })),
        text(" told"),
        reporting(15, 6, messageDelta("end_turn", { output_tokens: 6 })),
      ],
      ending: [messageStop],
      text: "Twice told",
      ...stopped,
      usage: { input: 15, output: 6 },
    },
    "usage is missing at the end": {
      before: [
        ...begun,
        text("Uncounted"),
        padded("message_delta", { delta: { stop_reason: "end_turn" }, usage: null }),
      ],
      ending: [messageStop],
      text: "Uncounted",
      ...stopped,
      usage: guess(3),
    },
    "usage is missing everywhere": {
      before: [
        start(null),
        text("Uncounted"),
        padded("message_delta", { delta: { stop_reason: "end_turn" } }),
      ],
      ending: [messageStop],
      text: "Uncounted",
      ...stopped,
      usage: guess(3),
    },
    "the stop reason stop_sequence": {
      before: [...begun, text("Until here"), stops("stop_sequence")],
      ending: [messageStop],
      text: "Until here",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "the stop reason max_tokens": {
      before: [...begun, text("On the way"), stops("max_tokens")],
      ending: [messageStop],
      text: "On the way",
      finish: "length",
      usage: { input: 15, output: 9 },
    },
    "the stop reason model_context_window_exceeded": {
      before: [...begun, text("No more room"), stops("model_context_window_exceeded")],
      ending: [messageStop],
      text: "No more room",
      finish: "length",
      usage: { input: 15, output: 9 },
    },
    "the stop reason pause_turn": {
      before: [...begun, text("Wait"), stops("pause_turn")],
      ending: [messageStop],
      text: "Wait",
      ...failed,
      usage: { input: 15, output: 9 },
    },
    "a refusal without any block": {
      before: [
        start(),
        ping,
        reporting(
          15,
          3,
          padded("message_delta", {
            delta: {
              stop_reason: "refusal",
              stop_details: { type: "refusal", explanation: "see policy 12-secret" },
            },
            usage: { input_tokens: 15, output_tokens: 3 },
          }),
        ),
      ],
      ending: [messageStop],
      text: "",
      finish: "content_filter",
      usage: { input: 15, output: 3 },
    },
    "a refusal after some words": {
      before: [...begun, text("You need a"), blockStop(), stops("refusal")],
      ending: [messageStop],
      text: "You need a",
      finish: "content_filter",
      usage: { input: 15, output: 9 },
    },
    "a call of a tool, whose input begins with an empty piece": {
      before: [
        start(),
        blockStart("tool_use", 0, { id: "toolu_7", name: "tide", input: {} }),
        blockDelta({ type: "input_json_delta", partial_json: "" }),
        blockDelta({ type: "input_json_delta", partial_json: '{"port": "Br' }),
        blockDelta({ type: "input_json_delta", partial_json: 'est"}' }),
        blockStop(),
        stops("tool_use"),
      ],
      ending: [messageStop],
      text: "",
      ...toolCall,
      usage: { input: 15, output: 9 },
    },
    "a call of a tool and no word, and the stop reason end_turn": {
      before: [
        start(),
        blockStart("tool_use", 0, { name: "tide", input: {} }),
        blockStop(),
        stops("end_turn"),
      ],
      ending: [messageStop],
      text: "",
      ...toolCall,
      usage: { input: 15, output: 9 },
    },
    "words and thoughts in the beginning of a block": {
      before: [
        start(),
        blockStart("thinking", 0, { thinking: "A fox" }),
        blockStart("text", 1, { text: "Fox" }),
        text("es.", 1),
        stops("end_turn"),
      ],
      ending: [messageStop],
      text: "Foxes.",
      reasoning: "A fox",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "usage below nothing": {
      before: [
        start({ input_tokens: 15, cache_read_input_tokens: -5 }),
        text("Minus"),
        stops("end_turn"),
        padded("message_delta", { delta: {}, usage: { input_tokens: -15, output_tokens: -9 } }),
      ],
      ending: [messageStop],
      text: "Minus",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "words, then a call of a tool": {
      before: [
        ...begun,
        text("I look it up."),
        blockStop(),
        blockStart("tool_use", 1, { input: {} }),
        blockStop(1),
        stops("tool_use"),
      ],
      ending: [messageStop],
      text: "I look it up.",
      ...toolCall,
      usage: { input: 15, output: 9 },
    },
    "a tool of the provider's own between two blocks of text": {
      before: [
        ...begun,
        text("Searching. "),
        blockStop(),
        blockStart("server_tool_use", 1, { id: "srvtoolu_7", name: "web_search", input: {} }),
        blockDelta({ type: "input_json_delta", partial_json: '{"query":"tides"}' }, 1),
        blockStart("web_search_tool_result", 2, { tool_use_id: "srvtoolu_7", content: [] }),
        blockStart("text", 3, { text: "", citations: [] }),
        blockDelta({ type: "citations_delta", citation: { cited_text: "high at noon" } }, 3),
        text("High at noon.", 3),
        stops("end_turn"),
      ],
      ending: [messageStop],
      text: "Searching. High at noon.",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "events and deltas of kinds that are not known yet, comments": {
      before: [
        ": hello\n\n",
        ...begun,
        padded("message_weather", { delta: { type: "text_delta", text: "rain" } }),
        blockDelta({ type: "mood_delta", mood: "fair", text: "fair" }),
        text("Still fine"),
        ping,
        stops("end_turn"),
      ],
      ending: [messageStop],
      text: "Still fine",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "CRLF and a byte order mark": {
      before: [
        crlf(`\ufeff${start()}`),
        crlf(text("Windows 🪟")),
        reporting(15, 9, crlf(messageDelta("end_turn"))),
      ],
      ending: [crlf(messageStop)],
      text: "Windows 🪟",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "overloaded in the middle": {
      before: [...begun, text("Half a tho")],
      ending: [overloaded],
      text: "Half a tho",
      finish: "error",
      error: "upstream_overloaded",
      usage: guess(3),
    },
    "overloaded while it thinks, and a message_stop after it": {
      before: [start(), blockStart("thinking"), thinking("Let us see")],
      ending: [overloaded, messageStop],
      text: "",
      reasoning: "Let us see",
      finish: "error",
      error: "upstream_overloaded",
      usage: guess(3),
    },
    "overloaded as the first event": {
      before: [],
      ending: [overloaded],
      text: "",
      finish: "error",
      error: "upstream_overloaded",
      usage: guess(0),
    },
    "an error between the stop reason and message_stop": {
      before: [...begun, text("So close"), stops("end_turn")],
      ending: [overloaded, messageStop],
      text: "So close",
      finish: "error",
      error: "upstream_overloaded",
      usage: { input: 15, output: 9 },
    },
    "too many requests, in the middle": {
      before: [...begun, text("Some")],
      ending: [padded("error", { error: { type: "rate_limit_error", message: "org-hidden" } })],
      text: "Some",
      finish: "error",
      error: "upstream_rate_limited",
      usage: guess(1),
    },
    "an error of any other type": {
      before: [...begun, text("Some")],
      ending: [padded("error", { error: { type: "api_error", message: "req_011-hidden" } })],
      text: "Some",
      ...failed,
      usage: guess(1),
    },
    "a second message_start, which a proxy has spliced in": {
      before: [...begun, text("Once upon"), start(), text("Once upon a time"), messageDelta("end_turn")],
      ending: [messageStop],
      text: "Once upon",
      ...failed,
      usage: guess(3),
    },
    "the stream ends in the middle of a block": {
      before: [...begun, text("And then")],
      text: "And then",
      ...cut,
      usage: guess(2),
    },
    "the stream ends after the stop reason, without message_stop": {
      before: [...begun, text("The very end"), blockStop(), stops("end_turn")],
      text: "The very end",
      ...cut,
      usage: { input: 15, output: 9 },
    },
    "a message_stop without a stop reason": {
      before: [...begun, text("Why"), blockStop(), messageStop],
      text: "Why",
      ...cut,
      usage: guess(1),
    },
    "a payload cut in its middle": {
      before: [
        ...begun,
        text("Kept"),
        'event: content_block_delta\ndata: {"type":"content_bl\n\n',
        text("lost"),
        messageDelta("end_turn"),
      ],
      ending: [messageStop],
      text: "Kept",
      ...cut,
      usage: guess(1),
    },
    "everything after message_stop is ignored": {
      before: [...begun, text("Over"), stops("end_turn")],
      ending: [messageStop, text(" and out"), overloaded],
      text: "Over",
      ...stopped,
      usage: { input: 15, output: 9 },
    },
    "HTTP 200 with an error in JSON": {
      answer: { status: 200, type: "application/json" },
      before: ['{"type":"error","error":{"type":"overloaded_error","message":"org-hidden"}}'],
      text: "",
      ...noStream,
      usage: guess(0),
    },
  },
};

const rows = (table: Table, api: (provider: string) => ProviderStream["api"]): ProviderStream[] =>
  Object.entries(table).flatMap(([provider, quirks]) =>
    Object.entries(quirks).map(([quirk, row]) => ({ provider, quirk, api: api(provider), ...row })),
  );

export const providerStreams: readonly ProviderStream[] = [
  ...rows(chatCompletions, (provider) => (provider === "Azure" ? "azure" : "chat")),
  ...rows(responses, () => "responses"),
  ...rows(anthropic, () => "anthropic"),
];
