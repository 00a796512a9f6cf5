// The left bar: workspace, channels, the bot's direct messages, and who you are.

import { byId, h, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, displayName, humans, myId } from "./people.js";

/** `actions`: {go(channel), dm(), become(user)}; `unreadOf(channel)` gives {count, loud}. */
export function renderSidebar(state, current, people, unreadOf, actions) {
  byId("team-name").textContent = state.team.name;
  byId("team-mark").textContent = state.team.name.slice(0, 1).toUpperCase();
  const channels = joined(state).filter((channel) => !channel.is_im);
  const direct = joined(state).filter((channel) => channel.is_im);
  const rooms = [
    title("Channels"),
    ...channels.map(row),
    title("Apps"),
    ...(direct.length ? direct.map(row) : [opener(state, actions)]),
  ];
  reconcile(byId("rooms"), rooms);
  renderSwitch(state, people, actions);

  function row(channel) {
    const active = channel.id === current;
    const { count, loud } = active ? { count: 0, loud: 0 } : unreadOf(channel);
    return {
      key: channel.id,
      stamp: JSON.stringify([channel, active, count, loud]),
      make: () => roomButton(channel, active, count, loud, actions),
    };
  }
}

export const joined = (state) => state.channels.filter((channel) => channel.member !== false);
export const isClosed = (channel) => channel.is_archived || channel.member === false;
export function roomIcon(channel) {
  if (channel.is_im) return "bot";
  if (channel.is_archived) return "archive";
  return channel.is_private ? "lock" : "hash";
}

const theBot = (state) =>
  state.users.find((user) => user.id === state.bot) ?? state.users.find((user) => user.is_bot);
const botName = (state) => displayName(theBot(state)) ?? "bot";

const title = (words) => ({ key: `title-${words}`, stamp: words, make: () => h("h2", {}, words) });

function roomButton(channel, active, count, loud, { go }) {
  const { name } = channel;
  const news = count ? `, ${count} unread` : "";
  return h(
    "button",
    {
      type: "button",
      class: `room${count ? " unread" : ""}`,
      "data-channel": channel.id,
      "data-unread": count > 0 && String(count),
      "aria-current": active && "page",
      "aria-label": `${channel.is_im ? "Direct message with" : "Channel"} ${name}${news}`,
      onclick: () => go(channel.id),
    },
    icon(roomIcon(channel)),
    h("span", { class: "room-name" }, name),
    loud > 0 && h("span", { class: "count" }, String(loud)),
  );
}

const opener = (state, { dm }) => ({
  key: "open-dm",
  stamp: botName(state),
  make: () =>
    h(
      "button",
      { type: "button", class: "room", "data-open-dm": true, onclick: dm },
      icon("bot"),
      h("span", { class: "room-name" }, botName(state)),
    ),
});

function renderSwitch(state, people, { become }) {
  const select = byId("user-switch");
  const stamp = people.stamp;
  if (select.dataset.stamp !== stamp) {
    select.dataset.stamp = stamp;
    select.replaceChildren(
      ...humans(state).map(({ id }) => h("option", { value: id }, optionName(id, people))),
    );
    byId("my-avatar").replaceChildren(avatar(myId(state), people.name(myId(state))));
  }
  select.value = myId(state);
  select.onchange = () => become(select.value);
}

const optionName = (id, people) => people.name(id) + (people.isGuest(id) ? " (guest)" : "");
