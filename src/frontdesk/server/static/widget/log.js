// What a conversation is, made from its events alone: no page, no network, no clock.

/**
 * entries, in the order in which they are shown:
 *   {key, kind: "turn", id, text, files, stage, sentences, citations, provisional, isWithdrawn, outcome, rating, reasons, comment,
 *    delay (said while a kept message waits for its turn in a rush)}
 *   {key, kind: "note", text}     {key, kind: "operator", name, text}
 * `outcome` is empty while a turn is under way; a turn that is `isSilent` shows no answer.
 */
export const newLog = () => ({ seq: 0, status: "assistant", operator: "", entries: [], turns: new Map() });

/** Take one event in; gives the entry that it made or changed, if any. Events that were seen before change nothing. */
export function applyEvent(log, kind, data, seq = 0) {
  if (seq && seq <= log.seq) return null;
  if (seq) log.seq = seq;
  return effects[kind]?.(log, data) ?? null;
}

export const isOpen = (turn) => !turn.outcome;
export const answerOf = (turn) => turn.answer ?? turn.sentences.map((one) => one.separator + one.text).join("");
export const lastTurn = (log) => log.entries.findLast((entry) => entry.kind === "turn");

/** Citations by marker; each marker once. */
export const sourcesOf = (turn) => new Map(turn.citations.map((citation) => [citation.marker, citation]));

/** The answer to be pasted somewhere else: no marks, and its sources below. */
export function plainAnswer(turn, heading) {
  const text = answerOf(turn)
    .replace(/\*\*([^*\n]+)\*\*/g, "$1")
    .replace(/\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/g, "$1 ($2)");
  const sources = [...sourcesOf(turn).values()].map(({ marker, title, url }) => `[${marker}] ${[title, url].filter(Boolean).join(" – ")}`);
  return sources.length ? `${text}\n\n${heading}\n${sources.join("\n")}` : text;
}

const effects = {
  "turn.accepted"(log, data) {
    const turn = turnOf(log, data.turn_id);
    return Object.assign(turn, { text: data.text ?? "", files: data.attachments ?? [], isSilent: log.status !== "assistant" });
  },
  "turn.stage"(log, data) {
    const turn = log.turns.get(data.turn_id);
    return turn && isOpen(turn) ? Object.assign(turn, { stage: data.label }) : null;
  },
  "turn.delayed": (log, data) => Object.assign(turnOf(log, data.turn_id), { delay: data.text }),
  "answer.provisional"(log, data) {
    const turn = turnOf(log, data.turn_id);
    return isOpen(turn) ? Object.assign(turn, { provisional: data.text, isWithdrawn: turn.isWithdrawn && !data.text }) : null;
  },
  "answer.withdrawn": (log, data) => Object.assign(turnOf(log, data.turn_id), { provisional: "", isWithdrawn: true }),
  "answer.sentence"(log, data) {
    const turn = turnOf(log, data.turn_id);
    turn.sentences.push(data);
    turn.citations.push(...data.citations);
    turn.provisional = without(turn.provisional, data.text);
    return turn;
  },
  "turn.reset": (log, data) =>
    Object.assign(turnOf(log, data.turn_id), { sentences: [], citations: [], provisional: "", stage: "", delay: "" }),
  "answer.completed": end,
  "turn.failed": end,
  "feedback.given"(log, { turn_id, rating, reasons, comment }) {
    const turn = log.turns.get(turn_id);
    return turn ? Object.assign(turn, { rating, reasons: reasons ?? [], comment: comment ?? "" }) : null;
  },
  "escalation.opened"(log, data) {
    log.status = "waiting";
    return note(log, data.text);
  },
  "operator.joined"(log, data) {
    Object.assign(log, { status: "operator", operator: data.name ?? "" });
    return note(log, data.text);
  },
  "operator.message": (log, data) => add(log, { kind: "operator", name: data.name ?? log.operator, text: data.text ?? "" }),
  "conversation.returned"(log, data) {
    log.status = "assistant";
    return note(log, data.text);
  },
  "conversation.closed"(log, data) {
    log.status = "closed";
    return note(log, data.text);
  },
};

function add(log, entry) {
  log.entries.push({ key: `${entry.kind}${log.entries.length}`, ...entry });
  return log.entries.at(-1);
}

function note(log, text) {
  return text ? add(log, { kind: "note", text }) : null;
}

function turnOf(log, id) {
  if (!log.turns.has(id)) {
    const fresh = { key: id, kind: "turn", id, text: "", files: [], stage: "", sentences: [], citations: [], provisional: "", outcome: "", rating: "none", reasons: [] };
    log.turns.set(id, add(log, fresh));
  }
  return log.turns.get(id);
}

function end(log, data) {
  const turn = turnOf(log, data.turn_id);
  const isSaid = log.entries.findLast((entry) => entry.kind === "note")?.text === data.text;
  const isSilent = !data.text || isSaid; // a person has the conversation, or a note says it already
  return Object.assign(turn, { answer: data.text, citations: data.citations ?? [], outcome: data.outcome, provisional: "", isSilent });
}

/** What is still unconfirmed once `text` is confirmed. */
function without(provisional, text) {
  const rest = provisional.trimStart();
  const said = text.replace(/\s*\[\d+\]/g, ""); // markers come with confirmation
  return rest.startsWith(said) ? rest.slice(said.length) : provisional;
}
