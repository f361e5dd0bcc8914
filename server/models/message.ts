// What a model is shown, and what it gives.
import type { EndReason, Failure, Member, Usage } from "../../shared/protocol.ts";

/** What stands in a shared document around the place where an answer goes. Texts are cut to what a model can take. */
export type Excerpt = {
  /** Where the answer goes: to the place, in the place of the selection, to the end, or to the people. */
  readonly mode: "insert" | "replace" | "append" | "read";
  readonly before: string;
  /** What is to be replaced, or is spoken of. */
  readonly selection: string;
  readonly after: string;
};

/** One item of what a model is shown. */
export type ChatMessage = {
  /** Tells it from all others in its conversation; what is remembered has one. */
  readonly id?: string;
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
  /** Who said it, where that is known; the prompt names people when there are several. */
  readonly author?: Member;
  /** Set on an answer that did not reach its end, with the reason. */
  readonly cut?: EndReason;
  /** What its content shows of a document. */
  readonly excerpt?: Excerpt;
};

/** How a provider says that it is done. A stream that ends without one was cut. */
export type FinishReason = "stop" | "length" | "content_filter";

/** A piece of an answer. */
export type ChatGenerationChunk = {
  /** Words of the answer itself; may be empty. */
  readonly text: string;
  /** Words that are not the answer: what the model shows of its thinking. */
  readonly reasoning?: string;
  /**
   * How the answer ended. From a model: the provider's own finish marker, after which usage may still follow. From a
   * chain: the last chunk has it, and only that.
   */
  readonly finish?: EndReason;
  /** The last one counts; they do not add up. */
  readonly usage?: Usage;
  /** What went wrong, in a chain's last chunk: for `error`, `timeout`, `interrupted` and `limit`. */
  readonly error?: Failure;
};
