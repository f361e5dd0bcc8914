// A stream out of somebody else's package. It ends when we are aborted, whatever the package does about that.
import { foreignFault } from "./foreign-fault.ts";

/** Asks for the stream. The signal is aborted with the caller's, and when nobody reads any more. */
type Open<T> = (signal: AbortSignal) => Promise<AsyncIterator<T>>;

/**
 * Yields what the stream gives. An abort ends it at once and without an error: before it was opened (then it is not),
 * while it opens, or between two items. What was opened is closed on every way out, also when it opens after we left.
 * @throws UpstreamError by `foreignFault`, else what the package threw
 */
export async function* foreignStream<T>(open: Open<T>, caller?: AbortSignal): AsyncGenerator<T> {
  const leaving = new AbortController();
  const signal = caller ? AbortSignal.any([caller, leaving.signal]) : leaving.signal;
  if (signal.aborted) return;
  const opening = open(signal);
  let iterator: AsyncIterator<T> | undefined;
  try {
    iterator = await unlessAborted(opening, signal);
    while (iterator && !signal.aborted) {
      const step: IteratorResult<T> | undefined = await unlessAborted(iterator.next(), signal);
      if (!step || step.done) return;
      yield step.value;
    }
  } catch (error) {
    throw foreignFault(error, iterator !== undefined);
  } finally {
    leaving.abort();
    void opening.then((opened) => opened.return?.()).catch(() => {});
  }
}

/** What the promise gives, or undefined as soon as the signal is aborted. A late rejection is nobody's. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
