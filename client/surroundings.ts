// What a page has around it and Node has not. Typed here by what is used, so that the SDK compiles for both.
type Keeper = {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
};
type Source = {
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
};
type Page = Source & {
  readonly location: { readonly href: string };
  readonly localStorage: Keeper;
  readonly sessionStorage: Keeper;
  readonly document: Source & { readonly visibilityState: "visible" | "hidden" };
  requestAnimationFrame(act: () => void): unknown;
};

const surroundings: unknown = globalThis;

/** Undefined in Node and in workers. */
export const page: Page | undefined =
  "document" in globalThis && "localStorage" in globalThis ? (surroundings as Page) : undefined;

/** Calls when the network is back, or the page is looked at again. Returns what ends that. */
export function onAwake(listener: () => void): () => void {
  const whenVisible = (): void => (page?.document.visibilityState === "visible" ? listener() : undefined);
  page?.addEventListener("online", listener);
  page?.addEventListener("pageshow", whenVisible);
  page?.document.addEventListener("visibilitychange", whenVisible);
  return () => {
    page?.removeEventListener("online", listener);
    page?.removeEventListener("pageshow", whenVisible);
    page?.document.removeEventListener("visibilitychange", whenVisible);
  };
}

/** A page that is not displayed gets no frames; what it shows is still looked at, by its title or its tests. */
const hiddenFrameMs = 500;
/** Where nothing is ever displayed, as in Node. */
const frameMs = 16;

/** Acts in the display frame that follows one or many `ask`s. */
export function createFrames(act: () => void): { ask: () => void; stop: () => void } {
  let isAsked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function run(): void {
    stop();
    act();
  }
  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
  }
  function frame(): void {
    isAsked = false;
    if (timer !== undefined) run();
  }
  return {
    ask: () => {
      timer ??= setTimeout(run, page ? hiddenFrameMs : frameMs);
      if (page && !isAsked) page.requestAnimationFrame(frame);
      isAsked = true;
    },
    stop,
  };
}
