// Stopping: by a button, by Escape wherever one is, and all that waits at once.
import { useLayoutEffect } from "react";
import type { TalkInReact } from "../react.ts";

type Props = { talk: TalkInReact; queue: readonly string[]; isBusy: boolean };

export function Stops({ talk, queue, isBusy }: Props) {
  const { cancel } = talk;
  useLayoutEffect(() => (isBusy ? onEscape(() => cancel()) : undefined), [isBusy, cancel]);
  /** Those who wait first: else the next of them would begin. */
  const stopAll = (): void => {
    for (const message of queue) cancel({ message });
    if (isBusy) cancel();
  };
  return (
    <>
      <button type="button" className="stop" disabled={!isBusy} onClick={() => cancel()}>
        Stop
      </button>
      {queue.length > 1 && (
        <button type="button" className="stop all" onClick={stopAll}>
          Stop all ({queue.length + Number(isBusy)})
        </button>
      )}
    </>
  );
}

/** Unless somebody on its way has made use of it. Returns what ends that. */
function onEscape(act: () => void): () => void {
  const press = (event: KeyboardEvent): void =>
    event.key === "Escape" && !event.defaultPrevented && !event.isComposing ? act() : undefined;
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}
