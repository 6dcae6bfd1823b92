// Writing a message: the field, its files, its counter. A draft outlives a reload.
import { act, icon, make } from "./dom.js";
import { paint } from "./view.js";
import { say } from "./words.js";

const COUNT_FROM = 0.9;

export class Compose {
  constructor(chat, { text, files }) {
    const { words } = chat;
    this.chat = chat;
    this.files = files; // {name, bytes, media_type, blob, attachment_id, share, stop}; without an id while under way
    this.field = make(
      "textarea",
      { rows: 1, dir: "auto", enterKeyHint: "send", placeholder: words.message, label: words.message, "aria-describedby": "count", value: text },
      { oninput: () => this.#changed(), onpaste: (event) => this.take(event, event.clipboardData), onkeydown: (event) => this.#onKey(event) },
    );
    this.chosen = make("ul.files.chosen");
    this.count = make("p.count", { id: "count", "aria-live": "polite" });
    this.picker = make("input", { type: "file", multiple: true, hidden: true, onchange: () => this.add(this.picker.files) });
    this.attach = act("attach", words.attach, () => this.picker.click());
    this.go = make("button.send", { label: words.send, title: words.send }, icon("send"));
    const line = make("div.line", this.attach, this.picker, this.field, this.go);
    this.element = make("form.write", { onsubmit: (event) => this.#submit(event) }, this.chosen, line);
    this.#changed();
    this.drawFiles();
  }

  set text(text) {
    this.field.value = text;
    this.#changed();
  }

  /** What the assistant takes is known a moment after the page. */
  allow() {
    const { media_types } = this.chat.limits.attachments;
    this.picker.accept = media_types.join();
    this.attach.hidden = !media_types.length;
    this.#changed();
  }

  /** Files that were pasted or dropped. */
  take(event, { files }) {
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  #onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  #changed() {
    const { field, count, chat } = this;
    const { max_chars } = chat.limits;
    field.style.height = "auto";
    if (field.scrollHeight) field.style.height = `${field.scrollHeight}px`;
    const n = [...field.value].length;
    count.textContent = n < max_chars * COUNT_FROM ? "" : say(chat.words.count, { n: chat.number(n), max: chat.number(max_chars) });
    count.classList.toggle("problem", n > max_chars);
    chat.memory.set("draft", field.value || null);
  }

  #submit(event) {
    event.preventDefault();
    const { chat, field, files } = this;
    const text = field.value.trim();
    const { max_chars } = chat.limits;
    field.focus();
    this.isHurried = this.go.disabled; // sent once its files are there
    if (this.isHurried || !(text || files.length)) return;
    if ([...text].length > max_chars) return chat.complain(say(chat.words.long, { max: chat.number(max_chars) }));
    this.files = [];
    this.text = "";
    this.drawFiles();
    chat.ask(text, files);
  }

  // -- files -------------------------------------------------------------------------------------

  add(files) {
    this.chat.complain("");
    for (const blob of files) {
      const { name, size: bytes, type } = blob;
      const media_type = type || (/\.(txt|log)$/i.test(name) ? "text/plain" : "");
      const file = { name, bytes, media_type, blob, share: 0, stop: new AbortController() };
      const refusal = this.#refusal(file);
      if (refusal) this.chat.complain(refusal);
      else this.#upload(file);
    }
    this.picker.value = "";
  }

  #refusal({ name, bytes, media_type }) {
    const { words, limits, size } = this.chat;
    const { media_types, max_bytes, max_per_message } = limits.attachments;
    const [sentence, max] = !media_types.includes(media_type)
      ? [words.kind]
      : !bytes
        ? [words.empty]
        : bytes > max_bytes
          ? [words.big, size(max_bytes)]
          : [this.files.length < max_per_message ? "" : words.many, max_per_message];
    return say(sentence, { name, max, size: size(bytes) });
  }

  async #upload(file) {
    const { chat } = this;
    this.files.push(file);
    this.drawFiles();
    try {
      await chat.begin();
      const onProgress = (share) => {
        file.share = share;
        if (file.bar) file.bar.value = share;
      };
      Object.assign(file, await chat.client.upload(file, onProgress));
      chat.blobs.set(file.attachment_id, file.blob);
    } catch (error) {
      if (file.stop.signal.aborted) return; // taken back
      chat.compose.#remove(file);
      chat.complain(`${file.name}: ${chat.why(error)}`);
    }
    chat.compose.drawFiles();
  }

  #remove(file) {
    this.files = this.files.filter((one) => one !== file);
    this.isHurried = false;
    file.stop.abort();
    this.drawFiles();
    this.field.focus();
  }

  drawFiles() {
    this.chosen.replaceChildren(...this.files.map((file) => this.#chip(file)));
    this.go.disabled = this.files.some((file) => !file.attachment_id);
    if (this.isHurried && !this.go.disabled) this.element.requestSubmit();
  }

  #chip(file) {
    const { words, size } = this.chat;
    const { name, share } = file;
    const isPicture = file.media_type.startsWith("image/");
    const picture = isPicture ? make("canvas") : icon("file");
    if (isPicture) paint(picture, file.blob, 96).catch(() => {});
    file.bar = !file.attachment_id && make("progress", { max: 1, value: share, label: name });
    return make("li.file", picture, make("bdi", name), file.bar || make("small", size(file.bytes)), act("close", `${words.remove}: ${name}`, () => this.#remove(file)));
  }
}
