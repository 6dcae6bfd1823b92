// Says beside what an event stream keeps up to date whether it still does: [data-live].
const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting…", offline: "Offline", ended: "Signed out" };

export function startLive() {
  document.addEventListener("htmx:sse:after:connection", ({ detail }) => show(detail.connection.status === 200 ? "live" : "reconnecting"));
  document.addEventListener("htmx:sse:error", ({ detail }) => show(detail.status === 401 ? "ended" : navigator.onLine ? "reconnecting" : "offline"));
  document.addEventListener("htmx:sse:before:connection", ({ detail }) => {
    if (detail.connection.attempt > 0) show(navigator.onLine ? "reconnecting" : "offline");
  });
  document.addEventListener("htmx:sse:close", ({ detail }) => {
    if (detail.reason === "ended") show("reconnecting");
  });
  window.addEventListener("offline", () => show("offline"));
}

function show(state) {
  if (state === "ended") location.reload(); // the server answers with the way to sign in and back
  for (const badge of document.querySelectorAll("[data-live]")) {
    if (badge.dataset.state === state) continue;
    badge.dataset.state = state;
    badge.textContent = WORDS[state];
  }
}
