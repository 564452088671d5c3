// The rooms beside a counselling talk: each is a page of its own, shown bare; its forms are sent from here.
import { make, part } from "./interviewer_parts.js";
import { token as formToken } from "./post.js";
import { t } from "./words.js";

const ANY = "TOKEN";

export class Panels {
  constructor(panels) {
    this.panels = panels;
    this.element = part("panels");
    this.token = null;
    this.at = 0;
  }

  show(token) {
    if (this.token === token) return;
    this.token = token;
    this.element.hidden = !token || !this.panels.length;
    this.element.replaceChildren();
    if (!token || !this.panels.length) return;
    this.tabs = this.panels.map((panel, n) => make("button", { type: "button", id: `tab-${n}`, textContent: panel.words, onclick: () => this.open(n), attrs: { role: "tab", "aria-controls": "panel-body" } }));
    this.body = make("div", { className: "panel-body", id: "panel-body", tabIndex: 0, attrs: { role: "tabpanel" } });
    this.body.addEventListener("submit", (event) => this.submit(event));
    this.body.addEventListener("click", (event) => this.follow(event));
    const list = make("div", { className: "panel-tabs", attrs: { role: "tablist", "aria-label": t("旁边各页", "Panels") } }, ...this.tabs);
    list.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by) this.step(by, true);
    });
    this.element.append(list, this.body);
    this.open(0);
  }

  open(n) {
    this.at = n;
    this.tabs.forEach((tab, m) => {
      tab.setAttribute("aria-selected", String(m === n));
      tab.tabIndex = m === n ? 0 : -1;
    });
    this.body.setAttribute("aria-labelledby", `tab-${n}`);
    return this.load(this.panels[n].url.replace(ANY, this.token));
  }

  step(by = 1, onTabs = false) {
    if (!this.token || !this.panels.length) return;
    const isIn = this.element.contains(document.activeElement);
    const n = isIn || onTabs ? (this.at + by + this.panels.length) % this.panels.length : this.at;
    const opened = n === this.at ? Promise.resolve() : this.open(n);
    if (onTabs) this.tabs[n].focus();
    else opened.then(() => (this.body.querySelector("input:not([type=hidden]), textarea, select, button") ?? this.body).focus());
  }

  async load(url, options = {}) {
    const token = this.token;
    try {
      const response = await fetch(url, { credentials: "same-origin", ...options, headers: { "X-Panel": "1", Accept: "text/html", ...(options.headers ?? {}) } });
      const html = await response.text();
      if (token !== this.token) return;
      this.url = response.url;
      this.fill(html, response);
    } catch {
      this.say(t("连接断开，没有打开；请再按一次。这一页里写的还在", "The connection is lost; press again. What you wrote here is still there"));
    }
  }

  fill(html, response) {
    const page = new DOMParser().parseFromString(html, "text/html"); // our own server's escaped page
    const inside = page.querySelector("#main") ?? page.body;
    if (!response.ok && !inside.querySelector("form")) {
      this.say(inside.querySelector("h1, .lead, p")?.textContent ?? t("没有打开", "It did not open"));
      return;
    }
    inside.querySelectorAll("script, .skip").forEach((element) => element.remove());
    inside.querySelectorAll("h1").forEach((head) => head.replaceWith(make("h2", {}, ...head.childNodes))); // one first heading a page
    this.body.replaceChildren(...inside.childNodes);
    this.body.scrollTop = 0;
    if (this.body.querySelector("[data-chart]")) import("./charts.js").then((charts) => charts.start(this.body));
    if (this.body.querySelector("[data-due]")) import("./danger.js").then((danger) => danger.start(this.body));
    this.element.dispatchEvent(new CustomEvent("changed"));
  }

  say(words) {
    this.body.querySelector(".panel-said")?.remove();
    this.body.prepend(make("p", { className: "flash flash-bad panel-said", textContent: words, attrs: { role: "alert" } }));
  }

  submit(event) {
    const form = event.target;
    event.preventDefault();
    const told = new FormData(form, event.submitter);
    const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? this.url;
    if ((form.getAttribute("method") ?? "get").toLowerCase() === "get") {
      this.load(`${new URL(action, this.url).pathname}?${new URLSearchParams(told)}`);
      return;
    }
    this.load(action, { method: "POST", body: told, headers: { "X-CSRFToken": formToken() } });
  }

  follow(event) {
    const link = event.target.closest("a[href]");
    if (!link || link.target) return;
    const url = new URL(link.getAttribute("href"), this.url);
    event.preventDefault();
    if (url.pathname.startsWith(`/counselling/${this.token}/`)) this.load(url.pathname + url.search);
    else window.open(url.href, "_blank", "noopener");
  }
}
