// The link to the conversation: copied, or shown to be copied by hand.
import { useState } from "react";
import { copy } from "./clipboard.ts";
import { useBorrowedFocus } from "./focus.ts";

/** Before the conversation has its name, the address of the page leads to another one. */
export function Invite({ isKnown }: { isKnown: boolean }) {
  const [outcome, setOutcome] = useState<"none" | "copied" | "failed">("none");
  const invite = (): void =>
    void copy(location.href).then((isCopied) => setOutcome(isCopied ? "copied" : "failed"));
  const forget = (): void => setOutcome("none");
  return (
    <>
      <button
        type="button"
        className="primary"
        disabled={!isKnown}
        onClick={invite}
        onBlur={() => (outcome === "copied" ? forget() : undefined)}
      >
        {outcome === "copied" ? "Link copied" : "Invite"}
      </button>
      {outcome === "failed" && <ByHand onClose={forget} />}
    </>
  );
}

function ByHand({ onClose }: { onClose: () => void }) {
  const box = useBorrowedFocus<HTMLInputElement>();
  return (
    <label className="by-hand">
      Copy this link by hand
      <input
        readOnly
        ref={box}
        value={location.href}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={onClose}
        onKeyDown={(event) => (event.key === "Escape" ? (event.preventDefault(), onClose()) : undefined)}
      />
    </label>
  );
}
