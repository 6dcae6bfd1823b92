// Messages on their way: kept until the server has them, sent in the order in which they were written, shown once.
import { backOff, isAway, isBusy, isGone, newKey } from "./client.js";

export class Outbox {
  #messages; // {key, text, files, turn, problem, hint, node, isShown}

  constructor(chat) {
    this.chat = chat;
    this.#messages = chat.memory.get("outbox") ?? [];
  }

  get isEmpty() {
    return !this.#messages.length;
  }

  add(text, files) {
    const message = { key: newKey(), text, files };
    this.#keep([...this.#messages, message]);
    this.resend(message);
  }

  resend(message) {
    message.problem = "";
    this.#draw(message);
    this.drain();
  }

  draw() {
    for (const message of this.#messages) if (!message.isShown) this.chat.view.drawUnsent(message);
  }

  /** Give up what is on its way; gives its texts. */
  empty() {
    const texts = this.#messages.map((message) => message.text);
    this.#keep([]);
    return texts;
  }

  async drain() {
    if (this.isBusy) return;
    this.isBusy = true;
    for (let next; (next = this.#messages.find((one) => !one.problem && !one.turn)); ) await this.#deliver(next);
    this.isBusy = false;
  }

  /** The log shows a message: ours, if it is under way. It stays ours to send until the server has said so. */
  settle({ turn_id, text, attachments = [] }) {
    const known = this.#messages.find((one) => one.turn === turn_id);
    if (known) return this.#drop(known);
    const mine = this.#messages.find((one) => !one.isShown && one.text === text && one.files.length === attachments.length);
    if (mine) mine.isShown = true;
    mine?.node?.remove();
  }

  /** Sent until it is there or refused; its key makes sending it again harmless. */
  async #deliver(message) {
    const { chat } = this;
    const isWanted = () => this.#messages.includes(message) && !chat.signal.aborted;
    for (let failures = 0; isWanted(); failures += 1) {
      try {
        await chat.begin();
        const { client } = chat;
        const { data } = await client.send(message);
        return client === chat.client ? this.#sent(message, data.turn_id) : this.#drop(message);
      } catch (error) {
        if (!isWanted()) return;
        const { words } = chat;
        const hint = isBusy(error) ? words.busy : isAway(error) ? failures && words.kept : null;
        if (hint === null) return this.#refused(message, error);
        if (hint && hint !== message.hint && !message.isShown) this.#draw(Object.assign(message, { hint }));
        await backOff(failures, chat.signal, error.after);
      }
    }
  }

  #sent(message, turnId) {
    const { chat } = this;
    message.turn = turnId;
    chat.stay();
    if (chat.log.turns.has(turnId)) {
      this.#drop(message);
      chat.suggest(); // the answer may have come first
    } else setTimeout(() => chat.readBehind(turnId), 1500);
    this.#keep(this.#messages);
  }

  #refused(message, error) {
    const { chat, chat: { words } } = this;
    const hasEnded = chat.client.id && (isGone(error) || error.status === 409);
    if (hasEnded) chat.end();
    message.problem = hasEnded ? words.ended : chat.why(error);
    message.isShown = false;
    this.#draw(message);
  }

  #draw(message) {
    this.chat.view.drawUnsent(message);
    this.chat.toEnd();
  }

  #drop(message) {
    message.node?.remove();
    this.#keep(this.#messages.filter((one) => one !== message));
  }

  #keep(messages) {
    this.#messages = messages;
    const kept = messages.filter((one) => !one.turn).map(({ key, text, files }) => ({ key, text, files }));
    this.chat.memory.set("outbox", kept.length ? kept : null);
  }
}
