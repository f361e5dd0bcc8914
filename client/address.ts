// Where the WebSocket of a server is opened.
import { page } from "./surroundings.ts";

/** As `/ws` below the address given, if it does not end so already. Throws a `TypeError` for what is no address or no room. */
export function addressOf(url = "/", room?: string): string {
  const address = new URL(url, page?.location.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(address.protocol)) throw new TypeError(`Not the address of a server: ${url}`);
  if (room !== undefined && !isRoom(room))
    throw new TypeError("A room's name is 1 to 128 of A-Z a-z 0-9 . _ ~ -");
  address.hash = "";
  address.pathname = address.pathname.replace(/\/*(\/ws)?\/*$/, "/ws");
  return address.href;
}

/** "." and ".." are rooms of the protocol, which no address can spell. */
export const isRoom = (name: string): boolean => /^(?!\.\.?$)[A-Za-z0-9._~-]{1,128}$/.test(name);
