// What was typed for a call that has left this page and is not with the house yet: it stays here, in the memory of this
// page alone, goes on being sent, and is shown to be copied where the house does not take it.
import { make } from "./interviewer_parts.js";
import { t } from "./words.js";

export class Unsent {
  constructor(element) {
    this.element = element;
    this.kept = new Set();
    this.drawn = "";
    addEventListener("beforeunload", (event) => this.count && event.preventDefault());
  }

  get count() {
    return [...this.kept].reduce((sum, one) => sum + one.waiting, 0);
  }

  // `one` tells: waiting (how many are unsent), refusal (why the house won't have them, or null), lines() as [label, text].
  add(one) {
    this.kept.add(one);
    this.draw();
  }

  draw() {
    for (const one of this.kept) if (!one.waiting) this.kept.delete(one);
    const told = JSON.stringify([...this.kept].map((one) => [one.waiting, one.refusal?.message]));
    if (told === this.drawn) return;
    this.drawn = told;
    this.element.replaceChildren(...[...this.kept].map((one) => (one.refusal ? this.refused(one) : make("p", {
      className: "flash flash-warn", textContent: t("刚才那通来电还有 {n} 项没有存上，正在重试；请不要关页面", "{n} entries of the last call are not saved yet, trying again; keep this page open", { n: one.waiting }),
    }))));
  }

  refused(one) {
    const text = make("textarea", { readOnly: true, rows: 5, value: one.lines().map(([label, words]) => `${label}${t("：", ": ")}${words}`).join("\n"), attrs: { "aria-label": t("没有存上的内容", "What was not saved") } });
    const copy = make("button", { type: "button", className: "button", textContent: t("复制", "Copy"), onclick: async () => {
      text.select();
      await navigator.clipboard?.writeText(text.value).catch(() => {});
      copy.textContent = t("已复制", "Copied");
    } });
    const done = make("button", { type: "button", className: "button button-quiet", textContent: t("已交给同事，收起", "Handed on; put away"), onclick: () => {
      this.kept.delete(one);
      this.draw();
    } });
    return make("section", { className: "flash flash-bad stack" },
      make("p", { textContent: t("刚才那通来电有 {n} 项没有存上：{why}。写过的都在这里：请复制，交给接手的同事或值班组长", "{n} entries of the last call were not saved: {why}. Everything typed is here: copy it and give it to who has the call now, or to the shift lead", { n: one.waiting, why: one.refusal.message }) }),
      text, make("div", { className: "row" }, copy, done));
  }
}
