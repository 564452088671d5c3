// The operators' page: one page and the keyboard alone, from the ringing to the finished record.
import { leaveFields, make, notice, part, problemWords, stage } from "./interviewer_parts.js";
import { CallCard } from "./operator_call.js";
import { MatterPane } from "./operator_citizen.js";
import { Consult } from "./operator_consult.js";
import { drawLines, drawRing, drawSide } from "./operator_idle.js";
import { Keys, isTyping } from "./operator_keys.js";
import { Panels } from "./operator_panels.js";
import { RecordForm, showSaved } from "./operator_record.js";
import { settledSoon } from "./operator_saving.js";
import { SeatCard } from "./operator_seat.js";
import { Unsent } from "./operator_unsent.js";
import { get, post, renewToken } from "./post.js";
import { ConsoleTelephone } from "./telephone.js";
import { t } from "./words.js";

const data = JSON.parse(part("operator-data").textContent);
// How soon to look again: at once while somebody rings or is on the way, slower in a talk, for then nothing else comes.
const LOOK_MS = { available: 1000, talking: 2000, wrapping: 3000, break: 5000, off: 5000 };
const MOVING_MS = 800;
const BEAT_MS = 10000;
const SURE_MS = 4000;

class Line {
  constructor() {
    this.screen = null;
    this.chosen = "";
    this.skew = 0;
    this.panels = new Panels(data.panels);
    this.unsent = new Unsent(part("unsent"));
    this.matter = part("matter") ? new MatterPane(data.consents, { onSaved: showSaved, onLeft: (form) => this.unsent.add(form) }) : null;
    this.consults = new Consult(data.consults, { say: (words, kind) => notice(words, kind), look: () => this.look(), unsaved: () => this.unsaved() });
    // Who is in the room is told by the page's own look: one question a second is enough.
    this.phone = new ConsoleTelephone({ purpose: "hotline", watches: false, speech: data.simulated ? (text) => t("模拟来电人：{text}", "Simulated caller: {text}", { text }) : null });
    part("operator").alarmWords = data.alarm;
    this.card = new CallCard(data, (callBack, code) => this.ask(`call-backs/${callBack}/result`, { result: code }));
    this.seatCard = new SeatCard();
    this.keys = new Keys(this);
    setInterval(() => this.tick(), 500);
    setInterval(() => this.beat(), BEAT_MS);
    this.look();
    this.connect();
  }

  // --- what the house says

  async look() {
    clearTimeout(this.timer);
    try {
      const told = await get(`/hotline/line/state?contact=${this.chosen}&seen=${this.screen?.tag ?? ""}`);
      if (this.isSignedOut) await renewToken();
      this.isSignedOut = false;
      this.take(told.unchanged ? { ...this.screen, now: told.now } : told);
      if (this.isLost) notice();
      this.isLost = false;
    } catch (problem) {
      this.isLost = true;
      this.isSignedOut ||= problem.status === 401;
      notice(problem.status === 401 ? this.signedOut() : t("连接断开，正在重试；通话不受影响", "Connection lost, trying again; the call goes on"), "warn");
    }
    this.timer = setTimeout(() => this.look(), this.pace);
  }

  // Signing in again is done elsewhere while this page still holds something: a reload would drop it.
  signedOut() {
    return this.isUnsaved || this.unsent.count
      ? t("已退出登录，还有内容没有存上：请在另一个标签页登录，这一页会接着存，先不要刷新", "Signed out, and something is not saved yet: sign in in another tab, this page then goes on saving; don't reload it")
      : t("已退出登录，请刷新页面后重新登录；写过的都已存", "Signed out; reload and sign in again. What you wrote is saved");
  }

  get pace() {
    if (!this.screen || this.isLost) return 1500;
    if (this.screen.offer || this.screen.contact?.state === "taken") return MOVING_MS;
    return LOOK_MS[this.screen.seat.state] ?? 2000;
  }

  take(screen) {
    this.screen = screen;
    this.skew = Date.parse(screen.now) - Date.now();
    this.seatCard.show(screen.seat);
    drawRing(screen.offer, this.now);
    if (this.seatCard.ringing(screen.offer) && !isTyping(document.activeElement)) part("stage").focus({ preventScroll: true });
    drawSide(screen, data.follow_ups);
    this.consults.take(screen.consult);
    const contact = this.shown(screen);
    this.openContact(contact);
    this.contact = contact;
    this.card.show(contact, screen);
    this.tick();
    if (!contact) drawLines(screen, this.now);
    part("today-line").textContent = t("今日接听 {n}", "{n} answered today", { n: screen.today.count });
    this.keys.show();
  }

  // A talk is always shown; a record still open while it is being written, also when its time is over and the seat is free.
  shown({ contact, seat }) {
    if (!contact) return null;
    if (contact.state !== "wrapping") {
      this.chosen = this.putAway = "";
      return contact;
    }
    if (this.opened === contact.token && this.putAway !== contact.token && this.isBusy) this.chosen = contact.token;
    return seat.state === "wrapping" || this.chosen === contact.token ? contact : null;
  }

  // Something is being typed for the call in hand, or is not with the house yet.
  get isBusy() {
    const { activeElement } = document;
    return Boolean((isTyping(activeElement) && activeElement.closest("#stage, #panels, #matter, #citizen-side")) || this.isUnsaved);
  }

  get isUnsaved() {
    return Boolean(this.record?.waiting || this.matter?.isUnsent || this.panels.unsent.length);
  }

  // Back to the line from a record that stays open.
  toLine() {
    this.putAway = this.contact?.token ?? "";
    this.chosen = "";
    leaveFields();
    this.look();
  }

  // Wait until the house has everything typed, but not for ever.
  settled() {
    return settledSoon(this.record?.settled() ?? true, this.matter?.settled() ?? true);
  }

  // Say what would be left behind if the call were passed on now; nothing when all is with the house.
  async unsaved() {
    if (!(await this.settled())) return t("还有内容没有存上，没有转接；写过的都在本页。现在就要转，请再按一次，存上后会并入记录", "Something is not saved yet, so nothing was passed on; it is all on this page. To pass on now, press again: it joins the record once it is saved");
    const { unsent } = this.panels;
    return unsent.length ? t("“{rooms}”里写的还没有提交，没有转接。请先提交；现在就要转，请再按一次", "What you typed in “{rooms}” was not sent, so nothing was passed on. Send it first; to pass on now, press again", { rooms: unsent.join(t("、", ", ")) }) : "";
  }

  get now() {
    return Date.now() + this.skew;
  }

  connect() {
    this.phone.connect(data.browser);
  }

  async beat() {
    if (!this.screen || this.screen.seat.state === "off") return;
    try {
      await post("/hotline/seat/beat");
    } catch {
      // the page's own connection notice speaks of this
    }
  }

  // --- doing something

  async ask(path, told = {}) {
    if (this.isAsking) return null;
    this.isAsking = true;
    try {
      const screen = await post(`/hotline/${path}`, told);
      notice();
      if (screen.seat) this.take(screen);
      return screen;
    } catch (problem) {
      notice(problemWords(problem));
      return null;
    } finally {
      this.isAsking = false;
      this.look();
    }
  }

  accept() {
    const offer = this.screen?.offer;
    if (offer) this.ask(`contacts/${offer.token}/take`);
  }

  decline() {
    const offer = this.screen?.offer;
    if (offer) this.ask(`contacts/${offer.token}/decline`);
  }

  hold() {
    const contact = this.contact;
    if (contact?.state === "talking") this.ask(`contacts/${contact.token}/${contact.is_held ? "unhold" : "hold"}`);
  }

  // What cannot be undone asks once more: the same key again within a few seconds.
  hangUp() {
    const contact = this.contact;
    if (!contact || !["taken", "talking"].includes(contact.state)) return;
    if (this.sureUntil > performance.now()) {
      this.sureUntil = 0;
      this.ask(`contacts/${contact.token}/hang-up`);
    } else {
      this.sureUntil = performance.now() + SURE_MS;
    }
    this.tick();
  }

  async finish() {
    const contact = this.contact;
    if (contact?.state !== "wrapping") return;
    if (!(await this.settled())) {
      notice(t("还有内容没有存上，记录没有完成；写过的都在本页，存上后再按一次", "Something is not saved yet, so the record is not finished; it is all on this page: press again once it is saved"), "warn");
      return;
    }
    const { unsent } = this.panels;
    if (unsent.length && !(this.finishUntil > performance.now())) {
      this.finishUntil = performance.now() + SURE_MS;
      notice(t("“{rooms}”里写的还没有提交。请先提交；不要了，就再按一次完成", "What you typed in “{rooms}” was not sent. Send it first; if it isn't wanted, finish once more", { rooms: unsent.join(t("、", ", ")) }), "warn");
      return;
    }
    try {
      await post(`/hotline/contacts/${contact.token}/finish`);
      this.chosen = "";
      this.panels.forget(contact.token);
      this.openContact(null);
      notice(t("记录已完成", "The record is finished"), "good");
      setTimeout(() => notice(), 3000);
      leaveFields();
    } catch (problem) {
      notice(problem.message);
      this.record?.markAll(problem.fields);
      if (this.matter && problem.fields.result) part("c-result").focus();
      if (this.matter && problem.fields.narrative) {
        await this.matter.refresh(); // what lacks may be a colleague's late words, which this page has not seen
        this.matter.focus();
      }
    }
    this.look();
  }

  consult() {
    if (this.contact?.state === "talking") this.consults.open(this.contact.token);
  }

  // A talk that broke off: the caller is dialled once more, without their number being shown.
  ringAgain() {
    if (this.contact?.state === "wrapping" && !this.contact.is_withheld) this.ask(`contacts/${this.contact.token}/ring`);
  }

  seat(verb) {
    if (!this.screen || this.screen.seat.state === "talking") return;
    this.ask(`seat/${verb === "free" && this.screen.seat.state === "off" ? "sit" : verb}`);
  }

  // Clocks go on by themselves between two looks.
  tick() {
    this.unsent.draw();
    if (!this.screen) return;
    drawRing(this.screen.offer, this.now);
    this.seatCard.tick(this.screen.seat, this.now);
    this.card.tick(this.now, this.sureUntil > performance.now());
  }

  // --- the contact in hand

  openContact(contact) {
    const token = contact?.token ?? null;
    part("operator").dataset.phase = !contact ? "idle" : contact.state === "wrapping" ? "wrapping" : "talking";
    part("idle-side").hidden = Boolean(contact);
    if (this.opened === token) return;
    if (this.record) {
      this.record.close();
      if (this.record.waiting) this.unsent.add(this.record);
    }
    const isStillMine = this.screen.unfinished.some((row) => row.token === this.opened);
    const left = this.opened && !isStillMine ? this.panels.leftBehind(this.opened) : null;
    if (left) this.unsent.add(left);
    this.record = null;
    this.opened = token;
    this.contact = contact;
    part("bubble").hidden = true;
    part("panic-says").textContent = "";
    part("saved").hidden = true;
    const isCounselling = contact?.line === "counselling";
    this.panels.show(isCounselling ? token : null);
    this.matter?.show(contact?.line === "citizen" ? token : null);
    if (isCounselling) this.openRecord(token);
    else stage();
    if (!contact) leaveFields();
  }

  async openRecord(token) {
    const record = new RecordForm(token, data.places, { onSaved: (...told) => this.record === record && showSaved(...told), say: (words) => this.record === record && notice(words, "warn") });
    this.record = record;
    stage(make("div", { id: "reminder" }), record.element);
    try {
      await record.open();
      record.focus();
    } catch (problem) {
      if (this.record !== record) return;
      this.opened = null; // asked for again at the next look
      notice(problemWords(problem));
    }
  }
}

new Line();
