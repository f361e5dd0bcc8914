// Text of others, made safe for a terminal: what a model or a person wrote moves no cursor and runs nothing.

/** Without control characters, C0 and C1, but for line feed and tab. It looks at single characters, so pieces are as safe as the whole. */
export const plain = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, "");

/** A name is one line, and leaves the direction of what follows alone. */
export const plainName = (name: string): string => name.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, " ").trim();
