// The Markdown of the chat page: what it reads, that pieces make no difference, what it shares, and what it never makes.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Block, Item } from "../client/page/markdown/block.ts";
import { emptyDocument, finish, read, type Document } from "../client/page/markdown/document.ts";
import type { Inline } from "../client/page/markdown/inline.ts";
import { longestLine } from "../client/page/markdown/leaf.ts";
import { longestTail } from "../client/page/markdown/prose.ts";
import { push, pushAll, type Sequence } from "../client/page/markdown/sequence.ts";
import { endless, hostile, staircase } from "./support/hostile.ts";

const once = (text: string): Document => read(emptyDocument, text);
const readAll = (pieces: Iterable<string>): Document => [...pieces].reduce(read, emptyDocument);

/** A document in a line, for the eye: `p` paragraph, `h2` heading, `>` quote, `ul`, `ol7`, `b` strong, `i` emphasis. */
const outline = ({ blocks }: Document): string => blocksIn(blocks);
const blocksIn = (blocks: Sequence<Block>): string => blocks.flat().map(blockIn).join(" ");

function blockIn(block: Block): string {
  switch (block.type) {
    case "paragraph":
      return `p(${inlinesIn(block.children.flat())})`;
    case "heading":
      return `h${block.level}(${inlinesIn(block.children.flat())})`;
    case "code":
      return `code:${block.language}(${block.text})`;
    case "quote":
      return `>(${blocksIn(block.blocks)})`;
    case "list": {
      const name = block.isOrdered ? `ol${block.start}` : "ul";
      return `${name}${block.isTight ? "" : "~"}(${block.items.flat().map(itemIn).join(" ")})`;
    }
    case "table": {
      const rows = [block.header, ...block.rows.flat()];
      return `table:${block.align.join()}(${rows.map(({ cells }) => cells.map(inlinesIn).join("|")).join(" / ")})`;
    }
    case "rule":
      return "rule";
  }
}

const itemIn = ({ isChecked, blocks }: Item): string =>
  `${isChecked === undefined ? "-" : isChecked ? "x" : "o"}(${blocksIn(blocks)})`;

const inlinesIn = (nodes: readonly Inline[]): string => nodes.map(inlineIn).join("");

function inlineIn(node: Inline): string {
  switch (node.type) {
    case "text":
      return node.text;
    case "code":
      return `\`${node.text}\``;
    case "break":
      return "⏎";
    case "link":
      return `<${node.href} ${inlinesIn(node.children)}>`;
    case "strong":
    case "emphasis":
    case "strike":
      return `${{ strong: "b", emphasis: "i", strike: "s" }[node.type]}{${inlinesIn(node.children)}}`;
  }
}

const ended = (text: string): string => outline(finish(once(text)));

describe("blocks", () => {
  test.each([
    ["nothing", "", ""],
    ["a paragraph", "one", "p(one)"],
    ["a line's end that stays one", "one  \ntwo\\\nthree", "p(one⏎two⏎three)"],
    ["two paragraphs", "one\n \n\n two", "p(one) p(two)"],
    ["all line ends", "a\r\nb\rc\n\r\nd\r\r\ne", "p(a⏎b⏎c) p(d) p(e)"],
    ["headings", "# a\n### b ##\n####### c\n#d", "h1(a) h3(b) p(####### c⏎#d)"],
    ["a heading right after words", "a\n## b\nc", "p(a) h2(b) p(c)"],
    ["rules", "a\n---\n* * *\n___\n--", "p(a) rule rule rule p(--)"],
    ["no headings by underlining", "a\n===", "p(a⏎===)"],
    ["no indented code", "    a\n\n\tb", "p(a) p(b)"],
    ["fenced code", "```ts\nlet a;\n\n  b\n```\nc", "code:ts(let a;\n\n  b) p(c)"],
    ["fences of waves", "~~~ python title=x\n```\n~~~~", "code:python(```)"],
    ["longer fences", "````md\n```js\n```\n````", "code:md(```js\n```)"],
    ["code without an end", "```\na\n", "code:(a)"],
    ["tabs in code", "```make\nall:\n\tcc\n```", "code:make(all:\n\tcc)"],
    ["code spans that look like a fence", "```a``` b", "p(`a` b)"],
    ["a language of a reasonable length", `\`\`\`${"x".repeat(40)}\n`, `code:${"x".repeat(32)}()`],
    ["a language that does not turn around", "```\u202ejs\u2066\n", "code:js()"],
    ["quotes", "> a\n> b\nlazy\n\nc", ">(p(a⏎b⏎lazy)) p(c)"],
    ["two quotes", "> a\n\n> b", ">(p(a)) >(p(b))"],
    ["quotes in quotes", "> a\n>> b\n>\n> c", ">(p(a) >(p(b)) p(c))"],
    ["what is in a quote", "> # a\n> - b\n> ```\n> c\n> ```", ">(h1(a) ul(-(p(b))) code:(c))"],
    ["bullets", "- a\n- b\n* c\n+ d", "ul(-(p(a)) -(p(b)) -(p(c)) -(p(d)))"],
    ["numbers", "3. a\n4) b", "ol3(-(p(a)) -(p(b)))"],
    ["a list after a line of words", "a:\n- b\n\nc", "p(a:) ul(-(p(b))) p(c)"],
    ["no list in the middle of a sentence", "in the year\n1990. Then\n-", "p(in the year⏎1990. Then⏎-)"],
    ["nesting by two columns", "- a\n  - b\n    - c\n- d", "ul(-(p(a) ul(-(p(b) ul(-(p(c)))))) -(p(d)))"],
    ["nesting by four columns", "* a\n    * b\n        * c", "ul(-(p(a) ul(-(p(b) ul(-(p(c)))))))"],
    ["nesting by tabs", "- a\n\t- b\n\t\t- c", "ul(-(p(a) ul(-(p(b) ul(-(p(c)))))))"],
    ["nesting below a number", "1. a\n  - b\n2. c", "ol1(-(p(a) ul(-(p(b)))) -(p(c)))"],
    ["loose lists", "- a\n\n- b", "ul~(-(p(a)) -(p(b)))"],
    ["items of several blocks", "1. a\n\n   b\n2. c", "ol1~(-(p(a) p(b)) -(p(c)))"],
    ["code in items", "1. a\n   ```js\n   b\n   ```\n2. c", "ol1(-(p(a) code:js(b)) -(p(c)))"],
    ["code in items, not indented", "- a\n  ```\nb\n```\n- c", "ul(-(p(a) code:(b)) -(p(c)))"],
    ["tasks", "- [ ] a\n- [x] b\n- [X] c\n- [y] d", "ul(o(p(a)) x(p(b)) x(p(c)) -(p([y] d)))"],
    ["empty items", "-\n- a\n-", "ul(-() -(p(a)) -())"],
    ["list after list", "- a\n1. b", "ul(-(p(a))) ol1(-(p(b)))"],
  ])("%s", (_, text, expected) => expect(ended(text)).toBe(expected));
});

describe("tables", () => {
  test.each([
    ["alignment", "|a|b|c|d|\n|:-|:-:|-:|-|", "table:left,center,right,none(a|b|c|d)"],
    ["rows without outer pipes", "a | b\n--|--\n1 | 2\n\nc", "table:none,none(a|b / 1|2) p(c)"],
    ["pipes that part nothing", "|a|b|\n|-|-|\n|`x|y`|1\\|2|", "table:none,none(a|b / `x|y`|1|2)"],
    ["too few cells, and too many", "|a|b|\n|-|-|\n|1|\n|1|2|3|", "table:none,none(a|b / 1| / 1|2|3)"],
    ["dashes that were miscounted", "|a|b|\n|---|", "table:none,none(a|b)"],
    ["words before it and after it", "x\n|a|\n|-|\n|1|\ny", "p(x) table:none(a / 1) p(y)"],
    ["what is in a cell", "|**a**|[b](https://c.d)|\n|-|-|", "table:none,none(b{a}|<https://c.d/ b>)"],
    ["in an item", "- a\n\n  |b|\n  |-|\n  |c|", "ul~(-(p(a) table:none(b / c)))"],
    ["no table without dashes", "| a | b |\n| c | d |", "p(| a | b |⏎| c | d |)"],
    ["dashes that look like an item", "a | b\n- | :-:\n1|2", "table:none,center(a|b / 1|2)"],
    ["dashes that look like a task", "a|b|c\n- |:-:|-", "table:none,center,none(a|b|c)"],
    ["dashes in a quote", "> a|b\n> - |-:", ">(table:none,right(a|b))"],
    ["an item that looks like dashes for long", "a | b\n- | - c", "p(a | b) ul(-(p(| - c)))"],
    ["a rule that looks like dashes for long", "a | b\n- - -", "p(a | b) rule"],
  ])("%s", (_, text, expected) => expect(ended(text)).toBe(expected));
});

describe("inlines", () => {
  test.each([
    ["strong and emphasis", "**a** *b* __c__ _d_ ***e***", "b{a} i{b} b{c} i{d} i{b{e}}"],
    ["one in the other", "**a *b* c** *a **b** c*", "b{a i{b} c} i{a b{b} c}"],
    ["underscores in names", "snake_case_name a__b__c", "snake_case_name a__b__c"],
    ["stars in words", "un*frigging*believable 2 * 3 * 4", "uni{frigging}believable 2 * 3 * 4"],
    ["what is never closed", "**a *b _c ~~d", "**a *b _c ~~d"],
    ["the rule of three", "*foo**bar**baz* *a**b*", "i{foob{bar}baz} i{a**b}"],
    ["dense scripts", "**注意：**请 这是**“重要”**的", "b{注意：}请 这是b{“重要”}的"],
    ["strike, but not about", "~~a~~ ~5 and ~6", "s{a} ~5 and ~6"],
    ["code", "`a` ``b`c`` `` ` `` `*d*` `e", "`a` `b`c` ``` `*d*` `e"],
    ["code before emphasis", "*a `b*` c*", "i{a `b*` c}"],
    ["links", '[a *b*](https://c.d/e_f "t") x', "<https://c.d/e_f a i{b}> x"],
    ["links with parentheses", "([a](https://c.d/e_(f)))", "(<https://c.d/e_(f) a>)"],
    [
      "brackets that are no links",
      "[a] [b][c] a[0](x) [d]: https://e.f",
      "[a] [b][c] a0 [d]: <https://e.f/ https://e.f>",
    ],
    [
      "a link in a link",
      "[a [b](https://c.d) e](https://f.g)",
      "[a <https://c.d/ b> e](<https://f.g/ https://f.g>)",
    ],
    [
      "images",
      "![a](https://c.d/e.png) ![](https://c.d/e.png)",
      "<https://c.d/e.png a> <https://c.d/e.png c.d>",
    ],
    ["an image in a link", "[![a](https://c.d)](https://e.f)", "<https://e.f/ a>"],
    [
      "addresses",
      "<https://a.b> (https://c.d/e_f). **https://g.h**",
      "<https://a.b/ https://a.b> (<https://c.d/e_f https://c.d/e_f>). b{<https://g.h/ https://g.h>}",
    ],
    ["mail", "<mailto:a@b.c> [m](mailto:a@b.c)", "<mailto:a@b.c mailto:a@b.c> <mailto:a@b.c m>"],
    ["escapes", "\\*a\\* \\[b](c) \\d \\\\", "*a* [b](c) \\d \\"],
    ["entities", "&amp;&lt;&gt;&quot;&#39;&#x41;&nbsp;&copy;&#0;", "&<>\"'A\u00a0&copy;\ufffd"],
    ["markup is text", "<b>a</b> <!-- c -->", "<b>a</b> <!-- c -->"],
    ["over a line's end", "**a\nb**", "b{a⏎b}"],
  ])("%s", (_, text, expected) => expect(ended(text)).toBe(`p(${expected})`));
});

describe("while text may still come", () => {
  test.each([
    ["bold looks bold", "a **b", "p(a b{b})"],
    ["half a closing sign is not shown", "a **b*", "p(a b{b})"],
    ["a sign that opens is not shown before its words", "a **", "p(a )"],
    ["code looks like code", "a `b c", "p(a `b c`)"],
    ["strike and emphasis too", "~~a *b", "p(s{a i{b}})"],
    ["names with underscores do not", "a _b", "p(a _b)"],
    ["a line's end takes a guess back", "**a\nb", "p(**a⏎b)"],
    ["so does a paragraph's", "**a\n\n", "p(**a)"],
    ["an address is not shown before its end", "see [a b](https://c.d/e", "p(see a b)"],
    ["a dash may become anything", "a\n-", "p(a)"],
    ["a number too", "a\n\n12.", "p(a)"],
    ["half a fence is not shown", "a\n``", "p(a)"],
    ["a fence is code", "```py", "code:py()"],
    ["half a closing fence is no code", "```\na\n``", "code:(a)"],
    ["a closing fence ends code", "```\na\n```", "code:(a)"],
    ["a box is not shown before its end", "- a\n- [", "ul(-(p(a)))"],
    ["a table's header waits for its dashes", "a\n\n| b | c |\n", "p(a)"],
    ["and needs but a few of them", "| b | c |\n|-", "table:none,none(b|c)"],
    ["a row is shown as it comes", "| b | c |\n|-|-|\n| **d", "table:none,none(b|c / b{d}|)"],
    ["a rule is no dashes yet", "a | b\n---", "p(a | b)"],
    ["an item may be dashes still", "a | b\n- | :", "p(a | b)"],
    ["and is one when it cannot", "a | b\n- - c", "p(a | b) ul(-(ul(-(p(c)))))"],
  ])("%s", (_, text, expected) => expect(outline(once(text))).toBe(expected));

  test("what was held back or guessed is there, as it was written, when the document is finished", () => {
    expect(ended("a **b")).toBe("p(a **b)");
    expect(ended("a\n-")).toBe("p(a⏎-)");
    expect(ended("| b | c |")).toBe("p(| b | c |)");
    expect(ended("a **")).toBe("p(a **)");
  });

  test("a finished document can go on as if it had not been", () => {
    expect(read(finish(once("a **b")), "** c")).toEqual(once("a **b** c"));
  });
});

const samples = [
  "# A *b*\n\nSome **bold\ntext** and `code` here: https://a.b/c.\n\n- one\n  - two\n\n    three\n- [x] four\n",
  "Intro\n| a | b |\n|:-:|--|\n| `x|y` | **z** |\n| 1\nafter\n\n> q\n> 1. r\n>\n>    ```js\n>    s\n>    ```\n---\n",
  "1. a\r\n\r\n   ~~~~ts\r\n   b\r\n   ~~~~\r\n2. 😀 [l](https://a.b 'ü') ![i](https://c.d)\r\rend 日本**語、**です",
];

describe("pieces", () => {
  const seen = (text: string): { shown: Document; ended: Document } => ({
    shown: once(text),
    ended: finish(once(text)),
  });

  test.each([...samples, ...hostile])("%j is the same, wherever it is cut in two", (text) => {
    const whole = seen(text);
    for (let at = 0; at <= text.length; at++) {
      const document = readAll([text.slice(0, at), text.slice(at)]);
      expect({ shown: document, ended: finish(document) }).toEqual(whole);
    }
  });

  test.each([...samples, ...hostile])("%j is the same, unit by unit", (text) => {
    expect(readAll(text.split(""))).toEqual(once(text));
  });

  const scraps = fc.constantFrom(
    ...[
      "\n",
      "\n",
      "\n\n",
      "\r\n",
      "\r",
      " ",
      "  ",
      "    ",
      "\t",
      "- ",
      "* ",
      "1. ",
      "2) ",
      "> ",
      ">",
      "# ",
      "```",
      "~~~",
    ],
    ...[
      "`",
      "``",
      "*",
      "**",
      "***",
      "_",
      "__",
      "~~",
      "[",
      "]",
      "](",
      "](https://a.b",
      ")",
      "![",
      "<",
      "|",
      "| a | b |\n",
    ],
    ...[
      "|---|:-:|\n",
      "-",
      "---",
      "https://a.b/c",
      "a",
      "word ",
      "é",
      "日",
      "。",
      "😀",
      "\ud83d",
      "\\",
      "&amp;",
      "[ ] ",
      "[x] ",
    ],
    ...["x".repeat(300), "word ".repeat(60), "\0", "=", ":", "\u202e"],
  );
  const within = fc.constantFrom(["", ""], ["> ", "> "], ["- ", "  "], ["1. ", "   "], ["> * ", ">   "]);
  const header = fc.constantFrom("a|b", "a | b | c", "|a|b|", "| a |");
  const ending = fc.constantFrom("\n", "\n", "\r\n", "\r");
  const beginning = fc.constantFrom("", "", "- ", "-", "+ ", "* ", "1. ", "1.", "> ", ">");
  const dashes = fc.array(fc.constantFrom("|", "|", ":", "-", "-", ":-", " ", "a"), { maxLength: 8 });
  /** What is a table's head, or nearly: its dashes may begin like an item, a rule or a quote. */
  const tableHead = fc
    .tuple(within, header, ending, beginning, dashes, fc.constantFrom("", "\n"))
    .map(([[first, next], header, ending, ...line]) => first + header + ending + next + line.flat().join(""));
  const parts = fc.oneof({ weight: 9, arbitrary: scraps }, { weight: 1, arbitrary: tableHead });
  const text = fc.array(parts, { maxLength: 60 }).map((parts) => parts.join(""));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  const cutAt = (whole: string, places: readonly number[]): string[] => {
    const sorted = [0, ...places.map((place) => place % (whole.length + 1)), whole.length].sort(
      (a, b) => a - b,
    );
    return sorted.slice(1).map((end, index) => whole.slice(sorted[index], end));
  };

  test("any text is the same in any pieces", () => {
    fc.assert(
      fc.property(text, cuts, (whole, places) => {
        const document = readAll(cutAt(whole, places));
        expect(document).toEqual(once(whole));
        expect(finish(document).blocks).toEqual(finish(once(whole)).blocks);
      }),
      { numRuns: 1_000 },
    );
  });

  test("any text is the same in the smallest pieces, and its words never break the reader's bounds", () => {
    fc.assert(
      fc.property(text, (whole) => {
        const document = readAll(whole.split(""));
        expect(document).toEqual(once(whole));
        checkSafe(document);
      }),
      { numRuns: 300 },
    );
  });

  test("any table's head is the same in the smallest pieces", () => {
    fc.assert(
      fc.property(tableHead, tableHead, (first, second) => {
        const whole = `${first}\n${second}`;
        expect(readAll(whole.split(""))).toEqual(once(whole));
        expect(readAll(first.split(""))).toEqual(once(first));
      }),
      { numRuns: 1_000 },
    );
  });

  test("earlier documents stay as they were", () => {
    const before = once("- a\n- **b");
    const copy = structuredClone(before);
    read(read(before, "** c\n\n"), "d");
    expect(before).toEqual(copy);
  });
});

describe("sharing", () => {
  test("blocks that did not change are the same objects", () => {
    let document = emptyDocument;
    for (const piece of samples.join("\n\n").match(/[^]{1,3}/g) ?? []) {
      const next = read(document, piece);
      const [before, after] = [document.blocks.flat(), next.blocks.flat()];
      // Guesses and what is held back are at the end: at most the last two blocks change.
      before.slice(0, -2).forEach((block, index) => expect(after[index]).toBe(block));
      document = next;
    }
  });

  test("what ends without having been guessed is the same object still", () => {
    for (const text of ["a `b` c", "# a", "- a\n  - b", "> a", "```\na\n```", "| a |\n|-|\n| b |"]) {
      const open = once(text);
      expect(read(open, "\n").blocks).toBe(open.blocks);
      expect(read(open, "\n\n").blocks).toBe(open.blocks);
      expect(read(open, "\n\n# end").blocks.flat()[0]).toBe(open.blocks.flat()[0]);
    }
  });

  test("items and rows that did not change are the same objects", () => {
    const table = once("| a |\n|-|\n| b |\n| c |\n");
    const longer = read(table, "| d |");
    const rowsOf = ({ blocks }: Document): readonly unknown[] =>
      blocks.flat().flatMap((block) => (block.type === "table" ? block.rows.flat() : []));
    rowsOf(table).forEach((row, index) => expect(rowsOf(longer)[index]).toBe(row));
    expect(rowsOf(longer)).toHaveLength(3);

    const list = once("- a\n- b\n  - c\n");
    const itemsOf = ({ blocks }: Document): readonly Item[] =>
      blocks.flat().flatMap((block) => (block.type === "list" ? block.items.flat() : []));
    const more = read(list, "  - d");
    expect(itemsOf(more)[0]).toBe(itemsOf(list)[0]);
    expect(itemsOf(more)[1]).not.toBe(itemsOf(list)[1]);
    expect(itemsOf(more)[1]?.blocks.flat()[0]).toBe(itemsOf(list)[1]?.blocks.flat()[0]);
    // A blank line makes the list loose, and its items are what they were.
    itemsOf(more)
      .slice(0, 1)
      .forEach((item, index) => expect(itemsOf(read(more, "\n\n- e"))[index]).toBe(item));
  });

  test("of a long list, a new item changes one group and no other", () => {
    const text = "- a\n".repeat(1_000);
    const groupsOf = ({ blocks }: Document): Sequence<Item> =>
      blocks.flat().flatMap((block) => (block.type === "list" ? block.items : []));
    const [before, after] = [once(text), read(once(text), "- b")];
    expect(groupsOf(before).length).toBeGreaterThan(10);
    const grown = groupsOf(read(before, "- b"));
    expect(grown.filter((group, index) => group !== groupsOf(before)[index])).toHaveLength(1);
    expect(groupsOf(after).flat()).toHaveLength(1_001);
  });

  test("of a long paragraph, only the end changes", () => {
    const before = once("some *words* and `code`, ".repeat(1_000));
    const after = read(before, "and more");
    const groupsOf = ({ blocks }: Document): Sequence<Inline> =>
      blocks.flat().flatMap((block) => (block.type === "paragraph" ? block.children : []));
    expect(groupsOf(after).filter((group, index) => group !== groupsOf(before)[index]).length).toBeLessThan(
      4,
    );
  });

  test("a sequence keeps its full groups", () => {
    const long = pushAll<number>(
      [],
      Array.from({ length: 100 }, (_, index) => index),
    );
    const longer = push(long, 100);
    expect(longer.flat()).toEqual(Array.from({ length: 101 }, (_, index) => index));
    long.slice(0, -1).forEach((group, index) => expect(longer[index]).toBe(group));
    expect(pushAll(long, [])).toBe(long);
  });
});

/** How deep the objects of a document are nested, without recursion of our own. */
function heightOf(value: unknown): number {
  let level: unknown[] = [value];
  let height = 0;
  for (; level.length > 0; height++)
    level = level.flatMap((each): unknown[] =>
      typeof each === "object" && each !== null ? Object.values(each) : [],
    );
  return height;
}

describe("bounds", () => {
  test.each(endless.map((text) => [text.slice(0, 12), text]))(
    "%j without end is read in bounded steps",
    (_, text) => {
      let document = emptyDocument;
      for (let at = 0; at < text.length; at += 7) {
        document = read(document, text.slice(at, at + 7));
        // What is read again with each piece is the open line and the open paragraph's tail, and they are short.
        const { line, place } = document.reading;
        expect(line.length).toBeLessThan(longestLine);
        expect(tailOf(place.root).length).toBeLessThan(longestTail);
      }
      expect(document).toEqual(once(text));
      expect(heightOf(finish(document).blocks)).toBeLessThan(200);
      checkSafe(finish(document));
    },
  );

  test("quotes and lists nest sixteen deep, and deeper signs are words", () => {
    expect(outline(finish(once(`${">".repeat(18)} a`)))).toBe(`${">(".repeat(16)}p(>> a)${")".repeat(16)}`);
    expect(heightOf(once(staircase).blocks)).toBeLessThan(200);
    expect(readAll(staircase.match(/[^]{1,50}/g) ?? [])).toEqual(once(staircase));
  });

  test("what is not closed for very long is literal, and does not hold up what follows", () => {
    const text = `**never closed ${"word ".repeat(400)} **bold** end`;
    expect(ended(text)).toMatch(/^p\(\*\*never closed word .* b\{bold\} end\)$/);
  });

  test("half of an address that is too long is no link", () => {
    expect(ended(`https://a.b/${"c".repeat(5_000)}`)).toBe(`p(https://a.b/${"c".repeat(5_000)})`);
  });
});

/** The tail of the leaf that may still grow. */
function tailOf(root: object): string {
  let node: object | undefined = root;
  while (node && "open" in node) node = node.open as object | undefined;
  return node && "prose" in node ? (node.prose as { tail: string }).tail : "";
}

const overrides = /[\u202a-\u202e\u2066-\u2069]/;

/** Every node is of a known kind and has its own fields only; every link leads where links may. */
function checkSafe({ blocks }: Document): void {
  const fields: Readonly<Record<string, readonly string[]>> = {
    paragraph: ["type", "children"],
    heading: ["type", "level", "children"],
    code: ["type", "language", "text"],
    span: ["type", "text"],
    quote: ["type", "blocks"],
    list: ["type", "isOrdered", "start", "isTight", "items"],
    table: ["type", "align", "header", "rows"],
    rule: ["type"],
    text: ["type", "text"],
    break: ["type"],
    emphasis: ["type", "children"],
    strong: ["type", "children"],
    strike: ["type", "children"],
    link: ["type", "href", "children"],
  };
  const wait: unknown[] = [blocks];
  while (wait.length > 0) {
    const node = wait.pop();
    if (typeof node !== "object" || node === null) continue;
    if ("type" in node) {
      const kind = node.type === "code" && !("language" in node) ? "span" : (node.type as string);
      if (Object.keys(node).sort().join() !== [...(fields[kind] ?? [])].sort().join())
        throw new Error(`a node of an unknown kind: ${JSON.stringify(node)}`);
      if (node.type === "link") checkLink(node as Inline & { type: "link" });
      if ("language" in node && overrides.test(String(node.language)))
        throw new Error("a language that turns");
    }
    for (const child of Object.values(node)) wait.push(child);
  }
}

function checkLink({ href, children }: Inline & { type: "link" }): void {
  const { protocol, username, password } = new URL(href);
  expect(["http:", "https:", "mailto:"]).toContain(protocol);
  expect(username + password).toBe("");
  expect(href).toMatch(/^[!-~]+$/);
  const words = JSON.stringify(children);
  expect(words).not.toMatch(overrides);
  expect(words).not.toContain('"type":"link"');
}

describe("hostile text", () => {
  test("there is enough of it", () => {
    expect(new Set(hostile).size).toBeGreaterThanOrEqual(180);
  });

  test.each(hostile)(
    "%j makes no link that leads astray and no node of another kind, at any point",
    (text) => {
      let document = emptyDocument;
      for (const unit of text) {
        document = read(document, unit);
        checkSafe(document);
        checkSafe(finish(document));
      }
      for (let at = 0; at <= text.length; at++) checkSafe(finish(once(text.slice(at))));
    },
  );

  test.each(hostile.filter((text) => /^!?\[x\]\(\W*(?:j|d|v|f|b|a|w|i|m(?!ailto))/i.test(text)))(
    "%j is no link at all",
    (text) => {
      expect(JSON.stringify(finish(once(text)).blocks)).not.toMatch(/"href":"(?!https:\/\/a\.example)/);
    },
  );

  test("names that objects are born with are only words", () => {
    expect(ended("```__proto__\nconstructor\n```\n__proto__ constructor &constructor; &proto;")).toBe(
      "code:__proto__(constructor) p(b{proto} constructor &constructor; &proto;)",
    );
    expect(({} as Record<string, unknown>)["type"]).toBeUndefined();
  });
});
