// Remembers how far each user has read each conversation, across reloads of the page.

const KEY = "countersign-seen";
const load = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};
const marks = load();

export const seenTs = (user, place) => marks[`${user} ${place}`] ?? "";

export function markSeen(user, place, ts) {
  if (!ts || ts <= seenTs(user, place)) return;
  marks[`${user} ${place}`] = ts;
  try {
    localStorage.setItem(KEY, JSON.stringify(marks));
  } catch {
    // Private windows may refuse storage; the marks then last as long as the page.
  }
}

/** {count, loud}: new messages by others, and how many of them speak to the user. */
export function unread(messages, user, channel) {
  const since = seenTs(user, channel.id);
  const fresh = messages.filter((message) => message.ts > since && message.user !== user);
  const loud = channel.is_im
    ? fresh
    : fresh.filter((message) => message.ephemeral || mentions(message, user));
  return { count: fresh.length, loud: loud.length };
}

const mentions = (message, user) =>
  message.notified?.includes(user) ?? JSON.stringify([message.text, message.blocks]).includes(user);
