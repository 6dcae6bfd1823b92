// Keeps a part of the page as the server would show it now. Beside hx-sse:connect, whose `changed` events say when:
//   data-refreshes="#list"   the part; the page's own address gives its newest state
//   data-newest="top|bottom|anywhere" where what is new appears
//   data-news="id"           a button that says how much is new while somebody reads elsewhere, writes or selects
const NEAR_PX = 160;
const AT_MOST_EVERY_MS = 1000;

for (const stream of document.querySelectorAll("[data-refreshes]")) watch(stream);

function watch(stream) {
  const button = document.getElementById(stream.dataset.news);
  const part = () => document.querySelector(stream.dataset.refreshes);
  const changed = new Set();
  let timer = null;
  let isRefreshing = false;

  const refresh = async () => {
    timer = null;
    if (isRefreshing) return plan();
    isRefreshing = true;
    const address = here();
    const wasAtEnd = stream.dataset.newest === "bottom" && isNear("bottom");
    changed.clear();
    button.hidden = true;
    try {
      // htmx tells the server the target of the source: it has to be the part itself, or the whole page comes back
      await htmx.ajax("GET", address, { source: stream.dataset.refreshes, target: stream.dataset.refreshes, swap: "outerMorph", push: "false" });
    } finally {
      isRefreshing = false;
    }
    if (here() !== address) plan(); // somebody searched meanwhile, and this answer to the older address came last
    if (wasAtEnd) scrollTo({ top: document.documentElement.scrollHeight });
  };

  const plan = () => {
    timer ??= setTimeout(refresh, AT_MOST_EVERY_MS);
  };

  const tell = () => {
    const count = [...changed].filter(Boolean).length;
    button.textContent = stream.dataset.newest === "bottom" ? "Something new below" : count > 0 ? `${count} ${count === 1 ? "conversation has" : "conversations have"} news` : "There is news";
    button.hidden = false;
  };

  stream.addEventListener("changed", ({ detail }) => {
    for (const id of read(detail.data).conversations ?? [""]) changed.add(id);
    if (isBusy(part()) || !isNear(stream.dataset.newest) || isElsewhere()) tell();
    else plan();
  });

  button.addEventListener("click", async () => {
    if (isElsewhere()) {
      const first = new URL(location.href);
      first.searchParams.delete("before");
      return location.assign(first);
    }
    getSelection()?.removeAllRanges();
    await refresh();
    scrollTo({ top: stream.dataset.newest === "bottom" ? document.documentElement.scrollHeight : 0 });
    part().focus({ preventScroll: true });
  });
}

function read(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}

const here = () => location.pathname + location.search;

const isElsewhere = () => new URLSearchParams(location.search).has("before");

function isNear(end) {
  const page = document.documentElement;
  if (end === "anywhere") return true;
  return end === "top" ? scrollY < NEAR_PX : page.scrollHeight - innerHeight - scrollY < NEAR_PX;
}

function isBusy(part) {
  const selection = getSelection();
  const isSelecting = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return isSelecting || (document.activeElement !== part && part.contains(document.activeElement));
}
