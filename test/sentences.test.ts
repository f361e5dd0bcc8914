// What a voice is given of an answer: whole sentences, early, without the marks of Markdown.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { sentences } from "../client/sentences.ts";

/** A source that tells how far it was read, and whether it was ended. */
function source(pieces: Iterable<string>) {
  const state = { taken: 0, isEnded: false };
  async function* words(): AsyncGenerator<string> {
    try {
      for (const piece of pieces) {
        state.taken += piece.length;
        yield piece;
      }
    } finally {
      state.isEnded = true;
    }
  }
  return { state, words: words() };
}

async function spoken(...pieces: string[]): Promise<string[]> {
  const all: string[] = [];
  for await (const sentence of sentences(source(pieces).words)) all.push(sentence);
  return all;
}

const one = (text: string): Promise<string[]> => spoken(...text.split(""));

function* forever(text: string): Generator<string> {
  for (;;) yield text;
}

describe("a sentence ends", () => {
  test.each([
    ["Yes. No! Why? Well… ok", ["Yes.", "No!", "Why?", "Well…", "ok"]],
    [
      "He said “Stop!” Then (he left.) And „so.“ on",
      ["He said “Stop!”", "Then (he left.)", "And „so.“", "on"],
    ],
    ["**Done.** _Really?_ [Read this.](http://a.b/c) Next", ["Done.", "Really?", "Read this.", "Next"]],
    ["So it is.[1] And so on... Fine", ["So it is.[1]", "And so on...", "Fine"]],
    ["Great! 😀 Next", ["Great!", "😀 Next"]],
  ])("at a stop, with what closes after it, and white space: %s", async (text, expected) => {
    expect(await spoken(text)).toEqual(expected);
  });

  test("in Chinese and Japanese at once, with what closes after it", async () => {
    expect(await spoken("他说：“你好。”然后走了。真的吗？！是")).toEqual([
      "他说：“你好。”",
      "然后走了。",
      "真的吗？！",
      "是",
    ]);
    expect(await spoken("「はい。」と言った。")).toEqual(["「はい。」", "と言った。"]);
  });

  test.each([
    "Mr. Smith, Mrs. Smith and Dr. Who met St. Peter vs. Prof. Xu.",
    "Some, e.g. this, i.e. that, z.B. das, d.h. was, bzw. etwas.",
    "It is by J. R. R. Tolkien and *Dr.* Who.",
    "Pi is 3.14 in version 1.2.3 at example.com or index.html!",
    "Fruit, nuts etc. are good (see e.g. here).",
    "2020. That was it.",
  ])("not after an abbreviation, initials or inside a number or a domain: %s", async (text) => {
    expect(await spoken(`${text} Next.`)).toHaveLength(2);
  });

  test("not in the middle of a link or of code", async () => {
    expect(await spoken("See [Is it? It is. A story](http://a.b/c) and `a. b` now. Yes")).toEqual([
      "See Is it? It is. A story and a. b now.",
      "Yes",
    ]);
  });

  test("at the end of an item, of a heading, of a table's row and of a paragraph", async () => {
    const text =
      "# Fruit\nI like:\n- apples\n  * pears\n1. figs\n12) nuts\n\n| a | b |\nOne\n\nTwo\r\n\r\nThree\n***\nFour";
    expect(await spoken(text)).toEqual(
      "Fruit,I like:,apples,pears,figs,nuts,a; b,One,Two,Three,Four"
        .split(",")
        .map((part) => part.replace(";", ",")),
    );
  });

  test("and not at the end of a line in the middle of a paragraph", async () => {
    expect(await spoken("This is one\nsentence in\r\nlines. And\n> a quote\n> of two.")).toEqual([
      "This is one sentence in lines.",
      "And a quote of two.",
    ]);
  });

  test("at the white space, before any word follows", async () => {
    const { state, words } = source(["Hel", "lo. ", "Next", " one."]);
    const loop = sentences(words);
    expect(await loop.next()).toEqual({ done: false, value: "Hello." });
    expect(state.taken).toBe("Hello. ".length);
  });
});

describe("what is spoken", () => {
  test.each([
    ["**bold** *it* __b__ _i_ ~~gone~~ ***both***", "bold it b i gone both"],
    [
      "snake_case, 2 * 3, 5*3 and 2**3 stay, **in**word goes",
      "snake_case, 2 * 3, 5*3 and 2**3 stay, inword goes",
    ],
    ["## A heading", "A heading"],
    ["> > - quoted", "quoted"],
    ['[text](https://a.b/c_(d) "title") here', "text here"],
    ["![a cat](cat.png) and [![badge](a)](b)", "a cat and badge"],
    ["`__init__` and ``a*b*c``", "__init__ and a*b*c"],
    [
      "Read https://www.example.com/a_b/c?d=e#f, (http://a.org) <https://b.org/> or www.c.org/x/!",
      "Read example.com, (a.org) b.org or c.org!",
    ],
    ["| a | **b** |  | c<br>d |", "a, b, c, d"],
    ["not \\*bold\\* and \\# too", "not *bold* and # too"],
    ["so   much \t space", "so much space"],
  ])("has no marks: %s", async (text, expected) => {
    expect(await spoken(text)).toEqual([expected]);
  });

  test.each([
    "Before:\n```js\nlet x = 1. 2\n\n~~~\n# no\n```\nAfter.",
    "Before:\n~~~\n```\nno. no\n~~~\nAfter.",
    'Before:\n\n````md title="a b"\n```\nno\n```\n````  \nAfter.',
    "Before:\n- ```\n  no\n  ```\n\nAfter.",
    "> Before:\n> ```\n> no\n> ```\n\nAfter.",
  ])("has no code blocks: %j", async (text) => {
    expect(await one(text)).toEqual(["Before:", "After."]);
  });

  test("also when a code block never ends; code in one line is none", async () => {
    expect(await spoken("Before:\n```\nno. no\n\nno")).toEqual(["Before:"]);
    expect(await spoken("```code``` is code.\nYes")).toEqual(["code is code.", "Yes"]);
  });

  test("is never empty", async () => {
    expect(
      await spoken("", " \n\n", "---\n***\n", "| --- | :-: |\n", "...\n- \n#\n", "** **\n\n```\n```\n"),
    ).toEqual([]);
  });

  test("is all of it: the rest comes with the end", async () => {
    expect(await spoken("No stop at the")).toEqual(["No stop at the"]);
    const word = fc.stringMatching(/^[a-zäß語😀]{1,12}[,.!?]?$/u);
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 200 }), async (words) => {
        expect((await spoken(words.join(" "))).join(" ")).toBe(words.join(" "));
      }),
      { numRuns: 50 },
    );
  });
});

describe("however the words come", () => {
  const parts = [
    "Hello", " world", ". ", "! ", "\n", "\n\n", "\r\n", "- ", "1. ", "# ", "> ", "```", "~~~", "`", "**", "*", "_", "[", "](", ")", "|",
    "https://a.b/c", "e.g. ", "Dr. ", "。", "”", "，", "😀", "\ud83d", "𠀀", "<br>", "\\", "3.14", "x".repeat(290), "語".repeat(999), "😀".repeat(600),
  ]; // prettier-ignore
  const markdown = fc.array(fc.constantFrom(...parts), { maxLength: 60 }).map((some) => some.join(""));

  test("the sentences are the same, also when they are cut inside a pair", async () => {
    await fc.assert(
      fc.asyncProperty(markdown, fc.array(fc.nat(4_000), { maxLength: 20 }), async (text, cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        const whole = await spoken(text);
        expect(await spoken(...pieces)).toEqual(whole);
        expect(await one(text)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  test("none is much longer than 2,000, none is blank, and no pair is cut", async () => {
    await fc.assert(
      fc.asyncProperty(markdown, async (text) => {
        for (const sentence of await spoken(text.toWellFormed())) {
          expect(sentence.length).toBeLessThanOrEqual(2_060); // a pipe becomes a comma and a space
          expect(sentence).toBe(sentence.trim());
          expect(sentence).toMatch(/[\p{L}\p{N}\p{So}]/u);
          expect(sentence.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    { at: "a comma", text: "some words, ", least: 300, most: 320 },
    { at: "a space", text: "more ", least: 400, most: 410 },
    { at: "a line", text: "line\n", least: 400, most: 410 },
    { at: "a Chinese comma", text: "語語語，", least: 300, most: 310 },
    { at: "nothing", text: "x", least: 1_999, most: 2_000 },
    { at: "a bracket that stays open", text: "[ words ", least: 1_000, most: 1_010 },
  ])("a text without an end is cut at $at", async ({ text, least, most }) => {
    const { state, words } = source(forever(text));
    const first = await sentences(words).next();
    expect(state.taken).toBeGreaterThanOrEqual(least);
    expect(state.taken).toBeLessThanOrEqual(most + text.length);
    expect(String(first.value).length).toBeLessThanOrEqual(most);
  });

  test("a hostile text of 100 kB comes to its end, a character at a time", async () => {
    const hostile = ["x", "[", "](", "[a](b", ". ", "[. ", "`. ", "```", "*", "_a", "| ", "> ", " ", "\n", "。", "https://a/!", ".(a", ".)", "<br "]; // prettier-ignore
    for (const text of hostile) await one(text.repeat(100_000 / text.length));
  });
});

describe("the source", () => {
  test("is ended when the loop is left early", async () => {
    const { state, words } = source(forever("Hello there. "));
    for await (const sentence of sentences(words)) {
      expect(sentence).toBe("Hello there.");
      break;
    }
    expect(state.isEnded).toBe(true);
  });

  test("fails the loop when it fails, after the sentences that were whole", async () => {
    async function* failing(): AsyncGenerator<string> {
      yield "One. Tw";
      throw new Error("cut");
    }
    const loop = sentences(failing());
    expect((await loop.next()).value).toBe("One.");
    await expect(loop.next()).rejects.toThrow("cut");
  });
});
