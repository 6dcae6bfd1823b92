// <frontdesk-chat>: a desk's chat on any page.
//
//   attribute        default             what it does
//   mode             bubble              `bubble`: a button at the page's corner that opens the chat; `page`: fills the element's box
//   server           the script's own    address of the desk, where it is another one
//   lang             the page's          language to begin with, else the browser's; what a customer chooses is remembered
//   theme            auto                `light`, `dark`, or `auto` after the device
//   channel          web_chat            `web_chat` or `in_app`
//   identity-token                       JSON Web Token of the company's login; says what the customer may see
//   starters         the assistant's     questions to offer before the first message, one a line
//   open                                 there while the bubble is open
//   ephemeral                            keeps nothing beyond this tab, for computers that are shared
//   autofocus                            puts the cursor into the field
//
//   methods   open(), close(), ask(text), forget() (leave the conversation, for example on logout)
//   events    frontdesk-message, detail {role: "customer" | "assistant" | "operator"}
//   property  words = {fr: {send: "Envoyer", …}}: words for more languages, by the names in words.js
//
//   --fd-ground --fd-paper --fd-ink --fd-soft --fd-line --fd-edge --fd-accent --fd-accent-ink --fd-wash --fd-warn --fd-bad
//   --fd-radius --fd-shadow --fd-font --fd-size; of the bubble --fd-inset --fd-width --fd-height
import { Chat } from "./chat.js";
import { sheet } from "./styles.js";

class FrontdeskChat extends HTMLElement {
  static observedAttributes = ["open", "lang", "mode", "server", "channel", "identity-token"];
  #chat = null;
  #words = {};

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    if (!Object.hasOwn(this, "words")) return;
    this.#words = this.words; // set before this script came
    delete this.words;
  }

  connectedCallback() {
    this.#begin();
  }

  disconnectedCallback() {
    this.#chat?.stop();
    this.#chat = null;
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#chat || before === after) return;
    if (name === "open") this.#chat.show(after !== null);
    else if (name !== "identity-token" || subjectOf(before) !== subjectOf(after)) this.#begin();
  }

  get words() {
    return this.#words;
  }

  set words(words) {
    this.#words = words;
    if (this.#chat) this.#begin();
  }

  open() {
    this.setAttribute("open", "");
  }

  close() {
    if (this.hasAttribute("open")) this.removeAttribute("open");
    else this.#chat?.show(false);
  }

  ask(text) {
    this.#chat?.ask(text);
  }

  forget() {
    this.#chat?.restart();
  }

  #begin() {
    this.#chat?.stop();
    const server = this.getAttribute("server");
    const base = server ? new URL(server.replace(/\/?$/, "/"), location).href : HERE;
    this.#chat = new Chat(this, base, this.getAttribute("channel") ?? "web_chat", subjectOf(this.getAttribute("identity-token")));
  }
}

/** Where this script came from: a plain script is told, in a module the trace of an error says it. */
const SCRIPT = document.currentScript?.src ?? Error().stack.match(/https?:[^\s)]+?widget\.js/)?.[0] ?? location;
const HERE = new URL(".", SCRIPT).href;

/** Whose token it is, so that two people at one computer do not share a conversation. The server alone checks it. */
function subjectOf(token) {
  try {
    const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return atob(payload).match(/"sub"\s*:\s*"([^"]*)"/)[1];
  } catch {
    return token ? "?" : "";
  }
}

if (!customElements.get("frontdesk-chat")) customElements.define("frontdesk-chat", FrontdeskChat);
