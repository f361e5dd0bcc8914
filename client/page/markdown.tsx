// The words of an answer, drawn as the Markdown that they are. What has not changed since the last time is not looked at again.
import { memo, useMemo, useRef, type JSX } from "react";
import { Copy } from "./copy.tsx";
import type { Block, List, Table } from "./markdown/block.ts";
import { emptyDocument, finish, read, type Document } from "./markdown/document.ts";
import type { Inline } from "./markdown/inline.ts";
import type { Sequence } from "./markdown/sequence.ts";

/** An answer only grows, so each of its words is read once. When it has ended, nothing is guessed any more. */
export function MarkdownView({ text, isDone }: { text: string; isDone: boolean }) {
  const reading = useRef(nothingRead);
  reading.current = readOn(reading.current, text);
  const { document } = reading.current;
  const { blocks } = useMemo(() => (isDone ? finish(document) : document), [isDone, document]);
  if (text === "") return <p className="waiting" />;
  return (
    <div className="markdown">
      <Blocks blocks={blocks} />
    </div>
  );
}

type Read = { readonly text: string; readonly document: Document };

const nothingRead: Read = { text: "", document: emptyDocument };

function readOn(before: Read, text: string): Read {
  if (text === before.text) return before;
  const from = text.startsWith(before.text) ? before : nothingRead;
  return { text, document: read(from.document, text.slice(from.text.length)) };
}

/** Groups are components that are passed over where nothing has changed. What is in them is not: most of it is too small for that. */
const Blocks = ({ blocks }: { blocks: Sequence<Block> }) =>
  blocks.map((group, index) => <BlockGroup key={index} group={group} />);

const BlockGroup = memo(({ group }: { group: readonly Block[] }) => group.map(drawBlock));

function drawBlock(block: Block, key: number): JSX.Element {
  switch (block.type) {
    case "paragraph":
      return <p key={key}>{drawSpans(block.children)}</p>;
    case "heading": {
      const Level = `h${Math.min(6, block.level + 2)}` as "h3"; // below the page's own headings
      return <Level key={key}>{drawSpans(block.children)}</Level>;
    }
    case "code":
      return <Code key={key} language={block.language} text={block.text} />;
    case "quote":
      return (
        <blockquote key={key}>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case "list":
      return drawList(block, key);
    case "table":
      return <TableView key={key} table={block} />;
    case "rule":
      return <hr key={key} />;
  }
}

const drawSpans = (spans: Sequence<Inline>): JSX.Element[] =>
  spans.map((group, index) => <SpanGroup key={index} group={group} />);

const SpanGroup = memo(({ group }: { group: readonly Inline[] }) => group.map(drawSpan));

function drawSpan(span: Inline, key: number): JSX.Element | string {
  switch (span.type) {
    case "text":
      return span.text;
    case "code":
      return <code key={key}>{span.text}</code>;
    case "break":
      return <br key={key} />;
    case "strong":
      return <strong key={key}>{span.children.map(drawSpan)}</strong>;
    case "emphasis":
      return <em key={key}>{span.children.map(drawSpan)}</em>;
    case "strike":
      return <del key={key}>{span.children.map(drawSpan)}</del>;
    case "link":
      return (
        <a key={key} href={span.href} target="_blank" rel="noopener noreferrer nofollow">
          {span.children.map(drawSpan)}
        </a>
      );
  }
}

function drawList({ isOrdered, start, items }: List, key: number): JSX.Element {
  const groups = items.map((group, index) => <ItemGroup key={index} group={group} />);
  return isOrdered ? (
    <ol key={key} start={start}>
      {groups}
    </ol>
  ) : (
    <ul key={key}>{groups}</ul>
  );
}

const ItemGroup = memo(({ group }: { group: List["items"][number] }) =>
  group.map(({ isChecked, blocks }, index) => (
    <li key={index} className={isChecked === undefined ? undefined : "task"}>
      {isChecked !== undefined && (
        <input type="checkbox" checked={isChecked} disabled aria-label={isChecked ? "done" : "not done"} />
      )}
      <Blocks blocks={blocks} />
    </li>
  )),
);

function TableView({ table }: { table: Table }) {
  return (
    <div className="table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {table.header.cells.map((cell, index) => (
              <th key={index} data-align={table.align[index]}>
                {cell.map(drawSpan)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((group, index) => (
            <RowGroup key={index} group={group} align={table.align} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const RowGroup = memo(({ group, align }: { group: Table["rows"][number]; align: Table["align"] }) =>
  group.map(({ cells }, row) => (
    <tr key={row}>
      {cells.map((cell, index) => (
        <td key={index} data-align={align[index]}>
          {cell.map(drawSpan)}
        </td>
      ))}
    </tr>
  )),
);

const Code = memo(function Code({ language, text }: { language: string; text: string }) {
  return (
    <div className="code">
      <div className="head">
        <span>{language || "text"}</span>
        <Copy text={text} />
      </div>
      <pre tabIndex={0} role="region" aria-label="Code">
        <code>
          {partsOf(text).map((part, index) => (
            <span key={index}>{part}</span>
          ))}
        </code>
      </pre>
    </div>
  );
});

/** Long code in parts, so that a new line has only the last of them laid out again. */
const partsOf = (text: string): readonly string[] => text.match(/(?:[^\n]*\n){1,50}|[^\n]+$/g) ?? [];
