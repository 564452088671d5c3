// The desk of whoever rings callers back: one page, so that the telephone stays connected; the keyboard alone.
import { onKey } from "./keys.js";
import { get, post, Problem, token } from "./post.js";
import { Softphone } from "./softphone.js";
import { t } from "./words.js";

const LOOK_MS = 1200;
const box = document.getElementById("caller");
const at = (id) => document.getElementById(id);
let phone = null;
let timer = null;
let isBusy = false;

// Send a form and show the part that the house answers with; what was typed elsewhere is put back.
async function send(form) {
  if (isBusy) return;
  isBusy = true;
  const kept = form.hasAttribute("data-keeps") && at("result") ? new FormData(at("result")) : null;
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin",
      headers: { "X-Part": "1", "X-CSRFToken": token(), Accept: "text/html" },
    });
    const text = await answer.text();
    if (/^\s*<!doctype/i.test(text)) {
      location.assign("/callers/");
      return;
    }
    box.innerHTML = text;
    if (kept) putBack(kept);
    begin();
  } catch {
    state(t("连接断开，填写的内容还在本页，请再试一次", "The connection is lost; what you typed is still here, try again"));
  } finally {
    isBusy = false;
  }
}

function putBack(kept) {
  for (const [name, value] of kept)
    for (const field of at("result").querySelectorAll(`[name="${name}"]`))
      if (field.type === "radio") field.checked = field.value === value;
      else if (field.type !== "hidden") field.value = value;
}

function state(words) {
  if (at("call-state")) at("call-state").textContent = words;
}

// The steps of the form: one question at a time takes the number keys.
const steps = () => [...box.querySelectorAll("[data-step]")];
const chosen = (name) => box.querySelector(`#result [name="${name}"]:checked`)?.value ?? "";
const isWanted = (step) => !step.dataset.when || step.dataset.when.split(" ").includes(chosen("result"));

function showSteps(isFirst = false) {
  const wanted = [];
  for (const step of steps()) {
    step.hidden = !isWanted(step);
    step.classList.remove("active");
    if (!step.hidden) wanted.push(step);
  }
  const open = wanted.find((step) => step.matches("fieldset") && !chosen(step.dataset.step));
  if (open) {
    open.classList.add("active");
    if (box.contains(document.activeElement) && document.activeElement.matches("textarea, input:not([type=radio])")) return;
    document.activeElement?.blur?.();
  } else if (!isFirst && chosen("result")) {
    const field = wanted.map((step) => step.querySelector("textarea, input:not([type=radio])")).find((f) => f && !f.value);
    field?.focus();
  }
}

function choose(digit) {
  const open = box.querySelector(".step.active");
  const option = open?.querySelectorAll("input[type=radio]")[digit - 1];
  if (!option) return;
  option.checked = true;
  showSteps();
}

function stepBack() {
  const done = steps().filter((step) => !step.hidden && step.matches("fieldset") && chosen(step.dataset.step));
  const last = done.at(-1);
  if (!last) return;
  for (const option of last.querySelectorAll("input")) option.checked = false;
  showSteps();
}

// The call: how it stands, asked for while it goes on; what the line reports is proposed as the result.
async function look() {
  clearTimeout(timer);
  if (!box.querySelector('.caller[data-calling="1"]')) return;
  try {
    take(await get("/callers/call"));
  } catch {
    timer = setTimeout(look, LOOK_MS);
  }
}

function take(told) {
  const desk = box.querySelector(".caller");
  if (!desk) return;
  state(told.words);
  desk.dataset.calling = told.live ? "1" : "";
  if (at("hang-up")) at("hang-up").disabled = !told.live;
  if (!told.live) {
    if (at("bubble")) at("bubble").hidden = true;
    const option = told.suggested && box.querySelector(`#result [name="result"][value="${told.suggested}"]`);
    if (option && !chosen("result")) {
      option.checked = true;
      showSteps(true);
    }
    return;
  }
  timer = setTimeout(look, LOOK_MS);
}

async function ask(path, told) {
  try {
    return await post(`/callers/${path}`, told);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    state([problem.message, problem.detail].filter(Boolean).join(" "));
    return null;
  }
}

async function hangUp() {
  const told = await ask("hang-up");
  if (told) take(told);
}

async function showDigits() {
  const told = await ask("digits");
  if (!told) return;
  at("desk-digits").textContent = told.digits;
  at("desk-digits").hidden = false;
}

async function noteHeard(value) {
  if (!value) return;
  const told = await ask("heard", { heard: value });
  if (told) take(told);
}

function connect() {
  if (!box.dataset.browser || !["", "ended", "failed", "elsewhere"].includes(phone?.state ?? "")) return;
  phone = Softphone.start({ purpose: "desk", takeOver: phone?.state === "elsewhere", onState: () => phone && showPhone() });
  showPhone();
  phone.addEventListener("left", look);
  phone.addEventListener("joined", look);
  phone.addEventListener("says", ({ detail }) => {
    const bubble = at("bubble");
    if (!box.dataset.simulated || !bubble) return;
    bubble.hidden = false;
    bubble.textContent = t("模拟诉求人：{text}", "Simulated caller: {text}", { text: detail.text });
  });
}

function showPhone() {
  const more = ["elsewhere", "ended", "failed"].includes(phone.state) ? t("；按 R 接通", "; press R to connect") : "";
  at("phone-state").textContent = phone.words + more;
}

function begin() {
  clearTimeout(timer);
  if (at("result")) showSteps(true);
  look();
}

box.addEventListener("submit", (event) => {
  if (!event.target.hasAttribute("data-part")) return;
  event.preventDefault();
  send(event.target);
});
box.addEventListener("change", (event) => {
  if (event.target.matches("#result input[type=radio]")) showSteps();
  if (event.target.matches("#heard")) noteHeard(event.target.value);
});
box.addEventListener("click", (event) => {
  if (event.target.closest("#hang-up")) hangUp();
  if (event.target.closest("#show-digits")) showDigits();
});
for (const digit of [1, 2, 3, 4, 5, 6]) onKey(String(digit), () => choose(digit));
onKey("ArrowLeft", stepBack);
onKey("Ctrl+Enter", () => at("result")?.requestSubmit());
onKey("R", connect);
connect();
begin();
