// The register of matters beside the questionnaire: what the resident raised, without leaving the question.
import { Alarm } from "./alarm.js";
import { leaveFields, make, part, problemWords, stressed } from "./interviewer_parts.js";
import { post } from "./post.js";
import { t } from "./words.js";

// One form makes one matter, however often it is sent.
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class MatterForm {
  constructor(consents, patterns) {
    this.consents = consents;
    this.watch = new Alarm(patterns);
    this.form = part("matter");
    this.case = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.form.addEventListener("input", () => {
      this.keep();
      this.alarm();
    });
    this.form.addEventListener("change", (event) => {
      if (event.target.name === "topic") this.proposeUrgency();
      if (event.target.name === "identity") this.sayConsent(true);
      if (event.target.name === "conflict") this.askUnit();
    });
    part("matter-again").addEventListener("click", () => this.again());
    part("matter-later").addEventListener("click", () => this.later());
    this.sayConsent(false);
  }

  get identity() {
    return this.form.elements.identity.value;
  }

  // Another case in hand: its township, and what was typed for it before the page was lost.
  take(screen) {
    const id = screen.case?.id ?? null;
    if (id === this.case) return;
    const kept = id && JSON.parse(sessionStorage.getItem(`matter:${id}`) || "null");
    this.case = id;
    this.again();
    part("m-place").replaceChildren(...(screen.towns ?? []).map((town) =>
      make("option", { value: town.id, textContent: town.name, selected: town.id === screen.case.township })));
    if (!kept) return;
    for (const name of ["form_key", "narrative", "topic", "spot", "kind", "urgency", "conflict", "conflict_unit"]) this.form.elements[name].value = kept[name] ?? "";
    this.askUnit();
    this.keep();
    this.alarm({ proposes: false });
  }

  // Words of danger: whom to put the resident through to, before anything is registered; U1 is proposed once, and
  // never over what was chosen before the page was lost.
  alarm({ proposes = true } = {}) {
    const said = part("m-narrative").value;
    const inCrisis = this.watch.holds("crisis", said);
    const isAlarming = inCrisis || this.watch.holds("danger", said);
    part("m-alarm").hidden = !isAlarming;
    part("m-alarm").textContent = inCrisis
      ? t("可能有轻生的念头：先陪伴，征得同意后转希望热线；有现实危险请对方拨 110、120。心理内容不写入诉求。", "Someone may want to die: stay with them and, with consent, give them the hope line; in present danger 110 or 120. Nothing psychological goes into a matter.")
      : t("有现实危险：先请对方拨 110、119 或 120，再登记；建议按 U1 办理。", "Present danger: let them call 110, 119 or 120 first, then register; U1 is proposed.");
    if (proposes && isAlarming && !this.wasAlarming) part("m-urgency").value = "u1";
    this.wasAlarming = isAlarming;
  }

  keep() {
    if (!this.case) return;
    const told = Object.fromEntries(new FormData(this.form));
    sessionStorage.setItem(`matter:${this.case}`, JSON.stringify(told));
  }

  proposeUrgency() {
    const urgency = part("m-topic").selectedOptions[0]?.dataset.urgency;
    if (urgency) part("m-urgency").value = urgency;
  }

  sayConsent(isChanged) {
    part("m-consent-line").textContent = t("请读出：{line}", "Read out: {line}", { line: this.consents[this.identity] });
    if (isChanged) part("m-consent").checked = false;
  }

  // The unit is asked for only where somebody of one is complained about.
  askUnit() {
    part("m-about-unit").hidden = !["staff", "unit"].includes(part("m-conflict").value);
  }

  get isIn() {
    return this.form.contains(document.activeElement) || part("registered").contains(document.activeElement);
  }

  // F2: into the register, and back to the question.
  toggle() {
    if (this.isIn) leaveFields();
    else (part("registered").hidden ? part("m-narrative") : part("matter-again")).focus();
  }

  again() {
    this.form.reset();
    this.form.elements.form_key.value = newKey();
    this.form.hidden = false;
    part("registered").hidden = true;
    part("matter-notice").replaceChildren();
    this.sayConsent(true);
    this.askUnit();
    this.alarm();
    const place = [...part("m-place").options].find((option) => option.defaultSelected);
    if (place) place.selected = true;
    if (this.case) sessionStorage.removeItem(`matter:${this.case}`);
  }

  say(words, kind = "bad") {
    part("matter-notice").replaceChildren(make("p", { className: `flash flash-${kind}`, textContent: words }));
  }

  // What there was no time to complete is kept, and the desk rings back.
  async later() {
    if (!this.case) this.say(t("没有个案在手，没有存下；写的内容都在", "There is no case in hand, so nothing was kept; what you typed is still here"));
    if (!this.case || this.isSending) return;
    this.isSending = true;
    try {
      const kept = await post("/interviewer/matter/later", { ...Object.fromEntries(new FormData(this.form)), case: this.case });
      this.again();
      this.say(kept.words, "good");
      leaveFields();
    } catch (problem) {
      this.say(problemWords(problem));
    } finally {
      this.isSending = false;
    }
  }

  async send() {
    if (!this.case) this.say(t("没有个案在手，不能登记；写的内容都在", "There is no case in hand, so nothing was registered; what you typed is kept"));
    if (!this.case || this.isSending) return;
    this.isSending = true;
    const told = Object.fromEntries(new FormData(this.form));
    try {
      const made = await post("/interviewer/matter", { ...told, case: this.case, place: Number(told.place) || null, consent: part("m-consent").checked });
      sessionStorage.removeItem(`matter:${this.case}`);
      const line = made.read_aloud.replace(made.receipt, "**$&**").replace(made.pin, "**$&**");
      part("read-aloud").replaceChildren(...stressed(t("请读出：{line}", "Read out: {line}", { line })));
      this.form.hidden = true;
      part("registered").hidden = false;
      const text = part("text-receipt");
      if (text) {
        text.dataset.receiptText = made.receipt;
        text.hidden = told.identity === "anonymous";
        text.disabled = false;
        part("receipt-text-says").textContent = "";
      }
      leaveFields();
    } catch (problem) {
      this.say(problemWords(problem));
    } finally {
      this.isSending = false;
    }
  }
}
