// The keys of the console: some go wherever one stands, the rest belong to what is on the stage.
import { leaveFields } from "./interviewer_parts.js";

export const BREAK_OFF = "2.12";

export function press(desk, event) {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  const inMatter = desk.matter.isIn;
  const isTyping = event.target.matches?.("input, textarea, select");
  if (everywhere(desk, event, inMatter)) event.preventDefault();
  else if (!inMatter && !event.target.closest?.(".topbar, .keylist") && here(desk, event, isTyping)) event.preventDefault();
}

function everywhere(desk, event, inMatter) {
  const { phase, attempt } = desk.screen;
  if (event.key === "F2") desk.matter.toggle();
  else if (event.ctrlKey && event.key === "Enter" && inMatter) desk.matter.form.requestSubmit();
  else if (event.key === "Escape" && inMatter) leaveFields();
  else if (event.key === "F4" && attempt) desk.appoint();
  else if (event.key === "F8" && phase === "talking") desk.hangUp(BREAK_OFF);
  else if (event.key === "F9" && phase === "idle") desk.ask("cool-down");
  else if (event.ctrlKey && event.key.toLowerCase() === "z" && phase === "idle") desk.undo();
  else return false;
  return true;
}

function here(desk, event, isTyping) {
  const { phase, line } = desk.screen;
  const onButton = event.target.matches?.("button, a, summary") && ["Enter", " "].includes(event.key);
  if (desk.view?.press(event)) return true;
  if (event.key === "Escape" && ["calling", "talking"].includes(phase)) {
    desk.hangUp();
    return true;
  }
  if (isTyping || onButton || event.ctrlKey || event.altKey || event.metaKey) return false;
  const pressed = event.key.toLowerCase();
  if (phase === "idle" && (pressed === " " || pressed === "enter")) desk.ask("next");
  else if (phase === "preview" && pressed === "d") desk.dial();
  else if (phase === "preview" && pressed === "g") desk.ask("give-back", { case: desk.screen.case.id });
  else if (phase === "calling" && !line.dials && /^[0-9]$/.test(pressed)) desk.heard((Number(pressed) + 9) % 10);
  else if (pressed === "r" && ["idle", "preview"].includes(phase)) desk.connect();
  else return false;
  return true;
}
