// The counselling record: drawn from the form's own data, usable by keyboard alone, saved as it is typed.
import { key, make, part, problemWords } from "./interviewer_parts.js";
import { clock } from "./operator_idle.js";
import { ChangeQueue } from "./operator_saving.js";
import { get } from "./post.js";
import { t } from "./words.js";

const NOT_SAID = "not_said";

export class RecordForm {
  // tell.onSaved(waiting, isLost, at), tell.say(words)
  constructor(token, places, tell) {
    this.token = token;
    this.url = `/counselling/${token}/record`;
    this.places = places;
    this.tell = tell;
    this.holders = new Map();
    this.element = make("form", { className: "record", autocomplete: "off", data: { noDraft: "" }, onsubmit: (event) => event.preventDefault() });
    this.element.append(make("p", { className: "soft", textContent: t("正在取记录…", "Fetching the record…") }));
  }

  async open() {
    const record = await get(this.url);
    this.queue = new ChangeQueue(this.url, record.version, record.values, {
      onState: (waiting, isLost, at) => this.tell.onSaved(waiting, isLost, at),
      onRefused: (fields, problem) => this.refused(fields, problem),
      onFresh: (fresh, pending) => this.fresh(fresh, pending),
      joins: (name) => (this.holders.get(name)?.field.kind === "text" ? "\n" : ""),
    });
    this.draw(record, record.values, record.is_finished || !record.is_mine);
    this.tell.onSaved(0, false, null);
  }

  draw({ form, late }, values, isShut) {
    this.holders.clear();
    this.element.replaceChildren(...late.map((note) => this.lateNote(note)), ...form.parts.map((section) => this.section(section, values)));
    if (isShut) {
      this.element.prepend(make("p", { className: "flash flash-plain", textContent: t("这份记录已经完成，只能查看", "This record is finished and can only be read") }));
      for (const field of this.element.elements) field.disabled = true;
    }
  }

  // What somebody had typed before the call went to another, and which came too late for the fields below.
  lateNote({ who, at, lines }) {
    return make("section", { className: "flash flash-plain late-note" },
      make("p", { className: "small soft", textContent: t("{who} 在 {at} 补到的内容，没有覆盖下面已写的", "From {who}, arrived at {at}; nothing below was written over", { who, at: clock(at) }) }),
      ...lines.map(([label, text]) => make("p", {}, make("strong", { textContent: label }), " ", make("span", { textContent: text, lang: "zh" }))));
  }

  section({ code, words, fields }, values) {
    const ratings = fields.filter((field) => field.kind === "rating");
    const others = fields.filter((field) => field.kind !== "rating");
    const rated = ratings.length ? [make("div", { className: "ratings" }, ...ratings.map((field) => this.field(field, values[field.name])))] : [];
    const inside = others.map((field) => this.field(field, values[field.name]));
    return make("fieldset", { className: "record-part", data: { part: code } }, make("legend", { textContent: words }),
      make("div", { className: "record-fields" }, ...rated, ...inside));
  }

  field(field, value) {
    const holder = { choice: () => this.choice(field, value), choices: () => this.choices(field, value), text: () => this.text(field, value), rating: () => this.rating(field, value), township: () => this.township(field, value) }[field.kind]();
    holder.dataset.field = field.name;
    holder.append(make("p", { className: "field-error", id: `r-${field.name}-note`, hidden: true }));
    this.holders.set(field.name, { holder, field });
    return holder;
  }

  put(name, value, isTyping = false) {
    this.mark(name, "");
    this.queue.put(name, value, isTyping);
  }

  options(field, value, type, read) {
    const held = Array.isArray(value) ? value : [value];
    return make("fieldset", { className: "field" }, make("legend", { textContent: field.words }),
      make("div", { className: "choice-row" }, ...field.options.map((option) => make("label", { className: "choice" },
        make("input", { type, name: `r-${field.name}`, value: option.code, checked: held.includes(option.code), onchange: read }),
        make("span", { textContent: option.words })))));
  }

  choice(field, value) {
    if (field.options.length > 5) return this.select(field, value, field.options.map((option) => [option.code, option.words]), (chosen) => chosen || null);
    return this.options(field, value, "radio", (event) => this.put(field.name, event.target.value));
  }

  choices(field, value) {
    const holder = this.options(field, value ?? [], "checkbox", (event) => {
      const chosen = [...holder.querySelectorAll("input:checked")].map((box) => box.value);
      if (field.most && chosen.length > field.most) {
        event.target.checked = false;
        this.mark(field.name, t("最多选 {n} 项", "At most {n}", { n: field.most }));
        return;
      }
      this.put(field.name, chosen);
    });
    holder.classList.add("wide");
    return holder;
  }

  select(field, value, options, read) {
    return make("div", { className: "field" }, make("label", { htmlFor: `r-${field.name}`, textContent: field.words }),
      make("select", { id: `r-${field.name}`, onchange: (event) => this.put(field.name, read(event.target.value)) },
        make("option", { value: "", textContent: "—" }), ...options.map(([code, words]) => make("option", { value: code, textContent: words, selected: String(value ?? "") === String(code) }))));
  }

  township(field, value) {
    const holder = this.select(field, value, [], (chosen) => Number(chosen) || null);
    holder.querySelector("select").append(...this.places.map((county) => make("optgroup", { label: county.name },
      ...county.towns.map((town) => make("option", { value: town.id, textContent: town.name, selected: town.id === value })))));
    return holder;
  }

  text(field, value) {
    const area = make("textarea", { id: `r-${field.name}`, rows: field.rows, maxLength: field.longest, value: value ?? "", oninput: (event) => this.put(field.name, event.target.value, true), onchange: (event) => this.put(field.name, event.target.value) });
    return make("div", { className: "field wide" }, make("label", { htmlFor: area.id, textContent: field.words }), area);
  }

  // A rating: arrows and Page keys move it, digits type it, N says that it was asked and not said.
  rating(field, value) {
    const id = `r-${field.name}`;
    const output = make("output", { htmlFor: id });
    const range = make("input", { id, type: "range", min: 0, max: 100, step: 1, attrs: { "aria-describedby": `${id}-say` } });
    const silent = make("input", { type: "checkbox", id: `${id}-silent` });
    const holder = make("div", { className: "rating" },
      make("div", { className: "rating-head" }, make("label", { htmlFor: id, textContent: field.words }), output),
      make("p", { className: "say-line", id: `${id}-say`, textContent: field.ask }), range,
      make("label", { className: "check" }, silent, make("span", {}, t("没有说", "Not said"), " ", key("N"))));
    const show = (now) => {
      holder.dataset.empty = String(typeof now !== "number");
      silent.checked = now === NOT_SAID;
      range.value = typeof now === "number" ? now : 50;
      output.textContent = typeof now === "number" ? String(now) : now === NOT_SAID ? t("没有说", "not said") : "—";
      range.setAttribute("aria-valuetext", output.textContent === "—" ? t("还没有评", "not rated yet") : output.textContent);
    };
    const give = (now, isTyping) => {
      show(now);
      this.put(field.name, now, isTyping);
    };
    let digits = "";
    let digitsAt = 0;
    range.addEventListener("input", () => give(Number(range.value), true));
    range.addEventListener("change", () => give(Number(range.value)));
    range.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (/^[0-9]$/.test(event.key)) {
        digits = performance.now() - digitsAt < 1200 ? digits + event.key : event.key;
        if (Number(digits) > 100) digits = event.key;
        digitsAt = performance.now();
        give(Number(digits), true);
      } else if (event.key.toLowerCase() === "n") give(silent.checked ? null : NOT_SAID);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    silent.addEventListener("change", () => give(silent.checked ? NOT_SAID : null));
    show(value);
    holder.show = show;
    return holder;
  }

  mark(name, words) {
    const found = this.holders.get(name);
    if (!found) return;
    const note = found.holder.querySelector(".field-error");
    note.textContent = words;
    note.hidden = !words;
    found.holder.classList.toggle("field-wrong", Boolean(words));
  }

  // What lacks or can't be kept, beside its field; the first of them takes the focus.
  markAll(fields) {
    for (const name of this.holders.keys()) this.mark(name, fields[name] ?? "");
    const first = [...this.holders].find(([name]) => fields[name]);
    first?.[1].holder.querySelector("input, select, textarea")?.focus();
  }

  refused(fields, problem) {
    for (const [name, words] of Object.entries(fields)) this.mark(name, words);
    this.tell.say(problemWords({ message: problem.message, fields: {} }));
  }

  fresh(record, pending) {
    this.draw(record, { ...record.values, ...Object.fromEntries(pending) }, record.is_finished);
    this.tell.say(record.is_finished
      ? t("这份记录已在另一个窗口完成", "The record was finished in another window")
      : t("另一个窗口改过这份记录，已合到一起", "Another window changed this record; both are kept together"));
  }

  focus() {
    const wanted = document.getElementById("r-narrative") ?? this.element.querySelector("input, textarea, select");
    wanted?.focus();
  }

  get isIn() {
    return this.element.contains(document.activeElement);
  }

  settled() {
    return this.queue ? this.queue.settled() : Promise.resolve(true);
  }

  get waiting() {
    return this.queue?.waiting ?? 0;
  }

  get refusal() {
    return this.queue?.refusal ?? null;
  }

  // What is unsent, as label and text.
  lines() {
    return Object.entries(this.queue?.unsent ?? {}).map(([name, value]) => {
      const field = this.holders.get(name)?.field;
      const words = Object.fromEntries((field?.options ?? []).map((option) => [option.code, option.words]));
      return [field?.words ?? name, [value].flat().map((one) => words[one] ?? (one === NOT_SAID ? t("没有说", "not said") : String(one ?? ""))).join(t("、", ", "))];
    });
  }

  close() {
    this.queue?.leavePage();
  }
}

// What stands in the foot of the page while a record is open.
export function savedWords(waiting, isLost, at) {
  if (isLost) return ["dot-red", t("连接断开，{n} 项未存，正在重试；请不要关页面", "Connection lost, {n} unsaved, trying again; keep this page open", { n: waiting })];
  if (waiting) return ["dot-yellow", t("正在保存…", "Saving…")];
  const when = at ? clock(at, { second: "2-digit" }) : "";
  return ["dot-green", when ? t("{when} 已保存", "Saved at {when}", { when }) : t("边写边存", "Saved as you type")];
}

export function showSaved(waiting, isLost, at) {
  const [dot, words] = savedWords(waiting, isLost, at);
  part("saved").hidden = false;
  part("saved").replaceChildren(make("span", { className: `dot ${dot}` }), ` ${words}`);
}
