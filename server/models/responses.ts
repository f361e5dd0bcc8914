// What the events of OpenAI's Responses API mean.
// https://platform.openai.com/docs/api-reference/responses-streaming
import type { Usage } from "../../shared/protocol.ts";
import { type EventReader, parseObject } from "./event-reading.ts";
import { finishOf } from "./finish.ts";
import { type ChatGenerationChunk, UpstreamError } from "./model.ts";
import type { ServerSentEvent } from "./sse.ts";

/** The last events repeat the whole answer, so they may be as large as one. UTF-16 code units. */
export const largestResponsesEvent = 2_097_152;

type Report = {
  usage?: { input_tokens?: unknown; output_tokens?: unknown } | null;
  incomplete_details?: { reason?: unknown } | null;
  error?: { code?: unknown } | null;
};
type Payload = {
  type?: unknown;
  delta?: unknown;
  summary_index?: unknown;
  code?: unknown;
  item?: { type?: unknown } | null;
  response?: Report | null;
};

/** The words of its parts, told apart by what they are. */
const said = new Set(["response.output_text.delta", "response.refusal.delta"]);
const thought = new Set(["response.reasoning_text.delta", "response.reasoning_summary_text.delta"]);
const others = new Set([
  "response.reasoning_summary_part.added",
  "response.output_item.added",
  "response.completed",
  "response.incomplete",
  "response.failed",
]);

export class ResponsesReader implements EventReader {
  isDone = false;
  #wantsTool = false;

  *read({ event, data }: ServerSentEvent): Generator<ChatGenerationChunk, void> {
    if (this.isDone || (event.startsWith("response.") && !this.#matters(event))) return;
    const payload = parseObject<Payload>(data);
    if (payload) yield* this.#meaning(payload);
    else this.isDone = true; // it was cut on its way, or it is a [DONE] of a server that imitates
  }

  /** Events that only repeat what came before are not even parsed. */
  #matters(type: string): boolean {
    return said.has(type) || thought.has(type) || others.has(type);
  }

  *#meaning(payload: Payload): Generator<ChatGenerationChunk, void> {
    const type = String(payload.type);
    const delta = typeof payload.delta === "string" ? payload.delta : "";
    if (said.has(type) && delta) yield { text: delta };
    else if (thought.has(type) && delta) yield { text: "", reasoning: delta };
    else if (type === "response.reasoning_summary_part.added" && payload.summary_index)
      yield { text: "", reasoning: "\n\n" };
    else if (type === "response.output_item.added") this.#wantsTool ||= isToolCall(payload);
    else if (type === "response.failed" || type === "error") throw faultOf(payload);
    else if (type === "response.completed" || type === "response.incomplete")
      yield* this.#end(payload.response ?? {}, type === "response.completed");
  }

  *#end(
    { usage, incomplete_details: details }: Report,
    isWhole: boolean,
  ): Generator<ChatGenerationChunk, void> {
    this.isDone = true;
    const reported = usageOf(usage);
    if (reported) yield { text: "", usage: reported };
    if (isWhole && this.#wantsTool) throw new UpstreamError("upstream_tool_call");
    yield { text: "", finish: isWhole ? "stop" : finishOf(String(details?.reason)) };
  }
}

const isToolCall = ({ item }: Payload): boolean => /^(function|custom_tool)_call$/.test(String(item?.type));

function faultOf({ code, response }: Payload): UpstreamError {
  const word = response?.error?.code ?? code;
  return new UpstreamError(word === "rate_limit_exceeded" ? "upstream_rate_limited" : "upstream_error");
}

function usageOf(usage: Report["usage"]): Usage | undefined {
  const { input_tokens: input, output_tokens: output } = usage ?? {};
  return Number.isInteger(input) && Number.isInteger(output)
    ? { input: input as number, output: output as number }
    : undefined;
}
