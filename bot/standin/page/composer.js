// A box to write in: Enter sends, Shift+Enter breaks the line, each conversation keeps its own draft.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { globalMenu } from "./shortcuts.js";

const drafts = new Map();

/** `send(text)` answers {ok}; what could not be sent stays in the box. */
export function createComposer(parent, kind, send) {
  let key = "";
  const field = h("textarea", {
    rows: "1",
    "data-composer": kind,
    "aria-label": "Message",
    oninput: changed,
    onkeydown: pressed,
  });
  const go = h("button", { type: "submit", class: "send", "aria-label": "Send" }, icon("send"));
  const slot = h("span", { class: "shortcut-slot" });
  const hint = h("p", { class: "composer-hint" });
  const form = h(
    "form",
    { class: "composer", onsubmit: submit },
    h("div", { class: "composer-box" }, slot, field, go),
    hint,
  );
  parent.replaceChildren(form);

  function changed() {
    drafts.set(key, field.value);
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 200)}px`;
    go.disabled = field.disabled || !field.value.trim();
  }

  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit(event);
  }

  async function submit(event) {
    event.preventDefault();
    const [text, from] = [field.value.trim(), key];
    if (!text || field.disabled) return;
    write("");
    if ((await send(text)).ok === false && from === key && !field.value) write(text);
  }

  function write(text) {
    field.value = text;
    changed();
  }

  function offer({ shortcuts = [], choose }) {
    const stamp = JSON.stringify(shortcuts);
    if (slot.dataset.stamp === stamp) return;
    slot.dataset.stamp = stamp;
    slot.replaceChildren(...(shortcuts.length ? [globalMenu(shortcuts, choose)] : []));
  }

  function show({ draftKey, placeholder, suggestions = [], disabled = false, ...more }) {
    offer(more);
    field.placeholder = placeholder;
    field.setAttribute("aria-label", placeholder);
    field.disabled = disabled;
    suggest(suggestions);
    if (draftKey === key) return;
    key = draftKey;
    write(drafts.get(key) ?? "");
  }

  function suggest(texts) {
    hint.hidden = !texts.length;
    if (hint.dataset.texts === String(texts)) return;
    hint.dataset.texts = texts;
    const suggestion = (text) =>
      h(
        "button",
        { type: "button", title: "Put this in the box", onclick: () => (write(text), field.focus()) },
        text,
      );
    hint.replaceChildren("Try: ", ...texts.flatMap((text, index) => [index ? " or " : "", suggestion(text)]));
  }

  return { show, focus: () => field.focus() };
}
