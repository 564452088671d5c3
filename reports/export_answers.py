"""Answers as codes: what was chosen from a list, small counts, and nothing that a person said in their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.terms import Words
from reports.export_columns import (
    DONT_KNOW,
    NO_ANSWER,
    NOT_TOLD,
    Column,
    ColumnKind,
    Measure,
    numbered,
    unique_name,
)
from survey import categories, questionnaire
from survey.methods.design import FloatArray
from survey.period_data import Respondent
from survey.questionnaire import Option, Question, Questionnaire

OTHER = 97
MOST_COUNT = 9
"""Counts end here: nine stands for nine and more, so that no large number given as an answer gets out."""
PERSON = ("sex", "education", "area")
NEVER = ("age",)
"""Asked in whole years; the file has the group only."""
SPECIAL = {
    DONT_KNOW: Words("不知道", "Don't know"),
    NO_ANSWER: Words("拒答", "Refused"),
    OTHER: Words("其他", "Other"),
}


def person_columns(form: Questionnaire, people: Sequence[Respondent], taken: set[str]) -> list[Column]:
    """Return sex, age group, education and residence; who did not tell has the code 99."""
    found = []
    for question in form.questions:
        if question.name in PERSON and question.type == "select_one":
            column = _chosen(question, form.lists.get(question.list, ()), people, question.name, taken)
            asked = np.isin(column.values, (DONT_KNOW, OTHER)) | np.isnan(column.values)
            labels = {n: w for n, w in column.labels.items() if n not in SPECIAL}
            found.append(
                Column(
                    column.name,
                    ColumnKind.PERSON,
                    column.words,
                    np.where(asked, NOT_TOLD, column.values),
                    {**labels, NOT_TOLD: Words("没有说", "Not told")},
                )
            )
    bands = [name for _, name in categories.AGE_BANDS]
    age = numbered([categories.age_band(p.answers.get("age")) for p in people], bands)
    if "age" in form.places:
        found.append(
            Column(
                unique_name("age_group", taken),
                ColumnKind.PERSON,
                Words("年龄组", "Age group"),
                np.where(np.isnan(age), NOT_TOLD, age),
                {
                    **{n: Words(band, band) for n, band in enumerate(bands, start=1)},
                    NOT_TOLD: Words("没有说", "Not told"),
                },
                Measure.ORDINAL,
            )
        )
    return found


def answer_columns(form: Questionnaire, people: Sequence[Respondent], taken: set[str]) -> list[Column]:
    """Return the other questions in their order: lists and counts; texts, dates and times stay in the house."""
    found: list[Column] = []
    for question in form.questions:
        if question.name in (*PERSON, *NEVER):
            continue
        options = form.lists.get(question.list, ())
        if question.type == "select_one":
            found.append(_chosen(question, options, people, question.name, taken))
        elif question.type == "select_multiple":
            found += _ticked(question, options, people, taken)
        elif question.type == "integer":
            found.append(_counted(question, people, taken))
    return found


def label_of(question: Question) -> Words:
    """Return a question's wording without its marks of stress."""
    zh, en = question.label.within("zh"), question.label.within("en")
    return Words(_plain(zh), _plain(en))


def _plain(text: str) -> str:
    return text.replace("**", "").replace("{", "(").replace("}", ")").strip()


def option_codes(options: Sequence[Option]) -> dict[str, int]:
    """Number the options of a list: by their own names where these are small numbers, else 1, 2, …."""
    names = [o.name for o in options]
    own = all(n.isascii() and n.isdigit() and len(n) < 3 and int(n) < OTHER for n in names)
    if own and len({int(n) for n in names}) == len(names):
        return {n: int(n) for n in names}
    return {n: k for k, n in enumerate(names, start=1)}


def _special(codes: Mapping[str, int]) -> dict[str, int]:
    given = {questionnaire.DONT_KNOW: DONT_KNOW, questionnaire.NO_ANSWER: NO_ANSWER}
    return {**given, questionnaire.OTHER: OTHER, **codes}


def _chosen(
    question: Question, options: Sequence[Option], people: Sequence[Respondent], name: str, taken: set[str]
) -> Column:
    codes = option_codes(options)
    code_of = _special(codes)
    values = np.array([float(code_of.get(p.answers.get(question.name, ""), np.nan)) for p in people])
    known = set(values[~np.isnan(values)].astype(np.int64).tolist())
    labels = {
        codes[o.name]: Words(_plain(o.label.within("zh")), _plain(o.label.within("en"))) for o in options
    }
    labels |= {n: w for n, w in SPECIAL.items() if n in known and n not in labels}
    return Column(unique_name(name, taken), ColumnKind.ANSWER, label_of(question), values, labels)


def _ticked(
    question: Question, options: Sequence[Option], people: Sequence[Respondent], taken: set[str]
) -> list[Column]:
    codes = option_codes(options)
    given = [p.answers.get(question.name) for p in people]
    asked: FloatArray = np.array([np.nan if v is None or v in questionnaire.SPECIAL else 0.0 for v in given])
    chosen = [frozenset((v or "").split()) for v in given]
    whole = label_of(question)
    found = []
    for option in options:
        ticked = np.array([float(option.name in c) for c in chosen])
        label = Words(
            f"{whole.zh} — {_plain(option.label.within('zh'))}",
            f"{whole.en} — {_plain(option.label.within('en'))}",
        )
        found.append(
            Column(
                unique_name(f"{question.name}_{codes[option.name]}", taken),
                ColumnKind.ANSWER,
                label,
                np.where(np.isnan(asked), np.nan, ticked),
                {1: Words("选了", "Chosen"), 0: Words("没选", "Not chosen")},
            )
        )
    return found


def _counted(question: Question, people: Sequence[Respondent], taken: set[str]) -> Column:
    values = np.array([_count(p.answers.get(question.name)) for p in people])
    known = set(values[~np.isnan(values)].astype(np.int64).tolist())
    labels = {n: w for n, w in SPECIAL.items() if n in known}
    if MOST_COUNT in known:
        labels = {MOST_COUNT: Words("9 及以上", "9 and more"), **labels}
    return Column(
        unique_name(question.name, taken),
        ColumnKind.ANSWER,
        label_of(question),
        values,
        labels,
        Measure.SCALE,
    )


def _count(text: str | None) -> float:
    special = {questionnaire.DONT_KNOW: DONT_KNOW, questionnaire.NO_ANSWER: NO_ANSWER}
    if text in special:
        return float(special[text])
    if text is None or not text.isascii() or not text.isdigit():
        return float("nan")
    return float(min(int(text[:6]), MOST_COUNT))
