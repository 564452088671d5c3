// The clocks of a danger: they go on while the page stands; a step that runs over turns red, changes its word,
// and is told to a screen reader once, not every second.
import { t } from "./words.js";

const told = new Set(); // for as long as the page lives: a panel that is shown anew tells nothing twice

function span(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = seconds % 3600;
  return hours ? `${hours}:${two(Math.floor(rest / 60))}:${two(rest % 60)}` : `${Math.floor(rest / 60)}:${two(rest % 60)}`;
}

function tick(clock, now) {
  const left = Math.trunc((Date.parse(clock.dataset.due) - now) / 1000);
  const isLate = left < 0;
  const words = isLate ? t("超时 {s}", "{s} over", { s: span(-left) }) : t("还有 {s}", "{s} left", { s: span(left) });
  if (clock.textContent !== words) clock.textContent = words;
  if (!isLate) return null;
  clock.classList.replace("chip-yellow", "chip-red");
  if (clock.closest("li").classList.replace("step-running", "step-late")) clock.closest("li").classList.add("just-late");
  const once = `${clock.dataset.due} ${clock.dataset.step}`;
  if (told.has(once)) return null;
  told.add(once);
  return clock.dataset.words;
}

function watch(steps) {
  if (steps.dataset.watched) return;
  steps.dataset.watched = "1";
  const ahead = Date.parse(steps.dataset.at) - Date.now(); // the house's clock, wherever the browser believes to be
  const clocks = [...steps.querySelectorAll("[data-due]")];
  const says = steps.parentElement.querySelector("[data-overdue]");
  function go() {
    const late = clocks.map((clock) => tick(clock, Date.now() + ahead)).filter(Boolean);
    if (late.length) says.textContent = t("已超时：{steps}", "Overdue: {steps}", { steps: late.join(t("；", "; ")) });
    if (!steps.isConnected) clearInterval(going);
  }
  const going = setInterval(go, 1000);
  go();
}

export function start(root = document) {
  root.querySelectorAll(".danger-steps[data-at]").forEach(watch);
}

start();
