"""Scores of the indices' items as columns, and which of them, with what shares, make up each published figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.terms import Words
from reports.definitions import Definition
from reports.estimates import Measure
from reports.estimating import OTHERS, USERS, Scored
from reports.export_answers import label_of
from reports.export_columns import Column, ColumnKind, unique_name
from reports.export_columns import Measure as Scale
from reports.group_words import group_words
from survey.indices import INDICES, estimands
from survey.methods.design import FloatArray
from survey.methods.estimands import Composite, Estimand, Mean
from survey.period_data import Respondent
from survey.questionnaire import Questionnaire

Parts = tuple[tuple[str, float], ...]
PREFIX = {Measure.SHARE: "share", Measure.MEAN: "score", Measure.LEGACY: "legacy"}
SAID = {
    Measure.SHARE: Words("得分（前两项为 1）", "Score (1 for the top two)"),
    Measure.MEAN: Words("得分（0–100）", "Score (0–100)"),
    Measure.LEGACY: Words("得分（旧口径，前三项为 1）", "Score (old rule, 1 for the top three)"),
}


CONTACT = {who: Words(group_words(who).zh, group_words(who).en.lower()) for who in (USERS, OTHERS)}


def set_key(index: str) -> str:
    """Return the key of a figure kept with the weight set."""
    return f"set:{index}"


def bulletin_key(index: str, measure: Measure, who: str = "") -> str:
    """Return the key of a figure estimated for bulletins; `who` names the people of its own columns."""
    return f"bulletin:{index}:{measure.value}" + (f":{who}" if who else "")


class ScoreColumns:
    """The columns of scores found so far; the same scores are written once."""

    def __init__(self, form: Questionnaire, taken: set[str]) -> None:
        self.form, self.taken = form, taken
        self.columns: list[Column] = []
        self.parts: dict[str, Parts] = {}

    def of_set(self, people: Sequence[Respondent]) -> None:
        """Add the items of a weight set's own figures."""
        measures = estimands(self.form, people)
        questions = {id(e.y): e.name for e in measures if isinstance(e, Mean) and e.name not in INDICES}
        for each in measures:
            items, shares = _items(each)
            if items and all(id(item.y) in questions for item in items):
                names = [self._column("fav", questions[id(i.y)], Measure.SHARE, i.y) for i in items]
                self.parts[set_key(each.name)] = tuple(zip(names, shares, strict=True))

    def of_definition(self, definition: Definition, people: Sequence[Respondent]) -> None:
        """Add the items of an index definition, by every measure."""
        questions = {i.code: i.question for i in (definition.safety, *definition.agencies)}
        scored = Scored(definition, people)
        for measure in Measure:
            for each in scored.estimands(measure):
                items, shares = _items(each)
                names = [self._column(PREFIX[measure], questions[i.name], measure, i.y) for i in items]
                self.parts[bulletin_key(each.name, measure)] = tuple(zip(names, shares, strict=True))
            for who, whole in scored.composites(measure).items():
                items, shares = _items(whole)
                names = [
                    self._column(f"{PREFIX[measure]}_{who}", questions[i.name], measure, i.y, CONTACT[who])
                    for i in items
                ]
                self.parts[bulletin_key(whole.name, measure, who)] = tuple(zip(names, shares, strict=True))

    def _column(
        self, prefix: str, question: str, measure: Measure, y: FloatArray, who: Words | None = None
    ) -> str:
        for known in self.columns:
            if np.array_equal(known.values, y, equal_nan=True):
                return known.name
        label = label_of(self.form.question(question))
        said = SAID[measure]
        is_share = measure is not Measure.MEAN
        column = Column(
            unique_name(f"{prefix}_{question}", self.taken),
            ColumnKind.OUTCOME,
            Words(
                f"{said.zh}：{label.zh}{'，' + who.zh if who else ''}",
                f"{said.en}: {label.en}{', ' + who.en if who else ''}",
            ),
            y,
            {1: Words("算在内", "Counts"), 0: Words("不算", "Does not count")} if is_share else {},
            Scale.NOMINAL if is_share else Scale.SCALE,
        )
        self.columns.append(column)
        return column.name


def _items(each: Estimand) -> tuple[tuple[Mean, ...], list[float]]:
    """Return what an estimand is the weighted average of; nothing where it is no average of items."""
    if isinstance(each, Composite):
        given = each.item_weights or (1.0,) * len(each.items)
        return each.items, [share / sum(given) for share in given]
    return ((each,), [1.0]) if isinstance(each, Mean) else ((), [])
