// What outlives a page: the conversation, shared by all tabs; drafts and unsent messages, of one tab each.
const LIFE_MS = 7 * 86400000; // over a weekend, a person's reply must find its reader

export class Memory {
  /** @param {boolean} isEphemeral keeps also the conversation to this tab, for computers that are shared */
  constructor(scope, isEphemeral) {
    this.scope = `frontdesk ${scope} `;
    this.isEphemeral = isEphemeral;
  }

  /** Looks at the tab's own things unless told that all tabs share it. */
  get(name, isShared) {
    try {
      return JSON.parse(this.#area(isShared).getItem(this.scope + name));
    } catch {
      return null;
    }
  }

  /** Null forgets it. */
  set(name, value, isShared) {
    try {
      if (value === null) this.#area(isShared).removeItem(this.scope + name);
      else this.#area(isShared).setItem(this.scope + name, JSON.stringify(value));
    } catch {
      // full or forbidden: this page still works, the next one begins anew
    }
  }

  /** {id, token} of the conversation that all tabs share, or null. */
  get conversation() {
    const kept = this.get("conversation", true);
    return Date.now() - kept?.at < LIFE_MS ? kept : null;
  }

  set conversation(record) {
    this.set("conversation", record && { ...record, at: Date.now() }, true);
  }

  /** `onChange` when another tab began, left or continued a conversation. */
  watch(onChange, signal) {
    addEventListener("storage", ({ key }) => (!key || key === `${this.scope}conversation`) && onChange(), { signal });
  }

  /** One tab at a time: two that begin at once share what the first of them began. */
  alone = (work) => (navigator.locks ? navigator.locks.request(this.scope, work) : work());

  #area = (isShared) => (isShared && !this.isEphemeral ? localStorage : sessionStorage);
}
