// Markdown that grows without end, by the kind of its blocks.
const words = "the answer is *not* that **long** and `code` is in it, see [here](https://example.org/a), ";

const mixed = `## A heading

${words.repeat(4)}

- an item that is a line long, with **bold** in it
- another one
  - and one below it

1. first
2. second, with \`code\`

\`\`\`ts
export function answer(question: string): number {
  return question.length; // and a comment
}
\`\`\`

| name  | value | meaning        |
| ----- | ----: | -------------- |
| one   |     1 | the **first**  |
| two   |     2 | the \`second\` |

> What somebody said, *more or less*.

`;

export const shapes: Readonly<Record<string, { first: string; rest: string }>> = {
  mixed: { first: "", rest: mixed },
  code: { first: "```ts\n", rest: "const answer = question.length + 42; // and more of it\n" },
  paragraph: { first: "", rest: words },
  table: { first: "| a | b | c |\n|---|--:|---|\n", rest: "| cell **one** | 12 | `cell three` |\n" },
  list: { first: "", rest: "- item with **bold** and `code` in it\n" },
};
