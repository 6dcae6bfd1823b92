// The help pages work without it. With it, a question offered on the page is asked in the chat beside it.
const chat = document.querySelector("frontdesk-chat");

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-ask], [data-chat]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || typeof chat?.open !== "function") return;
  const question = link.dataset.ask;
  if (question && typeof chat.ask !== "function") return;
  event.preventDefault();
  chat.open();
  if (question) chat.ask(question);
});
