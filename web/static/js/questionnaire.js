// The way through a questionnaire in the browser: what is asked next, how far we are, in what words and order,
// and whether an answer may stand. The same rules as survey/questionnaire_walk.py and questionnaire_validation.py.

import { evaluate, own, toText, truth } from "./expression.js";
import { ACKNOWLEDGED, DONT_KNOW, NO_ANSWER, validate } from "./questionnaire_validation.js";

export { ACKNOWLEDGED, DONT_KNOW, NO_ANSWER };

const OTHER = "other";
const REVERSED = "reversed";
const ORDER = "order:";
const SELECTS = new Set(["select_one", "select_multiple"]);
const CALCULATED = new Set(["calculate", "calculate_here"]);
const ASKED = new Set([
  "select_one", "select_multiple", "integer", "decimal", "text", "date", "time", "datetime", "acknowledge",
]);
const KNOWN = { start: "now", end: "now", today: "today" };

export const isSpecial = (value) => value === DONT_KNOW || value === NO_ANSWER;

/** Choose a wording's language, falling back to the other one. */
export function within(text, language) {
  const [first, second] = language.startsWith("en") ? [text?.en, text?.zh] : [text?.zh, text?.en];
  return first || second || "";
}

/** One questionnaire (its JSON) with one interview's answers ({name: value}); make a new one after each answer. */
export class Walk {
  /** `given` is {splits, facts: {today, now, duration, …}, language}. */
  constructor(questionnaire, answers, given = {}) {
    this.questionnaire = questionnaire;
    this.answers = answers;
    this.given = { splits: {}, facts: {}, language: "zh", ...given };
    this.places = new Map(questionnaire.questions.map((question, place) => [question.name, place]));
    this.sections = new Map(questionnaire.sections.map((section) => [section.name, section]));
    this.values = new Map();
    this.relevance = new Map();
    this.sectionRelevance = new Map();
    for (const question of questionnaire.questions) this.value(question.name);
  }

  question(name) {
    return this.questionnaire.questions[this.places.get(name)];
  }

  isAsked(name) {
    return ASKED.has(this.question(name).type);
  }

  /** List the questions and read-out texts that apply now, in order. */
  path() {
    return this.questionnaire.questions
      .filter((question) => isStep(question) && this.isRelevant(question.name))
      .map((question) => question.name);
  }

  /** Name the step after this one (the first if none is given), or null at the end. */
  nextStep(after = "") {
    const path = this.path();
    if (!after) return path[0] ?? null;
    const place = this.places.get(after);
    return path.find((name) => this.places.get(name) > place) ?? null;
  }

  /** Name the step before this one (the last if none is given), or null at the beginning. */
  previousStep(before = "") {
    const path = this.path();
    if (!before) return path.at(-1) ?? null;
    const place = this.places.get(before);
    return path.findLast((name) => this.places.get(name) < place) ?? null;
  }

  /** Name the first step still without an answer: where an interrupted interview goes on. */
  firstOpen() {
    return this.path().find((name) => !this.isAnswered(name)) ?? null;
  }

  /** Tell how far the step `at` is among the questions asked: {number, total}. */
  progress(at) {
    const asked = this.path().filter((name) => this.isAsked(name));
    const place = this.places.get(at);
    const number = asked.filter((name) => this.places.get(name) <= place).length;
    return { number: Math.max(number, asked.length ? 1 : 0), total: asked.length };
  }

  /** Say whether a step is dealt with; an optional one also by an empty answer, an option only while offered. */
  isAnswered(name) {
    const value = own(this.answers, name, null);
    if (value === null) return false;
    if (value === "") return !this.isRequired(name);
    if (SELECTS.has(this.question(name).type) && !isSpecial(value)) {
      const offered = new Set(this.options(name).map((option) => option.name));
      return value.split(" ").every((token) => token === "" || offered.has(token));
    }
    return true;
  }

  /** Say whether the question may not be left empty. */
  isRequired(name) {
    const question = this.question(name);
    return Boolean(question.required) && truth(question.required, this.scope(question));
  }

  /** Say whether a question applies: its split arm, its sections and its own condition. */
  isRelevant(name) {
    if (!this.relevance.has(name)) {
      this.relevance.set(name, false); // while it is being found out
      const question = this.question(name);
      this.relevance.set(
        name,
        (!question.arm || own(this.given.splits, question.split) === question.arm) &&
          this.sectionApplies(question.section) &&
          truth(question.relevant, this.scope(question)),
      );
    }
    return this.relevance.get(name);
  }

  /** Name the answers that were given but no longer apply: kept, marked, never exported. */
  irrelevant() {
    return Object.keys(this.answers).filter((name) => !this.places.has(name) || !this.isRelevant(name));
  }

  /** Give every calculated value that applies; store them beside the answers, once() reads them back. */
  calculated() {
    return Object.fromEntries(
      this.questionnaire.questions
        .filter((question) => CALCULATED.has(question.type) && this.isRelevant(question.name))
        .map((question) => [question.name, this.value(question.name)]),
    );
  }

  /** Give the answers and calculated values that count, in the questionnaire's order. */
  exported() {
    const values = { ...this.answers, ...this.calculated() };
    return Object.fromEntries(
      this.questionnaire.questions
        .filter(({ name, type }) => type !== "note" && Object.hasOwn(values, name) && this.isRelevant(name))
        .map(({ name }) => [name, values[name]]),
    );
  }

  /** Give a value as conditions see it: "" when not asked, not applying, unknown or refused. */
  value(name) {
    if (!this.values.has(name)) {
      this.values.set(name, ""); // while it is being found out
      if (this.isRelevant(name)) this.values.set(name, this.foundValue(this.question(name)));
    }
    return this.values.get(name);
  }

  /** List the options of a question as filtered and ordered for this interview. */
  options(name) {
    const question = this.question(name);
    const found = (this.questionnaire.lists[question.list] ?? []).filter((option) =>
      truth(question.choice_filter, this.scope(question, undefined, option.columns ?? {})),
    );
    const drawn = own(this.given.splits, ORDER + name).split(" ").filter(Boolean);
    if (question.randomize && drawn.length) {
      const rank = (option) => (drawn.includes(option.name) ? drawn.indexOf(option.name) : drawn.length);
      found.sort((a, b) => rank(a) - rank(b));
    }
    if (this.isReversed(name)) found.reverse();
    if (question.or_other) found.sort((a, b) => (a.name === OTHER) - (b.name === OTHER));
    return found;
  }

  /** Say whether one half hears this question's options in reversed order. */
  reverses(name) {
    const question = this.question(name);
    return Boolean(question.split) && !question.arm && SELECTS.has(question.type);
  }

  /** Say whether this interview hears the options in reversed order. */
  isReversed(name) {
    return this.reverses(name) && own(this.given.splits, this.question(name).split) === REVERSED;
  }

  /** Give the wording to read out, with answers filled in and in the order this interview hears. */
  wording(name, language = this.given.language) {
    const question = this.question(name);
    return this.filled(within(this.isReversed(name) && question.reversed ? question.reversed : question.label, language));
  }

  /** Fill ${name} in a text with the value given so far. */
  filled(text) {
    return text.replace(/\$\{\s*([^}\s]+)\s*\}/g, (whole, name) => (this.places.has(name) ? this.value(name) : whole));
  }

  /** Say what is wrong with a value for a question as {zh, en}, or null when it may be saved. */
  validate(name, value) {
    return validate(this, this.question(name), value);
  }

  filledText(text) {
    return { zh: this.filled(text.zh ?? ""), en: this.filled(text.en ?? "") };
  }

  sectionApplies(name) {
    if (!name) return true;
    if (!this.sectionRelevance.has(name)) {
      const section = this.sections.get(name);
      this.sectionRelevance.set(
        name,
        this.sectionApplies(section.parent) && truth(section.relevant, this.scope(null)),
      );
    }
    return this.sectionRelevance.get(name);
  }

  foundValue(question) {
    if (CALCULATED.has(question.type)) {
      if (!question.calculation || (question.type === "calculate_here" && !this.isReached(question))) return "";
      return toText(evaluate(question.calculation, this.scope(question)));
    }
    const value = own(this.answers, question.name, null);
    if (value === null && question.type === "known") {
      const { facts } = this.given;
      return own(facts, question.name, own(facts, own(KNOWN, question.default)));
    }
    return value === null || isSpecial(value) ? "" : value;
  }

  isReached(question) {
    return this.questionnaire.questions
      .slice(0, this.places.get(question.name))
      .filter((before) => isStep(before) && this.isRelevant(before.name))
      .every((before) => this.isAnswered(before.name));
  }

  scope(question, value = question ? own(this.answers, question.name) : "", columns = {}) {
    return {
      value: (name) => this.value(name),
      own: isSpecial(value) ? "" : value,
      columns,
      facts: this.given.facts,
      choiceName: (name, code) => this.choiceName(name, code),
    };
  }

  choiceName(name, code) {
    const option = (this.questionnaire.lists[this.question(name).list] ?? []).find((each) => each.name === code);
    return option ? within(option.label, this.given.language) : code;
  }
}

const isStep = (question) => ASKED.has(question.type) || question.type === "note";
