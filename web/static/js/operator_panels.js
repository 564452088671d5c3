// The rooms beside a counselling talk: each is a page of its own, shown bare; its forms are sent from here. What is typed
// in one stays there while another is looked at, and while another call is in hand.
import { make, part } from "./interviewer_parts.js";
import { token as formToken } from "./post.js";
import { fieldsOf, putBack, start as startDrafts, typedIn } from "./room_drafts.js";
import { t } from "./words.js";

const ANY = "TOKEN";

// Which form of a page it is, also after the page was fetched anew.
function nameOf(form) {
  return form.elements.draft?.value ?? form.getAttribute("action") ?? "";
}

// One room of one call: its body stays in the page for as long as the call is known here.
class Room {
  constructor(panel, n, token) {
    this.words = panel.words;
    this.url = this.home = panel.url.replace(ANY, token);
    this.typed = new Set();
    this.body = make("div", { className: "panel-body", id: "panel-body", tabIndex: 0, attrs: { role: "tabpanel", "aria-labelledby": `tab-${n}` } });
    const note = (event) => event.target.form && this.typed.add(nameOf(event.target.form));
    this.body.addEventListener("input", note);
    this.body.addEventListener("change", note);
    this.body.addEventListener("givenback", (event) => this.typed.add(nameOf(event.target)));
    this.body.addEventListener("discarded", (event) => this.typed.delete(nameOf(event.target)));
  }

  forms() {
    return [...this.body.querySelectorAll("form")];
  }

  // What is typed and was not sent, as label and text.
  lines() {
    const fields = this.forms().filter((form) => this.typed.has(nameOf(form))).flatMap((form) => fieldsOf(form));
    const texts = fields.filter((field) => field.matches("textarea, input:not([type=checkbox], [type=radio])") && field.value.trim());
    return texts.map((field) => [`${this.words} ${field.labels[0]?.textContent.trim() ?? ""}`, field.value]);
  }

  // Put a fetched page in; what was typed into forms that were not sent stays in them.
  put(nodes, sent) {
    if (sent) this.typed.delete(sent);
    const kept = this.forms().filter((form) => this.typed.has(nameOf(form))).map((form) => [nameOf(form), typedIn(form)]);
    this.typed.clear();
    this.body.replaceChildren(...nodes);
    for (const form of this.forms()) {
      const found = kept.find(([name]) => name === nameOf(form));
      if (found && putBack(form, found[1])) this.typed.add(found[0]);
    }
    this.body.scrollTop = 0;
  }
}

export class Panels {
  constructor(panels) {
    this.panels = panels;
    this.element = part("panels");
    this.token = null;
    this.at = 0;
    this.calls = new Map();
  }

  show(token) {
    if (this.token === token) return;
    this.token = token;
    this.element.hidden = !token || !this.panels.length;
    this.element.replaceChildren();
    this.tidy();
    if (!token || !this.panels.length) return;
    if (!this.calls.has(token)) this.calls.set(token, this.panels.map((panel, n) => this.room(panel, n, token)));
    this.tabs = this.panels.map((panel, n) => make("button", { type: "button", id: `tab-${n}`, textContent: panel.words, onclick: () => this.open(n), attrs: { role: "tab", "aria-controls": "panel-body" } }));
    const list = make("div", { className: "panel-tabs", attrs: { role: "tablist", "aria-label": t("旁边各页", "Panels") } }, ...this.tabs);
    list.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by) this.step(by, true);
    });
    this.element.append(list);
    this.open(0);
  }

  room(panel, n, token) {
    const room = new Room(panel, n, token);
    room.body.addEventListener("submit", (event) => this.submit(room, event));
    room.body.addEventListener("click", (event) => this.follow(room, event));
    return room;
  }

  // A call that has gone and left nothing typed needs no room here.
  tidy() {
    for (const [token, rooms] of this.calls) if (token !== this.token && !rooms.some((room) => room.typed.size)) this.calls.delete(token);
  }

  forget(token) {
    this.calls.delete(token);
  }

  // What is typed and unsent in the rooms of a call that went to somebody else, to be shown and copied; null if nothing.
  leftBehind(token) {
    const lines = (this.calls.get(token) ?? []).flatMap((room) => room.lines());
    this.calls.delete(token);
    return lines.length ? { waiting: lines.length, refusal: { message: t("来电已转到别处", "the call has gone elsewhere") }, lines: () => lines } : null;
  }

  get rooms() {
    return this.calls.get(this.token) ?? [];
  }

  get here() {
    return this.rooms[this.at];
  }

  get body() {
    return this.here?.body;
  }

  // The rooms with something typed that was not sent.
  get unsent() {
    return this.rooms.filter((room) => room.typed.size).map((room) => room.words);
  }

  open(n) {
    this.body?.remove();
    this.at = n;
    this.tabs.forEach((tab, m) => {
      tab.setAttribute("aria-selected", String(m === n));
      tab.tabIndex = m === n ? 0 : -1;
    });
    this.element.append(this.body);
    return this.here.typed.size ? Promise.resolve() : this.load(this.here, this.here.home);
  }

  step(by = 1, onTabs = false) {
    if (!this.token || !this.panels.length) return;
    const isIn = this.element.contains(document.activeElement);
    const n = isIn || onTabs ? (this.at + by + this.panels.length) % this.panels.length : this.at;
    const opened = n === this.at ? Promise.resolve() : this.open(n);
    if (onTabs) this.tabs[n].focus();
    else opened.then(() => this.at === n && (this.body.querySelector("input:not([type=hidden]), textarea, select, button") ?? this.body).focus());
  }

  async load(room, url, options = {}, sent = "") {
    try {
      const response = await fetch(url, { credentials: "same-origin", ...options, headers: { "X-Panel": "1", Accept: "text/html", ...(options.headers ?? {}) } });
      const html = await response.text();
      room.url = response.url;
      this.fill(room, html, response, response.ok ? sent : "");
    } catch {
      this.say(room, t("连接断开，没有打开；请再按一次。这一页里写的还在", "The connection is lost; press again. What you wrote here is still there"));
    }
  }

  fill(room, html, response, sent) {
    const page = new DOMParser().parseFromString(html, "text/html"); // our own server's escaped page
    const inside = page.querySelector("#main") ?? page.body;
    if (!response.ok && !inside.querySelector("form")) {
      this.say(room, inside.querySelector("h1, .lead, p")?.textContent ?? t("没有打开", "It did not open"));
      return;
    }
    inside.querySelectorAll("script, .skip").forEach((element) => element.remove());
    inside.querySelectorAll("h1").forEach((head) => head.replaceWith(make("h2", {}, ...head.childNodes))); // one first heading a page
    room.put([...inside.childNodes], sent);
    if (response.ok) startDrafts(room.body);
    if (room.body.querySelector("[data-chart]")) import("./charts.js").then((charts) => charts.start(room.body));
    if (room.body.querySelector("[data-due]")) import("./danger.js").then((danger) => danger.start(room.body));
    this.element.dispatchEvent(new CustomEvent("changed"));
  }

  say(room, words) {
    room.body.querySelector(".panel-said")?.remove();
    room.body.prepend(make("p", { className: "flash flash-bad panel-said", textContent: words, attrs: { role: "alert" } }));
  }

  submit(room, event) {
    const form = event.target;
    event.preventDefault();
    const told = new FormData(form, event.submitter);
    const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? room.url;
    if ((form.getAttribute("method") ?? "get").toLowerCase() === "get") {
      this.load(room, `${new URL(action, location.href).pathname}?${new URLSearchParams(told)}`);
      return;
    }
    this.load(room, action, { method: "POST", body: told, headers: { "X-CSRFToken": formToken() } }, nameOf(form));
  }

  follow(room, event) {
    const link = event.target.closest("a[href]");
    if (!link || link.target) return;
    const url = new URL(link.getAttribute("href"), new URL(room.url, location.href));
    event.preventDefault();
    const other = this.rooms.findIndex((one) => one.home === url.pathname);
    if (other >= 0 && this.rooms[other] !== room && !url.search) this.open(other);
    else if (url.pathname.startsWith(`/counselling/${this.token}/`)) this.load(room, url.pathname + url.search);
    else window.open(url.href, "_blank", "noopener");
  }
}
