// The citizen line beside the talk: what is raised is registered, an enquiry answered, a receipt looked up.
import { Alarm } from "./alarm.js";
import { leaveFields, make, part, problemWords, stressed } from "./interviewer_parts.js";
import { get, post } from "./post.js";
import { t } from "./words.js";

const REFUSED = [404, 409, 422];
const SOON_MS = 900;
const RETRY_MS = 2000;

// A call's form that had not arrived when the call left the page: sent until the house has it, or won't have it.
class LateForm {
  constructor(url, told, lines, refusal) {
    this.url = url;
    this.told = told;
    this.filled = lines;
    this.waiting = lines.length || 1;
    this.refusal = refusal;
    if (!refusal) this.send();
  }

  lines() {
    return this.filled;
  }

  async send() {
    try {
      await post(this.url, this.told, { keepalive: true });
      this.waiting = 0;
    } catch (problem) {
      if (REFUSED.includes(problem.status)) this.refusal = problem;
      else setTimeout(() => this.send(), RETRY_MS);
    }
  }
}

export class MatterPane {
  // tell.onSaved(waiting, isLost, at), tell.onLeft(form) for one that is unsent when its call goes
  constructor(consents, tell) {
    this.consents = consents;
    this.tell = tell;
    this.form = part("matter");
    this.token = null;
    this.number = 0;
    this.kept = 0;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.register();
    });
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("change", (event) => this.chosen(event.target.name));
    part("matter-clear").addEventListener("click", () => this.clear(true));
    part("c-result").addEventListener("change", () => this.result());
    part("c-note").addEventListener("change", () => this.result());
    part("look-up").addEventListener("submit", (event) => {
      event.preventDefault();
      this.lookUp();
    });
    part("knowledge").addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
    part("k-q").addEventListener("input", () => {
      clearTimeout(this.searching);
      this.searching = setTimeout(() => this.search(), 350);
    });
    addEventListener("pagehide", () => this.flush());
  }

  get url() {
    return `/hotline/contacts/${this.token}`;
  }

  // Another call in hand: what was typed for it before the page was lost.
  async show(token) {
    if (this.token === token) return;
    clearTimeout(this.timer);
    if (this.isUnsent) this.tell.onLeft(new LateForm(`${this.url}/matter/draft`, { typed: this.typed, number: this.number }, this.lines(), this.refusal));
    this.token = token;
    this.refusal = null;
    this.number = this.kept = 0;
    this.form.hidden = part("citizen-side").hidden = !token;
    if (!token) return;
    this.clear(false);
    part("registered").hidden = true;
    part("looked-up").replaceChildren();
    part("articles").replaceChildren();
    part("look-up").reset();
    part("knowledge").reset();
    await this.fetch();
  }

  async fetch() {
    const told = await get(`${this.url}/matter`);
    this.number = this.kept = told.number;
    for (const [name, value] of Object.entries(told.typed)) await this.fill(name, value);
    this.sayConsent(false);
    this.ledTo(told.led_to);
    part("c-result").value = told.result;
    part("c-note").value = told.note;
    this.tell.onSaved(0, false, null);
  }

  async fill(name, value) {
    const field = this.form.elements[name];
    if (!field) return;
    if (name === "village") await this.villages(value);
    else if (field.type === "checkbox") field.checked = value === field.value;
    else field.value = value;
    if (name === "conflict") this.askUnit();
  }

  askUnit() {
    part("m-about-unit").hidden = !["staff", "unit"].includes(part("m-conflict").value);
  }

  get isUnsent() {
    return Boolean(this.token) && this.kept < this.number;
  }

  // What is filled in, as label and text.
  lines() {
    const filled = [...this.form.elements].filter((field) => field.name && field.value.trim() && !["radio", "checkbox", "hidden"].includes(field.type));
    return filled.map((field) => [this.form.querySelector(`label[for="${field.id}"]`)?.textContent ?? field.name, field.selectedOptions?.[0]?.textContent ?? field.value]);
  }

  get typed() {
    const told = Object.fromEntries(new FormData(this.form));
    const isEmpty = !told.narrative && !told.spot && !told.topic && !told.place && !told.name && !told.number;
    return isEmpty ? {} : told;
  }

  changed() {
    this.number += 1;
    this.tell.onSaved(1, false, null);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), SOON_MS);
    this.alarm();
  }

  chosen(name) {
    if (name === "topic") {
      const urgency = part("m-topic").selectedOptions[0]?.dataset.urgency;
      if (urgency) part("m-urgency").value = urgency;
    }
    if (name === "identity") this.sayConsent(true);
    if (name === "conflict") this.askUnit();
    if (name === "place") this.villages("");
  }

  async villages(chosen) {
    const place = part("m-place").value;
    part("m-village").replaceChildren(new Option(t("不清楚", "Not known"), ""));
    if (!place) return;
    const found = await get(`/hotline/places/${place}`).catch(() => []);
    if (part("m-place").value !== place) return;
    part("m-village").append(...found.map((village) => new Option(village.name, village.id, false, String(village.id) === String(chosen))));
  }

  sayConsent(isChanged) {
    part("m-consent-line").textContent = t("请读出：{line}", "Read out: {line}", { line: this.consents[this.form.elements.identity.value] });
    if (isChanged) part("m-consent").checked = false;
  }

  alarm() {
    const said = part("m-narrative").value;
    this.watch ??= new Alarm(part("operator").alarmWords);
    const crisis = this.watch.holds("crisis", said);
    const danger = this.watch.holds("danger", said);
    part("alarm").hidden = !crisis && !danger;
    part("alarm").replaceChildren(make("p", { className: "flash flash-bad", textContent: crisis
      ? t("可能有轻生的念头：先陪伴，征得同意后转希望热线；有现实危险立即转 110、120。心理内容不写入诉求。", "Someone may want to die: stay with them and, with consent, put them through to the hope line; in present danger 110 or 120 at once. Nothing psychological goes into a matter.")
      : t("有人身或安全危险：先转 110、119 或 120，再登记；建议按 U1 紧急办理。", "Present danger: put them through to 110, 119 or 120 first, then register; U1 is proposed.") }));
    if ((crisis || danger) && !this.wasAlarming) part("m-urgency").value = "u1";
    this.wasAlarming = crisis || danger;
  }

  async keep() {
    if (!this.token || this.isKeeping || this.kept >= this.number) return;
    this.isKeeping = true;
    const number = this.number;
    const url = `${this.url}/matter/draft`;
    try {
      const reply = await post(url, { typed: this.typed, number });
      this.isKeeping = false;
      if (url !== `${this.url}/matter/draft`) return; // another call is in hand by now; that one's form went on by itself
      this.refusal = null;
      this.kept = Math.max(this.kept, reply.number);
      if (reply.number > number) this.number = reply.number + 1; // the house knew a later state: this one still has to go
      if (this.kept >= this.number) this.tell.onSaved(0, false, new Date());
      else this.keep();
    } catch (problem) {
      this.isKeeping = false;
      if (url !== `${this.url}/matter/draft`) return;
      if (REFUSED.includes(problem.status)) {
        this.refusal = problem;
        this.say(problemWords(problem));
      } else {
        this.tell.onSaved(1, true, null);
        this.timer = setTimeout(() => this.keep(), RETRY_MS);
      }
    }
  }

  flush() {
    clearTimeout(this.timer);
    if (!this.isUnsent) return;
    post(`${this.url}/matter/draft`, { typed: this.typed, number: this.number }, { keepalive: true }).catch(() => {});
  }

  clear(isOwn) {
    this.form.reset();
    this.askUnit();
    part("matter-notice").replaceChildren();
    part("m-village").replaceChildren(new Option(t("不清楚", "Not known"), ""));
    this.form.querySelectorAll(".field-wrong").forEach((field) => field.classList.remove("field-wrong"));
    this.sayConsent(true);
    this.wasAlarming = false;
    part("alarm").hidden = true;
    if (isOwn) this.changed();
  }

  say(words) {
    part("matter-notice").replaceChildren(...(words ? [make("p", { className: "flash flash-bad", textContent: words })] : []));
    if (words) part("matter-notice").scrollIntoView({ block: "nearest" });
  }

  wrong(problem) {
    this.form.querySelectorAll(".field").forEach((field) => field.classList.toggle("field-wrong", [...field.querySelectorAll("[name]")].some((e) => e.name in problem.fields)));
    this.say(problemWords(problem));
    this.form.querySelector(".field-wrong [name]")?.focus();
  }

  async register() {
    await this.send(`${this.url}/matter`, { typed: this.typed });
  }

  async send(url, told) {
    if (!this.token || this.isSending) return;
    this.isSending = true;
    clearTimeout(this.timer);
    try {
      const made = await post(url, told);
      this.kept = this.number;
      this.clear(false);
      this.readAloud(made);
      this.ledTo((await get(`${this.url}/matter`)).led_to);
      part("c-result").value = url.endsWith("/answer") ? "answered" : "registered";
      this.tell.onSaved(0, false, new Date());
      leaveFields();
    } catch (problem) {
      this.wrong(problem);
    } finally {
      this.isSending = false;
    }
  }

  readAloud(made) {
    const line = made.read_aloud.replace(made.receipt, "**$&**").replace(made.pin, "**$&**");
    part("read-aloud").replaceChildren(...stressed(line));
    part("registered").hidden = false;
    const text = part("text-receipt");
    if (text) {
      text.dataset.receiptText = made.receipt;
      text.hidden = !made.can_text;
      text.disabled = false;
      part("receipt-text-says").textContent = "";
    }
    part("registered").scrollIntoView({ block: "nearest" });
  }

  ledTo(rows) {
    part("led-to").replaceChildren(...rows.map((row) => make("li", {}, make("span", { textContent: row.words }), make("span", { className: "num strong", textContent: row.receipt || t("匿名，不与来电相连", "anonymous, not tied to the call") }))));
    part("led-to").hidden = !rows.length;
  }

  async result() {
    try {
      await post(`${this.url}/result`, { result: part("c-result").value, note: part("c-note").value });
      this.tell.onSaved(0, false, new Date());
    } catch (problem) {
      this.say(problemWords(problem));
    }
  }

  async lookUp() {
    const box = part("looked-up");
    try {
      const told = await post(`${this.url}/look-up`, { receipt: part("l-receipt").value, pin: part("l-pin").value });
      box.replaceChildren(
        make("p", { className: "strong", textContent: `${told.receipt} · ${told.standing}` }),
        make("p", { className: "small", textContent: t("登记 {from}，承诺 {until} 前答复", "registered {from}, answer promised by {until}", { from: told.registered_on, until: told.promised_on }) }),
        told.result ? make("p", { className: "say small", textContent: told.result }) : make("p", { className: "small soft", textContent: t("还没有可以告知的结果", "There is no result to tell yet") }),
        told.is_own_number ? make("p", { className: "small soft", textContent: t("来电号码与登记时一致，不用密码", "Calls from the number it was registered with: no PIN needed") }) : "");
      this.ledTo((await get(`${this.url}/matter`)).led_to);
      if (!part("c-result").value) part("c-result").value = "looked_up";
    } catch (problem) {
      box.replaceChildren(make("p", { className: "flash flash-bad", textContent: problemWords(problem) }));
    }
  }

  async search() {
    const asked = part("k-q").value.trim();
    if (!asked) {
      part("articles").replaceChildren();
      return;
    }
    const found = await get(`/hotline/knowledge?q=${encodeURIComponent(asked)}`).catch(() => []);
    if (part("k-q").value.trim() !== asked) return;
    part("articles").replaceChildren(...(found.length ? found.map((article) => this.article(article)) : [make("p", { className: "soft small", textContent: t("没有找到；可按咨询登记，由承办单位答复", "Nothing found; register it as an enquiry") })]));
  }

  article(article) {
    return make("details", { className: "article" }, make("summary", { textContent: article.title, lang: article.lang === "en" ? "en" : "zh-CN" }),
      make("p", { textContent: article.body, lang: article.lang === "en" ? "en" : "zh-CN" }),
      make("button", { type: "button", className: "button", textContent: t("来电人认可：记为当场答复", "It contents the caller: answered on the line"), onclick: () => this.answer(article.id) }));
  }

  async answer(article) {
    const typed = this.typed;
    if (!typed.narrative) typed.narrative = part("k-q").value;
    await this.send(`${this.url}/answer`, { typed: { ...typed, article: String(article), content: "1" } });
  }

  get isIn() {
    return this.form.contains(document.activeElement);
  }

  focus() {
    part("m-narrative").focus();
  }

  // Resolve to whether everything typed is with the house.
  async settled() {
    clearTimeout(this.timer);
    if (this.isUnsent) await this.keep();
    return !this.isUnsent;
  }
}
