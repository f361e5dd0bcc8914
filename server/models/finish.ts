// How providers say that they are done, and what we call it. One table, for all of them.
import { type FinishReason, UpstreamError } from "./model.ts";

type Meaning = FinishReason | "tool";

/** In small letters with underscores; the words of one provider mean nothing else at another. */
const words: Readonly<Record<Meaning, readonly string[]>> = {
  stop: [
    ...["stop", "eos", "eos_token"], // OpenAI and its like, AI SDK, Google, Ollama; Together; watsonx
    ...["end_turn", "stop_sequence"], // Anthropic, Bedrock
    ...["complete", "finish", "stop_criteria_met"], // Cohere; Titan
  ],
  length: [
    ...["length", "model_length", "token_limit"], // OpenAI and its like, AI SDK, Ollama; Mistral; watsonx
    ...["max_tokens", "model_context_window_exceeded"], // Anthropic, Bedrock, Google, Cohere
    "max_output_tokens", // OpenAI Responses
  ],
  content_filter: [
    ...["content_filter", "content_filtered"], // OpenAI and its like, AI SDK; Bedrock, Titan
    ...["refusal", "guardrail_intervened"], // Anthropic; Bedrock
    ...["safety", "recitation", "blocklist", "prohibited_content", "spii"], // Google
    ...["image_safety", "model_armor"], // Google, Vertex
    "error_toxic", // Cohere
  ],
  tool: [
    ...["tool_calls", "function_call", "tool_use", "tool_call"], // OpenAI, AI SDK; Anthropic, Bedrock; Cohere
    ...["malformed_function_call", "unexpected_tool_call", "too_many_tool_calls"], // Google
    "malformed_tool_use", // Bedrock
  ],
};

/** What a finish word comes to. */
export type Verdict =
  | { readonly finish: FinishReason; readonly fault?: undefined }
  | { readonly finish?: undefined; readonly fault: UpstreamError };

/**
 * What a provider's finish word means. Large letters and hyphens are read like small ones and underscores. A fault is
 * `upstream_tool_call` when it asks for a tool, and `upstream_error` when we do not know the word: it may name a fault
 * (`error`, `insufficient_system_resource`), a pause (`pause_turn`) or something new.
 * @param isCall the answer is nothing but the call of a tool, which some call a stop
 */
export function verdictOn(word: string, isCall = false): Verdict {
  const said = word.toLowerCase().replaceAll("-", "_");
  const meaning = (Object.keys(words) as Meaning[]).find((each) => words[each].includes(said));
  if (meaning === "tool" || (meaning === "stop" && isCall))
    return { fault: new UpstreamError("upstream_tool_call") };
  if (meaning === undefined) return { fault: new UpstreamError("upstream_error") };
  return { finish: meaning };
}

/** The same for whoever has nothing to show beside a fault. @throws UpstreamError the fault */
export function finishOf(word: string): FinishReason {
  const { finish, fault } = verdictOn(word);
  if (fault) throw fault;
  return finish;
}
