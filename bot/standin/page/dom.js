// Builds DOM from data: a string only ever becomes a text node, so no message can become markup.

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

function setProp(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (name === "value") node.value = value;
  else node.setAttribute(name, value === true ? "" : value);
}

export const byId = (id) => document.getElementById(id);

const stamps = new WeakMap();

/**
 * Makes the parent's children match `items` ({key, stamp, make}), rebuilding only those whose stamp changed,
 * so that a refresh steals neither focus, nor scroll, nor a half-typed answer.
 */
export function reconcile(parent, items) {
  const known = new Map([...parent.children].map((node) => [stamps.get(node)?.key, node]));
  const wanted = items.map((item) => {
    const old = known.get(item.key);
    return old && stamps.get(old).stamp === item.stamp ? old : fresh(item, old);
  });
  const keep = new Set(wanted);
  for (const node of [...parent.children]) if (!keep.has(node)) node.remove();
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

function fresh(item, old) {
  const node = item.make();
  stamps.set(node, { key: item.key, stamp: item.stamp });
  if (!old) return node;
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.actionId : undefined;
  old.replaceWith(node);
  if (focused)
    node.querySelector(`[data-action-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  return node;
}

/** Only web and mail addresses become links: no javascript:, no data:. */
export function link(href, ...label) {
  const url = safeUrl(href);
  if (!url) return h("span", {}, ...label);
  const outside = url.origin !== location.origin;
  return h("a", { href: url.href, target: outside && "_blank", rel: "noopener noreferrer" }, ...label);
}

export function safeUrl(href) {
  try {
    const url = new URL(href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}
