// Whether an answer may stand, and if not, what to tell the interviewer in both languages; the same rules and
// sentences as survey/questionnaire_validation.py.

import { daysOf, truth } from "./expression.js";

export const DONT_KNOW = "DONT_KNOW";
export const NO_ANSWER = "NO_ANSWER";
export const ACKNOWLEDGED = "OK";

const LONGEST_ANSWER = 5000;

const NOT_ASKED = { zh: "这一项不是提问，不能填写", en: "This is not asked and cannot be answered" };
const REQUIRED = {
  zh: "这道题必须作答；不知道或拒答请按相应的键",
  en: "An answer is needed; use the keys for don't know or refused",
};
const NOT_OFFERED = { zh: "请选择列出的选项", en: "Choose one of the options listed" };
const CONSTRAINT = {
  zh: "这个回答不符合本题的要求，请核对",
  en: "This answer does not meet the question's rule; please check it",
};
const TOO_LONG = { zh: `最多 ${LONGEST_ANSWER} 个字`, en: `At most ${LONGEST_ANSWER} characters` };

const READ = [/^OK$/, { zh: "按回车表示已读", en: "Press Enter when it has been read" }];
const SHAPES = {
  integer: [/^-?[0-9]{1,15}$/, { zh: "请填整数", en: "Enter a whole number" }],
  decimal: [/^-?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})$/, { zh: "请填数字", en: "Enter a number" }],
  date: [/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, { zh: "请填日期，如 2026-03-15", en: "Enter a date such as 2026-03-15" }],
  time: [
    /^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$/,
    { zh: "请填时间，如 14:30", en: "Enter a time such as 14:30" },
  ],
  datetime: [
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?$/,
    { zh: "请填日期和时间，如 2026-03-15T14:30", en: "Enter a date and time such as 2026-03-15T14:30" },
  ],
  acknowledge: READ,
  note: READ,
};

/** Say what is wrong with a value for a question of a walk as {zh, en}, or null when it may be saved. */
export function validate(walk, question, value) {
  const isAsked = walk.isAsked(question.name);
  if (!isAsked && question.type !== "note") return NOT_ASKED;
  if (value === DONT_KNOW || value === NO_ANSWER) return isAsked ? null : NOT_ASKED;
  if (value === "") {
    return walk.isRequired(question.name) ? walk.filledText(question.required_message ?? REQUIRED) : null;
  }
  const wrong = wrongShape(walk, question, value);
  if (wrong) return wrong;
  if (question.constraint && !truth(question.constraint, walk.scope(question, value))) {
    return walk.filledText(question.constraint_message ?? CONSTRAINT);
  }
  return null;
}

function wrongShape(walk, question, value) {
  if (question.type === "select_one" || question.type === "select_multiple") {
    const offered = new Set(walk.options(question.name).map((option) => option.name));
    const chosen = question.type === "select_multiple" ? value.split(" ") : [value];
    const isOffered = chosen.every((name) => offered.has(name)) && new Set(chosen).size === chosen.length;
    return isOffered ? null : NOT_OFFERED;
  }
  if (question.type === "text") return [...value].length > LONGEST_ANSWER ? TOO_LONG : null;
  const [pattern, words] = SHAPES[question.type];
  if (!pattern.test(value)) return words;
  return ["date", "datetime"].includes(question.type) && Number.isNaN(daysOf(value)) ? words : null;
}
