// Runs in the browser before the page does: looks at all elements that come into it, and finds those that no text may bring about.
/* global document, HTMLElement, MutationObserver */
(() => {
  const words = (text) => new Set(text.trim().split(/\s+/));

  const tags = words(`
    a p h1 h2 h3 h4 h5 h6 div span b code pre blockquote ol ul li input hr br strong em del button
    table thead tbody tr th td header main footer section form textarea label details summary time`);
  const classes = words(`
    markdown waiting code head table task message mine answer active text who face assistant outcome bad deeds reasoning
    connection connecting open closed primary name room composer typing trouble manner growing stop latest hint beginning
    openings unseen nowhere no-name wide`);
  const ids = words("page place talk unsent members keys");
  const labels = new Set([
    ...["Table", "Code", "done", "not done", "News", "Who is here", "Your message", "The conversation"],
    "Not sent yet",
  ]);

  /** What each attribute may say. */
  const attributes = {
    class: (value) => [...words(value || "text")].every((word) => classes.has(word)),
    id: (value) => ids.has(value),
    href: (value, { protocol, parentElement }) =>
      value === "/" ||
      /^\/write\/[A-Za-z0-9._~-]{1,128}$/.test(value) ||
      (parentElement?.className === "no-name" && /^\/#[A-Za-z0-9._~-]{1,128}$/.test(value)) || // a room that can be
      (/^(https?:\/\/|mailto:)/i.test(value) && /^(https?|mailto):$/.test(protocol)),
    target: /^_blank$/,
    rel: /^noopener noreferrer nofollow$/,
    type: /^(button|submit|checkbox)$/,
    role: /^(region|log|status|alert)$/,
    tabindex: /^0$/,
    start: /^\d{1,9}$/,
    "data-align": /^(none|left|center|right)$/,
    disabled: /^(true)?$/,
    checked: /^(true)?$/,
    "data-connection": /^(connecting|open|waiting|closed)$/,
    style: /^--hue: ?\d{1,3};?$/,
    "aria-label": (value) => labels.has(value),
    "aria-hidden": /^true$/,
    "aria-busy": /^(true|false)$/,
    "aria-pressed": /^false$/,
    "aria-expanded": /^false$/,
    "aria-controls": /^about$/,
    "aria-describedby": /^keys$/,
    "aria-live": /^polite$/,
    datetime: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
    autocomplete: /^nickname$/,
    maxlength: /^\d+$/,
    rows: /^\d+$/,
    title: /^/, // what people are called, and when something was said
    placeholder: /^/,
  };

  const audit = {
    /** In words, each with what it is about. */
    faults: [],
    /** Elements that were looked at. */
    looked: 0,
    /** Counted by the harness. */
    drawn: 0,
    look: (root) => {
      for (const element of [root, ...root.querySelectorAll("*")]) lookAt(element);
    },
  };

  function lookAt(element) {
    audit.looked += 1;
    const isKnown = tags.has(element.localName) && element instanceof HTMLElement;
    if (!isKnown) audit.faults.push(`an element: ${element.localName}`);
    for (const { name, value } of element.attributes) {
      const rule = attributes[name];
      const isRight = typeof rule === "function" ? rule(value, element) : rule?.test(value);
      if (!isRight) audit.faults.push(`an attribute: ${name}="${value}"`);
    }
  }

  function watch() {
    new MutationObserver((records) => {
      for (const { type, target, addedNodes } of records) {
        if (type === "attributes" && target !== document.documentElement) lookAt(target);
        for (const node of addedNodes) if ("attributes" in node) audit.look(node);
      }
    }).observe(document, { childList: true, subtree: true, attributes: true });
  }

  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
    audit.faults.push(`against the policy: ${effectiveDirective} ${blockedURI}`),
  );
  // what the server itself has put into the page is there by then, and no script has run
  document.addEventListener("readystatechange", watch, { once: true });
  globalThis.audit = audit;
})();
