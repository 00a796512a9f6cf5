// The form elements of Block Kit. Each maker takes (element, initial, people) and answers {node, read}:
// `initial` and what `read()` gives are entries of Slack's `state.values`.

import { h } from "./dom.js";

const INPUT_TYPES = { number_input: "number", email_text_input: "email", url_text_input: "url" };

const MAKERS = {
  plain_text_input: textInput,
  number_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  static_select: staticSelect,
  multi_static_select: multiSelect,
  users_select: (element, initial, people) => one(element, initial, people.users(), "user"),
  conversations_select: (element, initial, people) =>
    one(element, initial, people.channels(), "conversation"),
  channels_select: (element, initial, people) => one(element, initial, people.channels(), "channel"),
  multi_users_select: (element, initial, people) => several(element, initial, people.users(), "users"),
  multi_conversations_select: (element, initial, people) =>
    several(element, initial, people.channels(), "conversations"),
  multi_channels_select: (element, initial, people) =>
    several(element, initial, people.channels(), "channels"),
  checkboxes: (element, initial) => choices(element, initial, "checkbox"),
  radio_buttons: (element, initial) => choices(element, initial, "radio"),
  datepicker: (element, initial) => picker(element, initial, "date"),
  timepicker: (element, initial) => picker(element, initial, "time"),
  datetimepicker: momentPicker,
};

export const isControl = (element) => Object.hasOwn(MAKERS, element.type);

export function control(element, initial, people) {
  const { node, read } = MAKERS[element.type](element, initial, people);
  node.dataset.actionId = element.action_id ?? "";
  return { node, read: () => ({ type: element.type, ...read() }) };
}

function textInput(element, initial) {
  const tag = element.multiline ? "textarea" : "input";
  const node = h(tag, {
    class: "field",
    type: tag === "input" && (INPUT_TYPES[element.type] ?? "text"),
    rows: element.multiline && "4",
    placeholder: element.placeholder?.text,
    minlength: element.min_length,
    maxlength: element.max_length,
    min: element.min_value,
    max: element.max_value,
    step: element.is_decimal_allowed && "any",
    value: initial?.value ?? element.initial_value ?? "",
  });
  return { node, read: () => ({ value: node.value === "" ? null : node.value }) };
}

function staticSelect(element, initial) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  const options = groups.flatMap((group) => group.options);
  const chosen = initial ? initial.selected_option : element.initial_option;
  const node = h(
    "select",
    { class: "field" },
    blank(element),
    groups.map((group) => optionGroup(group, options)),
  );
  node.value = String(options.findIndex((option) => option.value === chosen?.value));
  return { node, read: () => ({ selected_option: options[Number(node.value)] ?? null }) };
}

const blank = (element) => h("option", { value: "-1" }, element.placeholder?.text ?? "Select an option");

function optionGroup(group, options) {
  const items = group.options.map((option) =>
    h("option", { value: String(options.indexOf(option)) }, option.text.text),
  );
  return group.label ? h("optgroup", { label: group.label.text }, items) : items;
}

const asOptions = (named) => named.map(({ id, name }) => ({ value: id, text: { text: name } }));

function one(element, initial, named, what) {
  const options = asOptions(named);
  const chosen = initial ? initial[`selected_${what}`] : element[`initial_${what}`];
  const start = { selected_option: options.find((option) => option.value === chosen) };
  const { node, read } = staticSelect({ ...element, options }, start);
  return { node, read: () => ({ [`selected_${what}`]: read().selected_option?.value ?? null }) };
}

function several(element, initial, named, what) {
  const options = asOptions(named);
  const chosen = (initial ? initial[`selected_${what}`] : element[`initial_${what}`]) ?? [];
  const start = { selected_options: options.filter((option) => chosen.includes(option.value)) };
  const { node, read } = choices({ ...element, options }, start, "checkbox");
  return {
    node,
    read: () => ({ [`selected_${what}`]: read().selected_options.map((option) => option.value) }),
  };
}

function multiSelect(element, initial) {
  const options = element.option_groups?.flatMap((group) => group.options) ?? element.options ?? [];
  return choices({ ...element, options }, initial, "checkbox");
}

let groupNumber = 0;

function choices(element, initial, type) {
  const name = `choice-${(groupNumber += 1)}`;
  const chosen =
    initial?.selected_options ?? [initial ? initial.selected_option : element.initial_option].filter(Boolean);
  const start = (initial ? chosen : (element.initial_options ?? chosen)).map((option) => option.value);
  const boxes = element.options.map((option) => ({
    option,
    box: h("input", { type, name, checked: start.includes(option.value) }),
  }));
  const node = h(
    "div",
    { class: "choices", role: type === "radio" ? "radiogroup" : "group" },
    boxes.map(choiceLine),
  );
  const picked = () => boxes.filter(({ box }) => box.checked).map(({ option }) => option);
  return {
    node,
    read: () =>
      type === "radio" ? { selected_option: picked()[0] ?? null } : { selected_options: picked() },
  };
}

const choiceLine = ({ option, box }) =>
  h(
    "label",
    {},
    box,
    h("span", {}, option.text.text, option.description && h("small", {}, option.description.text)),
  );

function picker(element, initial, type) {
  const key = `selected_${type}`;
  const node = h("input", {
    class: "field",
    type,
    value: (initial ? initial[key] : element[`initial_${type}`]) ?? "",
  });
  return { node, read: () => ({ [key]: node.value || null }) };
}

/** Slack counts this one in seconds since 1970; the browser wants local time without a zone. */
function momentPicker(element, initial) {
  const seconds = initial ? initial.selected_date_time : element.initial_date_time;
  const local = (moment) =>
    new Date((moment - new Date(moment * 1000).getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16);
  const node = h("input", { class: "field", type: "datetime-local", value: seconds ? local(seconds) : "" });
  return {
    node,
    read: () => ({ selected_date_time: node.value ? Math.floor(new Date(node.value) / 1000) : null }),
  };
}
