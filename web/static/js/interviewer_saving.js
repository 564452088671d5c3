// Answers on their way: each is posted in order with its token, tried again when the connection is lost,
// and kept in the tab until the house has acknowledged it.
import { post } from "./post.js";

const RETRY_MS = [500, 1000, 2000, 4000, 8000];

function newToken() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class AnswerQueue {
  // `onState(waiting, isLost)` shows how it stands; `onSaved(item, reply)` and `onRefused(item, problem)` tell the end.
  constructor(interview, { onState, onSaved, onRefused }) {
    this.interview = interview;
    this.key = `answers:${interview}`;
    this.tell = { onState, onSaved, onRefused };
    this.items = JSON.parse(sessionStorage.getItem(this.key) || "[]");
    this.tries = 0;
    this.waiters = [];
    this.state();
    this.send();
  }

  add(question, value, shownMs) {
    this.items.push({ question, value, shown_ms: Math.round(shownMs), token: newToken() });
    this.keep();
    this.send();
  }

  // What was given but not yet acknowledged, for a page that was loaded again: {question: value}.
  get pending() {
    return Object.fromEntries(this.items.map((item) => [item.question, item.value]));
  }

  keep() {
    if (this.items.length) sessionStorage.setItem(this.key, JSON.stringify(this.items));
    else sessionStorage.removeItem(this.key);
    this.state();
  }

  state() {
    this.tell.onState(this.items.length, this.tries > 0);
    if (!this.items.length) this.waiters.splice(0).forEach((done) => done());
  }

  // Resolve when everything is saved.
  settled() {
    return this.items.length ? new Promise((done) => this.waiters.push(done)) : Promise.resolve();
  }

  async send() {
    if (this.isSending || !this.items.length) return;
    this.isSending = true;
    const item = this.items[0];
    try {
      const reply = await post("/interviewer/answer", { interview: this.interview, ...item });
      this.tries = 0;
      this.items.shift();
      this.keep();
      this.tell.onSaved(item, reply);
    } catch (problem) {
      if ([404, 409, 422].includes(problem.status)) {
        this.items.shift();
        this.keep();
        this.tell.onRefused(item, problem);
      } else {
        this.tries += 1;
        this.state();
        const wait = RETRY_MS[Math.min(this.tries - 1, RETRY_MS.length - 1)];
        await new Promise((done) => setTimeout(done, wait));
      }
    }
    this.isSending = false;
    this.send();
  }
}
