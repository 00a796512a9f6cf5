// Short notices in the corner, above any dialog; each leaves by itself or when dismissed.

import { byId, h } from "./dom.js";
import { icon } from "./icons.js";

const STAY_MS = 9000;

const SENTENCES = {
  operation_timeout:
    "The app did not answer within 3 seconds, so your click may not have counted. Try again.",
  dispatch_failed:
    "The app is not running or could not be reached, so nothing happened. Try again in a moment.",
  stand_in_unreachable: "The stand-in does not answer, so nothing was sent.",
};

export const sentence = (error) => SENTENCES[error] ?? error;

export function toast(words, code = "") {
  const region = byId("toasts");
  const repeated = [...region.children].find((node) => node.dataset.words === words);
  repeated?.remove();
  const leave = () => node.remove();
  const node = h(
    "div",
    { class: "toast", "data-toast": true, "data-words": words },
    icon("warning"),
    h("p", {}, words, code && code !== words && h("small", {}, code)),
    h("button", { type: "button", class: "icon", "aria-label": "Dismiss", onclick: leave }, icon("close")),
  );
  region.append(node);
  raise(region);
  setTimeout(leave, STAY_MS);
}

export const clearToasts = () => byId("toasts").replaceChildren();

/** Showing a popover again puts it on top of dialogs that were opened since. */
function raise(region) {
  region.popover = "manual";
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}
