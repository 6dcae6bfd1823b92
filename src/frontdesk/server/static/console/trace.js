// In a trace: j and k go from chapter to chapter, the contents show where one is, and everything opens at once.
const chapters = () => [...document.querySelectorAll("[data-chapter]")];
const isWriting = (element) => element.closest?.("input, textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  if (localStorage.getItem("frontdesk.keys") === "off" || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  go(step);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open-all]");
  if (!button) return;
  const folds = [...document.querySelectorAll("#trace details")];
  const isOpening = folds.some((fold) => !fold.open);
  for (const fold of folds) fold.open = isOpening;
  button.textContent = isOpening ? "Close everything" : "Open everything";
});

const seen = new IntersectionObserver(show, { rootMargin: "-64px 0px -55% 0px" });
for (const chapter of chapters()) seen.observe(chapter);
document.addEventListener("htmx:after:swap", () => {
  seen.disconnect();
  for (const chapter of chapters()) seen.observe(chapter);
});
const visible = new Set();

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
for (const table of document.querySelectorAll("#trace .table-scroll")) sizes.observe(table); // who has no mouse scrolls by keys

function show(entries) {
  for (const entry of entries) visible[entry.isIntersecting ? "add" : "delete"](entry.target.id);
  const here = chapters().find((chapter) => visible.has(chapter.id))?.id;
  for (const link of document.querySelectorAll(".contents a")) {
    if (link.hash === `#${here}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function go(step) {
  const all = chapters();
  const edge = 80;
  const tops = all.map((chapter) => chapter.getBoundingClientRect().top);
  const focused = all.indexOf(document.activeElement);
  const next = focused >= 0 ? focused + step : step > 0 ? tops.findIndex((top) => top > edge) : tops.findLastIndex((top) => top < edge - 16);
  const chapter = all[next];
  if (!chapter) return;
  history.replaceState(history.state, "", `#${chapter.id}`);
  chapter.scrollIntoView({ block: "start" });
  chapter.focus({ preventScroll: true });
}
