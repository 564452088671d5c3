// The telephone on the simulated line: no sound; what the far end says arrives as text.
import { Problem, get, post } from "./post.js";

const EVERY_MS = 1000;
const PATIENCE = 15; // looks, before a leg that was never seen counts as lost
const OVER = new Set(["completed", "busy", "failed", "no-answer", "canceled"]);

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

  async look() {
    if (this.isDone) return;
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
    if (!this.isDone) this.timer = setTimeout(() => this.look(), this.isConnected ? EVERY_MS : EVERY_MS / 4);
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
    this.isDone = true;
    clearTimeout(this.timer);
    this.tell("lost", { problem });
  }

  async mute(muted) {
    if (this.leg) await post(`/line/simulated/${this.leg}/mute`, { muted });
  }

  async say(text) {
    if (this.leg) await post(`/line/simulated/${this.leg}/say`, { text });
  }

  async renew() {}

  async hangUp() {
    this.isDone = true;
    clearTimeout(this.timer);
    if (this.leg) await post(`/line/simulated/${this.leg}/hangup`).catch(() => {});
  }
}
