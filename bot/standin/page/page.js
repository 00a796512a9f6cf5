// The page: keeps what the user looks at, follows the stand-in's state, and draws it.

import { fetchState, follow, post } from "./api.js";
import { createComposer } from "./composer.js";
import { byId } from "./dom.js";
import { renderHome } from "./home.js";
import { icon } from "./icons.js";
import { renderMessages, threadOf, topLevel } from "./messages.js";
import { createModals } from "./modals.js";
import { createPeople, myId } from "./people.js";
import { isClosed, joined, renderSidebar, roomIcon } from "./sidebar.js";
import { clearToasts, sentence, toast } from "./toasts.js";
import { markSeen, seenTs, unread } from "./unread.js";

const NARROW = matchMedia("(max-width: 760px)");
const REQUEST = "transfer 250 from checking to savings";
const OLD_WARNINGS = 1;

const at = placeOf(location.search);
let state = null;
let settledAt = "";
let readUpTo = "";
const warned = new Map();

const composer = createComposer(byId("composer"), "channel", (text) => say(text));
const threadComposer = createComposer(byId("thread-composer"), "thread", (text) => say(text, at.thread));
const modals = createModals(() => refresh());

// Where we are

function placeOf(search) {
  const query = new URLSearchParams(search);
  return Object.fromEntries(
    ["user", "channel", "thread", "tab"].map((name) => [name, query.get(name) ?? ""]),
  );
}

function go(change) {
  const moved = change.channel && change.channel !== at.channel;
  Object.assign(at, moved ? { thread: "", tab: "" } : {}, change);
  render();
  const address = `?${new URLSearchParams(Object.entries(at).filter(([, value]) => value))}`;
  if (address !== location.search) history.pushState(null, "", address);
  toggleMenu(false);
}

/** Falls back to a place that exists, and remembers what was unread on arriving there. */
function settle() {
  at.user = myId(state);
  if (!state.channels.some((one) => one.id === at.channel)) at.channel = joined(state)[0]?.id ?? "";
  const here = `${at.user} ${at.channel}`;
  if (here !== settledAt) readUpTo = seenTs(at.user, at.channel);
  settledAt = here;
}

function visit(channel) {
  go({ channel });
  if (!NARROW.matches) composer.focus();
}

function openThread(thread) {
  go({ thread });
  threadComposer.focus();
}

async function become(user) {
  at.user = user;
  clearToasts();
  await refresh();
  go(threadOf(messagesHere(), at.thread).length ? {} : { thread: "" });
}

const messagesHere = () => state.messages[at.channel] ?? [];

function chooseTab(tab) {
  go({ tab, thread: "" });
  if (tab === "home") void act("home", {});
}

async function openDirect() {
  const { channel } = await act("dm", {});
  if (channel) visit(channel);
}

// What the user does

async function act(path, body) {
  const answer = await post(path, { user: at.user, ...body });
  // What the app did not acknowledge becomes a warning of the workspace, which warn() shows.
  if (answer.refused) toast(sentence(answer.error), answer.error);
  await refresh();
  return answer;
}

const say = (text, thread = "") =>
  act("say", { channel: at.channel, text, ...(thread && { thread_ts: thread }) });

function send(message, action) {
  if (message.ephemeral) return act("click_ephemeral", { id: message.id, ...action });
  return act("click", { channel: at.channel, ts: message.ts, ...action });
}

const shortcuts = (kind) => (state.shortcuts ?? []).filter((one) => one.kind === kind);
const choose = (callback) => act("shortcut", { callback_id: callback });
const chooseFor = (message, callback) =>
  act("message_shortcut", { channel: at.channel, ts: message.ts, callback_id: callback });

// What the user sees

let newest = null;

/** Draws the newest state; a load that a later one overtook ends with that one. */
function load() {
  const mine = fetchState(at.user).then((next) => (mine === newest ? accept(next) : newest));
  newest = mine;
  return mine;
}

function accept(next) {
  if (next === null) throw new Error("the stand-in knows nobody to look as");
  offline(false);
  state = next;
  render();
}

const refresh = () => load().catch(() => offline(true));
const offline = (lost) => (byId("offline").hidden = !lost);

function render() {
  if (!state) return;
  settle();
  const people = createPeople(state, visit);
  const channel = state.channels.find((one) => one.id === at.channel);
  const unreadOf = (room) => unread(state.messages[room.id] ?? [], at.user, room);
  if (!document.hidden) markRead();
  renderSidebar(state, at.channel, people, unreadOf, { go: visit, dm: openDirect, become });
  if (channel) renderChannel(channel, people);
  renderThread(channel, people);
  modals.show(state.views ?? [], at.user, people);
  warn(state.warnings ?? []);
  nameTab(channel, unreadOf);
}

function renderChannel(channel, people) {
  byId("channel-name").replaceChildren(icon(roomIcon(channel)), channel.name);
  byId("channel-note").textContent = channelNote(channel);
  const home = renderHome(state.home, channel.is_im ? at.tab : undefined, at.user, people, {
    choose: chooseTab,
    refresh,
  });
  byId("messages").hidden = byId("composer").hidden = home;
  keepBottom(byId("messages"), at.channel + at.user + at.tab, (list) =>
    renderMessages(list, topLevel(messagesHere()), messagesHere(), room(people, false)),
  );
  composer.show({
    draftKey: `${at.user} ${at.channel}`,
    placeholder: closedNote(channel) || `Message ${channel.is_im ? "" : "#"}${channel.name}`,
    suggestions: suggestions(channel),
    shortcuts: shortcuts("global"),
    choose,
    disabled: isClosed(channel),
  });
}

function suggestions(channel) {
  if (isClosed(channel)) return [];
  return [channel.is_im ? REQUEST : `@countersign ${REQUEST}`, "/approvals"];
}

function channelNote(channel) {
  if (channel.is_im) return "Direct message with the app";
  return closedNote(channel);
}

function closedNote(channel) {
  if (channel.is_archived) return "This channel is archived";
  return isClosed(channel) ? "You are not in this channel" : "";
}

function room(people, inThread) {
  return {
    channel: at.channel,
    me: at.user,
    people,
    seen: readUpTo,
    inThread,
    send,
    open: openThread,
    shortcuts: shortcuts("message"),
    choose: chooseFor,
    threadSeen: (ts) => seenTs(at.user, `${at.channel}/${ts}`),
  };
}

function renderThread(channel, people) {
  const pane = byId("thread");
  const shown = channel && at.thread ? threadOf(messagesHere(), at.thread) : [];
  pane.hidden = !shown.length;
  if (pane.hidden) return pane.removeAttribute("data-thread");
  pane.dataset.thread = at.thread;
  byId("thread-note").textContent = `${channel.is_im ? "" : "#"}${channel.name}`;
  keepBottom(byId("thread-messages"), at.thread + at.user, (list) =>
    renderMessages(list, shown, messagesHere(), room(people, true)),
  );
  renderStatus(people);
  threadComposer.show({
    draftKey: `${at.user} ${at.channel} ${at.thread}`,
    placeholder: "Reply…",
    disabled: isClosed(channel),
  });
}

/** What the bot says that it is at, until it answers. */
function renderStatus(people) {
  const line = byId("thread-status");
  const here = state.statuses.find((one) => one.channel === at.channel && one.thread_ts === at.thread);
  line.hidden = !here;
  line.textContent = here ? `${people.name(state.bot)} ${here.status}` : "";
}

/** A list that stood at its end stays there as it grows; a newly opened one starts at its end. */
function keepBottom(list, place, draw) {
  const before = list.scrollHeight - list.scrollTop - list.clientHeight;
  draw(list);
  if (list.dataset.place !== place || before < 60) list.scrollTop = list.scrollHeight;
  list.dataset.place = place;
}

function markRead() {
  const newest = (messages) => messages.reduce((last, { ts }) => (ts > last ? ts : last), "");
  markSeen(at.user, at.channel, newest(messagesHere()));
  if (at.thread) markSeen(at.user, `${at.channel}/${at.thread}`, newest(threadOf(messagesHere(), at.thread)));
}

/** Shows each warning once; of those from before the page was opened only the last. */
function warn(warnings) {
  const shown = warned.get(at.user) ?? Math.max(0, warnings.length - OLD_WARNINGS);
  for (const warning of warnings.slice(shown)) toast(warning);
  warned.set(at.user, warnings.length);
}

function nameTab(channel, unreadOf) {
  const loud = joined(state).reduce((sum, one) => sum + (one.id === at.channel ? 0 : unreadOf(one).loud), 0);
  byId("menu").classList.toggle(
    "news",
    joined(state).some((one) => one.id !== at.channel && unreadOf(one).count),
  );
  document.title = `${loud ? `(${loud}) ` : ""}${channel?.name ?? ""} · ${state.team.name}`;
}

// The frame

function toggleMenu(open) {
  document.body.classList.toggle("menu-open", open);
  byId("menu").setAttribute("aria-expanded", String(open));
  if (open) byId("rooms").querySelector("[aria-current], button")?.focus();
}

byId("menu").prepend(icon("menu"));
byId("thread-close").prepend(icon("close"));
byId("menu").addEventListener("click", () => toggleMenu(true));
byId("veil").addEventListener("click", () => toggleMenu(false));
byId("thread-close").addEventListener("click", () => closeThread());
addEventListener("visibilitychange", () => render());
addEventListener("popstate", () => {
  Object.assign(at, placeOf(location.search));
  void become(at.user);
});
addEventListener("keydown", (event) => {
  if (
    event.key !== "Escape" ||
    event.defaultPrevented ||
    document.querySelector("dialog[open], :popover-open.menu-list")
  )
    return;
  if (document.body.classList.contains("menu-open")) toggleMenu(false);
  else if (at.thread) closeThread();
});

function closeThread() {
  const opener = document.querySelector(`[data-open-thread="${CSS.escape(at.thread)}"]`);
  go({ thread: "" });
  opener?.focus();
}

await refresh();
if (at.tab === "home") await act("home", {});
await follow(
  () => state?.version ?? -1,
  load,
  () => offline(true),
);
