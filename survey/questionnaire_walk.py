"""The way through a questionnaire: what is asked next, how far we are, what no longer applies, in what words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from survey.expression import Tree
from survey.expression_evaluation import Scope, evaluate, truth
from survey.expression_values import to_text
from survey.questionnaire import (
    CALCULATED,
    OTHER,
    REVERSED,
    SELECTS,
    SPECIAL,
    Option,
    Question,
    Questionnaire,
)
from survey.questionnaire_splits import ORDER

_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")


class Progress(NamedTuple):
    """Question `number` of `total` on the way as it looks now (what is only read out is not counted)."""

    number: int
    total: int


@dataclass(frozen=True)
class Circumstances:
    """What the interview knows besides the answers.

    `splits` come from assign_splits; `facts` are "today" and "now" (ISO, wall clock), "duration" (seconds),
    "device-info", and values of the workbook's own known fields such as username or caseid.
    """

    splits: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    language: str = "zh"


_KNOWN = {"start": "now", "end": "now", "today": "today"}


class Walk:
    """One questionnaire with one interview's answers ({name: value}); make a new one after each answer."""

    def __init__(
        self, questionnaire: Questionnaire, answers: Mapping[str, str], given: Circumstances
    ) -> None:
        self.questionnaire, self.answers, self.given = questionnaire, answers, given
        self._values: dict[str, str] = {}
        self._relevant: dict[str, bool] = {}
        self._sections: dict[str, bool] = {}
        for (
            question
        ) in questionnaire.questions:  # in order, so that long chains of conditions never recurse deeply
            self.value(question.name)

    def path(self) -> tuple[str, ...]:
        """List the questions and read-out texts that apply now, in order."""
        return tuple(q.name for q in self.questionnaire.questions if q.is_step and self.is_relevant(q.name))

    def next_step(self, after: str = "") -> str | None:
        """Name the step after this one (the first if none is given), or None at the end."""
        path = self.path()
        if not after:
            return path[0] if path else None
        place = self._place(after)
        return next((name for name in path if self._place(name) > place), None)

    def previous_step(self, before: str = "") -> str | None:
        """Name the step before this one (the last if none is given), or None at the beginning."""
        path = self.path()
        if not before:
            return path[-1] if path else None
        place = self._place(before)
        return next((name for name in reversed(path) if self._place(name) < place), None)

    def first_open(self) -> str | None:
        """Name the first step still without an answer: where an interrupted interview goes on."""
        return next((name for name in self.path() if not self.is_answered(name)), None)

    def progress(self, at: str) -> Progress:
        """Tell how far the step `at` is among the questions asked."""
        asked = [name for name in self.path() if self.questionnaire.question(name).is_asked]
        place = self._place(at)
        number = sum(self._place(name) <= place for name in asked)
        return Progress(max(number, 1 if asked else 0), len(asked))

    def is_answered(self, name: str) -> bool:
        """Say whether a step is dealt with; an optional one also by an empty answer, an option only while offered."""
        value = self.answers.get(name)
        if value is None:
            return False
        question = self.questionnaire.question(name)
        if value == "":
            return not self.is_required(name)
        if question.type in SELECTS and value not in SPECIAL:
            offered = {option.name for option in self.options(name)}
            return all(token in offered for token in value.split(" ") if token)
        return True

    def is_required(self, name: str) -> bool:
        """Say whether the question may not be left empty."""
        question = self.questionnaire.question(name)
        return question.required is not None and truth(question.required, self._scope(question))

    def is_relevant(self, name: str) -> bool:
        """Say whether a question applies: its split arm, its sections and its own condition."""
        if name not in self._relevant:
            self._relevant[name] = False  # while it is being found out
            question = self.questionnaire.question(name)
            self._relevant[name] = (
                (not question.arm or self.given.splits.get(question.split) == question.arm)
                and self._section_applies(question.section)
                and truth(question.relevant, self._scope(question))
            )
        return self._relevant[name]

    def irrelevant(self) -> tuple[str, ...]:
        """Name the answers that were given but no longer apply: kept, marked, never exported."""
        known = {q.name for q in self.questionnaire.questions}
        return tuple(name for name in self.answers if name not in known or not self.is_relevant(name))

    def calculated(self) -> dict[str, str]:
        """Give every calculated value that applies; store them beside the answers, `once()` reads them back."""
        calculations = [q.name for q in self.questionnaire.questions if q.type in CALCULATED]
        return {name: self.value(name) for name in calculations if self.is_relevant(name)}

    def exported(self) -> dict[str, str]:
        """Give the answers and calculated values that count, in the questionnaire's order."""
        values = {**self.answers, **self.calculated()}
        named = (q.name for q in self.questionnaire.questions if q.type != "note")
        return {name: values[name] for name in named if name in values and self.is_relevant(name)}

    def value(self, name: str) -> str:
        """Give a value as conditions see it: '' when not asked, not applying, unknown or refused."""
        if name not in self._values:
            self._values[name] = ""  # while it is being found out
            question = self.questionnaire.question(name)
            self._values[name] = self._value(question) if self.is_relevant(name) else ""
        return self._values[name]

    def options(self, name: str) -> tuple[Option, ...]:
        """List the options of a question as filtered and ordered for this interview."""
        question = self.questionnaire.question(name)
        found = [
            option
            for option in self.questionnaire.lists.get(question.list, ())
            if truth(question.choice_filter, self._scope(question, columns=option.columns))
        ]
        drawn = self.given.splits.get(ORDER + name, "").split()
        if question.randomize and drawn:
            found.sort(key=lambda option: drawn.index(option.name) if option.name in drawn else len(drawn))
        if self.is_reversed(name):
            found.reverse()
        if question.or_other:  # "other" closes the list in every order
            found.sort(key=lambda option: option.name == OTHER)
        return tuple(found)

    def is_reversed(self, name: str) -> bool:
        """Say whether this interview hears the options in reversed order."""
        question = self.questionnaire.question(name)
        return question.reverses and self.given.splits.get(question.split) == REVERSED

    def wording(self, name: str, language: str = "") -> str:
        """Give the wording to read out, with answers filled in and in the order this interview hears."""
        question = self.questionnaire.question(name)
        text = question.reversed if self.is_reversed(name) and question.reversed else question.label
        return self.filled(text.within(language or self.given.language))

    def filled(self, text: str) -> str:
        """Fill ${name} in a text with the value given so far."""
        names = self.questionnaire.places
        return _REFERENCE.sub(lambda m: self.value(m.group(1)) if m.group(1) in names else m.group(), text)

    def evaluated(self, tree: Tree, question: Question, own: str) -> bool:
        """Say whether a condition of a question holds for a value about to be given."""
        return truth(tree, self._scope(question, own=own))

    def _place(self, name: str) -> int:
        return self.questionnaire.places[name]

    def _section_applies(self, name: str) -> bool:
        if not name:
            return True
        if name not in self._sections:
            section = self.questionnaire.section(name)
            scope = self._scope(None)
            self._sections[name] = self._section_applies(section.parent) and truth(section.relevant, scope)
        return self._sections[name]

    def _value(self, question: Question) -> str:
        if question.type in CALCULATED:
            if question.calculation is None or (
                question.type == "calculate_here" and not self._is_reached(question)
            ):
                return ""
            return to_text(evaluate(question.calculation, self._scope(question)))
        value = self.answers.get(question.name)
        if value is None and question.type == "known":
            return self.given.facts.get(
                question.name, self.given.facts.get(_KNOWN.get(question.default, ""), "")
            )
        return "" if value is None or value in SPECIAL else value

    def _is_reached(self, question: Question) -> bool:
        """Say whether every step before this place is dealt with."""
        place = self._place(question.name)
        before = (q for q in self.questionnaire.questions[:place] if q.is_step)
        return all(self.is_answered(q.name) for q in before if self.is_relevant(q.name))

    def _scope(
        self, question: Question | None, own: str | None = None, columns: Mapping[str, str] | None = None
    ) -> Scope:
        if own is None:
            own = self.answers.get(question.name, "") if question else ""
        own = "" if own in SPECIAL else own
        return Scope(self.value, own, columns or {}, self.given.facts, self._choice_name)

    def _choice_name(self, name: str, value: str) -> str:
        options = self.questionnaire.lists.get(self.questionnaire.question(name).list, ())
        labels = (o.label.within(self.given.language) for o in options if o.name == value)
        return next(labels, value)
