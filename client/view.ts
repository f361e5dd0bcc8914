// What the page shows of a transcript. Text is text: nothing that a model or a person wrote becomes markup.
import type { EndReason } from "../shared/protocol.ts";
import type { Answer, Item, Transcript } from "../shared/transcript.ts";

const outcomes: Record<EndReason, string> = {
  stop: "",
  length: "The model reached its length limit.",
  content_filter: "The provider's filter ended this answer.",
  cancelled: "Stopped",
  timeout: "The model took too long.",
  limit: "The answer grew too long.",
  interrupted: "The answer was interrupted.",
  error: "The answer failed.",
};

/** Draws into a list, and touches only what has changed since the last time. */
export function createView(list: HTMLElement): (transcript: Transcript) => void {
  const drawn: { item: Item; element: HTMLElement }[] = [];
  return ({ items }) => {
    const scroller = list.parentElement as HTMLElement;
    const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    for (const { element } of drawn.splice(items.length)) element.remove();
    items.forEach((item, index) => {
      const before = drawn[index];
      if (before?.item === item) return;
      const element =
        before && keyOf(before.item) === keyOf(item) ? before.element : newElement(list, before?.element);
      fill(element, item);
      drawn[index] = { item, element };
    });
    if (isAtEnd) scroller.scrollTop = scroller.scrollHeight;
  };
}

const keyOf = (item: Item): string => (item.type === "message" ? item.id : item.run);

function newElement(list: HTMLElement, instead: HTMLElement | undefined): HTMLElement {
  const element = document.createElement("li");
  if (instead) instead.replaceWith(element);
  else list.append(element);
  return element;
}

function fill(element: HTMLElement, item: Item): void {
  element.className = item.type === "answer" && !item.reason ? "answer active" : item.type;
  line(element, "who", item.type === "message" ? item.author.name : item.model);
  line(element, "reasoning", item.type === "answer" ? item.reasoning : "");
  line(element, "text", item.text);
  const outcome = line(element, "outcome", item.type === "answer" ? outcomeOf(item) : "");
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

export function outcomeOf({ reason, by, error }: Answer): string {
  if (!reason || reason === "stop") return "";
  if (reason === "cancelled") return by ? `Stopped by ${by.name}.` : "Stopped, because nobody was watching.";
  return error ? `${outcomes[reason]} ${error.message}` : outcomes[reason];
}
