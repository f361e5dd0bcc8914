// From values to what a model is shown: templates in string form and in chat form.
import type { ChatMessage } from "../models/model.ts";
import { severalSpeak, shown, shownAsLine, speakersOf, type Speakers } from "./speakers.ts";

/** Values by name: texts, a message, or a list of messages such as a memory's `history`. */
export type PromptValues = Readonly<Record<string, unknown>>;

/** The port to what makes messages out of values. */
export interface Prompt {
  /** What the model is shown. @throws Error when a value is missing */
  format(values: PromptValues): ChatMessage[];
}

/** What the model is told when nothing else is said. */
export const defaultSystemPrompt =
  "You are a helpful assistant in a live conversation. Be clear and brief, and say so when you do not know.";

/**
 * A text with `{names}` in it, shown to the model as one message; `{{` and `}}` are braces. A list of messages is spelt
 * out in lines that begin with "Human" and "AI", or with names when several people speak.
 */
export class PromptTemplate implements Prompt {
  readonly #template: string;

  constructor({ template }: { template: string }) {
    this.#template = template;
  }

  static fromTemplate(template: string): PromptTemplate {
    return new PromptTemplate({ template });
  }

  format(values: PromptValues): ChatMessage[] {
    return [{ role: "user", content: filled(this.#template, values, speakersOf(messagesIn(values))) }];
  }
}

/** Stands for a message or a list of messages, such as `history`. */
export class MessagesPlaceholder {
  /** The name of the value that it stands for. */
  readonly variableName: string;
  constructor(variableName: string) {
    this.variableName = variableName;
  }
}

const roles = {
  system: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  ai: "assistant",
} as const;

/** A message of a template: a role and a text with `{names}`, a message as it is, or a placeholder for messages. */
export type ChatPromptPart =
  readonly [role: keyof typeof roles, template: string] | ChatMessage | MessagesPlaceholder;

/**
 * A list of messages with `{names}` in them. When several people speak in its values, each of their messages begins
 * with a name, and the first system message says so. An answer that was cut off says that it was.
 */
export class ChatPromptTemplate implements Prompt {
  readonly #parts: readonly ChatPromptPart[];

  constructor(parts: readonly ChatPromptPart[]) {
    this.#parts = parts;
  }

  static fromMessages(parts: readonly ChatPromptPart[]): ChatPromptTemplate {
    return new ChatPromptTemplate(parts);
  }

  format(values: PromptValues): ChatMessage[] {
    const speakers = speakersOf(messagesIn(values));
    const messages = this.#parts.flatMap((part) => formatted(part, values, speakers));
    return speakers.size > 0 ? introduced(messages) : messages;
  }
}

/** System text, then `history` as messages of their own, then `input`. The usual prompt of a conversation. */
export class ConversationPrompt extends ChatPromptTemplate {
  constructor({ system = defaultSystemPrompt }: { system?: string } = {}) {
    const told = system ? [{ role: "system", content: system } as const] : [];
    super([...told, new MessagesPlaceholder("history"), new MessagesPlaceholder("input")]);
  }
}

function formatted(part: ChatPromptPart, values: PromptValues, speakers: Speakers): ChatMessage[] {
  if (part instanceof MessagesPlaceholder)
    return placed(valueOf(part.variableName, values)).map((message) => shown(message, speakers));
  if ("content" in part) return [part];
  const [role, template] = part;
  const only = /^\{(\w+)\}$/.exec(template)?.[1]; // a message in the place of a text keeps its speaker
  const message = only === undefined ? undefined : values[only];
  if (isMessage(message)) return [shown({ ...message, role: roles[role] }, speakers)];
  return [{ role: roles[role], content: filled(template, values, speakers) }];
}

/** A bare text is what a person says. */
const placed = (value: unknown): ChatMessage[] =>
  typeof value === "string" ? [{ role: "user", content: value }] : messagesOf(value);

function introduced(messages: ChatMessage[]): ChatMessage[] {
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", content: severalSpeak }, ...messages];
  return [{ role: "system", content: `${first.content}\n\n${severalSpeak}` }, ...rest];
}

const isMessage = (value: unknown): value is ChatMessage =>
  typeof value === "object" && value !== null && "role" in value && "content" in value;

const messagesOf = (value: unknown): ChatMessage[] => [value].flat().filter(isMessage);

const messagesIn = (values: PromptValues): ChatMessage[] => Object.values(values).flatMap(messagesOf);

function filled(template: string, values: PromptValues, speakers: Speakers): string {
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name: string | undefined) =>
    name === undefined ? found.slice(1) : spelt(valueOf(name, values), speakers),
  );
}

function valueOf(name: string, values: PromptValues): unknown {
  if (!Object.hasOwn(values, name)) throw new Error(`The prompt needs a value for {${name}}.`);
  return values[name];
}

function spelt(value: unknown, speakers: Speakers): string {
  if (Array.isArray(value))
    return messagesOf(value)
      .map((message) => shownAsLine(message, speakers))
      .join("\n");
  return isMessage(value) ? value.content : String(value);
}
