// What the page shows of a transcript. Text is text: nothing that a model or a person wrote becomes markup.
import { outcomes, type Answer, type Item, type Transcript } from "../shared/transcript.ts";

export type View = {
  /** Whose messages are our own. */
  me: string;
  draw: (transcript: Transcript) => void;
  /** Goes to the end, and stays there. */
  follow: () => void;
};

/** Draws into a list, and touches only what has changed since the last time. */
export function createView(list: HTMLElement): View {
  const drawn: { shown: Shown; element: HTMLElement }[] = [];
  const scroller = list.parentElement as HTMLElement;
  const follow = (): void => void (scroller.scrollTop = scroller.scrollHeight);

  function draw({ items }: Transcript): void {
    const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    for (const { element } of drawn.splice(items.length)) element.remove();
    const answered = new Set(items.map((item) => (item.type === "answer" ? item.message : "")));
    items.forEach((item, index) => {
      const shown = { item, isMine: isBy(item, view.me), isWaiting: waits(item, answered) };
      const before = drawn[index];
      if (before?.shown.item === item && before.shown.isWaiting === shown.isWaiting) return;
      const isSame = before && keyOf(before.shown.item) === keyOf(item);
      const element = isSame ? before.element : newElement(list, before?.element);
      fill(element, shown);
      drawn[index] = { shown, element };
    });
    if (isAtEnd) follow();
  }

  const view: View = { me: "", draw, follow };
  return view;
}

/** An item, and what the items around it make of it. */
type Shown = { item: Item; isMine: boolean; isWaiting: boolean };

const isBy = (item: Item, member: string): boolean => item.type === "message" && item.author.id === member;

const waits = (item: Item, answered: ReadonlySet<string>): boolean =>
  item.type === "message" && item.reply && !answered.has(item.id);

const keyOf = (item: Item): string => (item.type === "message" ? item.id : item.run);

function newElement(list: HTMLElement, instead: HTMLElement | undefined): HTMLElement {
  const element = document.createElement("li");
  if (instead) instead.replaceWith(element);
  else list.append(element);
  return element;
}

function fill(element: HTMLElement, { item, isMine, isWaiting }: Shown): void {
  const isActive = item.type === "answer" && !item.reason;
  element.className = `${item.type}${isActive ? " active" : ""}${isMine ? " mine" : ""}`;
  line(element, "who", item.type === "message" ? item.author.name : item.model);
  line(element, "reasoning", item.type === "answer" ? item.reasoning : "");
  line(element, "text", item.text);
  const outcome = line(element, "outcome", outcomeText(item, isWaiting));
  outcome?.classList.toggle("bad", item.type === "answer" && item.error !== undefined);
}

/** A paragraph of this class, there only while it has something to say. */
function line(parent: HTMLElement, name: string, text: string): HTMLElement | undefined {
  const found = parent.querySelector<HTMLElement>(`:scope > .${name}`) ?? undefined;
  if (text === "" && name !== "text") return void found?.remove();
  const element = found ?? parent.appendChild(document.createElement("p"));
  element.className = name;
  if (element.textContent !== text) element.textContent = text;
  return element;
}

function outcomeText(item: Item, isWaiting: boolean): string {
  if (item.type === "answer") return outcomeOf(item);
  return isWaiting ? "Waits for its turn." : "";
}

export function outcomeOf({ reason, by, error }: Answer): string {
  if (!reason || reason === "stop") return "";
  if (reason === "cancelled") return by ? `Stopped by ${by.name}.` : "Stopped, because nobody was watching.";
  return error ? `${outcomes[reason]} ${error.message}` : outcomes[reason];
}
