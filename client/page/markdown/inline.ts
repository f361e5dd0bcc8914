// What stands inside a paragraph, a heading or a cell. No kind of it carries markup, and none loads anything by itself.

export type Inline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "code"; readonly text: string }
  | { readonly type: "break" }
  | { readonly type: "emphasis" | "strong" | "strike"; readonly children: readonly Inline[] }
  | Link;

/** `href` is absolute, and `http:`, `https:` or `mailto:`. A link holds no other link. */
export type Link = { readonly type: "link"; readonly href: string; readonly children: readonly Inline[] };

/** Adds to a list that is being made; neighbouring texts become one. */
export function addInline(nodes: Inline[], node: Inline): void {
  const last = nodes.at(-1);
  if (node.type !== "text" || last?.type !== "text") nodes.push(node);
  else nodes[nodes.length - 1] = { type: "text", text: last.text + node.text };
}
