// The app's shortcuts: a menu beside the composer, and one on each message.

import { menu } from "./actions.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** The lightning bolt; `choose(callbackId)` tells the app. */
export const globalMenu = (shortcuts, choose) => opened("Shortcuts", "bolt", "bolt", shortcuts, choose);

export const messageMenu = (shortcuts, choose) => opened("More actions", "more", "", shortcuts, choose);

function opened(words, drawing, style, shortcuts, choose) {
  const opener = h("button", { type: "button", class: style, title: words, "aria-label": words }, icon(drawing));
  const entries = shortcuts.map(({ callback_id: id, name, description }) => ({
    label: name,
    note: description,
    value: id,
    pick: () => choose(id),
  }));
  return menu(opener, entries);
}
