// The native dialect: protocol 1 as PROTOCOL.md tells it, one JSON object a frame.
import { Command } from "../../../shared/protocol.ts";
import type { Decoded, Dialect } from "./dialect.ts";

export const nativeDialect: Dialect = { decode, encode: (frame) => [JSON.stringify(frame)] };

function decode(data: string): Decoded {
  const value = parse(data);
  if (value === undefined) return { refused: "bad_request", message: "The frame is not a JSON object." };
  const ref = refOf(value);
  const { success, data: command, error } = Command.safeParse(value);
  if (success) return { command, ref: ref ?? command.type };
  const issue = error.issues[0];
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  const message = `${where}${issue?.message ?? "not a command"}`.slice(0, 200).toWellFormed();
  return { refused: "bad_request", message, ...(ref !== undefined && { ref }) };
}

type JsonObject = { readonly id?: unknown; readonly type?: unknown };

function parse(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refOf({ id, type }: JsonObject): string | undefined {
  const ref = typeof id === "string" ? id : type;
  return typeof ref === "string" ? ref.slice(0, 128).toWellFormed() : undefined;
}
