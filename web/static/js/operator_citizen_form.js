// The citizen line's form: what is raised, as it is typed, and how the call ended; saved field by field, never lost.
import { Alarm } from "./alarm.js";
import { make, part, problemWords } from "./interviewer_parts.js";
import { ChangeQueue, joined } from "./operator_saving.js";
import { get } from "./post.js";
import { t } from "./words.js";

const RETRY_MS = 2000;

export class MatterForm {
  // tell.onSaved(waiting, isLost, at), tell.onHeard(told) of what the house holds, tell.onLeft(form) for one that is
  // unsent when its call goes
  constructor(consents, tell) {
    this.consents = consents;
    this.tell = tell;
    this.element = part("matter");
    this.ended = { result: part("c-result"), note: part("c-note") };
    this.typedNames = [...new Set([...this.element.elements].map((field) => field.name).filter(Boolean))];
    this.names = [...this.typedNames, ...Object.keys(this.ended)];
    this.token = this.queue = this.village = null;
    this.element.addEventListener("input", () => this.changed(this.typedNames, true));
    this.element.addEventListener("change", (event) => this.chosen(event.target.name));
    for (const [name, field] of Object.entries(this.ended)) {
      field.addEventListener("input", () => this.changed([name], true));
      field.addEventListener("change", () => this.changed([name]));
    }
  }

  get url() {
    return `/hotline/contacts/${this.token}/matter/draft`;
  }

  // --- another call in hand

  open(token) {
    this.leave();
    this.token = token;
    this.queue = this.refusal = null;
    if (!token) return;
    this.clear();
    for (const field of Object.values(this.ended)) field.value = "";
    this.blank = this.values;
    this.load();
  }

  // Nothing is saved before it is known what the house holds: an almost empty form would go over what was typed before.
  async load() {
    const { token } = this;
    try {
      const told = await get(this.url);
      if (this.token === token) this.begin(told);
    } catch (problem) {
      if (this.token !== token) return;
      this.refusal = problem.status === 404 ? problem : null;
      if (this.refusal) this.say(problemWords(problem));
      else this.loading = setTimeout(() => this.load(), RETRY_MS);
      if (this.touched.length) this.tell.onSaved(this.touched.length, true, null);
    }
  }

  begin(told) {
    const own = this.values;
    const { touched } = this;
    this.queue = this.queued(told);
    this.show({ ...told.values, ...Object.fromEntries(touched.map((name) => [name, this.joins(name) && told.values[name] ? joined(told.values[name], own[name], this.joins(name)) : own[name]])) });
    this.tell.onHeard(told);
    this.tell.onSaved(0, false, null);
    if (touched.length) this.changed(this.names);
  }

  queued({ version, values }) {
    const queue = new ChangeQueue(this.url, version, values, {
      onState: (...told) => this.queue === queue && this.tell.onSaved(...told),
      onRefused: (_, problem) => this.queue === queue && this.say(problemWords(problem)),
      onFresh: (fresh, pending) => this.queue === queue && this.joinedBy(fresh, pending),
      joins: (name) => this.joins(name),
    });
    return queue;
  }

  joinedBy(fresh, pending) {
    this.show({ ...fresh.values, ...Object.fromEntries(pending) });
    this.tell.onHeard(fresh);
    this.say(t("这通来电的内容另有改动，已合到表里：请核对", "Something else was written of this call and has joined the form: please look it over"), "warn");
  }

  // What the house holds by now, under what is still unsent here.
  async refresh() {
    const { queue } = this;
    const fresh = await get(this.url);
    if (!queue || this.queue !== queue) return;
    queue.version = fresh.version;
    queue.held = { ...fresh.values };
    this.show({ ...fresh.values, ...queue.unsent });
    this.tell.onHeard(fresh);
  }

  // The call goes: what is unsent goes on being sent, and is shown where the house does not take it.
  leave() {
    clearTimeout(this.loading);
    if (!this.token) return;
    const lines = Object.fromEntries(this.names.map((name) => [name, this.line(name)]));
    const { touched, values } = this;
    const queue = this.queue ?? this.queued({ version: 0, values: {} });
    queue.refusal ??= this.refusal;
    for (const name of touched) queue.put(name, values[name]);
    this.queue = null;
    queue.leavePage();
    if (queue.waiting) this.tell.onLeft({ get waiting() { return queue.waiting; }, get refusal() { return queue.refusal; }, lines: () => Object.keys(queue.unsent).map((name) => lines[name]) });
  }

  // --- what is filled in

  get values() {
    return Object.fromEntries(this.names.map((name) => {
      const field = this.field(name);
      if (name === "village" && this.village !== null) return [name, this.village];
      return [name, field.type === "checkbox" && !field.checked ? "" : field.value];
    }));
  }

  get typed() {
    const { values } = this;
    return Object.fromEntries(this.typedNames.map((name) => [name, values[name]]));
  }

  // What was filled in before the house had answered.
  get touched() {
    const { values } = this;
    return this.token && !this.queue ? this.names.filter((name) => values[name] !== this.blank[name]) : [];
  }

  field(name) {
    return this.ended[name] ?? this.element.elements[name];
  }

  // What stands between the words of two people in one field; of choices one stands.
  joins(name) {
    const field = this.field(name);
    return field.tagName === "TEXTAREA" ? "\n" : field.tagName === "INPUT" && field.type !== "checkbox" ? t("；", "; ") : "";
  }

  line(name) {
    const found = this.field(name);
    const field = found.tagName ? found : [...found].find((one) => one.checked);
    const isBox = ["radio", "checkbox"].includes(field.type);
    const label = isBox ? field.closest("fieldset")?.querySelector("legend") : document.querySelector(`label[for="${field.id}"]`);
    const said = isBox ? (field.checked ? field.closest("label").textContent : "") : field.selectedOptions?.[0]?.textContent ?? field.value;
    return [label?.firstChild.textContent.trim() ?? "", said.trim()];
  }

  show(values) {
    const shown = this.values;
    for (const name of this.names) {
      const value = values[name] ?? this.blank[name];
      if (value === shown[name]) continue;
      const field = this.field(name);
      if (name === "village") this.village = value;
      else if (field.type === "checkbox") field.checked = value === field.value;
      else field.value = value;
    }
    if ((values.place ?? "") !== shown.place || this.village !== null) this.villages(values.village ?? "");
    this.askUnit();
    this.sayConsent();
    this.heed(false);
  }

  clear() {
    this.element.reset();
    this.villages("");
    this.askUnit();
    this.sayConsent();
    this.say("");
    this.element.querySelectorAll(".field-wrong").forEach((field) => field.classList.remove("field-wrong"));
    this.wasAlarming = false;
    part("alarm").hidden = true;
  }

  changed(names, isTyping = false) {
    if (!this.token) return;
    this.heed();
    if (!this.queue) {
      this.tell.onSaved(1, Boolean(this.refusal), null);
      return;
    }
    const { values } = this;
    const known = { ...this.queue.held, ...this.queue.unsent };
    for (const name of names) if ((known[name] ?? "") !== values[name]) this.queue.put(name, values[name], isTyping);
  }

  chosen(name) {
    if (name === "topic") {
      const urgency = part("m-topic").selectedOptions[0]?.dataset.urgency;
      if (urgency) part("m-urgency").value = urgency;
    }
    if (name === "identity") {
      part("m-consent").checked = false;
      this.sayConsent();
    }
    if (name === "conflict") this.askUnit();
    if (name === "place") this.villages("");
    if (name === "village") this.village = null;
    this.changed(this.typedNames);
  }

  askUnit() {
    part("m-about-unit").hidden = !["staff", "unit"].includes(part("m-conflict").value);
  }

  // The villages of the place; the one that was chosen stands until they are there.
  async villages(chosen) {
    const place = part("m-place").value;
    const list = (...options) => part("m-village").replaceChildren(new Option(t("不清楚", "Not known"), ""), ...options);
    this.village = chosen || null;
    list();
    if (!place) return;
    const found = await get(`/hotline/places/${place}`).catch(() => null);
    if (!found || part("m-place").value !== place) return;
    list(...found.map((village) => new Option(village.name, village.id, false, String(village.id) === this.village)));
    this.village = null;
  }

  sayConsent() {
    part("m-consent-line").textContent = t("请读出：{line}", "Read out: {line}", { line: this.consents[this.element.elements.identity.value] });
  }

  // Danger in what was said is shown at once, and an urgency proposed where it is newly typed.
  heed(proposes = true) {
    const said = part("m-narrative").value;
    this.watch ??= new Alarm(part("operator").alarmWords);
    const crisis = this.watch.holds("crisis", said);
    const danger = this.watch.holds("danger", said);
    part("alarm").hidden = !crisis && !danger;
    part("alarm").replaceChildren(make("p", { className: "flash flash-bad", textContent: crisis
      ? t("可能有轻生的念头：先陪伴，征得同意后转希望热线；有现实危险立即转 110、120。心理内容不写入诉求。", "Someone may want to die: stay with them and, with consent, put them through to the hope line; in present danger 110 or 120 at once. Nothing psychological goes into a matter.")
      : t("有人身或安全危险：先转 110、119 或 120，再登记；建议按 U1 紧急办理。", "Present danger: put them through to 110, 119 or 120 first, then register; U1 is proposed.") }));
    if (proposes && (crisis || danger) && !this.wasAlarming) part("m-urgency").value = "u1";
    this.wasAlarming = crisis || danger;
  }

  say(words, kind = "bad") {
    part("matter-notice").replaceChildren(...(words ? [make("p", { className: `flash flash-${kind}`, textContent: words })] : []));
    if (words) part("matter-notice").scrollIntoView({ block: "nearest" });
  }

  wrong(problem) {
    this.element.querySelectorAll(".field").forEach((field) => field.classList.toggle("field-wrong", [...field.querySelectorAll("[name]")].some((e) => e.name in problem.fields)));
    this.say(problemWords(problem));
    this.element.querySelector(".field-wrong [name]")?.focus();
  }

  // --- whether the house has it

  get isUnsent() {
    return this.queue ? this.queue.waiting > 0 : this.touched.length > 0;
  }

  settled() {
    return this.queue ? this.queue.settled() : Promise.resolve(!this.touched.length);
  }
}
