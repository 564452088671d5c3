"""A questionnaire laid out for reading before it is used: wording, answers, conditions in words, splits, index."""

from dataclasses import dataclass
from typing import NamedTuple

from survey.expression import Tree
from survey.expression_values import to_text
from survey.questionnaire import CALCULATED, SELECTS, Option, Question, Questionnaire, Text

TYPES = {
    "select_one": Text("单选", "one choice"),
    "select_multiple": Text("多选", "several choices"),
    "integer": Text("整数", "whole number"),
    "decimal": Text("数字", "number"),
    "text": Text("文字", "text"),
    "date": Text("日期", "date"),
    "time": Text("时间", "time"),
    "datetime": Text("日期时间", "date and time"),
    "acknowledge": Text("确认", "acknowledgement"),
    "note": Text("读出", "read out"),
    "calculate": Text("计算", "calculation"),
    "calculate_here": Text("计算（到此处时）", "calculation (at this place)"),
    "known": Text("已知项", "known"),
}
_SIGNS = {
    "=": Text("是", "is"), "!=": Text("不是", "is not"), "<": Text("小于", "is less than"),
    "<=": Text("不大于", "is at most"), ">": Text("大于", "is more than"), ">=": Text("不小于", "is at least"),
}  # fmt: skip
_SELF = Text("本题的回答", "the answer")


class OptionRow(NamedTuple):
    """One option as the preview shows it."""

    code: str
    label: str
    hotkey: str
    favourable: bool


@dataclass(frozen=True)
class PreviewRow:
    """One line of the preview. `number` counts what is asked; it is empty for what is only read or calculated."""

    number: str
    name: str
    type: str
    section: str
    wording: str
    reversed: str
    hint: str
    probe: str
    options: tuple[OptionRow, ...]
    conditions: tuple[str, ...]
    constraint: str
    calculation: str
    choice_filter: str
    split: str
    index: str
    is_required: bool
    is_sensitive: bool
    is_randomized: bool
    row: int


def preview(questionnaire: Questionnaire, language: str = "zh") -> list[PreviewRow]:
    """Lay out every row of a questionnaire in one language."""
    rows = []
    number = 0
    for question in questionnaire.questions:
        number += question.is_asked
        rows.append(_row(questionnaire, question, str(number) if question.is_asked else "", language))
    return rows


def in_words(
    questionnaire: Questionnaire, tree: Tree, language: str = "zh", about: Question | None = None
) -> str:
    """Say a condition in words: `${consent} = '1'` becomes “consent 是“愿意””."""
    return _Teller(questionnaire, language, about).say(tree)


def _row(questionnaire: Questionnaire, question: Question, number: str, language: str) -> PreviewRow:
    def said(tree: Tree | None) -> str:
        return in_words(questionnaire, tree, language, question) if tree else ""

    conditions: list[str] = []
    name = question.section
    section_label = questionnaire.section(name).label.within(language) or name if name else ""
    while name:
        section = questionnaire.section(name)
        conditions.insert(0, said(section.relevant))
        name = section.parent
    conditions.append(said(question.relevant))
    options = questionnaire.lists.get(question.list, ()) if question.type in SELECTS else ()
    return PreviewRow(
        number=number,
        name=question.name,
        type=TYPES[question.type].within(language),
        section=section_label,
        wording=question.label.within(language),
        reversed=question.reversed.within(language),
        hint=question.hint.within(language),
        probe=question.probe.within(language),
        options=tuple(_option(option, language) for option in options),
        conditions=tuple(condition for condition in conditions if condition),
        constraint=said(question.constraint),
        calculation=said(question.calculation) if question.type in CALCULATED else "",
        choice_filter=said(question.choice_filter),
        split=_split(question, language),
        index=question.index,
        is_required=question.required is not None,
        is_sensitive=question.sensitive,
        is_randomized=question.randomize,
        row=question.row,
    )


def _option(option: Option, language: str) -> OptionRow:
    return OptionRow(option.name, option.label.within(language), option.hotkey, option.favourable)


def _split(question: Question, language: str) -> str:
    if not question.split:
        return ""
    if question.arm:
        return Text(
            f"{question.split}：只问“{question.arm}”组", f"{question.split}: arm “{question.arm}” only"
        ).within(language)
    return Text(f"{question.split}：一半反序", f"{question.split}: half reversed").within(language)


class _Teller:
    """Says an expression in one language."""

    def __init__(self, questionnaire: Questionnaire, language: str, about: Question | None) -> None:
        self.questionnaire, self.language, self.about = questionnaire, language, about

    def say(self, tree: Tree, inner: bool = False) -> str:
        kind = tree[0]
        if kind == "num":
            return to_text(float(tree[1]))
        if kind == "str":
            return f"“{tree[1]}”" if tree[1] else self._word("空", "empty")
        if kind in ("ref", "col"):
            return str(tree[1])
        if kind == "self":
            return _SELF.within(self.language)
        if kind == "neg":
            return f"-{self.say(tree[1], True)}"
        words = self._operation(tree) if kind == "op" else self._call(tree[1], tree[2])
        return f"({words})" if inner and kind == "op" and tree[1] in ("and", "or", "+", "-") else words

    def _word(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def _operation(self, tree: Tree) -> str:
        sign, left, right = tree[1:]
        if sign in ("and", "or"):
            link = self._word(" 且 ", " and ") if sign == "and" else self._word(" 或 ", " or ")
            return link.join(self.say(side, side[0] == "op" and side[1] != sign) for side in (left, right))
        if sign in ("=", "!="):
            if left[0] in ("str", "num"):
                left, right = right, left
            return f"{self.say(left, True)} {_SIGNS[sign].within(self.language)} {self._answer(left, right)}"
        word = (
            _SIGNS[sign].within(self.language) if sign in _SIGNS else {"*": "×", "div": "÷"}.get(sign, sign)
        )
        return f"{self.say(left, True)} {word} {self.say(right, True)}"

    def _call(self, name: str, arguments: list[Tree]) -> str:
        if name == "selected":
            chosen = self._word("选了", "includes")
            return f"{self.say(arguments[0])} {chosen} {self._answer(arguments[0], arguments[1])}"
        if name == "not":
            return self._word("并非", "not ") + f"({self.say(arguments[0])})"
        if name == "if":
            condition, then, otherwise = (self.say(argument) for argument in arguments)
            return self._word(
                f"若 {condition} 则 {then}，否则 {otherwise}", f"if {condition} then {then}, else {otherwise}"
            )
        if name == "true":
            return self._word("总是", "always")
        return f"{name}({', '.join(self.say(argument) for argument in arguments)})"

    def _answer(self, asked: Tree, value: Tree) -> str:
        """Name an option by its label where a select is compared with a code."""
        if value[0] not in ("str", "num"):
            return self.say(value, True)
        code = str(value[1]) if value[0] == "str" else to_text(float(value[1]))
        question = self.about if asked[0] == "self" else self._question(asked)
        options = self.questionnaire.lists.get(question.list, ()) if question else ()
        label = next((option.label.within(self.language) for option in options if option.name == code), "")
        return f"“{label}”" if label else self.say(value)

    def _question(self, tree: Tree) -> Question | None:
        known = tree[0] == "ref" and tree[1] in self.questionnaire.places
        return self.questionnaire.question(tree[1]) if known else None
