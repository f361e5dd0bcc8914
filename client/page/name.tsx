// The name that the others see. It is taken when one leaves the box, and not at each key.
import { useEffect, useState } from "react";

type Props = {
  name: string;
  /** What the server calls us meanwhile. */
  given: string | undefined;
  onName: (name: string) => void;
};

export function Name({ name, given, onName }: Props) {
  const [text, setText] = useState(name);
  useEffect(() => setText(name), [name]); // it may be changed in another tab
  const commit = (): void => (text.trim() === name ? undefined : onName(text.trim()));
  return (
    <label>
      Your name{" "}
      <input
        value={text}
        maxLength={64}
        autoComplete="nickname"
        placeholder={given ?? "Guest"}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => (event.key === "Enter" ? commit() : undefined)}
      />
    </label>
  );
}
