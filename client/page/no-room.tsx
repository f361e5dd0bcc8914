// Of a name that no room can have: why, and which one would do.
import { isRoom } from "../address.ts";

/** `below`: what stands before a room's name in its address. */
type Props = { name: string; below?: string | undefined };

export function NoName({ name, below = "/#" }: Props) {
  const near = cleaned(name);
  return (
    <p className="no-name">
      “{name}” cannot be a room’s name: only <span>A-Z a-z 0-9 . _ ~ -</span>, and 128 of them at most.{" "}
      {isRoom(near) && <a href={below + near}>Go to {near}</a>}
    </p>
  );
}

export function NoRoom({ name, below }: Props) {
  return (
    <main className="nowhere">
      <h1>This is no room</h1>
      <NoName name={name} below={below} />
      <p>
        <a href={below ?? "/"}>Open a new one</a>
      </p>
    </main>
  );
}

/** As near as a room's name can be: without its accents, and with a line for what is left. */
const cleaned = (name: string): string =>
  name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9._~-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 128);
