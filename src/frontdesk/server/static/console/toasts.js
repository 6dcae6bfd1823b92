// Short notices that go by themselves; bad news stays until it is read.
const GOOD_MS = 5000;

export function toast(text, tone = "good") {
  const item = document.createElement("div");
  item.className = `toast ${tone}`;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "plain";
  close.textContent = "Close";
  close.addEventListener("click", () => item.remove());
  item.append(words, close);
  document.getElementById("toasts").append(item);
  if (tone !== "bad") setTimeout(() => item.remove(), GOOD_MS);
}

export function startToasts() {
  // From the server: HX-Trigger: {"toast": "Saved."} or {"toast": {"text": "…", "tone": "bad"}}
  document.addEventListener("toast", ({ detail }) => {
    const told = detail?.value ?? detail;
    if (typeof told === "string") toast(told);
    else if (told?.text) toast(told.text, told.tone);
  });
  document.addEventListener("htmx:error", ({ detail }) => {
    if (detail?.ctx) toast("The server did not answer. Try again in a moment.", "bad");
  });
}
