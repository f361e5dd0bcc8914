// The end of a body, which is read for the sake of its connection: one whose answer was read to the end is used again.

/** What may follow when nothing that matters can. Bytes, and milliseconds. */
const mostAfter = 65_536;
const afterMs = 1_000;

/** Reads the rest, within measure; beyond it the connection is closed. Never rejects. */
export async function drain(pieces: AsyncIterator<Uint8Array>): Promise<void> {
  const giveUp = (): void => void pieces.return?.().catch(() => {});
  const timer = setTimeout(giveUp, afterMs).unref();
  try {
    for (let left = mostAfter; left > 0;) {
      const step = await pieces.next();
      if (step.done) return;
      left -= step.value.length;
    }
    giveUp();
  } catch {
    // it broke, or was aborted
  } finally {
    clearTimeout(timer);
  }
}
