// The card of the call in hand: who it is, how it stands, its clock, what is still to be asked of it.
import { make, minutes, part, problemWords } from "./interviewer_parts.js";
import { languageChip, whoWords } from "./operator_idle.js";
import { post } from "./post.js";
import { t } from "./words.js";

const SCREEN_BY_S = 300;

export class CallCard {
  // can.consults, can.panic, can.heard: what the house offers; onHeard(callBack, code): what was heard in calling back
  constructor(can, onHeard) {
    this.can = can;
    this.onHeard = onHeard;
    this.contact = null;
  }

  show(contact, screen) {
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
    this.callBack(contact);
    part("hold").disabled = contact.state !== "talking";
    part("hold").setAttribute("aria-pressed", String(contact.is_held));
    part("hold-words").textContent = contact.is_held ? t("恢复", "Take back") : t("保持", "Hold");
    part("consult").hidden = isWrapping || !this.can.consults;
    part("panic").hidden = isWrapping || !this.can.panic;
    part("unrecord").hidden = !contact.recording;
    part("finish").hidden = !isWrapping;
    part("to-line").hidden = !isWrapping || screen.seat.state === "wrapping";
    part("ring-again").hidden = !isWrapping || contact.is_withheld;
  }

  tick(now, isSure) {
    const { contact } = this;
    if (!contact) return;
    part("hang-up-words").textContent = isSure ? t("再按一次挂断", "Press again") : t("挂断", "Hang up");
    const start = contact.talking_at ? Date.parse(contact.talking_at) : now;
    if (contact.state === "wrapping") {
      const left = contact.wrap_until ? (Date.parse(contact.wrap_until) - now) / 1000 : 0;
      part("call-clock").textContent = left > 0 ? minutes(left) : "00:00";
      part("call-state").textContent = left > 0 ? t("话后整理，还有", "Wrap-up, left") : t("整理时间已到：坐席已空出，会有来电；记录还开着，请写完", "Wrap-up is over: your seat is free and callers may ring; the record is still open to finish");
    } else {
      part("call-clock").textContent = minutes((now - start) / 1000);
    }
    this.remind(contact, (now - start) / 1000);
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

  // Calling somebody back: what was heard, where the line could not tell.
  callBack(contact) {
    const row = part("call-back");
    row.hidden = !contact.call_back;
    if (row.hidden || row.dataset.id === String(contact.call_back)) return;
    row.dataset.id = contact.call_back;
    row.replaceChildren(make("span", { className: "small soft", textContent: t("回拨听到的：", "Calling back, heard:") }), ...this.can.heard.map(({ code, words }) =>
      make("button", { type: "button", className: "button", textContent: words, onclick: () => this.onHeard(contact.call_back, code) })));
  }

  // A supervisor is called to this seat at once.
  async panic() {
    if (!this.can.panic) return;
    try {
      part("panic-says").textContent = (await post(this.can.panic, { contact: this.contact?.token ?? "" })).words;
    } catch (problem) {
      part("panic-says").textContent = problemWords(problem);
    }
  }
}
