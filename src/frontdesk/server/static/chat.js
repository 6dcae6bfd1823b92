// The customer's chat. The conversation's log is the truth: this page follows it and draws what it says.
const wording = JSON.parse(document.body.dataset.wording);
const assistantName = document.body.dataset.assistant;
const at = (id) => document.getElementById(id);
const [log, form, field, person, status, main] = [at("log"), at("write"), at("text"), at("person"), at("status"), document.querySelector("main")];
const STORE = "frontdesk.chat";
const MAX_CHARS = 8000;
const FINAL = new Set(["answer.completed", "turn.failed"]);

const state = { id: "", token: "", seq: 0, waiting: [], handedOver: false, opening: null };
const turns = new Map(); // turn id -> { article, bubble, sentences, citations }
const pending = []; // messages that the log has not shown yet: { key, text, article }
const accepted = new Set(); // turns whose message the log has shown
let following = null;

// -- keeping the conversation over a reload ------------------------------------------------------

const keep = () =>
  sessionStorage.setItem(STORE, JSON.stringify({ id: state.id, token: state.token, waiting: pending.map(({ key, text }) => ({ key, text })) }));

function recall() {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
    if (saved?.id && saved?.token) Object.assign(state, { id: saved.id, token: saved.token, waiting: saved.waiting ?? [] });
  } catch {
    sessionStorage.removeItem(STORE);
  }
}

function forget() {
  sessionStorage.removeItem(STORE);
  location.reload();
}

// -- the API -------------------------------------------------------------------------------------

async function call(path, { body, headers = {}, signal, method } = {}) {
  const response = await fetch(path, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(state.token && { Authorization: `Bearer ${state.token}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    cache: "no-store",
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail ?? response.statusText), { status: response.status });
}

function open() {
  state.opening ??= (async () => {
    if (state.id) return;
    const response = await call("/v1/conversations", { body: { channel: "web_chat", locale: document.documentElement.lang } });
    const opened = await response.json();
    Object.assign(state, { id: opened.conversation_id, token: opened.token });
    keep();
    follow();
  })().catch((error) => {
    state.opening = null;
    throw error;
  });
  return state.opening;
}

const path = (rest = "") => `/v1/conversations/${state.id}${rest}`;
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// -- following the log ---------------------------------------------------------------------------

function follow() {
  following ??= keepFollowing();
}

async function keepFollowing() {
  for (let failures = 0; ; ) {
    try {
      const response = await call(path("/events"), { headers: { Accept: "text/event-stream", "Last-Event-ID": String(state.seq) } });
      failures = 0;
      if (status.dataset.kind === "offline") tell(state.handedOver ? wording.waiting : "");
      await readEvents(response.body, apply);
    } catch (error) {
      if (error.status === 404 || error.status === 401) return offerNew();
      failures += 1;
      if (failures > 1) tell(wording.offline, "offline");
    }
    await pause(Math.min(10000, 300 * 2 ** failures) * (0.5 + Math.random()));
  }
}

async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = parseEvent(text.slice(0, end));
      text = text.slice(end + 2);
      if (event.data) onEvent(event.kind, JSON.parse(event.data), event.id);
    }
  }
}

function parseEvent(block) {
  const event = { kind: "message", data: "", id: 0 };
  for (const line of block.split("\n")) {
    if (line.startsWith("data: ")) event.data += line.slice(6);
    else if (line.startsWith("event: ")) event.kind = line.slice(7);
    else if (line.startsWith("id: ")) event.id = Number(line.slice(4));
  }
  return event;
}

// -- what the log says ---------------------------------------------------------------------------

function apply(kind, data, seq) {
  if (seq && seq <= state.seq) return; // seen before
  const stays = isAtEnd();
  if (seq) state.seq = seq;
  draw[kind]?.(data);
  if (stays) scrollToEnd();
}

const draw = {
  "turn.accepted"(data) {
    accepted.add(data.turn_id);
    const mine = pending.splice(Math.max(0, pending.findIndex((message) => message.text === data.text)), 1)[0];
    keep();
    const article = mine?.article ?? addSaid("customer", wording.you, data.text);
    settle(article);
    if (!state.handedOver) turnOf(data.turn_id);
  },
  "turn.stage"(data) {
    const turn = turns.get(data.turn_id);
    if (turn && !turn.sentences.length) showStage(turn, data.label || wording.thinking);
  },
  "answer.sentence"(data) {
    const turn = turnOf(data.turn_id);
    turn.sentences.push(data);
    turn.citations.push(...data.citations);
    drawText(turn, turn.sentences.map((sentence) => sentence.separator + sentence.text).join(""));
  },
  "turn.reset"(data) {
    const turn = turnOf(data.turn_id);
    turn.sentences = [];
    turn.citations = [];
    turn.bubble.replaceChildren();
    showStage(turn, wording.restarted);
  },
  "answer.completed"(data) {
    endTurn(data, data.citations);
  },
  "turn.failed"(data) {
    endTurn(data, []);
  },
  "escalation.opened"(data) {
    setHandedOver(true);
    addNote(data.text);
  },
  "operator.joined"(data) {
    setHandedOver(true);
    if (data.text) addNote(data.text);
  },
  "operator.message"(data) {
    addSaid("operator", data.name || wording.operator, data.text);
  },
  "conversation.returned"(data) {
    setHandedOver(false);
    if (data.text) addNote(data.text);
  },
  "conversation.closed"() {
    offerNew();
  },
};

function turnOf(turnId) {
  let turn = turns.get(turnId);
  if (!turn) {
    const { article, bubble } = makeSaid("assistant", assistantName);
    turn = { article, bubble, sentences: [], citations: [] };
    turns.set(turnId, turn);
    article.setAttribute("aria-busy", "true"); // read out once, when it is complete
    showStage(turn, wording.thinking);
    log.append(article);
  }
  return turn;
}

function endTurn(data, citations) {
  const turn = turns.get(data.turn_id);
  const isSaidAlready = !data.text || log.querySelector(".note:last-of-type")?.textContent === data.text;
  if (isSaidAlready) {
    turn?.article.remove(); // a person has the conversation, or said by the note above
    turns.delete(data.turn_id);
    return;
  }
  const ending = turn ?? turnOf(data.turn_id);
  ending.citations = citations;
  drawText(ending, data.text, true);
  ending.article.removeAttribute("aria-busy");
}

// -- drawing -------------------------------------------------------------------------------------

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function makeSaid(role, name) {
  const bubble = make("div", { className: "bubble" });
  return { article: make("article", { className: `said ${role}` }, make("h2", { textContent: name }), bubble), bubble };
}

function addSaid(role, name, text) {
  const { article, bubble } = makeSaid(role, name);
  bubble.append(make("p", { textContent: text })); // people's words stay as they wrote them
  log.append(article);
  return article;
}

function addNote(text) {
  log.append(make("p", { className: "note", textContent: text }));
}

function showStage(turn, label) {
  const stage = turn.bubble.querySelector(".stage") ?? turn.bubble.appendChild(make("p", { className: "stage" }));
  stage.textContent = label;
}

function drawText(turn, text, isComplete = false) {
  const open = turn.article.querySelector(".source")?.dataset.marker;
  turn.bubble.replaceChildren(...paragraphs(text, turn));
  if (!isComplete) return;
  turn.article.querySelector(".sources")?.remove();
  if (turn.citations.length) turn.article.append(sourceList(turn));
  if (open) openSource(turn, open, null);
}

function paragraphs(text, turn) {
  return text.split(/\n{2,}/).flatMap((block) => {
    const lines = block.split("\n");
    const isList = lines.length > 0 && lines.every((line) => /^\s*(?:[-*•]|\d+[.)])\s+/.test(line));
    if (!isList) return [make("p", {}, ...inline(block, turn))];
    const name = /^\s*\d/.test(lines[0]) ? "ol" : "ul";
    return [make(name, {}, ...lines.map((line) => make("li", {}, ...inline(line.replace(/^\s*\S+\s+/, ""), turn))))];
  });
}

const INLINE = /\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)|\[(\d{1,3})\]/g;

function inline(text, turn) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, strong, label, url, marker] = match;
    const node = strong ? make("strong", { textContent: strong }) : url ? link(url, label) : turn && markerButton(turn, marker);
    if (!node) continue;
    nodes.push(text.slice(from, match.index), node);
    from = match.index + whole.length;
  }
  return [...nodes, text.slice(from)];
}

function link(url, label) {
  return make("a", { href: url, textContent: label, target: "_blank", rel: "noopener noreferrer" });
}

// -- sources -------------------------------------------------------------------------------------

function markerButton(turn, marker) {
  if (!turn.citations.some((citation) => citation.marker === marker)) return null;
  return sourceButton(turn, marker, "marker", marker);
}

function sourceButton(turn, marker, className, ...content) {
  const button = make("button", { type: "button", className }, ...content);
  button.dataset.marker = marker;
  button.setAttribute("aria-expanded", "false");
  if (className) button.setAttribute("aria-label", wording.source.replace("{marker}", marker));
  button.addEventListener("click", () => openSource(turn, marker, button));
  return button;
}

function sourceList(turn) {
  const list = make("ul", { className: "sources", ariaLabel: wording.sources });
  for (const citation of byMarker(turn).values()) {
    const title = citation.title || wording.source.replace("{marker}", citation.marker);
    list.append(make("li", {}, sourceButton(turn, citation.marker, "", make("b", { textContent: citation.marker }), title)));
  }
  return list;
}

const byMarker = (turn) => new Map(turn.citations.map((citation) => [citation.marker, citation]));

function openSource(turn, marker, button) {
  const shown = turn.article.querySelector(".source");
  const wasOpen = shown?.dataset.marker === marker && button;
  closeSource(turn);
  if (wasOpen) return;
  const citation = byMarker(turn).get(marker);
  if (!citation) return;
  const close = make("button", { type: "button", textContent: wording.close });
  const panel = make(
    "section",
    { className: "source", tabIndex: -1 },
    make("h3", { textContent: citation.title }),
    make("blockquote", { textContent: citation.quote }),
    make("footer", {}, ...(/^https?:\/\//.test(citation.url) ? [link(citation.url, wording.open_page)] : []), close),
  );
  panel.dataset.marker = marker;
  panel.setAttribute("aria-label", wording.source.replace("{marker}", marker));
  const leave = () => {
    closeSource(turn);
    (button?.isConnected ? button : turn.article.querySelector(`[data-marker="${marker}"]`))?.focus();
  };
  close.addEventListener("click", leave);
  panel.addEventListener("keydown", (event) => event.key === "Escape" && leave());
  turn.article.append(panel);
  for (const one of turn.article.querySelectorAll(`button[data-marker="${marker}"]`)) one.setAttribute("aria-expanded", "true");
  if (button) {
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }
}

function closeSource(turn) {
  turn.article.querySelector(".source")?.remove();
  for (const button of turn.article.querySelectorAll("[aria-expanded]")) button.setAttribute("aria-expanded", "false");
}

// -- sending -------------------------------------------------------------------------------------

async function submit(text, key = newKey()) {
  const article = addSaid("customer", wording.you, text);
  article.classList.add("sending");
  const message = { key, text, article };
  pending.push(message);
  scrollToEnd();
  await send(message);
}

async function send(message) {
  message.article.querySelector(".problem")?.remove();
  message.article.classList.add("sending");
  try {
    await open();
    keep();
    const response = await call(path("/messages"), { body: { text: message.text }, headers: { "Idempotency-Key": message.key, Accept: "application/json" } });
    const turn = await response.json();
    if (accepted.has(turn.turn_id)) drop(message);
    if (response.status === 200) catchUpLater(turn).catch(() => {}); // the stream has it in the end
  } catch (error) {
    if (!pending.includes(message)) return; // it arrived; the log has the rest
    showProblem(message, error);
  }
}

// The stream normally shows an answer first; where a proxy holds the stream back, the log is read once more.
async function catchUpLater(turn) {
  await pause(1500);
  if (turn.seq > state.seq) await catchUp();
}

async function catchUp() {
  for (let page = { has_more: true }; page.has_more; ) {
    const response = await call(path(`/events?limit=500&after=${state.seq}`), { headers: { Accept: "application/json" } });
    page = await response.json();
    for (const event of page.events) apply(event.kind, event.data, event.seq);
  }
}

// Sent twice, shown once: the log had it already under the same key.
function drop(message) {
  const place = pending.indexOf(message);
  if (place < 0) return;
  pending.splice(place, 1);
  message.article.remove();
  keep();
}

function showProblem(message, error) {
  const said = { 413: wording.too_long, 503: wording.busy, 409: wording.ended }[error.status] ?? (error.status === 422 || error.status === 400 ? error.message : wording.failed);
  const retry = make("button", { type: "button", textContent: wording.retry });
  retry.addEventListener("click", () => send(message));
  message.article.classList.remove("sending");
  message.article.querySelector(".problem")?.remove();
  message.article.append(make("p", { className: "problem", role: "alert" }, `${said} `, retry));
  scrollToEnd();
}

function settle(article) {
  article.classList.remove("sending");
  article.querySelector(".problem")?.remove();
}

async function askForPerson() {
  person.disabled = true;
  try {
    await open();
    await call(path("/escalation"), { method: "POST" });
    setHandedOver(true);
  } catch (error) {
    person.disabled = state.handedOver;
    tell(error.status === 409 ? wording.ended : wording.person_failed, "person");
  }
  field.focus();
}

// -- small things --------------------------------------------------------------------------------

function setHandedOver(isHandedOver) {
  state.handedOver = isHandedOver;
  person.disabled = isHandedOver;
  person.textContent = isHandedOver ? wording.person_asked : wording.person;
  tell(isHandedOver ? wording.waiting : "");
}

function tell(text, kind = "") {
  status.textContent = text;
  status.dataset.kind = kind;
}

function offerNew() {
  const button = make("button", { type: "button", textContent: wording.new });
  button.addEventListener("click", forget);
  status.replaceChildren(`${wording.ended} `, button);
}

const isAtEnd = () => main.scrollHeight - main.scrollTop - main.clientHeight < 120;
const scrollToEnd = () => main.scrollTo({ top: main.scrollHeight });

function fit() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 3}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  if ([...text].length > MAX_CHARS) return tell(wording.too_long);
  field.value = "";
  fit();
  submit(text);
  field.focus();
});
field.addEventListener("input", fit);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
person.addEventListener("click", askForPerson);

async function resume() {
  state.opening = Promise.resolve();
  for (let failures = 0; ; failures += 1) {
    try {
      await catchUp();
      break;
    } catch (error) {
      if (error.status === 404 || error.status === 401) return offerNew();
      tell(wording.offline, "offline");
      await pause(Math.min(10000, 500 * 2 ** failures));
    }
  }
  if (!state.handedOver) tell("");
  scrollToEnd();
  follow();
  // Messages that were on their way when the page was left; their keys make sending them again harmless.
  for (const { key, text } of state.waiting) submit(text, key);
}

recall();
if (state.id) resume();
field.focus();
