// The app's Home tab, beside the direct messages with it.

import { renderBlocks } from "./blocks.js";
import { byId, h, reconcile } from "./dom.js";
import { createViewHost, viewStamp } from "./views.js";

const TABS = { "": "Messages", home: "Home" };
const NOTHING_TYPED = new Map();

/** Draws the tabs of a direct conversation and, when it is chosen, the Home view. Answers whether it is. */
export function renderHome(view, current, user, people, { choose, refresh }) {
  const tabs = current === undefined ? [] : Object.entries(TABS);
  reconcile(
    byId("tabs"),
    tabs.map(([name, words]) => tab(name, words, current, choose)),
  );
  byId("tabs").hidden = !tabs.length;
  const chosen = current === "home";
  byId("home").hidden = !chosen;
  if (chosen) reconcile(byId("home"), [view ? page(view, user, people, refresh) : empty()]);
  return chosen;
}

const tab = (name, words, current, choose) => ({
  key: name,
  stamp: String(name === current),
  make: () =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        "data-tab": name || "messages",
        "aria-current": name === current && "page",
        onclick: () => choose(name),
      },
      words,
    ),
});

const page = (view, user, people, refresh) => ({
  key: view.id,
  stamp: viewStamp(view, user, people),
  make: () =>
    h(
      "div",
      { class: "blocks", "data-view-id": view.id },
      renderBlocks(view.blocks, createViewHost(view, user, people, NOTHING_TYPED, refresh)),
    ),
});

const empty = () => ({
  key: "empty",
  stamp: "",
  make: () => h("p", { class: "nothing" }, "The app has published no Home tab for you yet."),
});
