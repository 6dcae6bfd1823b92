// Draws the log. `chat` has the words, the log and the deeds.
import { act, button, icon, link, make } from "./dom.js";
import { answerOf, isOpen, plainAnswer, sourcesOf } from "./log.js";
import { say } from "./words.js";

const LONG_CHARS = 1200;
const LONG_LINES = 14;
const THUMB_PX = 480; // shown at half of it, sharp on dense screens

export class View {
  #nodes = new Map();

  constructor(chat) {
    this.chat = chat;
    // Not live itself: an answer that grows would be read again and again. The chat announces what is complete.
    this.element = make("div.log", { role: "log", "aria-live": "off", label: chat.words.log });
  }

  /** Draw an entry for the first time, or anew. */
  draw(entry) {
    const { kind, name, text } = entry;
    if (kind === "turn") this.#drawTurn(entry);
    else this.element.append(kind === "note" ? make("p.note", { dir: "auto" }, text) : said("operator", name || this.chat.words.team, written(text, this.chat.words)));
  }

  /** A message that the log does not have yet; drawn after everything else. */
  drawUnsent(message) {
    const { problem, hint } = message;
    message.node?.remove();
    message.node = this.#customer(message);
    message.node.classList.toggle("sending", !problem);
    const again = problem && button("", () => this.chat.outbox.resend(message), this.chat.words.again);
    if (problem || hint) message.node.append(make(problem ? "p.problem" : "p.hint", { role: "alert" }, `${problem || hint} `, again));
    this.element.append(message.node);
  }

  #customer({ text, files }) {
    const chips = files.length > 0 && make("ul.files", files.map((file) => make("li", this.#file(file))));
    return said("customer", this.chat.words.you, text && written(text, this.chat.words), chips);
  }

  #drawTurn(turn) {
    const nodes = this.#nodes;
    if (!nodes.has(turn.id)) nodes.set(turn.id, { box: this.element.appendChild(make("div.turn")) });
    const node = nodes.get(turn.id);
    if (!node.said && (turn.text || turn.files.length)) node.box.prepend((node.said = this.#customer(turn)));
    const isSilent = turn.isSilent || (isOpen(turn) && this.chat.log.status !== "assistant");
    if (isSilent) node.answer?.remove();
    if (isSilent) return (node.answer = node.shown = null);
    if (!node.answer) {
      node.text = make("div.text", { dir: "auto" });
      node.box.append((node.answer = said("assistant", this.chat.name, node.text)));
      node.foot = null;
    }
    this.#drawAnswer(turn, node);
  }

  #drawAnswer(turn, node) {
    const { words } = this.chat;
    const text = answerOf(turn);
    const { provisional, isWithdrawn, stage, delay } = turn;
    const shown = JSON.stringify([text, provisional, isWithdrawn, stage, delay, isOpen(turn), turn.citations.length]);
    if (shown !== node.shown) {
      node.shown = shown;
      node.text.replaceChildren(...blocks(text, (marker) => this.#chip(turn, marker)));
      appendUnsure(node.text, provisional);
      const hint = provisional ? words.checking : isWithdrawn && isOpen(turn) && words.withdrawn;
      if (hint) node.text.append(make("p.hint", hint));
      if (isOpen(turn) && !text && !provisional) node.text.append(stage || !delay ? make("p.stage", stage || words.thinking) : this.#waiting(delay));
    }
    if (isOpen(turn)) return;
    if (!node.foot) node.answer.append((node.foot = this.#foot(turn, node)));
    this.#drawRating(turn, node);
  }

  /** A message that waits its turn: said calmly, with the way to a person beside it. */
  #waiting = (delay) => make("p.hint", `${delay} `, button("", () => this.chat.askForPerson(), this.chat.words.person));

  // -- sources -----------------------------------------------------------------------------------

  #chip(turn, marker) {
    const source = sourcesOf(turn).get(marker);
    return source && this.#opener(turn, marker, "chip", { label: `${say(this.chat.words.source, { n: marker })}: ${source.title}` }, marker);
  }

  #opener(turn, marker, className, ...parts) {
    const opener = button(className, () => this.chat.source.open(turn, marker, opener), { "aria-expanded": false }, parts);
    return opener;
  }

  #sources(turn) {
    const pages = new Map();
    for (const { marker, document_id: id, title } of sourcesOf(turn).values()) {
      const row = pages.get(id) ?? this.#opener(turn, marker, "", make("b"), make("bdi", title));
      row.firstChild.append(` ${marker}`);
      pages.set(id, row);
    }
    const rows = [...pages.values()].map((row) => make("li", row));
    return rows.length > 0 && make("ul.sources", { label: this.chat.words.sources }, rows);
  }

  // -- what can be done with an answer -----------------------------------------------------------

  #foot(turn, node) {
    const { chat, chat: { words } } = this;
    const copy = act("copy", words.copy, async () => {
      try {
        await navigator.clipboard.writeText(plainAnswer(turn, words.sources));
      } catch {
        return chat.complain(words.sorry); // forbidden, or not over https
      }
      copy.replaceChildren(icon("done"), words.copied);
      chat.announce(words.copied);
      setTimeout(() => copy.replaceChildren(icon("copy")), 2000);
    });
    const rate = (rating) => () => {
      const wanted = turn.rating === rating ? "none" : rating;
      node.isAsking = wanted === "down";
      chat.rate(turn, wanted);
    };
    node.thumbs = ["up", "down"].map((rating) => act(rating, words[rating], rate(rating)));
    node.rated = make("div");
    return make("footer", this.#sources(turn), make("div.acts", copy, node.thumbs), node.rated);
  }

  #drawRating(turn, node) {
    const { words } = this.chat;
    const { rating } = turn;
    node.thumbs.forEach((thumb, place) => thumb.setAttribute("aria-pressed", rating === ["up", "down"][place]));
    node.isAsking &&= rating === "down";
    if (node.isAsking && node.rated.querySelector("form")) return; // being filled in
    const ask = () => {
      node.isAsking = true;
      node.rated.replaceChildren(this.#reasons(turn, node));
      node.rated.querySelector("button").focus();
    };
    const thanks = rating !== "none" && make("p.hint", `${words.thanks} `, rating === "down" && button("", ask, words.change));
    node.rated.replaceChildren(node.isAsking ? this.#reasons(turn, node) : thanks || "");
    if (node.isAsking) node.rated.scrollIntoView({ block: "nearest" });
  }

  #reasons(turn, node) {
    const { chat, chat: { words } } = this;
    const picked = new Set(turn.reasons);
    const chips = chat.assistant.feedback_reasons.map((code) => {
      const press = () => chip.setAttribute("aria-pressed", picked.has(code));
      const chip = button("", () => (picked.delete(code) || picked.add(code), press()), words[code] ?? code);
      press();
      return chip;
    });
    const comment = make("textarea", { rows: 2, maxLength: 1000, dir: "auto", placeholder: words.comment, label: words.comment, value: turn.comment ?? "" });
    const onsubmit = (event) => {
      event.preventDefault();
      node.isAsking = false;
      chat.rate(turn, "down", [...picked], comment.value.trim());
      chat.announce(words.thanks);
      node.thumbs[1].focus();
    };
    return make("form.reasons", { onsubmit, label: words.why }, make("p", words.why), make("div.picks", chips), comment, make("button", words.give));
  }

  // -- files -------------------------------------------------------------------------------------

  #file(file) {
    const { chat, chat: { words } } = this;
    const { name } = file;
    if (!file.width) {
      const onclick = async () => save(await chat.blobOf(file), name);
      return button("file", onclick, { label: `${words.save}: ${name}` }, icon("file"), make("bdi", name), make("small", chat.size(file.bytes)));
    }
    const canvas = make("canvas", sizeWithin(file, THUMB_PX));
    canvas.style.width = `${canvas.width / 2}px`;
    chat.blobOf(file).then((blob) => paint(canvas, blob, THUMB_PX)).catch(() => {});
    return button("thumb", () => this.#enlarge(file), { label: `${words.enlarge}: ${name}` }, canvas);
  }

  async #enlarge(file) {
    const { chat, chat: { words } } = this;
    const blob = await chat.blobOf(file);
    const canvas = make("canvas", { role: "img", label: file.name });
    const keep = button("", () => save(blob, file.name), words.save);
    const bar = make("div.acts", keep, act("close", words.close, () => dialog.close()));
    const dialog = make("dialog.picture", { label: file.name, onclose: () => dialog.remove(), onkeydown: (event) => event.stopPropagation() }, bar, canvas);
    this.element.append(dialog);
    await paint(canvas, blob, 4096);
    dialog.showModal();
  }
}

const said = (role, name, ...parts) => make(`article.said.${role}`, make("h3", name), parts);

/** What people wrote, as they wrote it: no marks are read, and nothing in it turns the text around it. */
function written(text, words) {
  const bubble = make("p.bubble", { dir: "auto" }, text);
  if (text.length < LONG_CHARS && text.split("\n").length < LONG_LINES) return bubble;
  bubble.classList.add("cut");
  const more = button("", () => (bubble.classList.remove("cut"), more.remove()), words.all);
  return [bubble, more];
}

// -- an answer's text: paragraphs, plain lists, strong words, links and markers ----------------------

function blocks(text, chipFor) {
  return text.split(/\n{2,}/).filter(Boolean).map((block) => {
    const lines = block.split("\n");
    if (!lines.every((line) => /^\s*(?:[-*•]|\d+[.)])\s+/.test(line))) return make("p", inline(block, chipFor));
    const items = lines.map((line) => make("li", inline(line.replace(/^\s*\S+\s+/, ""), chipFor)));
    const first = parseInt(block);
    return first >= 0 ? make("ol", { start: first }, items) : make("ul", items);
  });
}

const INLINE = /\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)|\[(\d{1,3})\]/g;

function inline(text, chipFor) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, strong, label, url, marker] = match;
    const node = strong ? make("strong", strong) : url ? link(url, label) : chipFor(marker);
    if (!node) continue;
    nodes.push(text.slice(from, match.index), node);
    from = match.index + whole.length;
  }
  return [...nodes, text.slice(from)];
}

/** Unconfirmed text goes on where the confirmed text ends. */
function appendUnsure(box, text) {
  const [first, ...rest] = blocks(text, () => null);
  const last = box.lastElementChild;
  if (!first) return;
  for (const block of [first, ...rest]) block.classList.add("unsure");
  if (last?.localName === "p" && first.localName === "p" && !text.startsWith("\n\n")) last.append(" ", make("span.unsure", [...first.childNodes]));
  else box.append(first);
  box.append(...rest);
}

// -- pictures and files: drawn on a canvas, so that no page's policy is in the way -----------------

function sizeWithin({ width, height }, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
}

export async function paint(canvas, blob, most) {
  const picture = await createImageBitmap(blob);
  Object.assign(canvas, sizeWithin(picture, most));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
}

function save(blob, download) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60000);
}
