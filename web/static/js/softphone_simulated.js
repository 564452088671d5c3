// The telephone on the simulated line: no sound; what the far end says arrives as text.
import { Problem, get, post, token } from "./post.js";

const EVERY_MS = 1000;
const PATIENCE = 15; // looks, before a leg that was never seen counts as lost
const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

// What a page asks by itself does not keep an abandoned screen signed in.
function quietly() {
  return { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token(), "X-Live": "1" };
}

export class SimulatedDriver {
  constructor(tell) {
    this.tell = tell;
    this.said = 0;
    this.misses = 0;
    this.wasSeen = false;
    this.isConnected = false;
    this.isDone = false;
  }

  async connect(grant) {
    const { leg } = await post("/line/simulated/connect", { token: grant.token, params: { room: grant.room } });
    this.leg = leg;
    this.look();
  }

  // Standing by: say again and again that this page can be rung, and pick up what rings.
  async standBy(grant) {
    this.grant = grant;
    this.isStandingBy = true;
    this.wait();
  }

  async wait() {
    if (this.isDone) return;
    try {
      if (!this.leg) await this.pickUp(await post("/line/simulated/ready", { token: this.grant.token }, { headers: quietly() }));
    } catch (problem) {
      const isGone = problem instanceof Problem && [401, 403].includes(problem.status);
      if (isGone) {
        this.isDone = true;
        this.tell("lost", { problem });
        return;
      }
    }
    this.timer = setTimeout(() => this.wait(), EVERY_MS);
  }

  async pickUp({ incoming }) {
    for (const { leg } of incoming) {
      const told = await post(`/line/simulated/${leg}/accept`); // 404 until the house knows the leg: the next round finds it
      Object.assign(this, { leg, said: 0, misses: 0, isConnected: false });
      this.take(told);
      this.lookTimer = setTimeout(() => this.look(), EVERY_MS / 4);
      return;
    }
  }

  async look() {
    if (this.isDone || !this.leg) return;
    try {
      this.take(await get(`/line/simulated/${this.leg}`));
    } catch (problem) {
      // The house hears of a new leg a moment after the browser does.
      const isGone = problem instanceof Problem && problem.status === 404;
      if (isGone && (this.wasSeen || ++this.misses > PATIENCE)) {
        this.end(problem);
        return;
      }
    }
    if (!this.isDone && this.leg) this.lookTimer = setTimeout(() => this.look(), this.isConnected ? EVERY_MS : EVERY_MS / 4);
  }

  take(told) {
    this.wasSeen = true;
    if (OVER.has(told.state)) {
      this.end();
      return;
    }
    if (told.room && !this.isConnected) {
      this.isConnected = true;
      this.tell("connected", { room: told.room });
    }
    for (const { from, text } of told.says.slice(this.said)) this.tell("says", { from, text });
    this.said = told.says.length;
  }

  end(problem) {
    if (this.isDone) return;
    if (this.isStandingBy) {
      Object.assign(this, { leg: null, wasSeen: false, isConnected: false });
      this.tell("released");
      return;
    }
    this.isDone = true;
    clearTimeout(this.timer);
    clearTimeout(this.lookTimer);
    this.tell("lost", { problem });
  }

  async mute(muted) {
    if (this.leg) await post(`/line/simulated/${this.leg}/mute`, { muted });
  }

  async say(text) {
    if (this.leg) await post(`/line/simulated/${this.leg}/say`, { text });
  }

  async renew(grant) {
    this.grant = grant;
  }

  async hangUp() {
    this.isDone = true;
    clearTimeout(this.timer);
    clearTimeout(this.lookTimer);
    if (this.leg) await post(`/line/simulated/${this.leg}/hangup`).catch(() => {});
  }
}
