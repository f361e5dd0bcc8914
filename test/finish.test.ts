// The words by which providers end an answer, and what becomes of them.
import { describe, expect, test } from "@jest/globals";
import { finishOf } from "../server/models/finish.ts";

describe("finish words", () => {
  test.each([
    ["stop", ["stop", "STOP", "eos", "eos_token", "end_turn", "stop_sequence", "COMPLETE"]],
    ["length", ["length", "model_length", "max_tokens", "MAX_TOKENS", "model_context_window_exceeded"]],
    ["length", ["max_output_tokens", "token_limit"]],
    ["content_filter", ["content_filter", "content-filter", "content_filtered", "refusal", "SAFETY"]],
    ["content_filter", ["guardrail_intervened", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"]],
  ])("%s: %j", (finish, words) => {
    for (const word of words) expect([word, finishOf(word)]).toEqual([word, finish]);
  });

  test.each(["tool_calls", "tool-calls", "function_call", "tool_use", "TOOL_CALL", "UNEXPECTED_TOOL_CALL"])(
    "%s asks for a tool, and there are none",
    (word) => expect(() => finishOf(word)).toThrow("upstream_tool_call"),
  );

  test.each(["error", "pause_turn", "insufficient_system_resource", "OTHER", "abort", "", "toString"])(
    "%j is a fault: nobody said that the answer is whole",
    (word) => expect(() => finishOf(word)).toThrow("upstream_error"),
  );
});
