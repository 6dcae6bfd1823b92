// The HTTP API as the chat uses it. Nothing here knows the page.
const PATIENCE_MS = 30000;
const SILENCE_MS = 40000; // the server says something every 15 s; after this the connection is dead
const HIDDEN_TICKS = 2; // after so many signs of life a tab that nobody sees gives its connection back

/** The conversation is no longer ours. */
export const isGone = ({ status }) => status === 401 || status === 404;
/** Too much is under way; the server says when to come again. */
export const isBusy = ({ status }) => status === 429 || status === 503;
/** Nobody answered: trying again by itself is right. */
export const isAway = ({ status }) => !status || status === 502 || status === 504;

export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Longer each time, never in step with others, not before `least` seconds; at once when the device is online again. */
export const backOff = (failures, signal, least = 0) => pause(1000 * least + Math.min(10000, 300 * 2 ** failures) * (0.5 + Math.random()), signal);

export const pause = (ms, signal) =>
  new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      done();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
    signal?.addEventListener("abort", end, { once: true });
  });

export class Client {
  /** One conversation, or none yet. `server` ends with a slash. */
  constructor(server, { id = "", token = "", isNew } = {}) {
    Object.assign(this, { server, id, token, isNew });
  }

  path = (rest = "") => `v1/conversations/${this.id}${rest}`;

  async call(path, { body, headers, signal = AbortSignal.timeout(PATIENCE_MS) } = {}) {
    const response = await fetch(this.server + path, {
      method: body ? "POST" : "GET",
      headers: { ...this.#credential(), ...(body && { "Content-Type": "application/json" }), ...headers },
      body: body && JSON.stringify(body),
      signal,
    });
    if (response.ok) return response;
    throw problem(response.status, await response.text().catch(() => ""), +response.headers.get("Retry-After"));
  }

  async json(path, options = {}) {
    return (await this.call(path, { ...options, headers: { Accept: "application/json", ...options.headers } })).json();
  }

  /** Send a message; gives the first event of its turn. Hanging up then does not stop the turn. */
  async send({ key, text, files }) {
    const body = { text, ...(files.length && { attachments: files.map((file) => file.attachment_id) }) };
    const headers = { Accept: "text/event-stream", "Idempotency-Key": key };
    const response = await this.call(this.path("/messages"), { body, headers });
    for await (const event of eventsOf(response.body)) return event;
    throw problem(0, "");
  }

  /** Upload a file; XMLHttpRequest, because only that tells how far it is. */
  upload({ name, media_type, blob, stop }, onProgress) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      request.open("POST", this.server + this.path("/attachments"));
      const headers = { ...this.#credential(), "Content-Type": media_type, "X-Filename": encodeURIComponent([...name].slice(-100).join("")) };
      for (const header of Object.entries(headers)) request.setRequestHeader(...header);
      request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
      request.onloadend = () => (request.status === 201 ? done(JSON.parse(request.response)) : fail(problem(request.status, request.response)));
      stop.signal.addEventListener("abort", () => request.abort());
      request.send(blob);
    });
  }

  /** Read what the log has beyond `log.seq`, page by page. */
  async catchUp(log, onEvent) {
    for (let page = { has_more: true }; page.has_more; ) {
      page = await this.json(this.path(`/events?limit=500&after=${log.seq}`));
      page.events.forEach(onEvent);
    }
  }

  /**
   * Follow the log until `signal` says stop. Each time it first reads what it missed, so that not a letter is lost
   * and a proxy that holds streams back only slows things down. A new conversation has missed nothing.
   * @param onLink hears whether the server can be reached
   * @throws when the conversation is no longer ours
   */
  async follow(log, onEvent, onLink, signal) {
    for (let failures = 0; !signal.aborted; await backOff(failures, signal)) {
      const attempt = new AbortController();
      const stop = () => attempt.abort();
      let [timer, ticks, isReached] = [0, 0, false];
      const note = () => {
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MS);
        ticks = document.hidden ? ticks + 1 : 0;
        if (ticks > HIDDEN_TICKS) stop();
      };
      signal.addEventListener("abort", stop);
      addEventListener("offline", stop);
      try {
        await untilSeen();
        if (!this.isNew) await this.catchUp(log, onEvent);
        this.isNew = false;
        onLink((isReached = true));
        note();
        const headers = { Accept: "text/event-stream", "Last-Event-ID": `${log.seq}` };
        const response = await this.call(this.path("/events"), { headers, signal: attempt.signal });
        failures = 0;
        for await (const event of eventsOf(response.body, note)) onEvent(event);
      } catch (error) {
        if (isGone(error)) throw error;
        failures += 1;
        if (!isReached && failures > 1 && !signal.aborted) onLink(false);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        removeEventListener("offline", stop);
      }
    }
  }

  #credential = () => (this.token ? { Authorization: `Bearer ${this.token}` } : {});
}

/** Server-sent events as they come. */
async function* eventsOf(body, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let text = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      onBytes?.();
      text += value;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        const field = (name) => text.slice(0, end).match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
        if (field("data")) yield { kind: field("event"), data: JSON.parse(field("data")), seq: Number(field("id") ?? 0) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

const untilSeen = () => document.hidden && new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));

function problem(status, text, after) {
  let detail = "";
  try {
    detail = JSON.parse(text).detail ?? "";
  } catch {
    // not from us
  }
  return Object.assign(new Error(detail), { status, after });
}
