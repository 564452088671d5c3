// Drafts of the counselling room's forms: what is typed is kept by the house, sealed and for this person alone; the
// browser writes nothing down. A form takes part by a hidden field "draft" that names it.
import { make } from "./interviewer_parts.js";
import { post } from "./post.js";
import { t } from "./words.js";

const SOON_MS = 1200;
const RETRY_MS = 4000;
const LAST_MS = 2000;
const SKIPPED = ["hidden", "password", "file", "submit", "button", "tel"];

export function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !SKIPPED.includes(field.type));
}

// Every field's values; of boxes those that are ticked.
export function typedIn(form) {
  const told = {};
  for (const field of fieldsOf(form)) {
    told[field.name] ??= [];
    if (!["checkbox", "radio"].includes(field.type) || field.checked) told[field.name].push(field.value);
  }
  return told;
}

// Put values back and say whether anything changed by it.
export function putBack(form, told) {
  let changed = false;
  for (const field of fieldsOf(form)) {
    const values = told[field.name];
    if (!values) continue;
    if (["checkbox", "radio"].includes(field.type)) {
      changed ||= values.includes(field.value) !== field.checked;
      field.checked = values.includes(field.value);
    } else if (values.length && field.value !== values[0]) {
      field.value = values[0];
      changed = true;
    }
  }
  return changed;
}

// Whether a field holds something else than the page came with: typed before this script had arrived.
function isTouched(field) {
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.defaultSelected) && ![...field.selectedOptions].every((option) => option.defaultSelected);
  return "defaultValue" in field && field.value !== field.defaultValue;
}

class Draft {
  constructor(form) {
    this.form = form;
    this.mark = form.elements.draft;
    this.place = this.mark.value;
    form.addEventListener("input", () => this.later());
    form.addEventListener("change", () => this.later());
    form.addEventListener("submit", (event) => this.sending(event));
    if (fieldsOf(form).some(isTouched)) this.later();
  }

  later(soon = SOON_MS) {
    this.isTyped = this.isDue = true;
    this.isSent = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), soon);
  }

  // One after the other: an older state never arrives after a newer one.
  async keep(typed) {
    clearTimeout(this.timer);
    this.isDue = false;
    const before = this.underWay;
    const own = Promise.resolve(before).then(() => this.put(typed ?? typedIn(this.form)));
    this.underWay = own;
    await own;
    if (this.underWay === own) this.underWay = null;
  }

  async put(typed) {
    if (this.isSent) return;
    this.abort = new AbortController();
    try {
      await post(this.mark.dataset.keeps, { place: this.place, typed }, { signal: this.abort.signal });
    } catch (problem) {
      if (![403, 404, 409, 422].includes(problem.status) && !this.isSent) this.later(RETRY_MS);
    }
  }

  // Before the form goes, its last words are in the draft, whatever becomes of the sending; and nothing is under way
  // any more that would come back as unsent after it.
  async sending(event) {
    if (this.isSent || (!this.isDue && !this.underWay)) {
      this.isSent = true;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.isHeld) return;
    this.isHeld = true;
    const { submitter } = event;
    await Promise.race([this.isDue ? this.keep() : this.underWay, new Promise((done) => setTimeout(done, LAST_MS))]);
    this.isHeld = false;
    this.isSent = true;
    clearTimeout(this.timer);
    this.abort?.abort();
    this.form.requestSubmit(submitter);
  }

  give(typed) {
    if (this.isTyped || this.form.querySelector("[aria-invalid]") || !putBack(this.form, typed)) return;
    this.form.dispatchEvent(new CustomEvent("givenback", { bubbles: true }));
    const line = make("p", { className: "draft-note" }, t("这是您上次没有提交的内容。", "This is what you had typed and not sent. "));
    line.append(make("button", { type: "button", className: "link", textContent: t("丢弃草稿", "Discard the draft"), onclick: () => {
      this.form.reset();
      this.keep({});
      line.remove();
      this.form.dispatchEvent(new CustomEvent("discarded", { bubbles: true }));
    } }));
    this.form.prepend(line);
  }
}

// Begin to keep the forms below `root`, and give back what was typed into them before.
export async function start(root = document) {
  const drafts = [...root.querySelectorAll("input[name=draft][data-keeps]")].map((mark) => new Draft(mark.form));
  if (!drafts.length) return;
  const url = drafts[0].mark.dataset.keeps;
  const told = await post(`${url}/read`, { places: drafts.map((draft) => draft.place) }).catch(() => ({}));
  for (const draft of drafts) if (told[draft.place]) draft.give(told[draft.place]);
}
