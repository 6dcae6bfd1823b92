// Single keys: "/" to the search field, "?" for the list of keys. Off inside of fields, and where somebody turned them off.
const STORE = "frontdesk.keys";

export function startKeys() {
  const list = document.getElementById("shortcuts");
  if (!list) return;
  const isOn = list.querySelector("[data-single-keys]");
  isOn.checked = localStorage.getItem(STORE) !== "off";
  isOn.addEventListener("change", () => localStorage.setItem(STORE, isOn.checked ? "on" : "off"));
  document.querySelector("[data-shortcuts]")?.addEventListener("click", () => list.showModal());
  document.addEventListener("keydown", (event) => {
    if (!isOn.checked || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") act(event, () => list.showModal());
    const search = document.querySelector("[data-search], main input[type=search]");
    if (event.key === "/" && search) act(event, () => search.select());
  });
}

const isWriting = (element) => element.closest?.("input, textarea, select, [contenteditable]") !== null;

function act(event, does) {
  event.preventDefault();
  does();
}
