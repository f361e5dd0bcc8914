// Where a link may lead: an absolute address that a person could have typed, or nowhere.

const schemes = /^(?:https?:\/\/|mailto:)/i;

/**
 * Browsers drop tabs and line ends inside an address, read a backslash as a slash and show invisible and reversing
 * characters as nothing; an honest address needs none of them.
 */
const deceptive = /[\s\p{Cc}\p{Cf}\p{Cs}\\]/u;

/** The address, or nothing when it is relative, of another scheme, not an address, or tells a name and password. */
export function addressOf(text: string): URL | undefined {
  if (!schemes.test(text) || deceptive.test(text) || !URL.canParse(text)) return undefined;
  const address = new URL(text);
  const isKnown = ["http:", "https:", "mailto:"].includes(address.protocol);
  return isKnown && address.username === "" && address.password === "" ? address : undefined;
}

/** What a link is called that has no words of its own. */
export const nameOf = ({ host, pathname }: URL): string => host || pathname;

const overrides = /[\u202a-\u202e\u2066-\u2069]/g;

/** Without the characters that turn the direction of what follows them. */
export const straight = (text: string): string => text.replace(overrides, "");
