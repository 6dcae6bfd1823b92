// Elements without markup: text from outside only ever becomes text nodes.

/**
 * An element, `make("p.hint", {dir: "auto"}, "text", node)`. Objects are properties: `on…` listens, `label` is read out
 * in place of the content, names with a dash and `role` are attributes. Null and false are nothing.
 */
export function make(what, ...parts) {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const part of parts.flat(9)) {
    if (part?.constructor === Object) for (const [key, value] of Object.entries(part)) set(element, key, value);
    else if (part || part === "") element.append(part);
  }
  return element;
}

function set(element, key, value) {
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "label") element.setAttribute("aria-label", value);
  else if (key in element && key !== "role") element[key] = value;
  else element.setAttribute(key, value);
}

export const button = (className, onclick, ...parts) => make(`button.${className || "plain"}`, { type: "button", onclick }, parts);

/** A button with a picture only; its name is read out and shown when it is pointed at. */
export const act = (name, label, onclick) => button("act", onclick, { label, title: label }, icon(name));

export const link = (href, text) => make("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);

const PATHS = {
  send: "M12 19V5m-6 6 6-6 6 6",
  attach: "m8 13 7-7a3 3 0 0 1 4 4l-9 9a5 5 0 0 1-7-7l8-8",
  person: "M8 8a4 4 0 1 0 8 0 4 4 0 1 0-8 0M4 21c1-8 15-8 16 0",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  close: "m6 6 12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  done: "m5 13 4 4L19 7",
  up: "M4 11v9h3v-9zh3l4-8c2 0 3 2 2 6h6l-2 11H7",
  chat: "M4 5h16v11H11l-4 4v-4H4z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
};
PATHS.down = PATHS.up;

/** A line drawing in the colour of the text around it. */
export function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon i-${name}`);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
