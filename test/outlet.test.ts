// The sending side of a socket: whoever finds it full is told when it is not.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { WebSocket } from "ws";
import { createOutlet } from "../server/hub/outlet.ts";

/** A socket that keeps what it is given until it is flushed. */
function createSocket() {
  const sent: string[] = [];
  const unflushed: (() => void)[] = [];
  let isPaused = false;
  const socket = {
    get isPaused() {
      return isPaused;
    },
    pause: () => (isPaused = true),
    resume: () => (isPaused = false),
    send: (data: Buffer, _options: object, done: () => void) => {
      sent.push(data.toString());
      unflushed.push(done);
    },
  };
  const flush = (): void => {
    for (const done of unflushed.splice(0)) done();
  };
  return { socket: socket as unknown as WebSocket, sent, flush };
}

describe("an outlet", () => {
  test("[S2] however large the frames are: when it is full, room follows, and is told", () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 4 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(sizes, (sends) => {
        let drained = 0;
        const { socket, flush } = createSocket();
        const outlet = createOutlet(socket, () => (drained += 1));
        for (const frames of sends) outlet.send(frames.map((size) => Buffer.alloc(size)));
        const wasFull = outlet.isFull;
        flush();
        expect(outlet.isFull).toBe(false);
        expect(socket.isPaused).toBe(false);
        if (wasFull) expect(drained).toBeGreaterThan(0);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  test("[S2] of news that follows news only the latest waits", async () => {
    const { socket, sent, flush } = createSocket();
    const outlet = createOutlet(socket, () => {});
    outlet.send([Buffer.alloc(70_000)]);
    for (const news of ["one", "two", "three"]) outlet.sendLatest([Buffer.from(news)]);
    let hasRoom = false;
    const room = outlet.room().then(() => (hasRoom = true));
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    flush();
    await room;
    expect(sent.slice(1)).toEqual(["three"]);
  });

  test("[S2] too much of what was asked for stops the reading until it is gone", () => {
    const { socket, flush } = createSocket();
    const outlet = createOutlet(socket, () => {});
    outlet.send([Buffer.alloc(140_000)]);
    expect(socket.isPaused).toBe(true);
    flush();
    expect(socket.isPaused).toBe(false);
  });
});
