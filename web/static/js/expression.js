// Conditions and calculations of a questionnaire, evaluated in the browser exactly as survey/expression_evaluation.py
// does on the server: XPath 1.0 coercions, empty answers are "" and NaN, dates are days since 1970-01-01.

import { daysOf, formatted, iso, toNumber, toText, toTruth } from "./expression_values.js";

export { daysOf, toNumber, toText, toTruth };

/** What an expression can see when nothing else is said. */
const NOTHING = { value: () => "", own: "", columns: {}, facts: {}, choiceName: (_question, value) => value };

/** Give the value of an expression tree (text, number or boolean). */
export function evaluate(tree, given = {}) {
  return run(tree, { ...NOTHING, ...given });
}

/** Say whether a condition holds; an absent condition does. */
export function truth(tree, given = {}) {
  return tree === undefined || tree === null || toTruth(evaluate(tree, given));
}

function run(tree, scope) {
  switch (tree[0]) {
    case "num":
    case "str":
      return tree[1];
    case "ref":
      return scope.value(tree[1]);
    case "self":
      return scope.own;
    case "col":
      return own(scope.columns, tree[1]);
    case "neg":
      return -toNumber(run(tree[1], scope));
    case "op":
      return operate(tree[1], tree[2], tree[3], scope);
    default:
      return call(tree[1], tree[2], scope);
  }
}

/** Read a key of a plain object without ever meeting its prototype. */
export function own(object, key, otherwise = "") {
  return object && Object.hasOwn(object, key) ? object[key] : otherwise;
}

function operate(sign, left, right, scope) {
  if (sign === "and") return toTruth(run(left, scope)) && toTruth(run(right, scope));
  if (sign === "or") return toTruth(run(left, scope)) || toTruth(run(right, scope));
  const a = run(left, scope);
  const b = run(right, scope);
  if (sign === "=") return isEqual(a, b);
  if (sign === "!=") return !isEqual(a, b);
  const x = toNumber(a);
  const y = toNumber(b);
  switch (sign) {
    case "+": return x + y;
    case "-": return x - y;
    case "*": return x * y;
    case "div": return x / y;
    case "mod": return x % y;
    case "<": return x < y;
    case "<=": return x <= y;
    case ">": return x > y;
    default: return x >= y;
  }
}

function isEqual(a, b) {
  if (typeof a === "boolean" || typeof b === "boolean") return toTruth(a) === toTruth(b);
  if (typeof a === "number" || typeof b === "number") return toNumber(a) === toNumber(b);
  return a === b;
}

function rounded(x, places = 0) {
  if (!Number.isFinite(x) || Number.isNaN(places)) return x;
  const n = Math.trunc(Math.max(-9, Math.min(9, places)));
  const scale = 10 ** Math.abs(n);
  const scaled = n >= 0 ? x * scale : x / scale;
  if (!Number.isFinite(scaled)) return x;
  const whole = Math.floor(scaled + 0.5);
  return n >= 0 ? whole / scale : whole * scale;
}

function least(numbers, sign) {
  if (numbers.some(Number.isNaN)) return NaN;
  return sign * numbers.map((number) => sign * number).reduce((a, b) => (b < a ? b : a));
}

function part(text, first, last) {
  const signs = [...text];
  const bound = (at) => {
    const whole = Number.isNaN(at) ? 0 : Math.trunc(Math.max(-1e9, Math.min(1e9, at)));
    return Math.max(0, whole < 0 ? whole + signs.length : whole);
  };
  return signs.slice(bound(first), bound(last)).join("");
}

const tokens = (value) => toText(value).split(/[ \t\r\n]+/).filter((token) => token !== "");
const stripped = (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
const texts = (values) => values.map(toText);
const numbers = (values) => values.map(toNumber);

function call(name, args, scope) {
  if (name === "if") return run(toTruth(run(args[0], scope)) ? args[1] : args[2], scope);
  if (name === "coalesce") {
    const first = toText(run(args[0], scope));
    return first !== "" ? first : toText(run(args[1], scope));
  }
  if (name === "once") return scope.own !== "" ? scope.own : toText(run(args[0], scope));
  if (name === "today" || name === "now" || name === "device-info") return own(scope.facts, name);
  if (name === "duration") return toNumber(own(scope.facts, name));
  const values = args.map((argument) => run(argument, scope));
  if (name === "jr:choice-name") return scope.choiceName(toText(values[1]), toText(values[0]));
  return PLAIN.get(name)(values);
}

// "+ 0" turns a negative zero into the plain zero the server has
const PLAIN = new Map(Object.entries({
  "true": () => true,
  "false": () => false,
  "not": (v) => !toTruth(v[0]),
  "boolean": (v) => toTruth(v[0]),
  "number": (v) => toNumber(v[0]),
  "string": (v) => toText(v[0]),
  "selected": (v) => tokens(v[0]).includes(stripped(toText(v[1]))),
  "selected-at": (v) => {
    const at = toNumber(v[1]);
    const list = tokens(v[0]);
    return at >= 0 && at < list.length ? list[Math.trunc(at)] : "";
  },
  "count-selected": (v) => tokens(v[0]).length,
  "concat": (v) => texts(v).join(""),
  "contains": (v) => toText(v[0]).includes(toText(v[1])),
  "starts-with": (v) => toText(v[0]).startsWith(toText(v[1])),
  "ends-with": (v) => toText(v[0]).endsWith(toText(v[1])),
  "substr": (v) => part(toText(v[0]), toNumber(v[1]), v.length > 2 ? toNumber(v[2]) : Infinity),
  "string-length": (v) => [...toText(v[0])].length,
  "normalize-space": (v) => tokens(v[0]).join(" "),
  "regex": (v) => new RegExp(`^(?:${toText(v[1])})$`, "u").test(toText(v[0])),
  "int": (v) => Math.trunc(toNumber(v[0])) + 0,
  "round": (v) => rounded(...numbers(v)),
  "floor": (v) => Math.floor(toNumber(v[0])) + 0,
  "ceiling": (v) => Math.ceil(toNumber(v[0])) + 0,
  "abs": (v) => Math.abs(toNumber(v[0])),
  "min": (v) => least(numbers(v), 1),
  "max": (v) => least(numbers(v), -1),
  "sum": (v) => numbers(v).reduce((total, number) => total + number, 0),
  "date": (v) => iso(toNumber(v[0]), false),
  "date-time": (v) => iso(toNumber(v[0]), true),
  "decimal-date-time": (v) => (typeof v[0] === "string" ? daysOf(v[0]) : toNumber(v[0])),
  "format-date": (v) => formatted(toNumber(v[0]), toText(v[1])),
  "format-date-time": (v) => formatted(toNumber(v[0]), toText(v[1])),
}));
