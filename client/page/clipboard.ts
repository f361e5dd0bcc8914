// Copying, also where a page has no clipboard of its own: on http from another machine.

/** False when the browser lets us copy nothing. */
export function copy(text: string): boolean {
  if ("clipboard" in navigator) {
    navigator.clipboard.writeText(text).catch(() => copyBySelection(text));
    return true;
  }
  return copyBySelection(text);
}

function copyBySelection(text: string): boolean {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "unseen";
  document.body.append(box);
  const focused = document.activeElement;
  box.select();
  const isCopied = document.execCommand("copy");
  box.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
