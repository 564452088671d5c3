// Texts, numbers, truths and dates, turned into one another by the rules of XPath 1.0 and XForms.

const NUMBER = /^[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*$/;
const MOMENT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-][0-9:]+)?)?$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const FIRST_DAY = -719162;
const DAY_AFTER_LAST = 2932897;

/** Give the number a value stands for, a date as days since 1970-01-01, NaN when it is none. */
export function toNumber(value) {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const found = NUMBER.exec(value);
  return found ? Number(found[1]) : daysOf(value);
}

/** Write a value as XPath does: no exponent, whole numbers without a point. */
export function toText(value) {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return "0";
  return withoutExponent(String(value));
}

/** Say whether a value counts as true: a text when not empty, a number when neither 0 nor NaN. */
export function toTruth(value) {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value !== "";
  return value !== 0 && !Number.isNaN(value);
}

function withoutExponent(text) {
  const found = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!found) return text;
  const [, sign, whole, part = "", power] = found;
  const digits = whole + part;
  const point = whole.length + Number(power);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Count days since 1970-01-01 of an ISO date or date-time as the clock on the wall shows it; NaN if none. */
export function daysOf(text) {
  const found = MOMENT.exec(text);
  if (!found) return NaN;
  const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part ?? 0));
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month);
  if (!(isDate && hour < 24 && minute < 60 && second < 60)) return NaN;
  const whole = countDays(year, month, day);
  return found[4] === undefined ? whole : whole + (hour * 3600 + minute * 60 + second) / 86400;
}

function monthLength(year, month) {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function countDays(year, month, day) {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468;
}

function momentOf(days) {
  let whole = Math.floor(days);
  let seconds = Math.floor((days - whole) * 86400 + 0.5);
  if (seconds >= 86400) [whole, seconds] = [whole + 1, 0];
  const shifted = whole + 719468;
  const era = Math.floor(shifted / 146097);
  const ofEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const term = Math.floor((5 * ofYear + 2) / 153);
  const month = term < 10 ? term + 3 : term - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * term + 2) / 5) + 1,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  };
}

const padded = (number, length = 2) => String(number).padStart(length, "0");
const isDated = (days) => days >= FIRST_DAY && days < DAY_AFTER_LAST;

/** Write a count of days as an ISO date or date-time; empty when it is none or outside years 1–9999. */
export function iso(days, withTime) {
  if (!isDated(days)) return "";
  const m = momentOf(withTime ? days : Math.floor(days));
  const date = `${padded(m.year, 4)}-${padded(m.month)}-${padded(m.day)}`;
  return withTime ? `${date}T${padded(m.hour)}:${padded(m.minute)}:${padded(m.second)}` : date;
}

/** Write a moment by a pattern of %Y %y %m %n %b %d %e %H %h %M %S; empty when there is no date. */
export function formatted(days, pattern) {
  if (!isDated(days)) return "";
  const m = momentOf(days);
  const parts = new Map([
    ["Y", padded(m.year, 4)], ["y", padded(m.year % 100)], ["m", padded(m.month)], ["n", String(m.month)],
    ["b", MONTHS[m.month - 1]], ["d", padded(m.day)], ["e", String(m.day)], ["H", padded(m.hour)],
    ["h", String(m.hour)], ["M", padded(m.minute)], ["S", padded(m.second)], ["%", "%"],
  ]);
  return pattern.replace(/%([^\n])/gu, (whole, key) => parts.get(key) ?? whole);
}
