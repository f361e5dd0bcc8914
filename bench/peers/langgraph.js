// LangGraph.js's own server, the one for development that keeps all in memory, in this process: no watching, no tracing,
// no log of requests. It serves langgraph/graph.js, a graph of one node. HTTP with JSON both ways.
//
// 1. POST /threads with {} creates a conversation: {"thread_id":"01a20579-...",...}.
// 2. POST /threads/<thread_id>/runs/stream with
//      {"assistant_id":"talk","input":{"messages":[{"role":"user","content":"Hello"}]},"stream_mode":"messages-tuple"}
//    asks. The header `content-location` of the response names the run: /threads/<thread_id>/runs/<run_id>. The body is
//    server-sent events, each of three lines and an empty one. First the run:
//
//      event: metadata
//      data: {"run_id":"01a20579-...","attempt":1}
//      id: 0
//
//    then one for each delta, a pair of the message's chunk and some 700 bytes about where it comes from:
//
//      event: messages
//      data: [{"content":"word ","tool_call_chunks":[],"additional_kwargs":{},"id":"chatcmpl-...",...,"type":"ai"},{...}]
//      id: 2
//
//    The first, and the last two, have "content":"". The end has no event: the response ends, up to half a second after
//    the last delta, because the server looks for it twice a second. A failed run tells `event: error` before.
// 3. POST /threads/<thread_id>/runs/<run_id>/cancel with {} stops the run (202); its response ends as above. With
//    "on_disconnect":"cancel" in the question, closing its connection stops the run too; without, it goes on.
//
// A thread remembers, so each question sends all that was said in it before. A question while a run is under way in its
// thread is refused with 422.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

process.env.LOG_LEVEL ??= "error"; // read when the server is loaded; it would log each request, in colours
const { startServer } = await import("@langchain/langgraph-api/server");

// it writes what it knows into its folder, and would begin with what the last one knew
const cwd = mkdtempSync(join(tmpdir(), "langgraph-"));
process.once("SIGTERM", () => {
  rmSync(cwd, { recursive: true, force: true });
  process.exit();
});

const { host } = await startServer({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  // as many runs at once, the rest wait; an idle worker looks for a run about twice a second. Theirs is 10 unless told
  nWorkers: Number(process.env.N_JOBS_PER_WORKER ?? 100),
  cwd,
  graphs: { talk: `${join(import.meta.dirname, "langgraph", "graph.js")}:graph` },
});
console.log(`listening on http://${host}`);
