// Splits an answer, while it is being written, into sentences that a voice can speak: no marks of Markdown, no code blocks.
//
// Intl.Segmenter is not used: it breaks after "Mr.", after "1." and inside links, ends no sentence before it has seen the
// next word, and would read what is held again for each piece. Where it is in doubt whether a sentence ends, it goes on:
// two sentences in one breath sound better than one in two halves.

type Reading = {
  /** The Markdown of the sentence that has begun. */
  text: string;
  /** Where a line begins in it of which it is not clear yet what it is; else Infinity. */
  start: number;
  /** The marks that opened the code block which is being read. */
  fence: string;
  /** The line is an item or a heading: its end ends the sentence. */
  isItem: boolean;
  /** A sentence that wants no space after it has ended, but for closing quotes. */
  isFull: boolean;
  ready: string[];
};

/** Nothing is held longer than this, however the text goes on. UTF-16 code units. */
const longest = 2_000;

const sayable = /[\p{L}\p{N}\p{So}]/u;
const marker = /^([-*+•]|\d{1,3}[.)]|#{1,6})$/;
const pause = /[,;:，、；：]$/;
const closing = /["'*_~`\p{Pe}\p{Pf}。！？]/u;
// after a stop there may be closing marks, a link's address, a footnote's number
const stop = /[.!?…؟。！？]([([][^\s()[\]]*[)\]]|[^\p{L}\p{N}\s,;:([])*$/u;
// a number that begins a sentence, initials and "z.B.", and the usual abbreviations
const abbreviation =
  /(^\W*\d+|(?<![^\s("*_])((\p{L}\.)*\p{L}|Mrs?|Ms|[DJS]r|St|Prof|Nr|vs|etc|al|approx|ca|bzw|usw))\.[)*_]*$/u;

/**
 * The sentences of an answer, each as soon as it is certain, for a synthesizer of speech. The words may be cut anywhere.
 * Leaving the loop ends the source.
 */
export async function* sentences(words: AsyncIterable<string>): AsyncGenerator<string> {
  const reading: Reading = { text: "", start: 0, fence: "", isItem: false, isFull: false, ready: [] };
  for await (const piece of words) yield* read(reading, piece);
  yield* read(reading, "\n\n");
}

/** One code unit after the other, so it does not matter how the words were cut. */
function* read(reading: Reading, piece: string): Generator<string> {
  for (const unit of piece.split("")) {
    take(reading, unit);
    yield* reading.ready.splice(0);
  }
}

function take(reading: Reading, unit: string): void {
  if (reading.isFull && !closing.test(unit)) {
    reading.isFull = false;
    if (!isOpen(reading.text)) finish(reading);
  }
  if (unit === "\n") return endLine(reading);
  if (/\s/.test(unit)) mayFinish(reading);
  reading.text += unit;
  if (pause.test(unit) && unit > "~") mayFinish(reading);
  if (/[。！？]/.test(unit)) reading.isFull = begin(reading, false);
  if (reading.text.length + 1 < longest || /[\ud800-\udbff]/.test(unit)) return; // a pair is not cut
  begin(reading, true);
  finish(reading);
}

function mayFinish(reading: Reading): void {
  if (begin(reading, false) && mayEnd(reading.text)) finish(reading);
}

/**
 * What a line is shows at its first space; whether a code block begins, only at its end.
 * True when it is clear and the line's text is held.
 */
function begin(reading: Reading, isWhole: boolean): boolean {
  const { text, start, fence } = reading;
  if (fence || start > longest) return !fence;
  const line = text.slice(start).replace(/^[\s>]+/, "");
  const isMarker = marker.test(line);
  if (!isMarker && !isWhole && /^(```|~~~|$)/.test(line)) return false;
  const opening = /^(`{3,}|~{3,})[^`]*$/.exec(line)?.[1] ?? "";
  if (isMarker || opening || !sayable.test(line) || line.startsWith("|")) finish(reading);
  else reading.text = text.slice(0, start);
  reading.isItem ||= isMarker;
  reading.fence = opening;
  const isText = !isMarker && !opening;
  if (isText) reading.text += line;
  reading.start = isText ? Infinity : 0;
  return isText;
}

function endLine(reading: Reading): void {
  begin(reading, true);
  const { text, fence } = reading;
  if (fence && /^[\s>]*(`+|~+)\s*$/.exec(text)?.[1]?.startsWith(fence)) reading.fence = reading.text = "";
  else if (fence || reading.isItem || text.includes("|") || !sayable.test(text) || mayEnd(text))
    finish(reading);
  else reading.text += " ";
  reading.start = reading.text.length;
  reading.isItem = false;
}

function finish(reading: Reading): void {
  const spoken = speakable(reading.text.slice(0, reading.start));
  reading.text = "";
  if (!reading.fence && sayable.test(spoken)) reading.ready.push(spoken);
}

function mayEnd(text: string): boolean {
  if (isOpen(text)) return text.length > 1_000;
  return text.length > (pause.test(text) ? 300 : 400) || (stop.test(text) && !abbreviation.test(text));
}

/** In the middle of a link or of code. */
const isOpen = (text: string): boolean =>
  text.lastIndexOf("[") > text.lastIndexOf("]") || text.split("`").length % 2 === 0;

const link = /!?\[([^[\]]*)\]\(([^()]|\([^()]*\))*\)/g;
const address = /<?\b(?:https?:\/\/|www\.)+([\w.-]*\w)([:/?#][!-;=?-⿿]*[\w/=À-⿿]|\/)?>?/g;
const mark = /\\([!-/:-@[-`{-~])|`+([^`]*)`*|(?<![\w*_])[*_]+(?=\S)|(?<=\S)[*_]+(?![\w*_])|\*\*(?!\d)|~~/g;

function speakable(markdown: string): string {
  return markdown
    .replace(link, "$1")
    .replace(link, "$1") // a picture in a link
    .replace(address, "$1")
    .replace(mark, "$1$2")
    .replace(/<br ?\/?>/g, "|")
    .replace(/\s+/g, " ")
    .replace(/^[ |]+|[ |]+$/g, "")
    .replace(/( ?\|)+ ?/g, ", ");
}
