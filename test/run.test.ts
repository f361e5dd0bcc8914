// A run by itself: what it writes, whatever the words do.
import { describe, expect, test } from "@jest/globals";
import type { ChatGenerationChunk } from "../server/models/model.ts";
import { Stopped } from "../server/chain/halt.ts";
import { run } from "../server/chain/run.ts";
import type { Draft } from "../shared/protocol.ts";

type Words = (controller: AbortController) => AsyncGenerator<ChatGenerationChunk>;

async function written(words: Words): Promise<{ drafts: Draft[]; faults: unknown[] }> {
  const drafts: Draft[] = [];
  const faults: unknown[] = [];
  const controller = new AbortController();
  await run({
    run: "r",
    message: "m",
    model: "test",
    words: words(controller),
    signal: controller.signal,
    write: (draft) => Promise.resolve(void drafts.push(draft)),
    onFault: (fault) => faults.push(fault),
  });
  return { drafts, faults };
}

const ada = { id: "ada", name: "Ada" };

describe("a run", () => {
  test("[R2] words that still come after the stop are not written, and the end says who stopped it", async () => {
    const { drafts } = await written(async function* (controller) {
      yield { text: "one" };
      controller.abort(new Stopped({ reason: "cancelled" }, ada));
      yield { text: "late", reasoning: "late" };
      yield { text: "", finish: "cancelled" };
    });
    expect(drafts.map(({ type }) => type)).toEqual(["start", "token", "end"]);
    expect(drafts.at(-1)).toMatchObject({ reason: "cancelled", by: ada });
  });

  test("[R1] words that throw, and words that just stop, have an end too", async () => {
    const thrown = await written(async function* () {
      yield { text: "one" };
      throw new Error("a bug");
    });
    expect(thrown.drafts.at(-1)).toMatchObject({ type: "end", reason: "error", error: { code: "internal" } });
    expect(thrown.faults.length).toBe(1);
    const silent = await written(async function* () {
      yield { text: "one" };
    });
    expect(silent.drafts.at(-1)).toMatchObject({ type: "end", reason: "interrupted" });
  });

  test("thoughts are written before the words of the same piece, as what they are", async () => {
    const { drafts } = await written(async function* () {
      yield { text: "word", reasoning: "thought" };
      yield { text: "", finish: "stop" };
    });
    expect(drafts.slice(1, 3)).toMatchObject([{ text: "thought", kind: "reasoning" }, { text: "word" }]);
  });
});
