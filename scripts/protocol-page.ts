// Writes the tables of PROTOCOL.md and protocol.schema.json from the schemas in shared/. `npm run protocol`
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { closeCodes, failures, limits, refusals } from "../shared/limits.ts";
import { Aside, Command, Entry, ServerFrame } from "../shared/protocol.ts";

type JsonSchema = {
  type?: string;
  const?: string;
  format?: string;
  enum?: string[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  oneOf?: JsonSchema[];
  description?: string;
};

const root = join(import.meta.dirname, "..");
export const pagePath = join(root, "PROTOCOL.md");
export const schemaPath = join(root, "protocol.schema.json");

/** Both directions as JSON Schema. */
export function protocolSchema(): string {
  const command = z.toJSONSchema(Command, { io: "input" });
  const serverFrame = z.toJSONSchema(ServerFrame, { io: "input" });
  return `${JSON.stringify({ title: "Parlor protocol 1", command, serverFrame }, null, 2)}\n`;
}

/** The page with its generated parts made anew; everything else as it is. */
export function protocolPage(page: string): string {
  return Object.entries(tables()).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name}: generated -->\n)[^]*?(<!-- end -->)`),
        (_, begin: string, end: string) => `${begin}${table}${end}`,
      ),
    page,
  );
}

const tables = (): Record<string, string> => ({
  commands: framesTable(Command),
  entries: framesTable(Entry),
  asides: framesTable(Aside),
  refusals: table(["code", "meaning"], Object.entries(refusals).map(coded)),
  failures: table(["code", "meaning"], Object.entries(failures).map(coded)),
  closes: table(
    ["code", "meaning", "reconnect"],
    Object.values(closeCodes).map(({ code, meaning, reconnect }) => [
      `${code}`,
      meaning,
      reconnect ? "yes" : "no",
    ]),
  ),
  limits: table(
    ["limit", "default"],
    Object.entries(limits).map(([name, value]) => [`\`${name}\``, `${value}`]),
  ),
});

const coded = ([code, meaning]: [string, string]): string[] => [`\`${code}\``, meaning];

function framesTable(union: z.ZodType): string {
  const frames = (z.toJSONSchema(union, { io: "input" }) as JsonSchema).oneOf ?? [];
  return table(
    ["type", "fields", "meaning"],
    frames.map((frame) => [
      `\`${frame.properties?.["type"]?.const}\``,
      fieldsOf(frame),
      frame.description ?? "",
    ]),
  );
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema): string {
  return Object.entries(properties)
    .filter(([name]) => name !== "type")
    .map(([name, schema]) => {
      const optional = required.includes(name) ? "" : "?";
      const note = schema.description ? ` (${schema.description})` : "";
      return `\`${name}${optional}\` ${shapeOf(schema)}${note}`;
    })
    .join("<br>");
}

function shapeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(" or ");
  if (schema.oneOf) return "entry";
  if (schema.type === "array") return `list of ${shapeOf(schema.items ?? {})}`;
  if (schema.type === "object") {
    const { properties = {}, required = [] } = schema;
    const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
    return `{${names.join(", ")}}`;
  }
  return formats[schema.format ?? ""] ?? schema.type ?? "";
}

const formats: Readonly<Record<string, string>> = { uuid: "UUID", "date-time": "time (ISO 8601)" };

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return `${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(pagePath, protocolPage(readFileSync(pagePath, "utf8")));
  writeFileSync(schemaPath, protocolSchema());
}
