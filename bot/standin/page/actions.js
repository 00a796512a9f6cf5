// Buttons and menus: asks for confirmation, shows that the click is under way, and sends it once.
// A `host` is where blocks live (a message or a view): {people, send(action), initial(block, action), register(…)}.

import { control } from "./controls.js";
import { h, safeUrl } from "./dom.js";

const STYLES = { primary: "primary", danger: "danger" };

export function button(element, host, blockId) {
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${STYLES[element.style] ?? ""}`,
      "data-action-id": element.action_id ?? "",
      "aria-label": element.accessibility_label,
      onclick: () => press(node, element, host, { action_id: element.action_id, block_id: blockId }),
    },
    h("span", { class: "label" }, element.text.text),
  );
  return node;
}

async function press(node, element, host, action) {
  if (element.confirm && !(await confirmed(element.confirm, host.text))) return;
  const url = element.url && safeUrl(element.url);
  if (url) window.open(url.href, "_blank", "noopener");
  await whileBusy(node, () => host.send(action));
}

/** Disables the control and its neighbours until the answer is there, so that nobody clicks twice. */
export async function whileBusy(node, work) {
  const scope = node.closest(".actions, footer, .section") ?? node;
  const enabled = [scope, ...scope.querySelectorAll("button, select, input, textarea")].filter(
    (item) => "disabled" in item && !item.disabled,
  );
  const focused = document.activeElement;
  for (const item of enabled) item.disabled = true;
  node.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    for (const item of enabled) item.disabled = false;
    node.removeAttribute("aria-busy");
    if (focused?.isConnected && document.activeElement === document.body)
      focused.focus({ preventScroll: true });
  }
}

/** A select, a picker or check boxes outside an input block: each change is an action of its own. */
export function activeControl(element, host, blockId) {
  const { node, read } = control(element, host.initial(blockId, element.action_id), host.people);
  host.register(blockId, element.action_id, read);
  node.setAttribute("aria-label", element.placeholder?.text ?? element.action_id ?? "Choose");
  node.addEventListener("change", () =>
    press(node, element, host, { action_id: element.action_id, block_id: blockId, value: read() }),
  );
  return node;
}

export function overflow(element, host, blockId) {
  const opener = h(
    "button",
    {
      type: "button",
      class: "button overflow",
      "data-action-id": element.action_id ?? "",
      "aria-label": "More actions",
    },
    h("span", { class: "label", "aria-hidden": "true" }, "⋯"),
  );
  const pick = (option) => {
    const action = { action_id: element.action_id, block_id: blockId, value: option.value };
    void press(opener, { confirm: element.confirm, url: option.url }, host, action);
  };
  const entries = element.options.map((option) => ({
    label: option.text.text,
    value: option.value,
    pick: () => pick(option),
  }));
  return menu(opener, entries);
}

/** A button with a menu below it; entries are {label, note, value, pick()}. */
export function menu(opener, entries) {
  const items = entries.map(({ label, note, value, pick }) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        "data-value": value ?? "",
        onclick: () => (list.hidePopover(), pick()),
      },
      label,
      note && h("small", {}, note),
    ),
  );
  const list = h(
    "div",
    { class: "menu-list", popover: "auto", role: "menu", onkeydown: (event) => walk(event, items) },
    items,
  );
  opener.setAttribute("aria-haspopup", "menu");
  opener.addEventListener("click", () => openMenu(opener, list, items));
  return h("span", { class: "overflow-holder" }, opener, list);
}

function openMenu(opener, list, items) {
  const box = opener.getBoundingClientRect();
  list.showPopover();
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - list.offsetWidth - 8))}px`;
  list.style.top = `${Math.min(box.bottom + 4, innerHeight - list.offsetHeight - 8)}px`;
  items[0]?.focus();
}

function walk(event, items) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}

/** Shows Slack's confirm dialog; answers whether the person went on. */
function confirmed(confirm, text) {
  return new Promise((resolve) => {
    const close = (answer) => () => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const style = STYLES[confirm.style] ?? "primary";
    const dialog = h(
      "dialog",
      { class: "confirm", "aria-labelledby": "confirm-title", "data-confirm": true, oncancel: close(false) },
      h("header", {}, h("h2", { id: "confirm-title" }, confirm.title.text)),
      h("div", { class: "dialog-body" }, text(confirm.text)),
      h(
        "footer",
        {},
        h(
          "button",
          { type: "button", class: "button", onclick: close(false) },
          confirm.deny?.text ?? "Cancel",
        ),
        h(
          "button",
          { type: "button", class: `button ${style}`, onclick: close(true) },
          confirm.confirm?.text ?? "Yes",
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
