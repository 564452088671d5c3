// What came of a try: the outcomes in groups on digits, the line's own suggestion chosen beforehand; and appointments.
import { key, keybar, make, notice, part, stage } from "./interviewer_parts.js";
import { t } from "./words.js";

export class OutcomePanel {
  // `send(outcome)` writes it down; `appoint()` opens the appointment; `data` is {groups, tongues}.
  constructor(data, { title, suggested, canReturn, send, appoint, leave }) {
    this.data = data;
    this.chosen = suggested || null;
    this.tell = { send, appoint, leave };
    this.title = title;
    this.canReturn = canReturn;
    this.group = data.groups.findIndex((group) => group.codes.some((code) => code.code === this.chosen));
    this.isHard = false;
    this.isReferred = false;
    this.draw();
  }

  get code() {
    return this.data.groups.flatMap((group) => group.codes).find((code) => code.code === this.chosen);
  }

  draw() {
    const note = part("note")?.value ?? "";
    const groups = this.data.groups.map((group, n) =>
      make("div", { className: "outcome-group", data: { open: String(n === this.group) }, attrs: { role: "group", "aria-label": group.words } },
        make("h3", {}, key(String(n + 1)), ` ${group.words}`),
        ...group.codes.map((code, m) =>
          make("button", { type: "button", className: "outcome", onclick: () => this.choose(n, m), attrs: { "aria-pressed": String(code.code === this.chosen) } },
            ...(n === this.group ? [make("small", { textContent: `${m + 1}` })] : []), code.words,
            ...(code.code === this.chosen ? [make("small", { textContent: code.code })] : [])))));
    const { code } = this;
    stage(
      make("h2", { textContent: this.title }),
      make("div", { className: "outcomes" }, ...groups),
      make("div", { className: "row", attrs: { style: "margin-bottom:4px" } },
        code?.refusal ? this.toggle("H", t("坚拒：永不再打", "For good: never call again"), this.isHard) : null,
        this.toggle("T", t("转督导处理", "Let the supervisor decide"), this.isReferred),
        code?.code === "2.33" ? this.tongues() : null),
      make("div", { className: "outcome-more" },
        make("div", { className: "field" },
          make("label", { htmlFor: "note", textContent: code?.note ? t("说明（必填）", "Note (needed)") : t("说明（按 N）", "Note (N)") }),
          make("input", { id: "note", value: note, maxLength: 500, autocomplete: "off" })),
        make("button", { type: "button", className: "button button-primary", onclick: () => this.save() }, t("保存结果", "Save"), " ", key("Enter"))),
    );
    keybar([
      ["1 2", t("组号，再按序号", "the group's digit, then the outcome's")], ["Enter", t("保存", "save")], ["N", t("写说明", "note")], ["F4", t("改为预约", "appointment instead")], ["F2", t("登记诉求", "matter")],
      ...(this.canReturn ? [["←", t("回到问卷", "back to the questions")]] : []), ["?", t("全部按键", "all keys")],
    ]);
    part("stage").focus({ preventScroll: true });
  }

  toggle(name, words, isOn) {
    return make("button", { type: "button", className: `chip${isOn ? " chip-red" : ""}`, onclick: () => this.flip(name), attrs: { "aria-pressed": String(isOn) } }, `${name} `, words);
  }

  tongues() {
    return make("label", { className: "row" }, t("需要的语言", "Language needed"),
      make("select", { id: "tongue", attrs: { style: "width:auto" } }, make("option", { value: "", textContent: t("没有会说的人", "Nobody speaks it") }),
        ...this.data.tongues.map((each) => make("option", { value: each.code, textContent: each.words }))));
  }

  flip(name) {
    if (name === "H") this.isHard = !this.isHard;
    else this.isReferred = !this.isReferred;
    this.draw();
  }

  choose(n, m) {
    this.group = n;
    this.chosen = this.data.groups[n].codes[m].code;
    if (!this.code.refusal) this.isHard = false;
    this.isOpen = false;
    this.draw();
    if (this.code.note) part("note").focus();
  }

  save() {
    const { code } = this;
    if (!code) {
      notice(t("请先选一个结果", "Choose an outcome first"), "warn");
      return;
    }
    if (code.note && !part("note").value.trim()) {
      notice(t("这个结果要写一句说明", "This outcome needs a short note"), "warn");
      part("note").focus();
      return;
    }
    this.tell.send({ code: code.code, note: part("note").value, hard: this.isHard, refer: this.isReferred, language: part("tongue")?.value || null });
  }

  press(event) {
    const typing = ["note", "tongue"].includes(event.target.id);
    if (event.key === "Enter" && event.target.tagName !== "BUTTON") this.save();
    else if (typing && event.key === "Escape") part("stage").focus();
    else if (typing) return false;
    else if (/^[1-9]$/.test(event.key)) this.digit(Number(event.key) - 1);
    else if (event.key === "n" || event.key === "N") part("note").focus();
    else if ((event.key === "h" || event.key === "H") && this.code?.refusal) this.flip("H");
    else if (event.key === "t" || event.key === "T") this.flip("T");
    else if (event.key === "F4") this.tell.appoint();
    else if (event.key === "ArrowLeft" && this.canReturn) this.tell.leave();
    else return false;
    return true;
  }

  // The first digit opens a group, the second chooses in it.
  digit(n) {
    const open = this.data.groups[this.group];
    if (this.isOpen && open.codes[n]) this.choose(this.group, n);
    else if (this.data.groups[n]) {
      this.group = n;
      this.isOpen = true;
      this.draw();
    }
  }
}

export class AppointmentPanel {
  constructor(times, { send, leave, words }) {
    this.times = times;
    this.words = words ?? t("“您什么时候方便？我到时候再打给您。”", "“When would suit you? I will call you then.”");
    this.tell = { send, leave };
    this.when = times[0]?.at ?? "";
    this.isPersonal = true;
    this.draw();
  }

  draw() {
    stage(
      make("h2", { textContent: t("预约再访", "Make an appointment") }),
      make("p", { className: "read-aloud", textContent: this.words }),
      make("div", { className: "times" }, ...this.times.map((time, n) =>
        make("button", { type: "button", className: `button${time.at === this.when ? " button-primary" : ""}`, onclick: () => this.choose(time.at) }, key(String(n + 1)), ` ${time.words}`))),
      make("div", { className: "field" },
        make("label", { htmlFor: "when" }, t("其他时间", "Another time"), " ", key("5")),
        make("input", { id: "when", type: "datetime-local", className: "answer-input", value: this.when, onchange: (event) => { this.when = event.target.value; } })),
      make("div", { className: "row" },
        make("button", { type: "button", className: "chip", onclick: () => this.flip(), attrs: { "aria-pressed": String(this.isPersonal) } },
          `P ${this.isPersonal ? t("约给我本人（过 10 分钟别人可接）", "Mine (others after 10 minutes)") : t("谁拨都可以", "Anyone may call")}`),
        make("button", { type: "button", className: "button button-primary", onclick: () => this.save() }, t("保存预约", "Save the appointment"), " ", key("Enter"))),
    );
    keybar([["1–4", t("选时间", "choose")], ["5", t("其他时间", "another time")], ["Enter", t("保存", "save")], ["←", t("返回", "back")]]);
    part("stage").focus({ preventScroll: true });
  }

  choose(when) {
    this.when = when;
    this.draw();
  }

  flip() {
    this.isPersonal = !this.isPersonal;
    this.draw();
  }

  save() {
    this.when = part("when").value;
    if (this.when) this.tell.send({ when: this.when, personal: this.isPersonal });
    else notice(t("请选一个时间", "Choose a time"), "warn");
  }

  press(event) {
    const typing = event.target.id === "when";
    if (event.key === "Enter" && event.target.tagName !== "BUTTON") this.save();
    else if (event.key === "Escape" || (event.key === "ArrowLeft" && !typing)) this.tell.leave();
    else if (typing) return false;
    else if (/^[1-4]$/.test(event.key) && this.times[event.key - 1]) this.choose(this.times[event.key - 1].at);
    else if (event.key === "5") part("when").focus();
    else if (event.key === "p" || event.key === "P") this.flip();
    else return false;
    return true;
  }
}
