// Keys: data-key="F2" on a button or link presses it, on a field goes there; ? opens the page's key list.
const SPACE = { " ": "Space" };

function name(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  const key = SPACE[event.key] || event.key;
  parts.push(key.length === 1 ? key.toUpperCase() : key);
  return parts.join("+");
}

export function isTyping(target) {
  return target instanceof Element && target.matches("input:not([type=radio], [type=checkbox], [type=button]), textarea, select, [contenteditable]");
}

const handlers = new Map();

// Press `key` ("F2", "Ctrl+Enter", "1", "?") anywhere outside of typing; returns a way to take it back.
export function onKey(key, handler, { whileTyping = /^(F\d+|Escape|Ctrl\+|Alt\+)/.test(key) } = {}) {
  handlers.set(key, { handler, whileTyping });
  return () => handlers.delete(key);
}

function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const key = name(event);
  const typing = isTyping(event.target);
  const own = handlers.get(key);
  if (own && (!typing || own.whileTyping)) {
    event.preventDefault();
    own.handler(event);
    return;
  }
  if (typing && !/^(F\d+|Ctrl\+|Alt\+)/.test(key)) return;
  if (document.querySelector("dialog[open]") && key !== "?") return;
  if (key === "Space" && event.target instanceof Element && event.target.closest("button, a, summary")) return;
  const target = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key.toUpperCase() === key.toUpperCase() && e.offsetParent);
  if (target) {
    event.preventDefault();
    if (isTyping(target)) target.focus();
    else target.click();
  }
}

function toggleList() {
  const list = document.getElementById("keylist");
  if (!list) return;
  if (list.open) list.close();
  else list.showModal();
}

export function start() {
  document.addEventListener("keydown", pressed);
  onKey("?", toggleList);
}
