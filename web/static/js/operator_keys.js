// The operators' keys and clicks: what each does, wherever the focus is, and which of them hold at this moment.
import { keybar, leaveFields, part } from "./interviewer_parts.js";
import { hear } from "./operator_idle.js";
import { t } from "./words.js";

export function isTyping(target) {
  return target?.matches?.("input:not([type=radio], [type=checkbox], [type=button], [type=range]), textarea, select") ?? false;
}

export class Keys {
  constructor(line) {
    this.line = line;
    document.addEventListener("keydown", (event) => this.press(event), { capture: true });
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("focusin", () => this.show());
  }

  // What the keys do at this moment, at the foot of the page.
  show() {
    const { screen, contact, matter } = this.line;
    if (!screen) return;
    const pairs = screen.offer ? [["Enter", t("接起", "accept")], ["Esc", t("暂不接", "decline")]] : [];
    if (!contact) pairs.push(["A", t("开始接听", "take calls")], ["B", t("休息", "break")], ["L", t("离席", "leave")]);
    else {
      if (contact.line === "citizen" && matter.isIn) pairs.push(["Ctrl+Enter", t("登记", "register")]);
      else if (contact.state === "wrapping") pairs.push(["Ctrl+Enter", t("完成", "finish")]);
      if (contact.line === "citizen") pairs.push(["F2", t("诉求", "matter")], ["F4", t("结果", "result")], ["F6", t("查进度", "look up")], ["F10", t("知识库", "knowledge")]);
      else pairs.push(["F2", t("记录", "record")], ["F3", t("旁边各页", "panels")]);
      if (contact.state !== "wrapping") pairs.push(["F7", t("保持", "hold")], ["F8", t("挂断", "hang up")]);
    }
    pairs.push(["?", t("全部按键", "all keys")]);
    const told = JSON.stringify(pairs);
    if (told !== this.drawn) keybar(pairs);
    this.drawn = told;
  }

  press(event) {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (this.everywhere(event) || this.here(event)) event.preventDefault();
  }

  everywhere(event) {
    const isCitizen = this.line.contact?.line === "citizen";
    const does = {
      F1: () => this.line.card.panic(),
      F2: () => (isCitizen ? this.line.matter.focus() : this.line.record?.focus()),
      F3: () => this.line.panels.step(event.shiftKey ? -1 : 1),
      F4: () => isCitizen && part("c-result").focus(),
      F6: () => (this.line.screen?.offer ? this.line.accept() : isCitizen && part("l-receipt").focus()),
      F7: () => this.line.hold(),
      F8: () => this.line.hangUp(),
      F9: () => this.line.consult(),
      F10: () => isCitizen && part("k-q").focus(),
    }[event.key];
    if (does) does();
    else if (event.ctrlKey && event.key === "Enter") this.send();
    else if (event.key === "Escape" && isTyping(event.target)) leaveFields();
    else return false;
    return true;
  }

  send() {
    if (this.line.matter?.isIn) this.line.matter.form.element.requestSubmit();
    else this.line.finish();
  }

  here(event) {
    const { target } = event;
    if (isTyping(target) || event.ctrlKey || event.altKey || event.metaKey || target.closest?.(".topbar")) return false;
    const onControl = target.matches?.("button, a, summary, input") && ["Enter", " "].includes(event.key);
    const pressed = event.key.toLowerCase();
    if (this.line.screen?.offer && !onControl && (pressed === "enter" || pressed === " ")) this.line.accept();
    else if (this.line.screen?.offer && pressed === "escape") this.line.decline();
    else if (target.closest?.("#stage form, #panels, #matter")) return false;
    else if (pressed === "a") this.line.seat("free");
    else if (pressed === "b") this.line.seat("rest");
    else if (pressed === "l") this.line.seat("leave");
    else if (pressed === "r") this.line.connect();
    else return false;
    return true;
  }

  click(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const does = { accept: () => this.line.accept(), decline: () => this.line.decline(), hold: () => this.line.hold(), "hang-up": () => this.line.hangUp(), finish: () => this.line.finish(), "to-line": () => this.line.toLine(), "ring-again": () => this.line.ringAgain(), unrecord: () => this.line.ask(`contacts/${this.line.contact.token}/unrecord`), consult: () => this.line.consult(), panic: () => this.line.card.panic(), "seat-free": () => this.line.seat("free"), "seat-rest-button": () => this.line.seat("rest"), "seat-leave": () => this.line.seat("leave") }[button.id];
    if (does) does();
    else if (button.dataset.callsBack) this.line.ask(`call-backs/${button.dataset.callsBack}/ring`);
    else if (button.dataset.hears) hear(button);
    else if (button.dataset.opensContact) {
      this.line.chosen = button.dataset.opensContact;
      this.line.look();
    }
  }
}
