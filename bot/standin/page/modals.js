// The modal stack of the user: the top view is drawn in one dialog; what was typed below it is kept.

import { whileBusy } from "./actions.js";
import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { createViewHost, viewStamp } from "./views.js";

const TROUBLE = "We had some trouble connecting. Try again?";
const INVALID = "invalid_input";

/** `show(views, user, people)` draws the stack as it is now; `refresh()` asks for the newest state. */
export function createModals(refresh) {
  const dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title", oncancel: cancelled });
  document.body.append(dialog);
  const typed = new Map();
  let shown = null;

  function show(views, user, people) {
    keep(views);
    const view = views.at(-1);
    if (!view) return close();
    const stamp = viewStamp(view, user, people);
    if (shown?.stamp !== stamp)
      draw({ view, user, stamp, host: createViewHost(view, user, people, typed, refresh) }, views.length);
  }

  /** Answers survive a redraw, as in Slack, for as long as block and action ids stay. */
  function keep(views) {
    if (shown) typed.set(shown.view.id, shown.host.values());
    const open = new Set(views.map((view) => view.id));
    for (const id of typed.keys()) if (!open.has(id)) typed.delete(id);
  }

  function close() {
    shown = null;
    dialog.replaceChildren();
    if (dialog.open) dialog.close();
  }

  function draw(next, depth) {
    const another = shown?.view.id !== next.view.id;
    const focused = document.activeElement?.dataset.actionId;
    const scroll = dialog.querySelector(".dialog-body")?.scrollTop ?? 0;
    shown = next;
    dialog.dataset.viewId = next.view.id;
    dialog.dataset.callbackId = next.view.callback_id ?? "";
    dialog.replaceChildren(form(next, depth));
    if (!dialog.open) dialog.showModal();
    if (!another) dialog.querySelector(".dialog-body").scrollTop = scroll;
    focusTarget(another, focused)?.focus();
  }

  function focusTarget(another, focused) {
    const wrong = dialog.querySelector(".wrong :is(input, textarea, select)");
    if (wrong || another)
      return wrong ?? dialog.querySelector(".dialog-body :is(input, textarea, select), .modal-close");
    return focused ? dialog.querySelector(`[data-action-id="${CSS.escape(focused)}"]`) : null;
  }

  function form({ view, host }, depth) {
    return h(
      "form",
      { novalidate: true, onsubmit: submitted },
      h(
        "header",
        {},
        depth > 1 &&
          h(
            "button",
            { type: "button", class: "icon", "aria-label": "Back", onclick: dismiss },
            icon("back"),
          ),
        h("h2", { id: "modal-title" }, view.title?.text ?? ""),
        h(
          "button",
          { type: "button", class: "icon modal-close", "aria-label": "Close", onclick: dismiss },
          icon("close"),
        ),
      ),
      h("div", { class: "dialog-body", tabindex: "-1" }, renderBlocks(view.blocks, host)),
      h("p", { class: "trouble error", role: "alert", hidden: true }, TROUBLE),
      footer(view),
    );
  }

  function footer(view) {
    return h(
      "footer",
      {},
      h(
        "button",
        { type: "button", class: "button", "data-close": true, onclick: dismiss },
        view.close?.text ?? "Close",
      ),
      view.submit &&
        h(
          "button",
          { type: "submit", class: "button primary", "data-submit": true },
          h("span", { class: "label" }, view.submit.text),
        ),
    );
  }

  async function submitted(event) {
    event.preventDefault();
    const { view, user, host } = shown;
    const go = dialog.querySelector("[data-submit]");
    if (!go || go.disabled) return;
    const answer = await whileBusy(go, () =>
      post("submit", { user, view_id: view.id, values: host.values() }),
    );
    if (shown?.view.id === view.id)
      dialog.querySelector(".trouble").hidden = answer.ok || answer.error === INVALID;
    await refresh();
  }

  async function dismiss() {
    const { view, user } = shown;
    await post("dismiss", { user, view_id: view.id });
    await refresh();
  }

  function cancelled(event) {
    event.preventDefault();
    void dismiss();
  }

  return { show };
}
