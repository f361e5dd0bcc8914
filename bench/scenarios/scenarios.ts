// All scenarios of the comparison, in the order in which they are shown.
import { cancel } from "./cancel.ts";
import { firstToken } from "./first-token.ts";
import { growth } from "./growth.ts";
import { idles } from "./idle.ts";
import { joining } from "./join.ts";
import { reconnect } from "./reconnect.ts";
import { start } from "./start.ts";
import { streams } from "./streams.ts";

export const scenarios = {
  ...streams,
  ...firstToken,
  ...cancel,
  ...idles,
  ...reconnect,
  ...joining,
  ...growth,
  ...start,
};

export type ScenarioName = keyof typeof scenarios;
