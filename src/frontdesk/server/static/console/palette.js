// Ctrl K or the button: type a page's name, or paste an id, and go there.
export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const places = [...dialog.querySelectorAll("[role=option]")];
  const none = dialog.querySelector(".none");
  let chosen = null;
  if (/Mac|iP/.test(navigator.platform)) for (const keys of document.querySelectorAll("[data-palette] kbd")) keys.textContent = "⌘ K";

  const choose = (place) => {
    chosen = place ?? null;
    for (const other of places) other.setAttribute("aria-selected", String(other === chosen));
    if (chosen) {
      field.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };

  const narrow = () => {
    const typed = field.value.trim();
    for (const place of places) place.hidden = !isOffered(place, typed);
    const offered = places.filter((place) => !place.hidden);
    none.hidden = offered.length > 0;
    choose(offered[0]);
  };

  const go = (place) => {
    if (!place) return;
    location.assign(place.dataset.href + (place.dataset.prefix ? encodeURIComponent(field.value.trim()) : ""));
  };

  const open = () => {
    if (dialog.open) return dialog.close();
    field.value = "";
    narrow();
    dialog.showModal();
    field.focus();
  };

  document.addEventListener("click", (event) => event.target.closest("[data-palette]") && open());
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    const offered = places.filter((place) => !place.hidden);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && offered.length) choose(offered[(offered.indexOf(chosen) + step + offered.length) % offered.length]);
    else if (event.key === "Enter") go(chosen);
    else return;
    event.preventDefault();
  });
  for (const place of places) {
    place.addEventListener("pointermove", () => choose(place));
    place.addEventListener("click", () => go(place));
  }
}

function isOffered(place, typed) {
  const { prefix, also } = place.dataset;
  if (prefix === "*") return typed.length > 2 && !/^(conv|turn|doc)_\S+$/.test(typed);
  if (prefix) return typed.startsWith(prefix) && typed.length > prefix.length && !/\s/.test(typed);
  const words = `${place.textContent} ${also}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}
