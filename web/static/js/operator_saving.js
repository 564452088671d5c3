// A record's changes on their way: collected for a moment, posted in order with a token, sent again until the
// house has acknowledged them. They are kept in memory alone: nothing of a talk is written into the browser.
import { get, post, token as formToken } from "./post.js";

const SETTLE_MS = 5000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const SOON_MS = 700;
const LATEST_MS = 2500;

function newToken() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Resolve to whether all of these have everything with the house, but don't wait for ever.
export function settledSoon(...waits) {
  const all = Promise.all(waits).then((are) => are.every(Boolean));
  return Promise.race([all, new Promise((done) => setTimeout(() => done(false), SETTLE_MS))]);
}

// The words of two who wrote in one field: neither writes over the other's.
export function joined(theirs, mine, between) {
  if (!mine || theirs.startsWith(mine)) return theirs;
  return mine.startsWith(theirs) ? mine : `${theirs}${between}${mine}`;
}

export class ChangeQueue {
  // tell.onState(waiting, isLost, at), tell.onRefused(fields, problem), tell.onFresh(record, pending) speak to the page;
  // tell.joins(name) says what stands between the words of two who wrote in one field, nothing where one is chosen.
  // `held` is what each field held when the house last told: late words are told apart by it from another's.
  constructor(url, version, held, tell) {
    this.url = url;
    this.version = version;
    this.held = { ...held };
    this.tell = tell;
    this.refusal = null;
    this.pending = new Map();
    this.item = null;
    this.tries = 0;
    this.waiters = [];
    this.savedAt = null;
    this.isLeft = false;
    this.leave = () => this.flush();
    this.hide = () => document.visibilityState === "hidden" && this.flush();
    addEventListener("pagehide", this.leave);
    document.addEventListener("visibilitychange", this.hide);
  }

  get waiting() {
    return Object.keys(this.unsent).length;
  }

  // What has not reached the house, by its field.
  get unsent() {
    return { ...(this.item?.changes ?? {}), ...Object.fromEntries(this.pending) };
  }

  put(name, value, isTyping) {
    this.pending.set(name, value);
    if (this.refusal) {
      this.state();
      return;
    }
    this.firstAt ??= performance.now();
    clearTimeout(this.timer);
    const since = performance.now() - this.firstAt;
    this.timer = setTimeout(() => this.send(), isTyping ? Math.max(0, Math.min(SOON_MS, LATEST_MS - since)) : 0);
    this.state();
  }

  state() {
    this.tell.onState(this.waiting, this.tries > 0 || Boolean(this.refusal), this.savedAt);
    if (!this.waiting || this.refusal) this.waiters.splice(0).forEach((done) => done(!this.waiting));
    if (this.isLeft && !this.waiting) this.end();
  }

  // Resolve to true once everything is saved, to false when the house won't have it.
  settled() {
    this.send();
    if (!this.waiting || this.refusal) return Promise.resolve(!this.waiting);
    return new Promise((done) => this.waiters.push(done));
  }

  told(changes) {
    return { changes, was: Object.fromEntries(Object.keys(changes).map((name) => [name, this.held[name] ?? null])) };
  }

  take() {
    if (!this.pending.size) return false;
    this.item = { ...this.told(Object.fromEntries(this.pending)), token: newToken(), after: this.lastToken ?? "" };
    this.pending.clear();
    this.firstAt = undefined;
    return true;
  }

  async send() {
    clearTimeout(this.timer);
    if (this.isSending || this.refusal || (!this.item && !this.take())) return;
    this.isSending = true;
    try {
      const reply = await post(this.url, { ...this.item, seen: this.version });
      this.version = reply.version;
      Object.assign(this.held, this.item.changes);
      this.savedAt = new Date();
      this.lastToken = this.item.token;
      this.item = null;
      this.tries = 0;
    } catch (problem) {
      await this.stumble(problem);
    }
    this.isSending = false;
    this.state();
    if ((this.item || this.pending.size) && !this.refusal) this.send();
  }

  async stumble(problem) {
    if (problem.status === 422) {
      const { changes } = this.item;
      this.item = null;
      for (const [name, value] of Object.entries(changes)) {
        if (!(name in problem.fields) && Object.keys(problem.fields).length && !this.pending.has(name)) this.pending.set(name, value);
      }
      this.tell.onRefused(problem.fields, problem);
      return;
    }
    if (problem.status === 409 && await this.renew(problem)) return;
    if (problem.status === 404) {
      this.refuse(problem);
      return;
    }
    this.tries += 1;
    this.state();
    await new Promise((done) => setTimeout(done, RETRY_MS[Math.min(this.tries - 1, RETRY_MS.length - 1)]));
  }

  // The house won't have it: nothing is thrown away, it stays to be read and copied.
  refuse(problem) {
    this.refusal = problem;
    clearTimeout(this.timer);
    this.tell.onRefused({}, problem);
  }

  // Somebody else wrote: take the fresh record, keep what was typed here, and save it onto the fresh one.
  async renew(problem) {
    let fresh;
    try {
      fresh = await get(this.url);
    } catch (gone) {
      if (gone.status === 404) this.refuse(problem);
      return gone.status === 404;
    }
    for (const [name, value] of Object.entries(this.item?.changes ?? {})) if (!this.pending.has(name)) this.pending.set(name, value);
    this.item = null;
    this.version = fresh.version;
    for (const [name, mine] of this.pending) {
      const between = this.tell.joins(name);
      const theirs = fresh.values[name];
      if (between && theirs && theirs !== this.held[name]) this.pending.set(name, joined(theirs, mine, between));
    }
    this.held = { ...fresh.values };
    if (fresh.is_finished) this.refuse(problem);
    this.tell.onFresh(fresh, this.pending);
    return true;
  }

  // The page goes away: one last message that outlives it; it holds what may not have arrived, too.
  flush() {
    if (!this.waiting || this.refusal) return;
    fetch(this.url, {
      method: "POST",
      keepalive: true,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": formToken() },
      body: JSON.stringify({ ...this.told(this.unsent), token: newToken(), seen: this.version, after: this.item?.token ?? "", sent: this.item?.changes ?? {} }),
    }).catch(() => {});
  }

  // The call leaves the page: what is still unsent goes on being sent.
  leavePage() {
    this.isLeft = true;
    this.send();
    this.state();
  }

  end() {
    removeEventListener("pagehide", this.leave);
    document.removeEventListener("visibilitychange", this.hide);
  }
}
