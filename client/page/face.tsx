// A member at a glance: a letter in a colour that is the same in every browser.
import { memo, type CSSProperties } from "react";
import type { Member } from "../index.ts";

export const Face = memo(function Face({ member }: { member: Member }) {
  return (
    <span className="face" style={{ "--hue": hueOf(member.id) } as CSSProperties} aria-hidden="true">
      {letterOf(member.name)}
    </span>
  );
});

/** Those whom the server has named are told apart by what it put behind the name. */
function letterOf(name: string): string {
  const [letter = "?"] = [...name.trim().replace(/^Guest (?=\S)/, "")];
  return letter.toUpperCase();
}

/** Steps of the golden angle, so that neighbours differ. Degrees. */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 360;
  return Math.round((sum * 137.5) % 360);
}
