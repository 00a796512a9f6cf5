// The message list: grouping, day lines, threads' summaries, ephemeral notes.
// A `room` is what a list is shown for: {channel, me, people, seen, send(message, action), open(ts), inThread,
// shortcuts, choose(message, callbackId)}.

import { renderBlocks, textObject } from "./blocks.js";
import { bareClock, clock, dayLine, fromTs, moment } from "./dates.js";
import { h, reconcile } from "./dom.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { messageMenu } from "./shortcuts.js";

const GROUP_SECONDS = 300;
const FACES = 4;

const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;
const byTs = (one, other) => (one.ts < other.ts ? -1 : Number(one.ts > other.ts));

export const topLevel = (messages) => messages.filter((message) => !isReply(message)).sort(byTs);
export const threadOf = (messages, ts) =>
  messages.filter((message) => message.ts === ts || message.thread_ts === ts).sort(byTs);

/** Draws `shown` (sorted) into `parent`; `all` is the whole channel, for the reply counts. */
export function renderMessages(parent, shown, all, room) {
  const items = [];
  let previous;
  let marked = room.inThread || !room.seen;
  for (const message of shown) {
    const newDay = !previous || fromTs(previous.ts).toDateString() !== fromTs(message.ts).toDateString();
    if (newDay && !room.inThread) items.push(line(`day-${message.ts}`, dayLine(message.ts), "day"));
    const isNew = !marked && message.ts > room.seen && message.user !== room.me;
    if (isNew) items.push(line("new", "New", "new"));
    marked ||= isNew;
    items.push(entry(message, !newDay && !isNew && follows(message, previous), all, room));
    previous = message;
  }
  reconcile(parent, items.length ? items : [nothing(room)]);
}

const follows = (message, previous) =>
  message.user === previous.user &&
  !message.ephemeral === !previous.ephemeral &&
  Number(message.ts) - Number(previous.ts) < GROUP_SECONDS;

const line = (key, words, kind) => ({
  key: `${kind}-${key}`,
  stamp: words,
  make: () =>
    h("div", { class: `line ${kind}`, role: "separator", "aria-label": words }, h("span", {}, words)),
});

const nothing = (room) => ({
  key: `nothing-${room.channel}`,
  stamp: "",
  make: () =>
    h(
      "p",
      { class: "nothing" },
      "Nothing here yet. Say hello, or ask the bot for something that needs approval.",
    ),
});

function entry(message, compact, all, room) {
  const thread = room.inThread ? undefined : summary(message, all, room);
  return {
    key: `${room.me}-${message.channel ?? room.channel}-${message.id ?? message.ts}`,
    stamp: JSON.stringify([message, compact, thread, room.people.stamp]),
    make: () => article(message, compact, thread, room),
  };
}

function summary(message, all, room) {
  const replies = all
    .filter((other) => other.thread_ts === message.ts && isReply(other) && !other.ephemeral)
    .sort(byTs);
  if (!replies.length) return undefined;
  const last = replies.at(-1);
  const faces = [...new Set(replies.map((reply) => reply.user))].slice(0, FACES);
  const mine = [message, ...replies].some((one) => one.user === room.me);
  return {
    count: replies.length,
    last: last.ts,
    faces,
    fresh: mine && last.user !== room.me && last.ts > room.threadSeen(message.ts),
  };
}

function article(message, compact, thread, room) {
  const name = room.people.name(message.user);
  const bot = room.people.isBot(message.user);
  return h(
    "article",
    {
      class: `message${compact ? " compact" : ""}${message.ephemeral ? " ephemeral" : ""}${message.streaming ? " streaming" : ""}`,
      "data-ts": message.ts,
      "data-author": message.user,
      "data-ephemeral-id": message.ephemeral && message.id,
      "aria-label": `${name}, ${clock(message.ts)}`,
    },
    compact ? time(message.ts, bareClock) : avatar(message.user, name, bot),
    h(
      "div",
      { class: "message-body" },
      message.ephemeral && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      !compact && heading(message, name, bot, room),
      content(message, room),
      message.files?.map(attachment),
      message.reactions?.length > 0 && reactions(message.reactions),
      thread && threadLink(message, thread, room),
    ),
    !message.ephemeral && toolbar(message, room),
  );
}

const time = (ts, words = clock) =>
  h("time", { class: "time", datetime: fromTs(ts).toISOString(), title: moment(ts) }, words(ts));

const heading = (message, name, bot, room) =>
  h(
    "div",
    { class: "heading" },
    h("strong", {}, name),
    bot && h("span", { class: "badge" }, "APP"),
    room.people.isGuest(message.user) && h("span", { class: "badge guest" }, "GUEST"),
    time(message.ts),
  );

function content(message, room) {
  const edited =
    message.edited && h("span", { class: "edited", title: "This message was changed" }, "(edited)");
  const host = messageHost(message, room);
  if (message.blocks?.length)
    return h("div", { class: "blocks" }, renderBlocks(message.blocks, host), edited);
  return h("div", { class: "text" }, mrkdwn(message.text ?? "", room.people), edited && [" ", edited]);
}

/** A file: its name and size; how it begins, behind a click; and all of it, as a download. */
const attachment = (file) =>
  h(
    "details",
    { class: "file", "data-file": file.id },
    h(
      "summary",
      {},
      icon("file"),
      h("strong", {}, file.title),
      h("span", { class: "size" }, `${file.size.toLocaleString("en")} bytes`),
    ),
    h("pre", {}, file.preview, file.more && " …"),
    h("a", { href: `/_/files/${file.id}`, download: file.name }, "Download"),
  );

/** What was chosen in messages on this page, as a message may be drawn anew before the workspace has heard of it. */
const chosen = new Map();

function messageHost(message, room) {
  const fields = [];
  const key = (blockId, actionId) => `${room.me}|${message.ts}|${blockId}|${actionId}`;
  return {
    people: room.people,
    text: (object) => textObject(object, room.people),
    initial: (blockId, actionId) =>
      chosen.get(key(blockId, actionId)) ?? message.entered?.[blockId]?.[actionId],
    error: () => undefined,
    register: (block, action, read) => fields.push({ block, action, read }),
    send: (action) => {
      if (action.value?.type) chosen.set(key(action.block_id, action.action_id), action.value);
      return room.send(message, { ...action, values: readValues(fields) });
    },
  };
}

const reactions = (list) =>
  h(
    "p",
    { class: "reactions" },
    list.map(({ name, count, users }) =>
      h("span", {}, emoji(name), " ", String(count ?? users?.length ?? 1)),
    ),
  );

/** Slack's `state.values`: block id → action id → answer. */
export function readValues(fields) {
  const values = {};
  for (const { block, action, read } of fields) (values[block] ??= {})[action] = read();
  return values;
}

function threadLink(message, { count, last, faces, fresh }, room) {
  const replies = `${count} ${count === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    {
      type: "button",
      class: `thread-link${fresh ? " fresh" : ""}`,
      "data-open-thread": message.ts,
      onclick: () => room.open(message.ts),
    },
    h(
      "span",
      { class: "faces" },
      faces.map((id) => avatar(id, room.people.name(id), room.people.isBot(id))),
    ),
    h("span", { class: "replies" }, replies),
    h("span", { class: "last" }, `Last reply ${dayLine(last).replace("Today", "today")} at ${clock(last)}`),
  );
}

const toolbar = (message, room) =>
  h(
    "div",
    { class: "toolbar" },
    !room.inThread &&
      h(
        "button",
        {
          type: "button",
          title: "Reply in thread",
          "aria-label": "Reply in thread",
          onclick: () => room.open(message.ts),
        },
        icon("reply"),
      ),
    room.shortcuts.length > 0 && messageMenu(room.shortcuts, (id) => room.choose(message, id)),
  );
