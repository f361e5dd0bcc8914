// An upstream that misbehaves in every way that is known: each run ends once, for the right reason, with its words kept.
import type { EndReason } from "../../shared/protocol.ts";
import { delta, type UpstreamRequest } from "../support/upstream.ts";
import { judge, readLogs } from "./judge.ts";
import { createPerson } from "./person.ts";
import type { Result } from "./result.ts";
import { openScene, until } from "./scene.ts";

type Behaviour = { name: string; act: (request: UpstreamRequest) => void; reason: EndReason; text: string };

const finish = (word: string) => ({ choices: [{ index: 0, delta: {}, finish_reason: word }] });
const json = { "content-type": "application/json", "retry-after": "0" };

const behaviours: readonly Behaviour[] = [
  { name: "whole", act: (r) => (r.say("a", "b"), r.finish()), reason: "stop", text: "ab" },
  { name: "no end marker", act: (r) => (r.say("a"), r.end()), reason: "interrupted", text: "a" },
  { name: "no words at all", act: (r) => r.end(), reason: "interrupted", text: "" },
  {
    name: "only [DONE]",
    act: (r) => (r.say("a"), r.raw("data: [DONE]\n\n"), r.end()),
    reason: "stop",
    text: "a",
  },
  {
    name: "no [DONE]",
    act: (r) => (r.say("a"), r.event(finish("stop")), r.end()),
    reason: "stop",
    text: "a",
  },
  {
    name: "half a payload",
    act: (r) => (r.say("a"), r.raw('data: {"cho'), r.end()),
    reason: "interrupted",
    text: "a",
  },
  {
    name: "no JSON",
    act: (r) => (r.say("a"), r.raw("data: <b>\n\n"), r.finish()),
    reason: "interrupted",
    text: "a",
  },
  {
    name: "error in a chunk",
    act: (r) => (r.say("a"), r.event({ error: {} }), r.end()),
    reason: "error",
    text: "a",
  },
  {
    name: "error event",
    act: (r) => (r.say("a"), r.raw("event: error\ndata: {}\n\n"), r.end()),
    reason: "error",
    text: "a",
  },
  {
    name: "error after finish",
    act: (r) => (r.say("a"), r.event(finish("length")), r.event({ error: {} }), r.end()),
    reason: "error",
    text: "a",
  },
  {
    name: "error line",
    act: (r) => (r.say("a"), r.raw("error: {}\n\n"), r.end()),
    reason: "interrupted",
    text: "a",
  },
  { name: "200 with JSON", act: (r) => r.answer(200, '{"error":{}}', json), reason: "error", text: "" },
  {
    name: "200 with HTML",
    act: (r) => r.answer(200, "<html>", { "content-type": "text/html" }),
    reason: "error",
    text: "",
  },
  { name: "401", act: (r) => r.answer(401, "{}", json), reason: "error", text: "" },
  { name: "429 for ever", act: (r) => r.answer(429, "{}", json), reason: "error", text: "" },
  { name: "503 for ever", act: (r) => r.answer(503, "{}", json), reason: "error", text: "" },
  { name: "reset before headers", act: (r) => r.reset(), reason: "error", text: "" },
  {
    name: "filtered",
    act: (r) => (r.say("a"), r.finish("content_filter")),
    reason: "content_filter",
    text: "a",
  },
  { name: "length", act: (r) => (r.say("a"), r.finish("length")), reason: "length", text: "a" },
  { name: "a tool call", act: (r) => (r.say("a"), r.finish("tool_calls")), reason: "error", text: "a" },
  { name: "an unknown word", act: (r) => (r.say("a"), r.finish("pause_turn")), reason: "error", text: "a" },
  { name: "silence", act: (r) => r.open(), reason: "timeout", text: "" },
  { name: "silence later", act: (r) => r.say("a"), reason: "timeout", text: "a" },
  { name: "a huge event", act: (r) => r.raw(`data: ${"x".repeat(400_000)}`), reason: "error", text: "" },
  {
    name: "empty deltas",
    act: (r) => (
      r.raw(`data: ${JSON.stringify(delta({ content: "" }))}\n\n`.repeat(5_000)),
      r.say("a"),
      r.finish()
    ),
    reason: "stop",
    text: "a",
  },
  {
    name: "parts of characters",
    act: (r) => (r.say("\uD83D", "\uDE00"), r.finish()),
    reason: "stop",
    text: "\u{1F600}",
  },
];

export async function upstreams({ runs }: { runs: number }): Promise<Result> {
  const settings = { FIRST_TOKEN_MS: "4000", IDLE_MS: "1000" };
  const onRequest = (request: UpstreamRequest): void => {
    const index = Number(/thing (\d+)/.exec(request.body.messages.at(-1)?.content ?? "")?.[1]);
    behaviours[index % behaviours.length]?.act(request);
  };
  const scene = await openScene({ settings, onRequest });
  const people = Array.from({ length: runs }, (_, index) => {
    const person = createPerson(() => scene.port, { room: `upstream-${index}`, mark: `mark-${index}-end` });
    person.say(`thing ${index}`);
    return person;
  });
  try {
    await until(() => people.every(({ trace }) => endOf(trace.connections[0]?.frames) !== undefined));
    for (const person of people) person.leave();
    const logs = readLogs(scene.database);
    const violations = judge({ traces: people.map(({ trace }) => trace), logs });
    people.forEach(({ trace }, index) => {
      const { name, reason, text } = behaviours[index % behaviours.length] as Behaviour;
      const log = logs.get(trace.room) ?? [];
      const said = log.map((entry) => (entry.type === "token" ? entry.text : "")).join("");
      const end = log.findLast((entry) => entry.type === "end");
      if (end?.reason !== reason || said !== text) violations.push(`${name}: ${end?.reason} after "${said}"`);
    });
    return { fault: "upstream misbehaves", runs, violations, facts: `${behaviours.length} ways` };
  } finally {
    await scene.close();
  }
}

const endOf = (frames: readonly { frame: { type: string } }[] = []) =>
  frames.find(({ frame }) => frame.type === "end");
