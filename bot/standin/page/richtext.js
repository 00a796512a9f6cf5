// Renders rich_text and table blocks, whose text is literal: styles come from the structure, never from the words.

import { fillDate } from "./dates.js";
import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";

const PARTS = {
  rich_text_section: (part, people) => h("div", { class: "rich" }, inlines(part, people)),
  rich_text_preformatted: (part, people) => h("pre", {}, inlines(part, people)),
  rich_text_quote: (part, people) => h("blockquote", {}, inlines(part, people)),
  rich_text_list: list,
};

export function richText(block, people) {
  return (block.elements ?? []).map((part) => PARTS[part.type]?.(part, people) ?? unknown(part));
}

function list(part, people) {
  const tag = part.style === "ordered" ? "ol" : "ul";
  const depth = Math.min(part.indent ?? 0, 4);
  const props = { class: `rich-list depth-${depth}`, start: tag === "ol" && 1 + (part.offset ?? 0) };
  return h(
    tag,
    props,
    part.elements.map((item) => h("li", {}, inlines(item, people))),
  );
}

const inlines = (part, people) => (part.elements ?? []).map((item) => styled(item, people));

const INLINES = {
  text: ({ text }) => text,
  link: ({ url, text }) => link(url, text ?? url),
  user: ({ user_id: id }, people) => people.user(id),
  usergroup: ({ usergroup_id: id }, people) => people.usergroup(id),
  channel: ({ channel_id: id }, people) => people.channel(id),
  broadcast: ({ range }) => h("span", { class: "mention" }, `@${range}`),
  emoji: ({ name }) => emoji(name),
  date: ({ timestamp, format, fallback, url }) => {
    const shown = fillDate(timestamp, format, fallback);
    return url ? link(url, shown) : h("time", { title: fallback }, shown);
  },
  color: ({ value }) => value,
};

const TAGS = { bold: "b", italic: "i", strike: "s", code: "code", underline: "u" };

function styled(item, people) {
  const plain = INLINES[item.type]?.(item, people) ?? unknown(item);
  const styles = Object.keys(TAGS).filter((name) => item.style?.[name]);
  return styles.reduceRight((node, name) => h(TAGS[name], {}, node), plain);
}

export function table(block, people) {
  const [head = [], ...body] = block.rows ?? [];
  const row = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((cell, at) => tableCell(cell, tag, block.column_settings?.[at], people)),
    );
  return h(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": "Table" },
    h(
      "table",
      {},
      h("thead", {}, row(head, "th")),
      h(
        "tbody",
        {},
        body.map((cells) => row(cells, "td")),
      ),
    ),
  );
}

function tableCell(cell, tag, settings, people) {
  const align = ["center", "right"].includes(settings?.align) ? settings.align : "left";
  const content = cell.type === "rich_text" ? richText(cell, people) : (cell.text ?? "");
  return h(tag, { class: `align-${align}${settings?.is_wrapped ? " wrapped" : ""}` }, content);
}

/** What the page cannot draw is said, not hidden. */
export const unknown = (thing) => h("span", { class: "unknown" }, `Cannot show “${thing.type}”`);
