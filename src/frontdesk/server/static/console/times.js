// Times as people say them, with the whole of it in the title; kept up to date while the page is open.
const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const EVERY_MS = 20000;

export function inWords(then, now = Date.now()) {
  const seconds = Math.round((then - now) / 1000);
  for (const [unit, size] of UNITS) if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return seconds > -10 && seconds <= 0 ? "just now" : relative.format(seconds, "second");
}

export function startTimes() {
  refresh();
  setInterval(refresh, EVERY_MS);
  document.addEventListener("htmx:after:swap", refresh);
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-time]")) {
    const then = Date.parse(time.dateTime);
    if (Number.isNaN(then)) continue;
    const words = inWords(then);
    if (time.textContent === words) continue;
    time.title = whole.format(then);
    time.textContent = words;
  }
}
