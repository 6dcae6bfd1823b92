// data-open-dialog="id" opens a dialog; data-confirm="question" asks before a button, link or form goes on, as hx-confirm does.
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-dialog]");
    if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
    const dialog = event.target.closest("dialog");
    if (dialog?.open && (event.target.closest("[data-close]") || isOutside(dialog, event))) dialog.close();
  });
}

export function startConfirming() {
  document.addEventListener("submit", (event) => ask(event, event.submitter?.closest("[data-confirm]") ?? event.target, () => event.target.requestSubmit(event.submitter)), true);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-confirm]");
    if (link) ask(event, link, () => location.assign(link.href));
  }, true);
  document.addEventListener("htmx:confirm", async (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    event.preventDefault();
    if (await confirmed(ctx.confirm)) issueRequest();
    else dropRequest();
  });
}

const agreed = new WeakSet();

async function ask(event, element, goOn) {
  const question = element.dataset?.confirm;
  if (!question || agreed.delete(element)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await confirmed(question))) return;
  agreed.add(element);
  goOn();
}

function confirmed(question) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

function isOutside(dialog, event) {
  if (event.target !== dialog) return false;
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
