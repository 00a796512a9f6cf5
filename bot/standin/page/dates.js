// Formats moments as Slack does: message times, day lines, and the {tokens} of <!date^…>.

const format = (options) => new Intl.DateTimeFormat("en-US", options);
const TIME = format({ hour: "numeric", minute: "2-digit" });
const TIME_SECS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const NUM = format({ year: "numeric", month: "2-digit", day: "2-digit" });
const SHORT = format({ month: "short", day: "numeric", year: "numeric" });
const LONG = format({ weekday: "long", month: "long", day: "numeric", year: "numeric" });
const DATE = format({ month: "long", day: "numeric", year: "numeric" });
const DAY = format({ weekday: "long", month: "long", day: "numeric" });

export const fromTs = (ts) => new Date(Number(ts) * 1000);
export const clock = (ts) => TIME.format(fromTs(ts));
export const bareClock = (ts) => clock(ts).replace(/\s?[AP]M$/, "");
export const moment = (ts) => `${LONG.format(fromTs(ts))} at ${TIME_SECS.format(fromTs(ts))}`;
export const dayLine = (ts) => pretty(fromTs(ts), DAY);

const TOKENS = {
  date_num: (date) => NUM.format(date),
  date: (date) => DATE.format(date),
  date_short: (date) => SHORT.format(date),
  date_long: (date) => LONG.format(date),
  date_pretty: (date) => pretty(date, DATE),
  date_short_pretty: (date) => pretty(date, SHORT),
  date_long_pretty: (date) => pretty(date, LONG),
  day_divider_pretty: (date) => pretty(date, DAY),
  time: (date) => TIME.format(date),
  time_secs: (date) => TIME_SECS.format(date),
  ago: (date) => ago(date),
};

/** Fills Slack's date tokens; the fallback stands in for a moment that is none. */
export function fillDate(seconds, pattern, fallback = "") {
  const date = fromTs(seconds);
  if (Number.isNaN(date.getTime())) return fallback;
  return pattern.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
}

function pretty(date, otherwise) {
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days] ?? otherwise.format(date);
}

const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const RELATIVE = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return RELATIVE.format(Math.round(seconds / size), unit);
}
