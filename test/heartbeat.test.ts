// The heartbeat finds peers that are gone without a word, and leaves those alone that are only quiet.
import { describe, test } from "@jest/globals";
import { openRawSocket, upgradeRequest } from "./support/raw-socket.ts";
import { parlorWithScript } from "./support/world.ts";

const heartbeat = { pingAfterMs: 20, pongWithinMs: 50 };

describe("the heartbeat", () => {
  test("[S2] a peer that answers no ping is cut off, and leaves the room", async () => {
    const { port, join } = await parlorWithScript({ heartbeat });
    const watcher = await join("room", { name: "Watcher" });
    const { socket, until, closed } = await openRawSocket(port);
    socket.write(upgradeRequest({}, "/ws/room?name=Ghost"));
    await until((received) => received.includes("\x89\x00")); // a ping, which nobody answers
    await watcher.next("presence", ({ members }) => members.length === 2);
    await closed;
    await watcher.next("presence", ({ members }) => members.length === 1);
  });

  test("a quiet peer that answers stays, however long it is quiet", async () => {
    const { join } = await parlorWithScript({ heartbeat });
    const client = await join();
    for (let pings = 0; pings < 8; pings++)
      await new Promise((resolve) => client.socket.once("ping", resolve));
    client.send({ type: "ping" });
    await client.next("pong");
  });
});
