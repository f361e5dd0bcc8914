// The socket under a provider: its frames are bounded and are read before the provider reads them, and none of its faults escapes.
import { WebSocket, type ClientOptions } from "ws";

/** A larger frame ends the connection. Bytes. */
const frameBytes = 64 * 1_024 * 1_024;
/** A server that does not answer our goodbye is left without its answer. Milliseconds. */
const goodbyeMs = 1_000;

const options: ClientOptions & { closeTimeout: number } = {
  maxPayload: frameBytes,
  closeTimeout: goodbyeMs,
  perMessageDeflate: false,
};

/** How a socket ended. */
export type Ending = {
  /** The close code; 1006 where none came. */
  readonly code: number;
  /** The HTTP status that the server answered with instead of a WebSocket. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
};

/** Who is told what happens at a socket. */
export type SocketWatch = {
  onSocket(socket: WebSocket): void;
  /** True when the provider is to read it too. What this or the provider throws goes to `onEnd`. */
  onFrame(frame: Uint8Array): boolean;
  /** May be called more than once. */
  onEnd(ending: Ending): void;
};

/** A class for a provider to make its socket of. */
export type SocketClass = new (address: string | URL, protocols?: string | string[]) => WebSocket;

/** `ws`, and not Node's own: that one bounds no frame, and hides the HTTP status of a refusal. */
export function watchedSockets(watch: SocketWatch): SocketClass {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, options);
      watch.onSocket(this);
      let status: number | undefined;
      const noteStatus = (_request: unknown, response: { statusCode?: number }): void => {
        status = response.statusCode;
        this.terminate();
      };
      this.on("unexpected-response", noteStatus);
      this.on("error", (cause) => watch.onEnd({ code: 1006, status, cause }));
      this.on("close", (code) => watch.onEnd({ code, status }));
    }

    /** A listener that throws here would end this process: a server can send what no provider can read. */
    override emit(event: string | symbol, ...values: unknown[]): boolean {
      if (event !== "message") return super.emit(event, ...values);
      const [data, isBinary] = values;
      if (!isBinary) return false; // no protocol of documents has frames of text
      try {
        return watch.onFrame(new Uint8Array(data as ArrayBuffer)) && super.emit(event, ...values);
      } catch (cause) {
        watch.onEnd({ code: 1006, cause });
        return false;
      }
    }
  };
}
