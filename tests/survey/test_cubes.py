"""Cubes counted where the interviews lie: the same sums as from arrays, in every database."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from core.db import Database, transaction
from survey import categories
from survey.answers import questionnaire
from survey.cases import Case
from survey.cube_answers import cube_of
from survey.cubes import ScoredColumns, count_files, count_scored
from survey.indices import item_values
from survey.methods import cube_calibration
from survey.methods.cube import Cube, count
from survey.methods.cube_estimates import cube_estimates
from survey.methods.cube_estimation import Margins
from survey.methods.failures import DesignFailure, MethodFailure
from survey.methods.variance import SinglePsu
from survey.period_data import respondents
from survey.weight_making import make_weight_set, margin_totals
from survey.weighting import IndexFigure, Weight
from tests.survey.field import NOON
from tests.survey.methods.test_cube import LAYOUT, Sample, a_sample, same
from tests.survey.weighed import a_worked_wave

DAY, CUT = NOON.date(), NOON + timedelta(days=1)


def scored_rows(sample: Sample) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for i in range(sample.strata.size):
        row: dict[str, object] = {
            "stratum": LAYOUT.strata[sample.strata[i]],
            "w": float(sample.weights[i]),
            "psu": 0 if sample.units is None else int(sample.units[i]),
        }
        row |= {k.name: k.categories[c[i]] for k, c in zip(LAYOUT.keys, sample.keys, strict=True)}
        answers = zip(LAYOUT.items, sample.answers, strict=True)
        row |= {f"q_{item.name}": None if np.isnan(y[i]) else float(y[i]) for item, y in answers}
        rows.append(row)
    return rows


COLUMNS = ScoredColumns(weight="w", items={item.name: f"q_{item.name}" for item in LAYOUT.items})
WITH_UNITS = ScoredColumns(weight="w", unit="psu", items=COLUMNS.items)
TABLE = sa.Table(
    "scored_test", sa.MetaData(), sa.Column("stratum", sa.String), sa.Column("w", sa.Double), sa.Column("psu", sa.Integer),
    *[sa.Column(k.name, sa.String) for k in LAYOUT.keys], *[sa.Column(f"q_{i.name}", sa.Double) for i in LAYOUT.items],
)  # fmt: skip


def filled(database: Database, rows: list[dict[str, object]]) -> Database:
    with database.engine.begin() as connection:
        TABLE.create(connection)
        connection.execute(sa.insert(TABLE), rows)
    return database


@pytest.mark.parametrize("has_units", [False, True])
def test_one_group_by_counts_what_arrays_count(database: Database, has_units: bool) -> None:
    sample = a_sample(21, 200, has_units=has_units)
    with filled(database, scored_rows(sample)).engine.connect() as connection:
        same(count_scored(connection, TABLE, LAYOUT, WITH_UNITS if has_units else COLUMNS), sample.cube)
        nobody = sa.select(TABLE).where(TABLE.c.stratum == "nowhere").subquery()
        assert count_scored(connection, nobody, LAYOUT, COLUMNS).rows == 0


def test_what_scored_rows_must_hold(sqlite: Database) -> None:
    rows = scored_rows(a_sample(21, 40))
    with filled(sqlite, rows).engine.connect() as connection:
        with pytest.raises(DesignFailure, match="column safe"):
            count_scored(connection, TABLE, LAYOUT)
        for changed, words in (
            ({"county": "C7"}, "key county.*C7"),
            ({"sex": None}, "key sex.*no value"),
            ({"stratum": "S9"}, "stratum.*S9"),
            ({"w": -1.0}, "base weight.*-1"),
            ({"w": None}, "base weight in stratum S0"),
        ):
            connection.execute(sa.delete(TABLE))
            connection.execute(sa.insert(TABLE), [*rows, rows[0] | changed])
            with pytest.raises(DesignFailure, match=words):
                count_scored(connection, TABLE, LAYOUT, COLUMNS)


def test_files_are_counted_by_duckdb(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    sample = a_sample(22, 150, has_units=True)
    rows = scored_rows(sample)
    with (tmp_path / "interviews.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    same(count_files(tmp_path / "interviews.csv", LAYOUT, WITH_UNITS), sample.cube)
    with duckdb.connect() as connection:
        connection.read_csv(str(tmp_path / "interviews.csv")).write_parquet(str(tmp_path / "part.parquet"))
    same(count_files(tmp_path / "*.parquet", LAYOUT, WITH_UNITS), sample.cube)
    with pytest.raises(DesignFailure, match="interviews"):
        count_files(tmp_path / "interviews.csv", LAYOUT)


def test_without_duckdb_the_failure_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(MethodFailure, match="analysis"):
        count_files("x.csv", LAYOUT)


def test_the_cube_of_a_weight_set_is_that_of_its_interviews(database: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session)
        assert field.wave.edition is not None
        form, totals = questionnaire(field.wave.edition), margin_totals(session)
        kept = make_weight_set(session, field.wave, starts_on=DAY, ends_on=DAY, as_of=CUT, by=None, at=CUT)
        usual = {"sex_age": "female:30-39", "education": "junior"}
        cube = cube_of(session, kept, form, totals, usual)
        people = respondents(session, field.wave.id, DAY, DAY, as_of=CUT)
        weight = {
            w.interview_id: w.nonresponse
            for w in session.scalars(sa.select(Weight).where(Weight.weight_set_id == kept.id))
        }
        stratum = {row.id: row.stratum_id for row in session.execute(sa.select(Case.id, Case.stratum_id))}
        layout = cube.layout
        keys = []
        for key in layout.keys:
            told = [categories.category(key.name, p.answers, p.county) for p in people]
            told = [c if c in key.categories else usual.get(key.name, key.categories[0]) for c in told]
            keys.append(np.array([key.categories.index(c or "") for c in told]))
        answers = []
        for item in layout.items:
            options = form.lists[form.question(item.name).list]
            good = frozenset(o.name for o in options if o.favourable)
            answers.append(item_values(people, item.name, good, frozenset(o.name for o in options)))
        expected = count(
            layout,
            strata=np.array([layout.strata.index(str(stratum[p.case_id])) for p in people]),
            keys=keys,
            weights=np.array([weight[p.interview_id] for p in people]),
            answers=answers,
        )
        same(cube, expected)
        check_figures(cube, totals, {(f.index, f.domain): f for f in session.scalars(sa.select(IndexFigure))})


def check_figures(
    cube: Cube, totals: dict[str, dict[str, int]], kept: dict[tuple[str, str], IndexFigure]
) -> None:
    """The live figures lie close to those kept: only those who did not tell their category differ."""
    folded = Margins.of(cube)
    step = cube_calibration.rake(cube, folded, totals, min_rows=5, common_total=None)
    found = cube_estimates(
        cube, ["safety", "enforcement"], margins=folded, steps=[step], by="county", whole="city",
        single=SinglePsu.ADJUST,
    )  # fmt: skip
    assert len(found) == 6
    for figure in found:
        other = kept[figure.item, figure.domain]
        assert figure.n == other.n
        assert figure.estimate == pytest.approx(other.estimate, abs=0.05)
