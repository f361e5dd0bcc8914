// What the events of OpenAI's Responses API mean.
// https://platform.openai.com/docs/api-reference/responses-streaming
import type { Usage } from "../../shared/protocol.ts";
import { type EventReader, isCount, parseObject } from "./event-reading.ts";
import { verdictOn } from "./finish.ts";
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
  fault: UpstreamError | undefined;
  #wantsTool = false;

  read({ event, data }: ServerSentEvent): ChatGenerationChunk | undefined {
    if (event.startsWith("response.") && !matters(event)) return undefined;
    const payload = parseObject<Payload>(data);
    if (payload) return this.#meaning(payload);
    this.isDone = true; // it was cut on its way, or it is a [DONE] of a server that imitates
    return undefined;
  }

  #meaning(payload: Payload): ChatGenerationChunk | undefined {
    const type = String(payload.type);
    const delta = typeof payload.delta === "string" ? payload.delta : "";
    if (said.has(type)) return delta ? { text: delta } : undefined;
    if (thought.has(type)) return delta ? { text: "", reasoning: delta } : undefined;
    switch (type) {
      case "response.reasoning_summary_part.added":
        return payload.summary_index ? { text: "", reasoning: "\n\n" } : undefined;
      case "response.output_item.added":
        this.#wantsTool ||= isToolCall(payload);
        return undefined;
      case "response.failed":
      case "error":
        throw faultOf(payload);
      case "response.completed":
        return this.#end(payload.response ?? {}, this.#wantsTool ? "tool_call" : "stop");
      case "response.incomplete":
        return this.#end(payload.response ?? {}, String(payload.response?.incomplete_details?.reason));
    }
    return undefined;
  }

  #end({ usage }: Report, word: string): ChatGenerationChunk | undefined {
    this.isDone = true;
    const reported = usageOf(usage);
    const { finish, fault } = verdictOn(word);
    this.fault = fault;
    return { text: "", ...(reported && { usage: reported }), ...(finish && { finish }) };
  }
}

/** Events that only repeat what came before are not even parsed. */
const matters = (type: string): boolean => said.has(type) || thought.has(type) || others.has(type);

const isToolCall = ({ item }: Payload): boolean => /^(function|custom_tool)_call$/.test(String(item?.type));

function faultOf({ code, response }: Payload): UpstreamError {
  const word = response?.error?.code ?? code;
  return new UpstreamError(word === "rate_limit_exceeded" ? "upstream_rate_limited" : "upstream_error");
}

function usageOf(usage: Report["usage"]): Usage | undefined {
  const { input_tokens: input, output_tokens: output } = usage ?? {};
  return isCount(input) && isCount(output) ? { input, output } : undefined;
}
