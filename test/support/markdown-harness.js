// Runs in the browser: draws texts with the component of the page, each in two parts, cut at every position.
/* global audit, document */
import { createElement } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { MarkdownView } from "../../client/page/markdown.tsx";

const place = document.getElementById("place");

/** Draws these one after the other into the same place, looks at each, and gives what stands there at the end. */
function draw(stages) {
  const root = createRoot(place);
  for (const stage of stages) {
    flushSync(() => root.render(createElement(MarkdownView, stage)));
    audit.look(place);
    audit.drawn += 1;
    const drawn = place.querySelector(stage.text === "" ? ".waiting" : ".markdown");
    if (!drawn) audit.faults.push(`nothing was drawn of ${JSON.stringify(stage.text)}`);
  }
  const { innerHTML } = place;
  flushSync(() => root.unmount());
  if (place.childNodes.length > 0) audit.faults.push(`${JSON.stringify(stages)} stays after it is gone`);
  return innerHTML;
}

globalThis.harness = {
  /** As it comes: a part, then the whole, then it has ended. */
  drawInTwo: (text) => {
    const whole = draw([{ text, isDone: true }]);
    for (let cut = 0; cut <= text.length; cut++) {
      const parts = [
        { text: text.slice(0, cut), isDone: false },
        { text, isDone: false },
        { text, isDone: true },
      ];
      if (draw(parts) !== whole) audit.faults.push(`cut at ${cut} it is another: ${JSON.stringify(text)}`);
    }
  },
};
