// The telephone on the vendor's line: its library, carried here unchanged, with sounds of our own house.
import { t } from "./words.js";

const LIBRARY = new URL("../vendor/twilio-voice-sdk/twilio.min.js", import.meta.url).href;
const QUIET = ["disconnect", "incoming", "outgoing"];
let loading = null;

function library() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = LIBRARY;
    script.onload = () => resolve(window.Twilio);
    script.onerror = () => {
      loading = null;
      reject(new Error(t("话机程序没有载入", "The telephone's program did not load")));
    };
    document.head.append(script);
  });
  return loading;
}

// A short silent sound, so that nothing is fetched from elsewhere.
function silence() {
  const bytes = new Uint8Array(44 + 80).fill(128);
  const view = new DataView(bytes.buffer);
  const word = (at, text) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + 80, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  word(36, "data");
  view.setUint32(40, 80, true);
  return URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
}

const KEYS = ["dtmf0", "dtmf1", "dtmf2", "dtmf3", "dtmf4", "dtmf5", "dtmf6", "dtmf7", "dtmf8", "dtmf9", "dtmfs", "dtmfh"];

export class VendorDriver {
  constructor(tell) {
    this.tell = tell;
    this.isDone = false;
  }

  get leg() {
    return this.call?.parameters?.CallSid;
  }

  async connect(grant) {
    await this.open(grant);
    this.follow(await this.device.connect({ params: { room: grant.room } }));
  }

  // Standing by: registered, without a call of one's own, until the house rings.
  async standBy(grant) {
    this.isStandingBy = true;
    await this.open(grant);
  }

  async open(grant) {
    const { Device } = await library();
    const quiet = silence();
    const sounds = Object.fromEntries([...QUIET, ...KEYS].map((name) => [name, quiet]));
    this.device = new Device(grant.token, { sounds, allowIncomingWhileBusy: false, closeProtection: true, logLevel: "error" });
    this.device.on("error", (problem) => this.lose(problem));
    // A supervisor's own telephone is rung into the room they asked to hear.
    this.device.on("incoming", (call) => {
      if (this.call) call.reject();
      else this.follow(call).accept();
    });
    await this.device.register();
  }

  follow(call) {
    this.call = call;
    call.on("accept", () => this.tell("connected"));
    const over = (problem) => (this.isStandingBy ? this.release(call) : this.lose(problem));
    for (const name of ["disconnect", "cancel", "reject"]) call.on(name, () => over());
    call.on("error", over);
    call.on("warning", (name) => this.tell("warning", { name }));
    call.on("warning-cleared", (name) => this.tell("warning-cleared", { name }));
    return call;
  }

  release(call) {
    if (this.call !== call) return;
    this.call = null;
    this.tell("released");
  }

  lose(problem) {
    if (this.isDone) return;
    this.isDone = true;
    this.device?.destroy();
    this.tell("lost", { problem });
  }

  async mute(muted) {
    this.call?.mute(muted);
  }

  async say() {}

  async renew(grant) {
    this.device?.updateToken(grant.token);
  }

  async hangUp() {
    this.isDone = true;
    this.call?.disconnect();
    this.device?.destroy();
  }
}
