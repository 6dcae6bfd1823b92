// A search that was typed before htmx listened, or that the browser restored after a reload, is made as well.
const LISTENS_AFTER_MS = 300;

export function startEarly() {
  addEventListener("load", () => setTimeout(searchAgain, LISTENS_AFTER_MS));
}

function searchAgain() {
  for (const field of document.querySelectorAll("form[hx-trigger] input")) {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
