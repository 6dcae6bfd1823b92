// One customer's chat: what it knows, what it does, and in which state it is. Others draw and fetch.
import { Client, backOff, isGone } from "./client.js";
import { Compose } from "./compose.js";
import { act, button, icon, make } from "./dom.js";
import { applyEvent, lastTurn, newLog, plainAnswer } from "./log.js";
import { Memory } from "./memory.js";
import { Outbox } from "./outbox.js";
import { Source } from "./source.js";
import { View } from "./view.js";
import { WORDS, say } from "./words.js";

/** Until the assistant has told its own. */
const LIMITS = { max_chars: 8000, attachments: { media_types: [] } };
const NARROW = matchMedia("(max-width: 30rem), (max-height: 30rem)");
const RTL = /^(ar|fa|he|ps|ur|yi)$/;

export class Chat {
  #stopping = new AbortController();
  signal = this.#stopping.signal;
  limits = LIMITS;
  isLinked = true;
  trouble = "";

  /** @param host the element; its attributes are read once */
  constructor(host, server, channel, subject) {
    const memory = new Memory(`${server} ${channel} ${subject}`, host.hasAttribute("ephemeral"));
    Object.assign(this, { host, server, channel, memory });
    this.isBubble = host.getAttribute("mode") !== "page";
    this.outbox = new Outbox(this);
    this.speech = { ...WORDS, ...host.words };
    this.#leave();
    const offered = host.closest("[lang]")?.lang ?? "";
    this.choiceName = `language ${offered}`; // another language of the page asks again
    const wishes = [memory.get(this.choiceName, true), offered, ...navigator.languages, "en"];
    this.wishes = wishes.map((wish) => `${wish}`.toLowerCase().split("-")[0]).filter((code) => this.speech[code]);
    this.#speak(this.wishes[0]);
    memory.watch(() => this.#agree(), this.signal);
    if (host.hasAttribute("open") || (memory.get("open") && !NARROW.matches)) this.show(true, false);
    // A closed bubble that has no conversation asks the server for nothing.
    if (!this.isBubble || memory.conversation || !this.outbox.isEmpty) this.start();
    if (host.hasAttribute("autofocus")) this.compose.field.focus();
  }

  stop() {
    this.#stopping.abort();
    this.following?.abort();
  }

  start() {
    if (this.isStarted) return;
    this.isStarted = true;
    this.#meet();
    this.#agree();
    this.outbox.drain();
    setTimeout(() => this.#tell(), 500);
  }

  // -- language ----------------------------------------------------------------------------------

  #choose(language) {
    this.memory.set(this.choiceName, language, true);
    this.#speak(language);
    this.menuButton.focus();
    if (this.client.id) this.#post("/locale", { locale: language }).catch(() => {});
    this.#meet();
  }

  #speak(language) {
    this.language = language;
    this.words = { ...WORDS.en, ...this.speech[language] };
    this.#build();
  }

  number = (n) => n.toLocaleString(this.language, { maximumFractionDigits: 1 });
  size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${this.number(bytes / 1e6)} MB`);

  // -- the assistant and the conversation --------------------------------------------------------

  /** Who answers here, and in what words; asked until somebody says. */
  async #meet() {
    const { language } = this;
    const isStale = () => this.signal.aborted || language !== this.language;
    for (let failures = 0; !isStale(); failures += 1) {
      try {
        const assistant = await new Client(this.server).json(`v1/assistant?locale=${language}`);
        if (isStale()) return;
        this.assistant = this.limits = assistant;
        this.isLinked = true;
        const { languages } = assistant;
        const common = [language, ...this.wishes, ...languages].find((code) => languages.includes(code) && this.speech[code]);
        if (!common || common === language) return this.#fill();
        this.#speak(common);
        return this.#meet();
      } catch {
        if (failures) this.#link(false);
        await backOff(failures, this.signal);
      }
    }
  }

  /** Begin the conversation on the first deed, once for all tabs; `?to=person` is let in however many people write. */
  begin(query = "") {
    this.opening ??= this.memory.alone(async () => {
      if (this.memory.conversation) return this.#agree();
      const identity_token = this.host.getAttribute("identity-token") ?? undefined;
      const body = { channel: this.channel, locale: this.language, identity_token };
      const opened = await this.client.json("v1/conversations" + query, { body });
      if (this.memory.conversation) this.#agree();
      else this.#adopt(opened, true);
    });
    this.opening.catch(() => (this.opening = null));
    return this.opening;
  }

  /** Do what the other tabs do: share their conversation, or leave it. */
  #agree(isNew) {
    const kept = this.memory.conversation;
    if ((kept?.id ?? "") === this.client.id) return;
    const isFresh = !this.log.entries.length;
    this.#leave(kept && { ...kept, isNew });
    if (isFresh) this.#offer([]);
    else this.#build();
    if (kept) this.#follow();
  }

  #adopt({ conversation_id: id, token }, isNew) {
    this.memory.conversation = { id, token };
    this.#agree(isNew);
  }

  #leave(record) {
    this.following?.abort();
    this.client = new Client(this.server, record ?? {});
    this.opening = record && Promise.resolve();
    Object.assign(this, { log: newLog(), isEnded: false, isLive: false, offers: [], blobs: new Map() });
  }

  /** Start afresh, in every tab. What was not sent is kept as a draft. */
  restart() {
    const { field } = this.compose;
    const unsent = [field.value, ...this.outbox.empty()];
    this.trouble = "";
    this.memory.conversation = null;
    this.#leave();
    field.value = unsent.filter(Boolean).join("\n");
    this.#build();
    this.compose.field.focus();
  }

  async #goOn() {
    try {
      this.#adopt(await (await this.#post("/fork", {})).json());
      this.compose.field.focus();
    } catch (error) {
      this.complain(this.why(error));
    }
  }

  async #follow() {
    const { signal } = (this.following = new AbortController());
    const mine = (deed) => (value) => signal.aborted || deed(value);
    const onEvent = mine((event) => this.#apply(event));
    const onLink = mine((isLinked) => {
      this.#link(isLinked);
      if (!isLinked || this.isLive) return;
      this.isLive = true;
      this.suggest();
      this.toEnd();
    });
    await this.client.follow(this.log, onEvent, onLink, signal).catch(mine(() => this.end()));
  }

  end() {
    this.isEnded = true;
    this.#tell();
  }

  #apply({ kind, data, seq }) {
    const { log, view } = this;
    const { status, seq: before } = log;
    const stays = this.#isAtEnd();
    const entry = applyEvent(log, kind, data, seq);
    if (seq && before === log.seq) return;
    if (kind === "turn.accepted") this.outbox.settle(data);
    if (entry) view.draw(entry);
    if (status !== log.status) {
      for (const turn of log.turns.values()) view.draw(turn);
      this.#offer([]);
    }
    this.#notice(kind, data, entry);
    this.#tell();
    if (stays) this.toEnd();
  }

  /** What is said aloud, told to the page around, and shown on the closed bubble. */
  #notice(kind, data, entry) {
    const isAnswer = entry?.outcome && kind !== "feedback.given" && !entry.isSilent;
    const isOperator = kind === "operator.message";
    if (!this.isLive) return;
    if ((isAnswer || isOperator) && !this.panel.open) this.launcher.classList.add("news");
    if (kind === "turn.stage") this.announce(data.label);
    if (kind === "turn.delayed") this.announce(data.text);
    if (entry?.kind === "note") this.announce(data.text);
    if (isOperator) this.announce(`${entry.name || this.words.team}: ${data.text}`);
    if (isAnswer) this.announce(`${this.name}: ${plainAnswer(entry, this.words.sources)}`);
    if (isAnswer || isOperator) this.#emit(isAnswer ? "assistant" : "operator");
    if (isAnswer) this.suggest();
    if (kind === "turn.accepted") this.#offer([]);
  }

  // -- sending -----------------------------------------------------------------------------------

  ask(text, files = []) {
    this.start();
    this.complain("");
    this.outbox.add(text, files.map(({ blob, bar, stop, share, ...file }) => file));
    this.#offer([]);
    this.#emit("customer");
  }

  /** The conversation lives on from its newest message. */
  stay() {
    const { id, token } = this.client;
    this.memory.conversation = { id, token };
  }

  /** Where a proxy holds streams back, sending comes to its end with the answer; the log is read then. */
  readBehind(turnId) {
    const { client, log } = this;
    if (!log.turns.has(turnId)) client.catchUp(log, (event) => log === this.log && this.#apply(event)).catch(() => {});
  }

  // -- other deeds -------------------------------------------------------------------------------

  #post = (rest, body) => this.client.call(this.client.path(rest), { body });

  async askForPerson() {
    this.person.disabled = true;
    try {
      await this.begin("?to=person");
      await this.#post("/escalation", {});
      this.complain("");
    } catch (error) {
      if (this.client.id && (isGone(error) || error.status === 409)) this.end();
      else this.complain(this.why(error));
    }
    this.compose.field.focus();
  }

  async rate(turn, rating, reasons = [], comment = "") {
    const { rating: oldRating, reasons: oldReasons } = turn;
    this.view.draw(Object.assign(turn, { rating, reasons, comment }));
    try {
      await this.#post("/feedback", { turn_id: turn.id, rating, reasons, comment: comment || undefined });
    } catch (error) {
      this.view.draw(Object.assign(turn, { rating: oldRating, reasons: oldReasons }));
      this.complain(this.why(error));
    }
  }

  /** What else could be asked, or what a workflow's question can be answered with, below the newest answer. */
  async suggest() {
    const { client, log } = this;
    const turn = lastTurn(log);
    const isLast = () => log === this.log && log.entries.at(-1) === turn && log.status === "assistant" && this.outbox.isEmpty;
    if (!["answered", "clarified", "acted"].includes(turn?.outcome) || !isLast()) return;
    const found = await client.json(client.path(`/turns/${turn.id}/suggestions`)).catch(() => null);
    if (found && isLast()) this.#offer(found.items, found.are_answers);
  }

  /** The bytes of a file in the conversation, fetched once. */
  async blobOf({ attachment_id: id }) {
    if (!this.blobs.has(id)) this.blobs.set(id, await (await this.client.call(this.client.path(`/attachments/${id}`))).blob());
    return this.blobs.get(id);
  }

  #emit(role) {
    this.host.dispatchEvent(new CustomEvent("frontdesk-message", { detail: { role }, bubbles: true }));
  }

  // -- the frame ---------------------------------------------------------------------------------

  #build() {
    const { words, host, language, isBubble } = this;
    const wasOpen = this.panel?.open;
    const { field, files = [] } = this.compose ?? {};
    this.view = new View(this);
    this.source = new Source(this);
    this.compose = new Compose(this, { files, text: field?.value ?? this.memory.get("draft") ?? "" });
    this.spoken = make("p.unseen", { "aria-live": "polite" });
    this.status = make("p.status", { role: "status" });
    this.intro = make("div.intro");
    this.offering = make("div.offers", { role: "group" });
    this.person = button("person", () => this.askForPerson());
    this.pane = make("div.pane", { tabIndex: 0, role: "region", label: words.log }, this.intro, this.view.element, this.offering);
    const under = make("div.under", this.person, this.compose.count);
    this.talk = make("div.talk", this.#top(), this.pane, make("div.foot", this.status, this.compose.element, under));
    const dir = host.dir || (RTL.test(language) ? "rtl" : "ltr");
    this.panel = make(isBubble ? "dialog.panel" : "div.panel", { lang: language, dir, label: words.log }, this.talk, this.source.element, this.spoken);
    this.launcher = button("launch", () => host.open(), { label: words.launch }, icon("chat"));
    host.shadowRoot.replaceChildren(...(isBubble ? [this.launcher] : []), this.panel);
    this.#listen();
    this.log.entries.forEach((entry) => this.view.draw(entry));
    this.outbox.draw();
    this.#fill();
    if (isBubble && wasOpen) this.show(true, false);
    this.toEnd();
  }

  #top() {
    const { words, host } = this;
    this.title = make("h2");
    this.subtitle = make("p");
    this.languages = make("select", { onchange: () => this.#choose(this.languages.value) });
    this.choice = make("label", `${words.language} `, this.languages);
    this.menu = make("div.menu", { id: "menu" }, this.choice, button("", () => this.restart(), words.fresh));
    this.menuButton = act("more", words.more, () => this.#showMenu(this.menu.hidden));
    this.menuButton.setAttribute("aria-controls", "menu");
    this.#showMenu(false);
    const box = make("div.box", { onfocusout: (event) => box.contains(event.relatedTarget) || this.#showMenu(false) }, this.menuButton, this.menu);
    return make("div.top", make("div.who", this.title, this.subtitle), box, this.isBubble && act("close", words.close, () => host.close()));
  }

  #showMenu(isShown) {
    this.menu.hidden = !isShown;
    this.menuButton.setAttribute("aria-expanded", isShown);
  }

  #listen() {
    const { panel, compose } = this;
    const mark = (isOver) => panel.classList.toggle("dropping", isOver);
    panel.dataset.drop = this.words.attach;
    const listeners = {
      dragover: (event) => event.dataTransfer.types.includes("Files") && (event.preventDefault(), mark(true)),
      dragleave: (event) => panel.contains(event.relatedTarget) || mark(false),
      drop: (event) => (mark(false), compose.take(event, event.dataTransfer)),
      cancel: (event) => event.preventDefault(),
      keydown: (event) => event.key === "Escape" && (event.preventDefault(), this.#escape()),
    };
    for (const listener of Object.entries(listeners)) panel.addEventListener(...listener);
  }

  #escape() {
    if (!this.menu.hidden) {
      this.#showMenu(false);
      this.menuButton.focus();
    } else if (!this.source.element.hidden) this.source.close();
    else if (this.isBubble) this.host.close();
  }

  /** What the assistant says of itself, once it has said it. */
  #fill() {
    const { assistant, words, intro, speech, language } = this;
    const { name = "", languages = [], notice, greeting } = assistant ?? {};
    this.name = name;
    this.title.textContent = name || "\u00a0";
    this.subtitle.textContent = words.machine;
    const told = () => [make("p.notice", { dir: "auto" }, notice), make("article.said.assistant", make("h3", name), make("p.text", { dir: "auto" }, greeting))];
    intro.replaceChildren(...(assistant ? told() : [1, 2, 3].map(() => make("div.bone"))));
    for (const heading of this.view.element.querySelectorAll(".assistant > h3")) heading.textContent = name;
    const spoken = languages.filter((code) => speech[code]);
    const option = (value) => make("option", { value, lang: value, selected: value === language }, new Intl.DisplayNames(value, { type: "language" }).of(value));
    this.languages.replaceChildren(...spoken.map(option));
    this.choice.hidden = spoken.length < 2;
    this.compose.allow();
    this.#offer(this.offers, this.areAnswers);
    this.#tell();
  }

  #offer(items, areAnswers) {
    const { words, log, offering } = this;
    const stays = this.#isAtEnd();
    const isFirst = !log.entries.length && this.outbox.isEmpty && !this.client.id;
    const own = this.host.getAttribute("starters")?.split("\n");
    const shown = isFirst ? (own ?? this.assistant?.starters ?? []).map((text) => ({ label: text, text })) : items;
    const title = isFirst ? words.starters : areAnswers ? words.choose : words.related;
    const ask = (text) => () => {
      this.ask(text);
      this.compose.field.focus();
    };
    Object.assign(this, { offers: items, areAnswers });
    offering.setAttribute("aria-label", title);
    offering.replaceChildren(...(shown.length ? [make("p", title)] : []), ...shown.map(({ label, text }) => button("offer", ask(text), { dir: "auto" }, label)));
    if (stays) this.toEnd();
  }

  #link(isLinked) {
    this.isLinked = isLinked;
    this.#tell();
  }

  /** The one line above the field: in which state the chat is. */
  #tell() {
    const { words, log, status, isEnded } = this;
    const { status: state, operator: name } = log;
    const isClosed = state === "closed";
    const isWaiting = state === "waiting" || state === "operator";
    const ended = (isEnded || isClosed) && words.ended;
    const states = {
      ended,
      offline: !this.isLinked && words.offline,
      trouble: this.trouble,
      team: isWaiting && (name ? say(words.operator, { name }) : words.waiting),
      connecting: this.isStarted && !this.assistant && words.connecting,
    };
    const kind = Object.keys(states).find((one) => states[one]) ?? "";
    const text = states[kind] ?? "";
    if (status.dataset.kind !== kind || status.firstChild?.data !== text) {
      status.dataset.kind = kind;
      status.replaceChildren(text);
      if (ended) status.append(button("main", () => this.restart(), words.restart));
      if (ended && !isEnded) status.append(button("", () => this.#goOn(), words.go_on));
    }
    this.compose.element.hidden = this.person.hidden = !!ended;
    this.person.disabled = isWaiting;
    this.person.replaceChildren(icon("person"), isWaiting ? words.asked : words.person);
  }

  /** What the server says of a refusal is for people; of its own troubles it has nothing to say. */
  why = ({ status, message }) => (status < 500 && message) || this.words.sorry;

  /** Say what did not work, until the next deed. */
  complain(text) {
    this.trouble = text;
    this.#tell();
  }

  /** For those who hear the page: once, when it is complete. */
  announce(text) {
    this.spoken.textContent = text;
  }

  /** What lies under the open source cannot be reached. */
  covered() {
    const { element } = this.source;
    this.panel.classList.toggle("reading", !element.hidden);
    this.talk.inert = !element.hidden && getComputedStyle(element).position === "absolute";
  }

  /** Open or close the bubble. */
  show(isShown, isFocused = true) {
    const { panel, launcher } = this;
    if (!this.isBubble) return;
    this.memory.set("open", isShown || null);
    launcher.hidden = isShown;
    if (!isShown) panel.close();
    else if (NARROW.matches && isFocused) panel.showModal();
    else panel.open = true;
    if (isShown) this.start();
    launcher.classList.remove("news");
    this.toEnd();
    if (isFocused) (isShown ? (matchMedia("(hover: none)").matches ? this.pane : this.compose.field) : launcher).focus();
  }

  #isAtEnd = () => this.pane.scrollHeight - this.pane.scrollTop - this.pane.clientHeight < 120;
  toEnd = () => this.pane.scrollTo({ top: this.pane.scrollHeight });
}
