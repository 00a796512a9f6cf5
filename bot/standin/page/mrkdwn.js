// Turns Slack's mrkdwn into nodes: fences, quotes, code, emphasis, <links>, mentions, dates, emoji.

import { fillDate } from "./dates.js";
import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";

const FENCE = /```([\s\S]+?)```/;
const QUOTE = /^(?:&gt;|>) ?/;
const EDGE = "(?<![\\w*_~])";
const END = "(?![\\w*_~])";
const emphasis = (mark, name) => `${EDGE}\\${mark}(?=\\S)(?<${name}>[^${mark}\\n]+?)(?<=\\S)\\${mark}${END}`;
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<angle>[^<>\\n]+)>",
    emphasis("*", "b"),
    emphasis("_", "i"),
    emphasis("~", "s"),
    ":(?<emoji>[a-z0-9_+\\-]+):",
    "(?<url>https?:\\/\\/[^\\s<>|*`]+[^\\s<>|*`.,;:!?)\\]'\"])",
  ].join("|"),
  "g",
);

/** `people` names users and channels: {user(id), channel(id)}. */
export function mrkdwn(text, people) {
  return text.split(FENCE).map((part, index) => (index % 2 ? fence(part) : prose(part, people)));
}

const fence = (code) => h("pre", {}, unescape(code.replace(/^\n|\n$/g, "")));

function prose(text, people) {
  const lines = text.replace(/^\n|\n$/g, "").split("\n");
  const runs = [];
  for (const line of lines) {
    const quoted = QUOTE.test(line);
    const bare = quoted ? line.replace(QUOTE, "") : line;
    if (runs.at(-1)?.quoted === quoted) runs.at(-1).lines.push(bare);
    else runs.push({ quoted, lines: [bare] });
  }
  return runs.map(({ quoted, lines: run }) => {
    const nodes = inline(run.join("\n"), people);
    return quoted ? h("blockquote", {}, nodes) : nodes;
  });
}

function inline(text, people) {
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(done, match.index)), styled(match, people));
    done = match.index + match[0].length;
  }
  return [...nodes, unescape(text.slice(done))];
}

function styled({ groups, 0: whole }, people) {
  if (groups.code) return h("code", {}, unescape(groups.code));
  if (groups.angle) return angle(groups.angle, whole, people);
  if (groups.emoji) return emoji(groups.emoji);
  if (groups.url) return link(unescape(groups.url), unescape(groups.url));
  const tag = ["b", "i", "s"].find((name) => groups[name]);
  return h(tag, {}, inline(groups[tag], people));
}

function angle(inner, whole, people) {
  const [target, label] = split(inner, "|");
  if (/^@[UW]\w+$/.test(target)) return people.user(target.slice(1));
  if (/^#[CGD]\w+$/.test(target)) return people.channel(target.slice(1));
  if (target.startsWith("!")) return special(target.slice(1), label, whole);
  if (/^(https?:|mailto:)/.test(target)) return link(unescape(target), unescape(label ?? target));
  return unescape(whole);
}

function special(command, label, whole) {
  const [name, ...rest] = command.split("^");
  if (name === "date") return date(rest, label);
  if (["here", "channel", "everyone"].includes(name)) return h("span", { class: "mention" }, `@${name}`);
  if (name === "subteam") return h("span", { class: "mention" }, label ?? `@${rest[0]}`);
  return unescape(whole);
}

function date([seconds, pattern = "", href], label) {
  const shown = fillDate(seconds, unescape(pattern), unescape(label ?? ""));
  return href ? link(unescape(href), shown) : h("time", { title: unescape(label ?? "") }, shown);
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Slack escapes exactly these three; one pass, so that &amp;lt; stays &lt;. */
export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}
