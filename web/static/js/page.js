// What every page does: keys, live parts, drafts, charts, sheets, menus.
import * as drafts from "./drafts.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import { t } from "./words.js";

function sheets() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    if (event.target.closest("[data-back]")) history.back();
    if (event.target.closest("[data-print]")) window.print();
  });
}

function menus() {
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
}

// One click fills the sign-in form with a demonstration account.
function accounts() {
  document.querySelectorAll("[data-fill]").forEach((button) => {
    button.addEventListener("click", () => {
      const form = document.getElementById("sign-in");
      form.elements.username.value = button.dataset.fill;
      form.elements.password.value = button.dataset.word;
      form.requestSubmit();
    });
  });
}

// A form is sent once, however often its button is pressed.
function once() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
}

// A table wider than its window can be scrolled by keyboard too.
function scrollers() {
  document.querySelectorAll(".table-wrap").forEach((wrap) => {
    if (wrap.scrollWidth <= wrap.clientWidth) return;
    wrap.tabIndex = 0;
    wrap.setAttribute("role", "group");
    wrap.setAttribute("aria-label", t("表格，可左右滚动", "Table, scrolls sideways"));
  });
}

scrollers();
window.addEventListener("resize", scrollers);
document.addEventListener("fresh", scrollers);
keys.start();
live.start();
drafts.start();
sheets();
menus();
accounts();
once();
if (document.querySelector("input[name=draft][data-keeps]")) import("./room_drafts.js").then((drafts) => drafts.start());
if (document.querySelector("[data-chart]")) import("./charts.js").then((charts) => charts.start());
