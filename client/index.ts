// What `import "parlor/client"` gives.
export { connect, type ConnectOptions, type SayOptions, type Talk } from "./talk.ts";
export { TalkError, type CancelOptions, type Run } from "./run.ts";
export { sentences } from "./sentences.ts";
export type { Refusal, SayCommand } from "./state.ts";
export type { ConnectionState, TalkState } from "./view.ts";
export type { EndReason, Failure, Member, Usage } from "../shared/protocol.ts";
export type { Passage, Target } from "../shared/target.ts";
export type { Answer, Item, SaidMessage, Transcript } from "../shared/transcript.ts";
