import { aiSdkTalk } from "./ai-sdk.ts";
export const langGraphTalk = aiSdkTalk;
