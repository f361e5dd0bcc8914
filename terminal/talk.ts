// The port to whoever answers: it takes what a person asks for, and what comes of that is a transcript.
import type { Answer, SaidMessage, Transcript } from "../shared/transcript.ts";

/**
 *   connecting ──▶ open ── cut ──▶ away ──▶ connecting        closed is final
 */
export type TalkState =
  | { name: "connecting"; to: string }
  /** `me` is one's member id, `place` says in words where one is. */
  | { name: "open"; me: string; place: string }
  | { name: "away"; hasOpened: boolean }
  | { name: "closed"; meaning: string };

export type TalkListener = {
  /** What has been said, after each thing that is. */
  onTranscript: (transcript: Transcript) => void;
  onState: (state: TalkState) => void;
  /** The next transcript begins anew. When `isLost`, what was said before is gone. */
  onReset: (isLost: boolean) => void;
  /** Something that was asked for is not done, and why. */
  onRefusal: (message: string) => void;
  /** Something of the people here, in words. */
  onNews: (news: string) => void;
};

/** What a cancel names. */
export type Target = { run: string } | { message: string };

export type Talk = {
  /** Gives the message's id. Where nobody hears it now it is kept, and goes out when it can. */
  say: (text: string) => string;
  /** False when it did not go out. */
  cancel: (target: Target) => boolean;
  regenerate: () => boolean;
  forget: () => boolean;
  /** What is said and not in the transcript yet, oldest first. */
  readonly unsent: readonly { readonly id: string; readonly text: string }[];
  close: () => void;
};

/** The listener hears nothing before the talk is handed out. */
export type OpenTalk = (listener: TalkListener) => Talk;

/** The answer that is being made. */
export const openAnswerOf = ({ items }: Transcript): Answer | undefined =>
  items.find((item): item is Answer => item.type === "answer" && item.reason === undefined);

/** The latest answer to this message. */
export const answerTo = ({ items }: Transcript, message: string): Answer | undefined =>
  items.findLast((item): item is Answer => item.type === "answer" && item.message === message);

export const messageOf = ({ items }: Transcript, id: string): SaidMessage | undefined =>
  items.find((item): item is SaidMessage => item.type === "message" && item.id === id);
