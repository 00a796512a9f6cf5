// The page's own line drawings: a machine without an emoji font shows them too.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  archive: "M3 4h14v4H3zM4.5 8v8.5h11V8M8 11.5h4",
  back: "M12.5 4.5 7 10l5.5 5.5",
  bolt: "M11 3 5 11.5h4.5L9 17l6-8.5h-4.5z",
  bot: "M5 7.5h10a1.5 1.5 0 0 1 1.5 1.5v5.5A1.5 1.5 0 0 1 15 16H5a1.5 1.5 0 0 1-1.5-1.5V9A1.5 1.5 0 0 1 5 7.5zM10 7.5V4M7.5 11v1.5M12.5 11v1.5",
  close: "M5 5l10 10M15 5 5 15",
  eye: "M2.5 10S5.5 5 10 5s7.5 5 7.5 5-3 5-7.5 5-7.5-5-7.5-5zM10 8a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
  file: "M5 3h7l3.5 3.5V17H5zM12 3v3.5h3.5M7.5 10h5M7.5 13h5",
  hash: "M7.5 3.5 6 16.5M14 3.5l-1.5 13M4 7.5h12.5M3.5 12.5H16",
  home: "M3.5 9.5 10 4l6.5 5.5M5 8.5V16h10V8.5M8.5 16v-4h3v4",
  image: "M3.5 4.5h13v11h-13zM3.5 13.5l4-4 3.5 3.5 2-2 3.5 3.5M12.5 8h.01",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  more: "M4.2 10a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0zM9.2 10a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0zM14.2 10a.8.8 0 1 0 1.6 0 .8.8 0 1 0-1.6 0z",
  reply: "M3.5 4.5h13v9H9l-3.5 3v-3h-2z",
  send: "M3.5 4 17 10 3.5 16l1.5-6zM5 10h6",
  warning: "M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3h.01",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of [
    ["viewBox", "0 0 20 20"],
    ["class", "drawing"],
    ["aria-hidden", "true"],
  ])
    svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
