"""Whether an answer may stand, and if not, what to tell the interviewer in both languages."""

import re

from survey.expression_values import days_of
from survey.questionnaire import ACKNOWLEDGED, SELECTS, SPECIAL, Question, Text
from survey.questionnaire_walk import Walk

LONGEST_ANSWER = 5_000

NOT_ASKED = Text("这一项不是提问，不能填写", "This is not asked and cannot be answered")
REQUIRED = Text(
    "这道题必须作答；不知道或拒答请按相应的键", "An answer is needed; use the keys for don't know or refused"
)
NOT_OFFERED = Text("请选择列出的选项", "Choose one of the options listed")
CONSTRAINT = Text(
    "这个回答不符合本题的要求，请核对", "This answer does not meet the question's rule; please check it"
)
TOO_LONG = Text(f"最多 {LONGEST_ANSWER} 个字", f"At most {LONGEST_ANSWER} characters")

_SHAPES: dict[str, tuple[str, Text]] = {
    "integer": (r"-?[0-9]{1,15}", Text("请填整数", "Enter a whole number")),
    "decimal": (r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})", Text("请填数字", "Enter a number")),
    "date": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", Text("请填日期，如 2026-03-15", "Enter a date such as 2026-03-15")),
    "time": (r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?", Text("请填时间，如 14:30", "Enter a time such as 14:30")),
    "datetime": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?",
        Text("请填日期和时间，如 2026-03-15T14:30", "Enter a date and time such as 2026-03-15T14:30"),
    ),
    "acknowledge": (re.escape(ACKNOWLEDGED), Text("按回车表示已读", "Press Enter when it has been read")),
    "note": (re.escape(ACKNOWLEDGED), Text("按回车表示已读", "Press Enter when it has been read")),
}  # fmt: skip


def validate(walk: Walk, name: str, value: str) -> Text | None:
    """Say what is wrong with a value for a question, or None when it may be saved."""
    question = walk.questionnaire.question(name)
    if not question.is_step:
        return NOT_ASKED
    if value in SPECIAL:
        return None if question.is_asked else NOT_ASKED
    if value == "":
        return _filled(walk, question.required_message or REQUIRED) if walk.is_required(name) else None
    wrong = _shape(walk, question, value)
    if wrong is not None:
        return wrong
    if question.constraint is not None and not walk.evaluated(question.constraint, question, value):
        return _filled(walk, question.constraint_message or CONSTRAINT)
    return None


def _shape(walk: Walk, question: Question, value: str) -> Text | None:
    if question.type in SELECTS:
        offered = {option.name for option in walk.options(question.name)}
        chosen = value.split(" ") if question.type == "select_multiple" else [value]
        return None if set(chosen) <= offered and len(set(chosen)) == len(chosen) else NOT_OFFERED
    if question.type == "text":
        return TOO_LONG if len(value) > LONGEST_ANSWER else None
    pattern, words = _SHAPES[question.type]
    if re.fullmatch(pattern, value) is None:
        return words
    if question.type in ("date", "datetime") and days_of(value) != days_of(value):  # NaN: no such day
        return words
    return None


def _filled(walk: Walk, words: Text) -> Text:
    return Text(walk.filled(words.zh), walk.filled(words.en))
