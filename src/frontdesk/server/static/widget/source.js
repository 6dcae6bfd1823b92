// The page behind a citation, with the words that carry the answer marked.
import { act, button, link, make } from "./dom.js";
import { sourcesOf } from "./log.js";

export class Source {
  constructor(chat) {
    this.chat = chat;
    this.element = make("section.source", { role: "dialog", tabIndex: -1, hidden: true, "aria-labelledby": "source" });
  }

  open(turn, marker, opener) {
    const { element, chat } = this;
    const citation = sourcesOf(turn).get(marker);
    this.opener?.setAttribute("aria-expanded", false);
    opener.setAttribute("aria-expanded", true);
    const where = make("p.where", { dir: "auto" });
    const page = make("div.page", { tabIndex: 0, role: "group", "aria-labelledby": "source" });
    const more = /^https?:/i.test(citation.url) && make("p.more", link(citation.url, chat.words.page));
    const shut = act("close", chat.words.close, () => this.close());
    const head = make("div.over", make("div", where, make("h2", { id: "source", dir: "auto" }, citation.title || marker)), shut);
    element.replaceChildren(...make("div", head, page, more).childNodes);
    element.hidden = false;
    Object.assign(this, { opener, where, page });
    chat.covered();
    element.focus({ preventScroll: true });
    this.#load(turn.id, citation, page);
  }

  /** Back to where the reader came from. */
  close() {
    this.element.hidden = true;
    this.chat.covered();
    this.opener.setAttribute("aria-expanded", false);
    this.opener.focus();
  }

  async #load(turnId, citation, page) {
    const { words, client } = this.chat;
    const quote = make("blockquote", { dir: "auto" }, citation.quote);
    page.replaceChildren(quote, make("p.stage", words.thinking));
    try {
      const { breadcrumb, is_current, is_from_system, document: found } = await client.json(client.path(`/citations/${turnId}/${citation.marker}`));
      if (page !== this.page) return; // another one was opened
      this.where.textContent = (breadcrumb ?? []).slice(1).join(" › ");
      const drawn = drawBlocks(found?.blocks ?? [], found?.title);
      const mark = drawn.querySelector("mark");
      page.lang = found?.language ?? "";
      page.replaceChildren(is_from_system || (is_current && found) ? "" : make("p.hint", words.changed), mark ? "" : quote, drawn);
      if (mark) page.scrollTop = mark.offsetTop - page.clientHeight / 3;
    } catch {
      const again = button("", () => this.#load(turnId, citation, page), words.again);
      page.replaceChildren(quote, make("p.problem", { role: "alert" }, `${words.sorry} `, again));
    }
  }
}

const STYLES = { is_code: "code", is_emphasis: "em", is_strong: "strong", is_marked: "mark" };
const KINDS = { paragraph: "p", quote: "blockquote", code: "pre", rule: "hr" };

function runs(list) {
  return list.map((run) => {
    let node = run.href ? link(run.href, run.text) : run.text;
    for (const [flag, name] of Object.entries(STYLES)) if (run[flag]) node = make(name, node);
    return node;
  });
}

/** Blocks of a document as elements; neighbouring rows become a table, neighbouring items a list. */
function drawBlocks(list, title) {
  const box = make("div.document", { dir: "auto" });
  let [group, former] = [null, ""];
  for (const { kind, level, marker, runs: words, cells } of list) {
    const isNew = kind !== former || (kind === "row" && !level);
    former = kind;
    if (kind === "row") {
      if (isNew) box.append((group = make("table")));
      group.append(make("tr", cells.map((cell) => make(level ? "td" : "th", runs(cell)))));
    } else if (kind === "item") {
      if (isNew) box.append((group = make("div", { role: "list" })));
      const item = make("div", { role: "listitem" }, make("span", marker), make("div", runs(words)));
      item.style.setProperty("--depth", level);
      group.append(item);
    } else {
      const block = make(KINDS[kind] ?? `h${Math.min(6, level + 1)}`, runs(words));
      if (box.firstChild || block.textContent !== title) box.append(block); // the title stands above already
    }
  }
  return box;
}
