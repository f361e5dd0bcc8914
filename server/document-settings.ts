// What DOCUMENTS says, checked. An address may hold a secret, so no fault repeats one.
import type { DocumentServerSettings } from "./coauthor/servers.ts";

/** The name of the server that is built in. */
export const ownName = "self";

/** As a client may write it. The name that an address has by itself may be an IPv6 address, too. */
const isName = (name: string): boolean => /^[\w.~-]{1,64}$/.test(name);

/** `name=address` or an address alone, several of them separated by commas, in the order given. */
export function documentsOf(given: string | undefined, faults: string[]): readonly DocumentServerSettings[] {
  if (given === undefined) return [];
  const names = new Set<string>([ownName]);
  return given.split(",").flatMap((one, index) => {
    const found = serverOf(one.trim());
    const fault = typeof found === "string" ? found : nameFault(found.name, names);
    if (fault !== undefined) faults.push(`DOCUMENTS, address ${index + 1}: ${fault}`);
    return typeof found === "string" ? [] : [found];
  });
}

function nameFault(name: string, names: Set<string>): string | undefined {
  if (name === ownName) return `"${ownName}" is the server that is built in; choose another name.`;
  if (names.has(name)) return `"${name}" is taken; give each server a name of its own, like notes=wss://...`;
  names.add(name);
  return undefined;
}

/** The server, or what is wrong with it. */
function serverOf(given: string): DocumentServerSettings | string {
  const [, name, url = ""] = /^(?:([^:/?#=]*)=)?(.*)$/s.exec(given) ?? [];
  if (name !== undefined && !isName(name))
    return "a name has 1 to 64 letters, digits or any of . _ ~ - and stands before the address and a =.";
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^wss?:\/\//i.test(url)) return "it must begin with ws:// or wss://, and be an address.";
  const fault = addressFault(url, address);
  if (fault !== undefined) return fault;
  return { name: name ?? address.host, kind: url.includes("{name}") ? "y-websocket" : "hocuspocus", url };
}

function addressFault(url: string, { username, password }: URL): string | undefined {
  const [, before = "", last = "", query = ""] = /^([^?]*\/\/[^?]*)\/([^?/]*)(\?.*)?$/s.exec(url) ?? [
    url,
    url,
  ];
  if (username || password) return "it must hold no user and no password.";
  if (url.includes("#")) return "it must have no # part.";
  const strange = url.replace("{name}", "").replace("{token}", "");
  if (/[{}]/.test(strange)) return "it may hold {name} and {token}, once each, and no other braces.";
  if (before.includes("{") || query.includes("{name}"))
    return "{name} belongs in the last part of the path, like wss://docs.example/{name}.";
  if (!url.includes("{token}")) return undefined;
  if (!last.includes("{name}"))
    return "without {name} it is a Hocuspocus server, which needs no {token} there.";
  return /[?&][^=&]+=[^=&]*\{token\}/.test(query)
    ? undefined
    : "{token} belongs in the query, like wss://docs.example/{name}?auth={token}.";
}
