// Drafts: what is typed in a form (data-draft="name") survives a closed tab until it is sent. Sealed texts
// (data-draft-sealed) live in this tab only, since the computer may be shared.
import { t } from "./words.js";

const BIGGEST = 100000;
const SKIPPED = new Set(["csrf_token", "kept"]);

function shelf(form) {
  return "draftSealed" in form.dataset ? sessionStorage : localStorage;
}

function place(form) {
  return `draft:${document.documentElement.dataset.who}:${location.pathname}:${form.dataset.draft}`;
}

function typed(form) {
  return [...form.elements].filter(
    (e) => e.name && !SKIPPED.has(e.name) && !["password", "file", "submit", "button", "hidden"].includes(e.type),
  );
}

function keep(form) {
  const values = typed(form)
    .filter((e) => !(["checkbox", "radio"].includes(e.type) && !e.checked))
    .map((e) => [e.name, e.value]);
  const text = JSON.stringify(values);
  if (text.length < BIGGEST) shelf(form).setItem(place(form), text);
}

function giveBack(form) {
  const text = shelf(form).getItem(place(form));
  if (!text || form.querySelector("[aria-invalid]")) return;
  const values = JSON.parse(text);
  let changed = false;
  for (const e of typed(form)) {
    const mine = values.filter(([name]) => name === e.name).map(([, value]) => value);
    if (["checkbox", "radio"].includes(e.type)) {
      const on = mine.includes(e.value);
      changed ||= on !== e.checked;
      e.checked = on;
    } else if (mine.length && e.value !== mine[0]) {
      e.value = mine[0];
      changed = true;
    }
  }
  if (changed) note(form);
}

function note(form) {
  const line = document.createElement("p");
  line.className = "draft-note";
  line.append(t("这是您上次没有提交的内容。", "This is what you had typed and not sent. "));
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "link";
  drop.textContent = t("丢弃草稿", "Discard the draft");
  drop.addEventListener("click", () => {
    forget(form);
    form.reset();
    line.remove();
  });
  line.append(drop);
  form.prepend(line);
}

export function forget(form) {
  shelf(form).removeItem(place(form));
}

// A page that follows a good submission names the drafts it finished: <div data-draft-done="/path:name">.
export function start() {
  const who = document.documentElement.dataset.who;
  document.querySelectorAll("[data-draft-done]").forEach((mark) => {
    for (const store of [localStorage, sessionStorage]) store.removeItem(`draft:${who}:${mark.dataset.draftDone}`);
  });
  document.querySelectorAll("form[data-draft]").forEach((form) => {
    giveBack(form);
    form.addEventListener("input", () => keep(form));
    form.addEventListener("change", () => keep(form));
    form.addEventListener("submit", () => {
      keep(form);
      sessionStorage.setItem("draft-sent", place(form));
    });
  });
  settle();
}

// The draft of a form that was sent goes once another page answered without a problem.
function settle() {
  const sent = sessionStorage.getItem("draft-sent");
  if (!sent || document.body.classList.contains("problem-page")) return;
  if (document.querySelector("form[data-draft] [aria-invalid]")) return;
  sessionStorage.removeItem("draft-sent");
  for (const store of [localStorage, sessionStorage]) store.removeItem(sent);
}
