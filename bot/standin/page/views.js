// What modals and the Home tab share: a view's blocks, the answers typed into them, and clicks on them.

import { post } from "./api.js";
import { textObject } from "./blocks.js";
import { readValues } from "./messages.js";
import { sentence, toast } from "./toasts.js";

/** `typed` holds earlier answers by view id; `refresh()` asks for the newest state. */
export function createViewHost(view, user, people, typed, refresh) {
  const fields = [];
  const values = () => readValues(fields);
  return {
    people,
    values,
    text: (object) => textObject(object, people),
    initial: (block, action) =>
      typed.get(view.id)?.[block]?.[action] ?? view.state?.values?.[block]?.[action],
    register: (block, action, read) => fields.push({ block, action, read }),
    error: (block) => view.errors?.[block],
    send: async (action) => {
      const answer = await post("press", { user, view_id: view.id, ...action, values: values() });
      if (answer.refused) toast(sentence(answer.error), answer.error);
      await refresh();
    },
  };
}

/** Changes exactly when the view must be drawn again: not for what was typed into it. */
export function viewStamp({ state: _, ...view }, user, people) {
  return JSON.stringify([view, user, people.stamp]);
}
