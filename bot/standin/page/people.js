// Names and faces: who the ids in messages are.

import { h } from "./dom.js";

const TONES = 8;

/** Looks up users and channels of a state; `visit(channel)` follows a channel mention. */
export function createPeople(state, visit) {
  const users = new Map(state.users.map((user) => [user.id, user]));
  const channels = new Map(state.channels.map((channel) => [channel.id, channel]));
  const groups = new Map((state.usergroups ?? []).map(({ id, handle }) => [id, handle]));
  const name = (id) => displayName(users.get(id)) ?? id;
  return {
    stamp: JSON.stringify([state.me, state.users, state.channels.map(({ id, name: title }) => [id, title])]),
    name,
    isBot: (id) => Boolean(users.get(id)?.is_bot),
    isGuest: (id) =>
      users.has(id) && users.get(id).team_id !== undefined && users.get(id).team_id !== state.team.id,
    user: (id) =>
      h("span", { class: `mention${id === myId(state) ? " me" : ""}`, title: id }, `@${name(id)}`),
    channel: (id) => channelMention(channels.get(id), id, visit),
    usergroup: (id) => h("span", { class: "mention", title: id }, `@${groups.get(id) ?? id}`),
    users: () => humans(state).map(({ id }) => ({ id, name: name(id) })),
    channels: () =>
      state.channels
        .filter((channel) => !channel.is_im)
        .map(({ id, name: title }) => ({ id, name: `#${title}` })),
  };
}

export const displayName = (user) => user && (user.profile?.display_name || user.real_name || user.name);
export const humans = (state) => state.users.filter((user) => !user.is_bot && !user.deleted);
export const myId = (state) => state.me.id;

function channelMention(channel, id, visit) {
  if (!channel) return h("span", { class: "mention" }, `#${id}`);
  return h("button", { type: "button", class: "mention", onclick: () => visit(id) }, `#${channel.name}`);
}

export function avatar(id, name, bot = false) {
  const tone = [...id].reduce((sum, letter) => (sum * 5 + letter.charCodeAt(0)) % 9973, 7) % TONES;
  return h(
    "span",
    { class: `avatar tone-${tone}${bot ? " bot" : ""}`, "aria-hidden": "true" },
    initials(name),
  );
}

const initials = (name) =>
  name
    .split(/[\s._-]+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => [...word][0].toUpperCase())
    .join("");
