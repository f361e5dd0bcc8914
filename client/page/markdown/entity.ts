// The few character references that models write, and backslash escapes.

const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
]);

const entity = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos|nbsp));/;
const sticky = new RegExp(entity, "y");
const escapeOrEntity = new RegExp(`\\\\[!-/:-@[-\`{-~]|${entity.source}`, "g");

/** The reference that stands here, if one does. */
export function entityAt(text: string, at: number): { source: string; meaning: string } | undefined {
  sticky.lastIndex = at;
  const found = sticky.exec(text);
  if (!found) return undefined;
  const [source, decimal, hex, name] = found;
  return { source, meaning: meaningOf({ decimal, hex, name }) };
}

/** The destination of a link, without its escapes and references. */
export const unescaped = (text: string): string =>
  text.replace(escapeOrEntity, (source) =>
    source.startsWith("\\") ? source.slice(1) : (entityAt(source, 0)?.meaning ?? source),
  );

type Reference = Record<"decimal" | "hex" | "name", string | undefined>;

function meaningOf({ decimal, hex, name }: Reference): string {
  if (name !== undefined) return named.get(name) ?? "";
  const point = decimal === undefined ? parseInt(hex ?? "", 16) : parseInt(decimal, 10);
  const isCharacter = point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
  return isCharacter ? String.fromCodePoint(point) : "\ufffd";
}
