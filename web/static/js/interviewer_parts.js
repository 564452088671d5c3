// Small parts of the console's screen: elements, wording with its stress, key hints, clocks.
import { t } from "./words.js";

export const part = (id) => document.getElementById(id);

export function make(tag, props = {}, ...children) {
  const { data = {}, attrs = {}, ...rest } = props;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const key = (name) => make("kbd", { textContent: name });

// "**stressed**" in a wording is what the voice stresses.
export function stressed(text) {
  return text.split("**").map((piece, n) => (n % 2 ? make("strong", { textContent: piece }) : piece));
}

export function keybar(pairs) {
  part("keybar").replaceChildren(...pairs.map(([name, words]) => make("span", {}, key(name), ` ${words}`)));
}

export function notice(words = "", kind = "bad") {
  part("notice").replaceChildren(...(words ? [make("p", { className: `flash flash-${kind}`, textContent: words })] : []));
}

export function problemWords(problem) {
  const fields = Object.values(problem.fields || {});
  return [problem.message, ...fields].filter(Boolean).join(t("。", ". "));
}

export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

export function stage(...children) {
  part("stage").replaceChildren(...children.filter(Boolean));
  part("stage").scrollTop = 0;
  return part("stage");
}

export function leaveFields() {
  if (document.activeElement && document.activeElement !== document.body) document.activeElement.blur();
  part("stage").focus({ preventScroll: true });
}
