// The operators' page: one page and the keyboard alone, from the ringing to the finished record.
import { keybar, leaveFields, make, minutes, notice, part, problemWords, stage } from "./interviewer_parts.js";
import { MatterPane } from "./operator_citizen.js";
import { Consult } from "./operator_consult.js";
import { clock, drawLines, drawRing, drawSide, languageChip, whoWords } from "./operator_idle.js";
import { Panels } from "./operator_panels.js";
import { RecordForm, showSaved } from "./operator_record.js";
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
const SETTLE_MS = 5000;
const SCREEN_BY_S = 300;
const DOTS = { available: "dot-green", talking: "dot-yellow", wrapping: "dot-yellow", break: "", off: "" };

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
    document.addEventListener("keydown", (event) => this.press(event), { capture: true });
    document.addEventListener("click", (event) => this.click(event));
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
    const before = this.screen;
    this.screen = screen;
    this.skew = Date.parse(screen.now) - Date.now();
    this.showSeat();
    drawRing(screen.offer, this.now);
    this.ringing(Boolean(screen.offer), before);
    drawSide(screen, data.follow_ups);
    this.consults.take(screen.consult);
    const contact = this.shown(screen);
    this.openContact(contact);
    this.showCall(contact);
    if (!contact) drawLines(screen, this.now);
    part("today-line").textContent = t("今日接听 {n}", "{n} answered today", { n: screen.today.count });
    this.keys(contact);
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
    const isTyping = this.isTyping(activeElement) && activeElement.closest("#stage, #panels, #matter, #citizen-side");
    return Boolean(isTyping || this.isUnsaved);
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
  settled(ms = SETTLE_MS) {
    const all = Promise.all([this.record?.settled() ?? true, this.matter?.settled() ?? true]).then((are) => are.every(Boolean));
    return Promise.race([all, new Promise((done) => setTimeout(() => done(false), ms))]);
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

  // --- the telephone

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
      if (this.matter && problem.fields.narrative) this.matter.focus();
    }
    this.look();
  }

  async panic() {
    if (!data.panic) return;
    try {
      part("panic-says").textContent = (await post(data.panic, { contact: this.contact?.token ?? "" })).words;
    } catch (problem) {
      part("panic-says").textContent = problemWords(problem);
    }
  }

  consult() {
    if (this.contact?.state === "talking") this.consults.open(this.contact.token);
  }

  // A talk that broke off: the caller is dialled once more, without their number being shown.
  ringAgain() {
    if (this.contact?.state === "wrapping" && !this.contact.is_withheld) this.ask(`contacts/${this.contact.token}/ring`);
  }

  // What somebody left on the line, played to whoever calls them back.
  async hear(button) {
    try {
      const { messages } = await get(`/hotline/contacts/${button.dataset.hears}/messages`);
      button.replaceWith(...(messages.length ? messages.map((one) => make("audio", { controls: true, src: one.url })) : [make("span", { className: "small soft", textContent: t("留言还没有到", "The message has not arrived yet") })]));
    } catch (problem) {
      notice(problemWords(problem));
    }
  }

  // Calling somebody back: what was heard, where the line could not tell.
  showCallBack(contact) {
    const row = part("call-back");
    row.hidden = !contact.call_back || contact.state === "wrapping";
    if (row.hidden || row.dataset.id === String(contact.call_back)) return;
    row.dataset.id = contact.call_back;
    row.replaceChildren(make("span", { className: "small soft", textContent: t("回拨听到的：", "Calling back, heard:") }), ...data.heard.map(({ code, words }) =>
      make("button", { type: "button", className: "button", textContent: words, onclick: () => this.ask(`call-backs/${contact.call_back}/result`, { result: code }) })));
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
    this.matter?.show(contact?.line === "citizen" ? token : null).catch((problem) => notice(problemWords(problem)));
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

  showCall(contact) {
    this.contact = contact;
    part("call-card").hidden = !contact;
    if (!contact) return;
    const isWrapping = contact.state === "wrapping";
    part("call-line").textContent = contact.line_words;
    part("call-line").className = `chip ${contact.line === "counselling" ? "chip-green" : "chip-blue"}`;
    part("call-state").textContent = contact.is_held ? t("保持中，对方在听音乐", "On hold: they hear music") : contact.label;
    part("call-number").textContent = whoWords(contact);
    part("call-language").replaceChildren(...[languageChip(contact)].filter(Boolean));
    part("call-times").replaceChildren(...(contact.times > 1 ? [t("第 {n} 次来电", "call no. {n}", { n: contact.times })] : []));
    part("call-times").hidden = contact.times < 2;
    part("call-more").textContent = [t("等了 {waited}", "waited {waited}", { waited: minutes(contact.waited_s) }), contact.source, { running: t("录音中", "recording"), paused: t("录音暂停", "recording paused"), kept: t("已录音", "recorded") }[contact.recording]].filter(Boolean).join(" · ");
    part("call-heard").hidden = !contact.is_listened_in;
    part("call-heard").textContent = t("值班组长在线", "A shift lead is on the line");
    for (const id of ["hold", "hang-up"]) part(id).hidden = isWrapping;
    this.showCallBack(contact);
    part("hold").disabled = contact.state !== "talking";
    part("hold").setAttribute("aria-pressed", String(contact.is_held));
    part("hold-words").textContent = contact.is_held ? t("恢复", "Take back") : t("保持", "Hold");
    part("consult").hidden = isWrapping || !data.consults;
    part("panic").hidden = isWrapping || !data.panic;
    part("unrecord").hidden = !contact.recording;
    part("finish").hidden = !isWrapping;
    part("to-line").hidden = !isWrapping || this.screen.seat.state === "wrapping";
    part("ring-again").hidden = !isWrapping || contact.is_withheld;
    this.tick();
  }

  tick() {
    this.unsent.draw();
    if (this.screen) drawRing(this.screen.offer, this.now);
    const seat = this.screen?.seat;
    if (seat?.since) part("seat-since").textContent = minutes((this.now - Date.parse(seat.since)) / 1000);
    const contact = this.contact;
    if (!contact) return;
    const sure = this.sureUntil > performance.now();
    part("hang-up-words").textContent = sure ? t("再按一次挂断", "Press again") : t("挂断", "Hang up");
    const start = contact.talking_at ? Date.parse(contact.talking_at) : this.now;
    if (contact.state === "wrapping") {
      const left = contact.wrap_until ? (Date.parse(contact.wrap_until) - this.now) / 1000 : 0;
      part("call-clock").textContent = left > 0 ? minutes(left) : "00:00";
      part("call-state").textContent = left > 0 ? t("话后整理，还有", "Wrap-up, left") : t("整理时间已到：坐席已空出，会有来电；记录还开着，请写完", "Wrap-up is over: your seat is free and callers may ring; the record is still open to finish");
    } else {
      part("call-clock").textContent = minutes((this.now - start) / 1000);
    }
    this.remind(contact, (this.now - start) / 1000);
  }

  // By minute five somebody has asked: the screener is due, said once and calmly.
  remind(contact, seconds) {
    const box = part("reminder");
    if (!box) return;
    const isDue = contact.line === "counselling" && contact.state === "talking" && !contact.is_screened && seconds > SCREEN_BY_S - 90;
    const words = !isDue ? "" : seconds < SCREEN_BY_S
      ? t("到第 5 分钟前请做自杀风险筛查（F3）", "Please screen for suicide risk by minute 5 (F3)")
      : t("已过 5 分钟，还没有筛查：请现在做（F3）", "Five minutes have passed without a screening: please do it now (F3)");
    if (box.dataset.words === words) return;
    box.dataset.words = words;
    box.replaceChildren(...(words ? [make("p", { className: `flash flash-warn reminder`, textContent: words, attrs: { role: "status" } })] : []));
  }

  // --- my seat

  showSeat() {
    const { seat } = this.screen;
    part("seat-dot").className = `dot ${DOTS[seat.state] ?? ""}`;
    part("seat-state").textContent = seat.label;
    part("seat-rest").hidden = !seat.rest_until;
    if (seat.rest_until) part("seat-rest").textContent = t("重点个案后休息到 {time}；想提前接听请按 A", "Rest after a key call until {time}; press A to take calls sooner", { time: clock(seat.rest_until) });
    part("seat-free").disabled = ["talking"].includes(seat.state) || (seat.state === "available" && !seat.rest_until);
    part("seat-free").classList.toggle("button-primary", ["off", "break"].includes(seat.state));
    part("seat-rest-button").disabled = ["talking", "break"].includes(seat.state);
    part("seat-leave").disabled = ["talking", "off"].includes(seat.state);
  }

  seat(verb) {
    if (!this.screen || this.screen.seat.state === "talking") return;
    this.ask(`seat/${verb === "free" && this.screen.seat.state === "off" ? "sit" : verb}`);
  }

  ringing(isRinging, before) {
    const isNew = isRinging && before?.offer?.token !== this.screen.offer.token;
    this.title ??= document.title;
    document.title = isRinging ? `☎ ${t("来电", "Ringing")} · ${this.title}` : this.title;
    if (isNew && !this.isTyping(document.activeElement)) part("stage").focus({ preventScroll: true });
    if (isNew) this.sound();
  }

  // A short tone, where the browser allows one.
  sound() {
    try {
      this.audio ??= new AudioContext();
      const tone = this.audio.createOscillator();
      const gain = this.audio.createGain();
      gain.gain.value = 0.06;
      tone.frequency.value = 620;
      tone.connect(gain).connect(this.audio.destination);
      tone.start();
      tone.stop(this.audio.currentTime + 0.35);
    } catch {
      // a silent browser still shows it
    }
  }

  // --- keys and clicks

  keys(contact) {
    const pairs = this.screen.offer ? [["Enter", t("接起", "accept")], ["Esc", t("暂不接", "decline")]] : [];
    if (!contact) pairs.push(["A", t("开始接听", "take calls")], ["B", t("休息", "break")], ["L", t("离席", "leave")]);
    else {
      if (contact.state === "wrapping") pairs.push(["Ctrl+Enter", t("完成", "finish")]);
      if (contact.line === "citizen") pairs.push(["F2", t("诉求", "matter")], ["F4", t("结果", "result")], ["F6", t("查进度", "look up")], ["F10", t("知识库", "knowledge")]);
      else pairs.push(["F2", t("记录", "record")], ["F3", t("旁边各页", "panels")]);
      if (contact.state !== "wrapping") pairs.push(["F7", t("保持", "hold")], ["F8", t("挂断", "hang up")]);
    }
    pairs.push(["?", t("全部按键", "all keys")]);
    const told = JSON.stringify(pairs);
    if (told !== this.keysDrawn) keybar(pairs);
    this.keysDrawn = told;
  }

  isTyping(target) {
    return target?.matches?.("input:not([type=radio], [type=checkbox], [type=button], [type=range]), textarea, select") ?? false;
  }

  press(event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (this.everywhere(event) || this.here(event)) event.preventDefault();
  }

  everywhere(event) {
    const isCitizen = this.contact?.line === "citizen";
    const does = {
      F1: () => this.panic(),
      F2: () => (isCitizen ? this.matter.focus() : this.record?.focus()),
      F3: () => this.panels.step(event.shiftKey ? -1 : 1),
      F4: () => isCitizen && part("c-result").focus(),
      F6: () => (this.screen?.offer ? this.accept() : isCitizen && part("l-receipt").focus()),
      F7: () => this.hold(),
      F8: () => this.hangUp(),
      F9: () => this.consult(),
      F10: () => isCitizen && part("k-q").focus(),
    }[event.key];
    if (does) does();
    else if (event.ctrlKey && event.key === "Enter") this.send();
    else if (event.key === "Escape" && this.isTyping(event.target)) leaveFields();
    else return false;
    return true;
  }

  send() {
    if (this.matter?.isIn) this.matter.form.requestSubmit();
    else this.finish();
  }

  here(event) {
    const { target } = event;
    if (this.isTyping(target) || event.ctrlKey || event.altKey || event.metaKey || target.closest?.(".topbar")) return false;
    const onControl = target.matches?.("button, a, summary, input") && ["Enter", " "].includes(event.key);
    const pressed = event.key.toLowerCase();
    if (this.screen?.offer && !onControl && (pressed === "enter" || pressed === " ")) this.accept();
    else if (this.screen?.offer && pressed === "escape") this.decline();
    else if (target.closest?.("#stage form, #panels, #matter")) return false;
    else if (pressed === "a") this.seat("free");
    else if (pressed === "b") this.seat("rest");
    else if (pressed === "l") this.seat("leave");
    else if (pressed === "r") this.connect();
    else return false;
    return true;
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const does = { accept: () => this.accept(), decline: () => this.decline(), hold: () => this.hold(), "hang-up": () => this.hangUp(), finish: () => this.finish(), "to-line": () => this.toLine(), "ring-again": () => this.ringAgain(), unrecord: () => this.ask(`contacts/${this.contact.token}/unrecord`), consult: () => this.consult(), panic: () => this.panic(), "seat-free": () => this.seat("free"), "seat-rest-button": () => this.seat("rest"), "seat-leave": () => this.seat("leave") }[button.id];
    if (does) does();
    else if (button.dataset.callsBack) this.ask(`call-backs/${button.dataset.callsBack}/ring`);
    else if (button.dataset.hears) this.hear(button);
    else if (button.dataset.opensContact) {
      this.chosen = button.dataset.opensContact;
      this.look();
    }
  }
}

new Line();
