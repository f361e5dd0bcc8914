// Runs in the browser: components on `useTalk`, and what a test wants to know of them.
import { createElement as element, Component, StrictMode, useEffect, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import type { ConnectOptions } from "../../client/index.ts";
import { useTalk, type TalkInReact } from "../../client/react.ts";

declare const document: { getElementById(id: string): Element };
declare function requestAnimationFrame(act: () => void): void;

export type Shown = ConnectOptions & {
  readonly id: string;
  /** Said by an effect of a component below, at its first mount. */
  readonly greeting?: string;
};

const talks: Record<string, TalkInReact> = {};
/** Of each component, all the different values that its functions have had. */
const functions: Record<string, Set<unknown>> = {};
const renders: Record<string, number> = {};

export function Talk({ id, greeting, ...options }: Shown) {
  const talk = useTalk(options);
  talks[id] = talk;
  renders[id] = (renders[id] ?? 0) + 1;
  functions[id] = new Set([...(functions[id] ?? []), talk.say, talk.cancel, talk.commands]);
  return element(View, { id, talk, greeting });
}

function View({ id, talk, greeting }: { id: string; talk: TalkInReact; greeting: string | undefined }) {
  const { transcript, state, say } = talk;
  useEffect(() => void (greeting !== undefined && say(greeting)), [greeting, say]);
  const names = state.members.map(({ name }) => name).join();
  return element(
    "section",
    { id },
    element("h1", null, `${state.connection.name} ${state.conversation ?? "nowhere"}`),
    element("h2", null, names),
    ...transcript.items.map((item) => element("p", { key: "run" in item ? item.run : item.id }, item.text)),
  );
}

class Boundary extends Component<{ children: ReactNode }> {
  override state = { fault: "" };
  static getDerivedStateFromError = (error: unknown) => ({ fault: String(error) });
  override render(): ReactNode {
    return this.state.fault ? element("strong", null, this.state.fault) : this.props.children;
  }
}

const tree = (shown: readonly Shown[]): ReactNode =>
  shown.map((one) => element(Boundary, { key: one.id, children: element(Talk, one) }));

const place = (): Element => document.getElementById("place");
let root: Root | undefined;

const harness = {
  talks,
  renders,
  show: (shown: readonly Shown[], isStrict = false): void => {
    root ??= createRoot(place());
    const mounted = root;
    flushSync(() => mounted.render(isStrict ? element(StrictMode, null, tree(shown)) : tree(shown)));
  },
  hydrate: (shown: Shown): void => void (root = hydrateRoot(place(), element(Talk, shown))),
  functionsOf: (id: string): number => functions[id]?.size ?? 0,
  /** From now on: how many display frames there were, and how often half a second passed without one. */
  count: () => {
    const counted = { frames: 0, stalls: 0 };
    let last = performance.now();
    requestAnimationFrame(function frame() {
      const now = performance.now();
      counted.frames += 1;
      counted.stalls += Math.floor((now - last) / 500);
      last = now;
      requestAnimationFrame(frame);
    });
    return counted;
  },
};

export type Harness = typeof harness;
Object.assign(globalThis, { harness });
