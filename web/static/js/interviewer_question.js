// One question on the screen: the wording large, the probe small, the answers on keys.
import { key, keybar, make, notice, stage, stressed } from "./interviewer_parts.js";
import { ACKNOWLEDGED, DONT_KNOW, NO_ANSWER, isSpecial, within } from "./questionnaire.js";
import { language, t } from "./words.js";

const SELECTS = ["select_one", "select_multiple"];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const CODE = /^[a-z]\d{1,2}(?=_|$)/i; // S1, E2, D1: how people at work speak of a question; other names are for machines
const INPUTS = { integer: "numeric", decimal: "decimal" };
const TYPES = { date: "date", time: "time", datetime: "datetime-local" };

export class QuestionView {
  // `answer(name, value)` saves; `go(step)` moves by +1 or -1.
  constructor(walk, name, { answer, go }) {
    this.walk = walk;
    this.name = name;
    this.question = walk.question(name);
    this.tell = { answer, go };
    this.isSelect = SELECTS.includes(this.question.type);
    this.isTyped = !this.isSelect && !["note", "acknowledge"].includes(this.question.type);
    this.value = walk.answers[name] ?? null;
    this.options = this.isSelect ? walk.options(name) : [];
    this.keys = this.options.map((option, n) => option.hotkey || (n < 7 ? String(n + 1) : LETTERS[n - 7]));
    this.draw();
  }

  draw() {
    const { number, total } = this.walk.progress(this.name);
    const isSettled = this.isSettled();
    const order = this.walk.reverses(this.name)
      ? this.walk.isReversed(this.name) ? t(" · 本次选项为反序", " · options reversed") : t(" · 本次选项为正序", " · options in order")
      : "";
    const code = CODE.exec(this.question.name)?.[0].toUpperCase();
    const count = isSettled
      ? t("第 {n} 题，共 {total} 题", "question {n} of {total}", { n: number, total })
      : t("第 {n} 题", "question {n}", { n: number });
    const line = this.walk.isAsked(this.name)
      ? `${code ? `${code} · ` : ""}${count}${order}`
      : t("请读出", "Read out");
    const hint = [this.question.probe, this.question.hint].map((text) => this.walk.filled(within(text, language))).filter(Boolean);
    stage(
      make("progress", { max: (isSettled ? total : this.everyQuestion()) || 1, value: number, attrs: { "aria-label": t("进度", "Progress") } }),
      make("p", { className: "step-line", textContent: line }),
      make("h2", { className: "read-aloud", id: "wording", attrs: { style: "font-weight:400" } }, ...stressed(this.walk.wording(this.name, language))),
      ...hint.map((text) => make("p", { className: "probe", textContent: t("提示：{text}", "Probe: {text}", { text }) })),
      this.isSelect ? this.choices() : null,
      this.isTyped ? this.input() : null,
      this.special(),
    );
    this.bar();
    if (this.field) this.field.focus();
  }

  // Until the screener is passed nobody knows how many questions there will be: sections to come don't apply yet.
  isSettled() {
    const { questionnaire, places } = this.walk;
    return questionnaire.questions.slice(places.get(this.name) + 1).every(({ section }) => this.walk.sectionApplies(section));
  }

  everyQuestion() {
    return this.walk.questionnaire.questions.filter(({ name }) => this.walk.isAsked(name)).length;
  }

  choices() {
    const many = this.question.type === "select_multiple";
    const chosen = new Set((this.value ?? "").split(" "));
    this.buttons = this.options.map((option, n) =>
      make("button", {
        type: "button", className: "option", onclick: () => this.choose(n),
        attrs: { role: many ? "checkbox" : "radio", "aria-checked": String(chosen.has(option.name)) },
      }, key(this.keys[n].toUpperCase()), within(option.label, language)));
    return make("div", { className: "options", attrs: { role: many ? "group" : "radiogroup", "aria-labelledby": "wording" } }, ...this.buttons);
  }

  input() {
    const { type } = this.question;
    this.field = make("input", {
      className: "answer-input", id: "answer", type: TYPES[type] || "text", value: isSpecial(this.value) ? "" : this.value ?? "",
      maxLength: 2000, inputMode: INPUTS[type] || "text", attrs: { "aria-labelledby": "wording" },
    });
    return make("div", { className: "field" }, this.field);
  }

  special() {
    const words = { [DONT_KNOW]: t("已记：不知道", "Recorded: don't know"), [NO_ANSWER]: t("已记：这题拒答", "Recorded: refuses this question") };
    this.specialLine ??= make("p", {});
    this.specialLine.replaceChildren(...(isSpecial(this.value) ? [make("span", { className: "chip chip-yellow", textContent: words[this.value] })] : []));
    return this.specialLine;
  }

  bar() {
    const alt = this.isTyped ? "Alt+" : "";
    const asked = this.walk.isAsked(this.name);
    keybar([
      ["Enter", t("下一题", "next")], ["←", t("上一题", "back")],
      ...(asked ? [[`${alt}8`, t("不知道", "don't know")], [`${alt}9`, t("拒答", "refuses")]] : []),
      ["F2", t("登记诉求", "matter")], ["F4", t("预约", "appointment")], ["F8", t("中断", "break off")],
      ["Esc", t("挂断并记结果", "hang up, code")], ["?", t("全部按键", "all keys")],
    ]);
  }

  choose(n) {
    const option = this.options[n].name;
    if (this.question.type === "select_one") this.save(option);
    else {
      const chosen = new Set(isSpecial(this.value) ? [] : (this.value ?? "").split(" ").filter(Boolean));
      if (!chosen.delete(option)) chosen.add(option);
      this.save(this.options.map((each) => each.name).filter((name) => chosen.has(name)).join(" ") || null);
    }
  }

  save(value) {
    if (value !== null) {
      const wrong = this.walk.validate(this.name, value);
      if (wrong) {
        notice(language === "en" ? wrong.en : wrong.zh, "warn");
        return false;
      }
    }
    notice();
    if (value === this.value) return true;
    this.value = value;
    this.tell.answer(this.name, value);
    this.special();
    const chosen = new Set((value ?? "").split(" "));
    this.buttons?.forEach((button, n) => button.setAttribute("aria-checked", String(chosen.has(this.options[n].name))));
    return true;
  }

  mark(special) {
    if (this.walk.isAsked(this.name) && this.save(special)) this.tell.go(1);
  }

  next() {
    if (this.isTyped) {
      const typed = this.field.value.trim();
      if (typed || !isSpecial(this.value)) {
        if (!this.save(typed)) return;
      }
    } else if (this.value === null && !this.save(this.isSelect ? "" : ACKNOWLEDGED)) return;
    this.tell.go(1);
  }

  // Handle a key; true when it was ours.
  press(event) {
    const typing = event.target === this.field;
    const name = event.key;
    if (name === "Enter") this.next();
    else if (name === "ArrowLeft" && !(typing && this.field.value)) this.tell.go(-1);
    else if (event.code === "Digit8" && (event.altKey || (!typing && !this.keys.includes("8")))) this.mark(DONT_KNOW);
    else if (event.code === "Digit9" && (event.altKey || (!typing && !this.keys.includes("9")))) this.mark(NO_ANSWER);
    else if (!typing && !event.ctrlKey && !event.altKey && !event.metaKey && this.keys.includes(name.toLowerCase())) this.choose(this.keys.indexOf(name.toLowerCase()));
    else return false;
    return true;
  }
}
