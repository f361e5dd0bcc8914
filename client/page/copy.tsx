// A button that copies, and says whether it did.
import { useState } from "react";
import { copy } from "./clipboard.ts";

const words = { idle: "Copy", copied: "Copied", failed: "Not copied: select it instead" };

export function Copy({ text }: { text: string }) {
  const [outcome, setOutcome] = useState<keyof typeof words>("idle");
  const press = (): void => void copy(text).then((isCopied) => setOutcome(isCopied ? "copied" : "failed"));
  return (
    <button type="button" onClick={press} onBlur={() => setOutcome("idle")}>
      {words[outcome]}
    </button>
  );
}
