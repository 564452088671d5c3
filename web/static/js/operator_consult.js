// Asking a colleague: who is free, who asks me, together with the caller, passed on, or back again.
import { make, part, problemWords } from "./interviewer_parts.js";
import { get, post } from "./post.js";
import { t } from "./words.js";

const SURE_MS = 15000;

export class Consult {
  // tell.say(words, kind), tell.look(), tell.unsaved() for what would be left behind
  constructor(isOffered, tell) {
    this.isOffered = isOffered;
    this.tell = tell;
    this.told = {};
  }

  // What the page's look tells of consults; an answer that is on its way is newer.
  take(told) {
    if (this.isOffered && told && !this.isAsking) this.show(told);
  }

  async ask(path, told = {}) {
    this.isAsking = true;
    try {
      const screen = await post(`/hotline/${path}`, told);
      if ("asked" in screen) this.show(screen);
      this.tell.look();
    } catch (problem) {
      this.tell.say(problemWords(problem));
    } finally {
      this.isAsking = false;
    }
  }

  // Passed on is what the house has: what is still on its way, or typed and not sent, is waited for or said first.
  async pass(token) {
    if (this.isPassing) return;
    this.isPassing = true;
    this.tell.say(t("正在存好，再转接…", "Saving first, then passing on…"), "plain");
    const words = await this.tell.unsaved();
    this.isPassing = false;
    if (words && !(this.sureUntil > performance.now())) {
      this.sureUntil = performance.now() + SURE_MS;
      this.tell.say(words, "warn");
      return;
    }
    this.tell.say();
    await this.ask(`contacts/${token}/consult/transfer`);
  }

  // F9: whom to ask.
  async open(token) {
    if (!this.isOffered || !token) return;
    try {
      const { colleagues } = await get(`/hotline/contacts/${token}/colleagues`);
      part("colleagues").replaceChildren(colleagues.length
        ? make("ul", { className: "plain" }, ...colleagues.map(({ id, name }) => make("li", {}, make("span", { textContent: name }),
          make("button", { type: "button", className: "button", textContent: t("请来一起听", "Ask in"), onclick: () => { part("consult-sheet").close(); this.ask(`contacts/${token}/consult`, { colleague: id }); } }))))
        : make("p", { className: "soft", textContent: t("现在没有空闲的同事。需要帮助请按 F1 求援。", "No colleague is free now. F1 calls for help.") }));
      part("consult-sheet").showModal();
    } catch (problem) {
      this.tell.say(problemWords(problem));
    }
  }

  show(told) {
    const words = JSON.stringify(told);
    if (words === this.drawn) return;
    this.drawn = words;
    this.told = told;
    const { asked, mine, must_tell: mustTell } = told;
    part("asked").hidden = !asked;
    part("asked").replaceChildren(...(asked ? [
      make("p", { className: "strong", textContent: t("{who} 请您一起听（{line}）", "{who} asks you in ({line})", { who: asked.who, line: asked.line_words }) }),
      make("p", { className: "small soft", textContent: asked.label }),
      asked.state === "asked" ? make("div", { className: "row" },
        make("button", { type: "button", className: "button button-primary", textContent: t("接入", "Join"), onclick: () => this.ask(`consults/${asked.id}/accept`) }),
        make("button", { type: "button", className: "button", textContent: t("现在不行", "Not now"), onclick: () => this.ask(`consults/${asked.id}/decline`) })) : ""] : []));
    part("consulting").hidden = !mine && !mustTell;
    part("consulting").replaceChildren(
      ...(mine ? [make("p", { className: "small", textContent: `${mine.who} · ${mine.label}` }), make("div", { className: "row" },
        make("button", { type: "button", className: "button", textContent: t("转给同事", "Pass on"), onclick: () => this.pass(mine.token) }),
        make("button", { type: "button", className: "button", textContent: t("回到来电人", "Back to the caller"), onclick: () => this.ask(`contacts/${mine.token}/consult/end`) }))] : []),
      ...(mustTell ? [make("button", { type: "button", className: "button button-wide", textContent: t("已告知：督导可能旁听", "Told them: a supervisor may listen"), onclick: () => this.ask(`contacts/${mustTell}/told`) })] : []));
  }
}
