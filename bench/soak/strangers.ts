// Those who come to the door and do not get in, or not for long: their sockets must be gone as well.
import { get } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";
import type { Dice } from "../../test/faults/dice.ts";
import type { Crowd, Scene } from "./crowd.ts";

type Visit = (port: number, dice: Dice) => Promise<unknown>;

const looks: Visit = (port, dice) =>
  new Promise((resolve) => {
    const path = dice.pick(["/", "/healthz", "/nothing", "/ws"]);
    get({ port, path, host: "127.0.0.1", agent: false }, (response) =>
      response.resume().on("close", resolve),
    );
  });

const isRefused: Visit = (port, dice) =>
  new Promise((resolve) => {
    const [path, origin] = dice.pick([
      ["ws/not a name", "http://localhost"],
      ["ws", "https://elsewhere.example"],
      ["ws/room?after=x", undefined],
      ["docs", undefined],
    ] as const);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, origin === undefined ? {} : { origin });
    socket.on("error", () => {}).on("close", resolve);
  });

const hangsUp: Visit = (port, dice) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      const upgrade = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
      const rest = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      socket.write(dice.chance(0.5) ? upgrade : upgrade + rest, () => socket.destroy());
    });
    socket.on("close", resolve);
  });

/** Its close code is the server's: a binary frame, or a frame that breaks the WebSocket's own rules. */
const isThrownOut: Visit = (port, dice) =>
  new Promise((resolve) => {
    const place = dice.pick(["ws", "docs/nobody"]);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${place}`);
    socket.on("open", () => socket.send(dice.pick([Buffer.from([9, 9]), Buffer.alloc(100_000)])));
    socket.on("open", () => (place === "ws" ? undefined : socket.send("text")));
    socket.on("error", () => {}).on("close", resolve);
  });

export const stranger: Scene = async (crowd: Crowd, dice) => {
  await dice.pick([looks, isRefused, hangsUp, isThrownOut])(crowd.port, dice);
  crowd.count("strangers");
  await crowd.rest(dice.between(200, 1_000));
};
