// Block Kit blocks as nodes.

import { activeControl, button, overflow } from "./actions.js";
import { control, isControl } from "./controls.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText, table, unknown } from "./richtext.js";

const BLOCKS = {
  header: (block) => h("h3", { class: "header" }, block.text.text),
  section,
  context: (block, host) =>
    h(
      "div",
      { class: "context" },
      block.elements.map((item) => contextItem(item, host)),
    ),
  actions: (block, host) =>
    h(
      "div",
      { class: "actions" },
      block.elements.map((item) => element(item, host, block.block_id)),
    ),
  divider: () => h("hr"),
  rich_text: (block, host) => h("div", { class: "rich-text" }, richText(block, host.people)),
  table: (block, host) => table(block, host.people),
  input,
  image: (block) => picture(block.title?.text ?? block.alt_text, "large"),
  markdown: (block) => h("div", { class: "text" }, block.text),
};

export function renderBlocks(blocks, host) {
  return blocks.map((block) =>
    h(
      "div",
      { class: `block block-${block.type}`, "data-block-id": block.block_id },
      BLOCKS[block.type]?.(block, host) ?? unknown(block),
    ),
  );
}

/** A text object: plain_text is shown letter by letter, mrkdwn is formatted. */
export function textObject(text, people) {
  return text.type === "mrkdwn" ? mrkdwn(text.text, people) : text.text;
}

function section(block, host) {
  const words = (text) => h("div", { class: "text" }, textObject(text, host.people));
  const body = [
    block.text && words(block.text),
    block.fields && h("div", { class: "fields" }, block.fields.map(words)),
  ];
  const side =
    block.accessory && h("div", { class: "accessory" }, element(block.accessory, host, block.block_id));
  return h("div", { class: "section" }, h("div", { class: "section-body" }, body), side);
}

function contextItem(item, host) {
  if (item.type === "image") return picture(item.alt_text, "small");
  return h("span", { class: "text" }, textObject(item, host.people));
}

function element(item, host, blockId) {
  if (item.type === "button") return button(item, host, blockId);
  if (item.type === "overflow") return overflow(item, host, blockId);
  if (item.type === "image") return picture(item.alt_text, "thumb");
  return isControl(item) ? activeControl(item, host, blockId) : unknown(item);
}

/** The page loads nothing from outside: an image is a frame with its description. */
function picture(alt, size) {
  return h(
    "span",
    { class: `picture ${size}`, role: "img", "aria-label": alt, title: alt },
    icon("image"),
    size === "large" && alt,
  );
}

let inputNumber = 0;

function input(block, host) {
  const item = block.element;
  if (!isControl(item)) return unknown(item);
  const id = `input-${(inputNumber += 1)}`;
  const { node, read } = control(item, host.initial(block.block_id, item.action_id), host.people);
  host.register(block.block_id, item.action_id, read, !block.optional);
  if (block.dispatch_action)
    dispatchOn(node, item, () =>
      host.send({ action_id: item.action_id, block_id: block.block_id, value: read() }),
    );
  const error = host.error(block.block_id);
  const grouped = node.classList.contains("choices");
  node.setAttribute("aria-labelledby", `${id}-label`);
  node.setAttribute("aria-describedby", `${id}-note`);
  if (error) node.setAttribute("aria-invalid", "true");
  if (!grouped) node.id = id;
  return h(
    "div",
    { class: `input${error ? " wrong" : ""}` },
    h(
      "label",
      { id: `${id}-label`, for: !grouped && id },
      block.label.text,
      block.optional && h("small", {}, " (optional)"),
    ),
    node,
    h(
      "p",
      { id: `${id}-note`, class: error ? "error" : "hint", role: error && "alert" },
      error ?? block.hint?.text,
    ),
  );
}

function dispatchOn(node, item, send) {
  if (!item.type.endsWith("_input")) return node.addEventListener("change", send);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || item.multiline) return;
    event.preventDefault();
    void send();
  });
}
