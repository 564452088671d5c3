// The telephone in the browser: one interface, whatever carries the voice.
//
//   const phone = Softphone.start({ grantUrl: "/line/grant", purpose: "survey", onState });
//   phone.state: starting | ready | connected | lost | elsewhere | ended | failed
//   { standby: true }: no room of one's own; waits to be rung into somebody's (state standby, then connected)
//   { peersUrl: null }: does not ask who else is in the room (the page knows by itself)
//   { takeOver: true }: when another page of the same person holds the telephone (state elsewhere), end that one
//   phone.mute(true), phone.hangUp(), phone.say("…") (practice on the simulated line)
//   events: state, ready, connected {room}, joined {party, leg}, left {party, leg}, peers {legs}, lost, says {from, text}
import { get, post } from "./post.js";
import { t } from "./words.js";

const PEERS_EVERY_MS = 1500;
const RENEW_BEFORE_S = 300;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

export const STATE_WORDS = {
  starting: () => t("正在连接话机…", "Connecting the telephone…"),
  ready: () => t("话机就绪", "Telephone ready"),
  standby: () => t("话机待命，可以旁听", "Telephone standing by; you can listen in"),
  connected: () => t("话机已接通", "Telephone connected"),
  elsewhere: () => t("话机已在另一个页面接通", "Telephone connected on another page"),
  lost: () => t("话机断线，正在重连…", "Telephone lost; connecting again…"),
  ended: () => t("话机已断开", "Telephone disconnected"),
  failed: () => t("话机连不上", "The telephone can't connect"),
};

async function driverFor(name) {
  if (name === "vendor") return (await import("./softphone_vendor.js")).VendorDriver;
  if (name === "simulated") return (await import("./softphone_simulated.js")).SimulatedDriver;
  return DeskDriver;
}

// The legs of this tab, so that a page loaded anew is not taken for a second one.
const OWN_LEGS = "tingmin-legs";
const OWN_MOST = 20;

function ownLegs() {
  return JSON.parse(sessionStorage.getItem(OWN_LEGS) || "[]");
}

function remember(leg) {
  if (leg) sessionStorage.setItem(OWN_LEGS, JSON.stringify([...ownLegs().filter((own) => own !== leg), leg].slice(-OWN_MOST)));
}

// On the manual line people speak through the telephone on the desk: there is nothing to connect.
class DeskDriver {
  constructor(tell) {
    this.tell = tell;
  }

  async connect(grant) {
    this.tell("connected", { room: grant.room });
  }

  async standBy() {}
  async mute() {}
  async say() {}
  async renew() {}
  async hangUp() {
    this.tell("ended");
  }
}

export class Softphone extends EventTarget {
  static start(options) {
    const phone = new Softphone(options);
    phone.begin();
    return phone;
  }

  constructor({ grantUrl = "/line/grant", peersUrl = "/line/peers", purpose = "", standby = false, takeOver = false, onState = null } = {}) {
    super();
    this.grantUrl = grantUrl;
    this.peersUrl = peersUrl;
    this.purpose = purpose;
    this.standby = standby;
    this.takeOver = takeOver;
    this.onState = onState;
    this.state = "starting";
    this.room = null;
    this.muted = false;
    this.tries = 0;
    this.legs = new Map();
    this.wanted = true;
    this.setState("starting");
  }

  get words() {
    return STATE_WORDS[this.state]();
  }

  setState(state, detail = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, ...detail } }));
    this.onState?.(state, detail);
  }

  tell(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  async begin() {
    try {
      const asked = { purpose: this.purpose, standby: this.standby, legs: ownLegs(), take_over: this.takeOver };
      this.takeOver = false; // once: what is lost later is not taken back from the other page
      const grant = await post(this.grantUrl, asked);
      this.room = grant.room;
      const Driver = await driverFor(grant.driver);
      const driver = new Driver((name, detail) => driver === this.driver && this.hear(name, detail));
      this.driver = driver;
      if (this.standby) {
        await driver.standBy(grant);
        this.setState("standby");
      } else {
        this.setState("ready");
        this.tell("ready", { room: grant.room });
        await driver.connect(grant);
      }
      this.renewLater(grant.seconds);
    } catch (problem) {
      this.again(problem);
    }
  }

  hear(name, detail = {}) {
    if (!this.wanted && name !== "ended") return;
    if (name === "connected") {
      this.tries = 0;
      remember(this.driver.leg);
      this.setState("connected", { room: this.room });
      this.tell("connected", { room: this.room });
      if (!this.standby) this.watchPeers();
    } else if (name === "released") {
      this.setState("standby");
    } else if (name === "lost") {
      this.again(detail.problem);
    } else if (name === "ended") {
      this.stop();
    } else {
      this.tell(name, detail);
    }
  }

  // A line that breaks is taken up again by itself; the room and the page stay as they are.
  again(problem) {
    clearTimeout(this.peersTimer);
    clearTimeout(this.renewTimer);
    this.driver = null;
    if (!this.wanted) return;
    if (problem?.status === 409) {
      this.setState("elsewhere", { problem });
      return;
    }
    const fatal = problem && [401, 403, 422].includes(problem.status);
    if (fatal || this.tries >= RETRY_MS.length * 4) {
      this.setState("failed", { problem });
      return;
    }
    this.setState("lost", { problem });
    this.tell("lost", { problem });
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    this.retryTimer = setTimeout(() => this.begin(), wait);
  }

  renewLater(seconds) {
    clearTimeout(this.renewTimer);
    this.renewTimer = setTimeout(async () => {
      try {
        const grant = await post(this.grantUrl, { purpose: this.purpose, standby: this.standby, renew: true });
        await this.driver?.renew(grant);
        this.renewLater(grant.seconds);
      } catch {
        this.renewLater(RENEW_BEFORE_S + 60);
      }
    }, Math.max(30, seconds - RENEW_BEFORE_S) * 1000);
  }

  watchPeers() {
    clearTimeout(this.peersTimer);
    if (!this.peersUrl) return;
    const ask = async () => {
      try {
        const told = await get(this.peersUrl);
        this.compare(told.legs);
      } catch {
        // the page's own connection notice speaks of this
      }
      if (this.state === "connected") this.peersTimer = setTimeout(ask, PEERS_EVERY_MS);
    };
    ask();
  }

  compare(legs) {
    const now = new Map(legs.filter((leg) => leg.in_room).map((leg) => [leg.leg, leg]));
    for (const [id, leg] of now) if (!this.legs.has(id)) this.tell("joined", leg);
    for (const [id, leg] of this.legs) if (!now.has(id)) this.tell("left", leg);
    this.legs = now;
    this.tell("peers", { legs });
  }

  async mute(muted) {
    this.muted = Boolean(muted);
    await this.driver?.mute(this.muted);
    this.tell("muted", { muted: this.muted });
  }

  async say(text) {
    await this.driver?.say(text);
  }

  async hangUp() {
    this.wanted = false;
    clearTimeout(this.retryTimer);
    const driver = this.driver;
    try {
      await driver?.hangUp();
    } finally {
      this.stop();
    }
  }

  stop() {
    if (this.state === "ended") return;
    this.wanted = false;
    clearTimeout(this.peersTimer);
    clearTimeout(this.renewTimer);
    this.compare([]);
    this.driver = null;
    this.setState("ended");
    this.tell("ended");
  }
}
