"""Columns that come from the sample itself: design, weights, margins, places, kind of number and week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.phone import NumberKind
from core.places import Place
from core.terms import Words
from reports.export_columns import Column, ColumnKind, Measure, place_codes, unique_name
from survey.cases import Case
from survey.frame import Stratum
from survey.interviews import Interview
from survey.margin_import import current_margins
from survey.methods.design import IntArray
from survey.methods.margins import Margin
from survey.weight_replay import Replay
from survey.weighting import Weight, WeightSet

K = ColumnKind
MarginWords = Mapping[str, Mapping[str, Words]]


@dataclass(frozen=True)
class Where:
    """Where one interview was drawn, and in which week it was held."""

    stratum_id: int
    population: int
    township: Place
    county: Place
    week: date


def where_of(session: Session, made: WeightSet) -> dict[int, Where]:
    """Return where each interview of a set was drawn, by its id."""
    query = (
        sa.select(
            Interview.id, Interview.ended_at, Stratum.id, Stratum.size, Case.township_id, Case.county_id
        )
        .join(Weight, Weight.interview_id == Interview.id)
        .join(Case, Case.id == Interview.case_id)
        .join(Stratum, Stratum.id == Case.stratum_id)
        .where(Weight.weight_set_id == made.id)
    )
    rows = session.execute(query).all()
    ids = {i for row in rows for i in row[4:]}
    places = {p.id: p for p in session.scalars(sa.select(Place).where(Place.id.in_(ids)))}
    found = {}
    for interview, ended, stratum, size, township, county in rows:
        day = clock.local(ended or made.as_of).date()
        monday = day - timedelta(days=day.weekday())
        found[interview] = Where(stratum, size, places[township], places[county], monday)
    return found


def design_columns(
    here: Sequence[Where], strata: IntArray, drawn: Mapping[int, int], taken: set[str]
) -> list[Column]:
    """Return stratum, unit, sizes of the stratum and finite population correction."""
    members: dict[int, dict[int, int]] = {}
    for code, w in zip(strata.tolist(), here, strict=True):
        members.setdefault(code, {})[w.stratum_id] = max(w.population, drawn[w.stratum_id])
    population = {h: sum(own.values()) for h, own in members.items()}
    numbers = {h: sum(drawn[s] for s in own) for h, own in members.items()}
    size = np.array([float(population[h]) for h in strata.tolist()])
    taken_numbers = np.array([float(numbers[h]) for h in strata.tolist()])
    given = [
        (
            "stratum",
            Words("层（编号不含意义）", "Stratum (its number means nothing)"),
            strata.astype(np.float64),
        ),
        (
            "psu",
            Words("初级抽样单元：一个号码，即一人", "Primary sampling unit: one number, one person"),
            np.zeros(len(here)),
        ),
        (
            "stratum_population",
            Words("层内抽样框号码数 N_h", "Numbers of the stratum in the frame, N_h"),
            size,
        ),
        (
            "stratum_released",
            Words("层内投放号码数 n_h", "Numbers of the stratum released, n_h"),
            taken_numbers,
        ),
        (
            "fpc",
            Words("有限总体校正 1 − n_h/N_h", "Finite population correction 1 − n_h/N_h"),
            1 - taken_numbers / size,
        ),
    ]
    return [
        Column(
            unique_name(name, taken), K.DESIGN, words, values, {}, Measure.SCALE if n > 1 else Measure.NOMINAL
        )
        for n, (name, words, values) in enumerate(given)
    ]


def weight_columns(replay: Replay, taken: set[str]) -> list[Column]:
    """Return the final weight and the two steps before it."""
    w = replay.weighted
    given = [
        ("weight", Words("最终权数（校准后）", "Final weight (after raking)"), w.final),
        (
            "weight_nonresponse",
            Words(
                "无回答调整并由号码到人之后的权数（校准前）",
                "Weight after nonresponse and person, before raking",
            ),
            w.nonresponse,
        ),
        ("weight_base", Words("基础权数 N_h/n_h", "Base weight N_h/n_h"), w.base),
    ]
    return [
        Column(unique_name(name, taken), K.WEIGHT, words, values, {}, Measure.SCALE)
        for name, words, values in given
    ]


def margin_words(session: Session) -> dict[str, dict[str, Words]]:
    """Return what the categories of the margins in force are called."""
    return {
        name: {c.category: Words(c.label or c.category, c.label_en or c.category) for c in margin.cells}
        for name, margin in current_margins(session).items()
    }


def category_label(known: Mapping[str, Words], category: str) -> Words:
    """Return what a category is called; one that was joined is called by all its parts."""
    words = [known.get(part, Words(part, part)) for part in category.split(" + ")]
    return Words(" + ".join(w.zh for w in words), " + ".join(w.en for w in words))


def margin_columns(
    margins: Sequence[Margin], words: Mapping[str, Mapping[str, Words]], taken: set[str]
) -> list[Column]:
    """Return the category of each respondent in every margin as it was raked."""
    return [
        Column(
            unique_name(f"margin_{m.name}", taken),
            K.MARGIN,
            Words(
                "校准边际：{name}（已补缺、已合并）", "Raking margin {name} (filled in, thin ones joined)"
            ).filled(name=m.name),
            (m.codes + 1).astype(np.float64),
            {n: category_label(words.get(m.name, {}), c) for n, c in enumerate(m.categories, start=1)},
        )
        for m in margins
    ]


def place_columns(here: Sequence[Where], kinds: Sequence[NumberKind], taken: set[str]) -> list[Column]:
    """Return county, township, kind of number and week."""
    found = []
    for name, words, places in (
        ("county", Words("县（区）", "County"), [w.county for w in here]),
        ("township", Words("乡镇（街道）", "Township"), [w.township for w in here]),
    ):
        number = place_codes(p.code for p in places)
        labels = {number[p.code]: Words(p.name, p.name_en) for p in places}
        values = np.array([float(number[p.code]) for p in places])
        found.append(Column(unique_name(name, taken), K.PERSON, words, values, dict(sorted(labels.items()))))
    order = {kind: n for n, kind in enumerate(NumberKind, start=1)}
    line_kind = Column(
        unique_name("line_kind", taken),
        K.PERSON,
        Words("电话种类", "Kind of number"),
        np.array([float(order[k]) for k in kinds]),
        {n: Words(k.in_language("zh"), k.in_language("en")) for k, n in order.items()},
    )
    weeks = {w.week: int(w.week.strftime("%Y%m%d")) for w in here}
    week = Column(
        unique_name("week", taken),
        K.PERSON,
        Words("访问所在周（周一的日期）", "Week of the interview (its Monday)"),
        np.array([float(weeks[w.week]) for w in here]),
        {
            n: Words("{a} 至 {b}", "{a} to {b}").filled(a=str(day), b=str(day + timedelta(days=6)))
            for day, n in sorted(weeks.items())
        },
        Measure.ORDINAL,
    )
    return [*found, line_kind, week]
