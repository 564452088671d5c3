// Beside the citizen line's form: what the call led to, what is read out, where a matter stands, articles to answer from.
import { make, part, problemWords, stressed } from "./interviewer_parts.js";
import { get, post } from "./post.js";
import { t } from "./words.js";

const SEARCH_MS = 350;

export class MatterSide {
  // tell.onFound() once a receipt was looked up, tell.onAnswer(article, asked) for one that contents the caller
  constructor(tell) {
    this.tell = tell;
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
      this.searching = setTimeout(() => this.search(), SEARCH_MS);
    });
  }

  open(token) {
    this.token = token;
    part("citizen-side").hidden = !token;
    part("registered").hidden = true;
    part("looked-up").replaceChildren();
    part("articles").replaceChildren();
    part("led-to").replaceChildren();
    part("look-up").reset();
    part("knowledge").reset();
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

  async lookUp() {
    const { token } = this;
    const box = part("looked-up");
    try {
      const told = await post(`/hotline/contacts/${token}/look-up`, { receipt: part("l-receipt").value, pin: part("l-pin").value });
      if (this.token !== token) return;
      box.replaceChildren(
        make("p", { className: "strong", textContent: `${told.receipt} · ${told.standing}` }),
        make("p", { className: "small", textContent: t("登记 {from}，承诺 {until} 前答复", "registered {from}, answer promised by {until}", { from: told.registered_on, until: told.promised_on }) }),
        told.result ? make("p", { className: "say small", textContent: told.result }) : make("p", { className: "small soft", textContent: t("还没有可以告知的结果", "There is no result to tell yet") }),
        told.is_own_number ? make("p", { className: "small soft", textContent: t("来电号码与登记时一致，不用密码", "Calls from the number it was registered with: no PIN needed") }) : "");
      this.tell.onFound();
    } catch (problem) {
      if (this.token === token) box.replaceChildren(make("p", { className: "flash flash-bad", textContent: problemWords(problem) }));
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
      make("button", { type: "button", className: "button", textContent: t("来电人认可：记为当场答复", "It contents the caller: answered on the line"), onclick: () => this.tell.onAnswer(article.id, part("k-q").value) }));
  }
}
