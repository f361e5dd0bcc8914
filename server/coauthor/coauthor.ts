// The assistant as a co-author: a run reads a shared document, and writes its answer into it. Yjs is loaded with the first
// document.
import type { DocumentServer } from "./document.ts";
import type { Undoing } from "./undoing.ts";
import type { Face, Writing } from "./writing.ts";
import type { Target } from "../../shared/target.ts";

export interface Coauthor {
  /** Whether this server of documents is one of ours. Default: the first. */
  knows(server: string | undefined): boolean;
  /** Opens the target of a run. @throws DocumentError, or the signal's reason */
  open(asked: { target: Target; run: string; signal: AbortSignal }): Promise<Writing>;
  /** Takes back what a run wrote. @throws DocumentError */
  undo(what: Undoing): Promise<void>;
}

/** The servers by their names. The first is the one that a target without a name means. */
export type Servers = ReadonlyMap<string, DocumentServer>;

/** How it is seen in documents where nothing else is said. */
const defaultFace: Face = { name: "Assistant", color: "#8b5cf6" };

export function createCoauthor(servers: Servers, face = defaultFace): Coauthor {
  const serverOf = ({ server = [...servers.keys()][0] ?? "" }: Pick<Target, "server">): DocumentServer => {
    const found = servers.get(server);
    if (!found) throw new Error("a document server that nobody has configured");
    return found;
  };
  return {
    knows: (server) => (server === undefined ? servers.size > 0 : servers.has(server)),
    open: async (asked) => {
      const { openWriting } = await import("./writing.ts");
      return openWriting(serverOf(asked.target), { ...asked, face });
    },
    undo: async (what) => {
      const { undoWriting } = await import("./undoing.ts");
      return undoWriting(serverOf(what.target), what);
    },
  };
}
