"""The bundle of a weight set: what is in it reads back alike, R agrees, the bytes repeat, and nobody can be found."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pyreadstat
import pytest
import sqlalchemy as sa

from core.db import Database, reading, transaction
from core.people import Staff
from reports import estimating
from reports.definitions import FIRST, reweigh
from reports.estimates import IndexEstimate
from reports.export_bundle import Made, bundle
from reports.export_disclosure import disclosure, meaningless_order, renumbered
from reports.export_files import FileFormat, cut
from reports.export_replicates import CantReplicate, ReplicateMethod, TooManyUnits, replicated
from reports.export_respondents import respondents_of
from survey.cases import Case
from survey.frame import FrameNumber
from survey.interviews import Answer, Interview
from survey.methods.design import declare
from survey.methods.margins import margin
from survey.weight_making import make_weight_set
from survey.weight_replay import Moved
from survey.weighting import IndexFigure, Weight, WeightSet
from tests.factories import a_staff
from tests.survey.field import NOON
from tests.survey.methods.test_r import r_is_ready
from tests.survey.weighed import ADULTS, a_worked_wave

CUT = NOON + timedelta(days=1)
PLANTED = "我叫张三丰住在东街"
PLANTED_NUMBER = "13912345678"


def a_set(each: int = 60, interviews: int = 200, *, for_bulletins: bool = False) -> int:
    """Make a weighed wave and return its set, with a bulletin's estimates where these are wanted."""
    with transaction() as session:
        field = a_worked_wave(session, each=each, interviews=interviews)
        random = np.random.default_rng(8)
        for interview in session.scalars(sa.select(Interview).order_by(Interview.id)).all():
            for agency in FIRST.agencies:
                given = Answer(
                    interview_id=interview.id, question=agency.contact, at=NOON, token=agency.contact
                )
                given.value = str(random.integers(1, 3))
                session.add(given)
        session.flush()
        made = make_weight_set(
            session, field.wave, starts_on=NOON.date(), ends_on=NOON.date(), as_of=CUT, by=None, at=CUT
        )
        if for_bulletins:
            weights = {agency.code: float(n) for n, agency in enumerate(FIRST.agencies, start=1)}
            by = a_staff(session)
            definition = reweigh(session, weights, valid_from=NOON.date(), reason="试", by=by, at=CUT)
            estimating.make(session, made, definition, at=CUT)
        return made.id


def packed(set_id: int, path: Path, **choices: object) -> Made:
    with reading() as session:
        return bundle(session, session.get_one(WeightSet, set_id), path, **choices)  # type: ignore[arg-type]


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def test_every_form_reads_back_with_chinese_labels(sqlite: Database, tmp_path: Path) -> None:
    made = packed(a_set(), tmp_path / "b.zip", count=20)
    files = unpacked(tmp_path / "b.zip")
    assert set(made.files) == set(files)
    rows = table(files["interviews.csv"])
    weights = table(files["replicate_weights.csv"])
    assert len(rows) == len(weights) == made.interviews == 200
    code = {(r["column"], r["code"]): r for r in table(files["codebook.csv"])}
    assert code["s1_safety", "1"]["value_zh"] == "很安全"
    found = {}
    for form, read in ((FileFormat.SAV, pyreadstat.read_sav), (FileFormat.DTA, pyreadstat.read_dta)):
        (tmp_path / f"i.{form.value}").write_bytes(files[f"interviews.{form.value}"])
        data, about = read(str(tmp_path / f"i.{form.value}"), output_format="dict")
        found[form] = data
        assert about.column_names_to_labels["weight"] == "最终权数（校准后）"
        assert str(about.column_names_to_labels["s1_safety"]).startswith("在目前的社会治安环境下")
        assert about.variable_value_labels["s1_safety"][1] == "很安全"
        assert about.variable_value_labels["s1_safety"][98] == "不知道"
        assert about.variable_value_labels["county"]
    (tmp_path / "i.parquet").write_bytes(files["interviews.parquet"])
    parquet = pyarrow.parquet.read_table(tmp_path / "i.parquet")
    field = parquet.schema.field("s1_safety")
    assert json.loads(field.metadata[b"value_labels"])["1"] == "很安全"
    assert field.metadata[b"label"].decode().startswith("在目前的社会治安环境下")
    columns = [*rows[0], *weights[0]]
    assert parquet.schema.names == columns
    for name in columns:
        plain = [row[name] for row in (rows if name in rows[0] else weights)]
        wanted = np.array([float(v) if v else np.nan for v in plain])
        for form in (FileFormat.SAV, FileFormat.DTA):
            own = np.array([np.nan if v is None else v for v in found[form][name]], dtype=float)
            assert np.array_equal(own, wanted, equal_nan=True), (form, name)
        own = np.array([np.nan if v is None else v for v in parquet.column(name).to_pylist()], dtype=float)
        assert np.array_equal(own, wanted, equal_nan=True), name


def test_labels_are_english_on_request(sqlite: Database, tmp_path: Path) -> None:
    packed(a_set(), tmp_path / "b.zip", formats=[FileFormat.SAV], language="en", count=20)
    files = unpacked(tmp_path / "b.zip")
    assert "interviews.dta" not in files
    (tmp_path / "i.sav").write_bytes(files["interviews.sav"])
    _, about = pyreadstat.read_sav(str(tmp_path / "i.sav"), metadataonly=True)
    assert about.column_names_to_labels["weight"] == "Final weight (after raking)"
    assert about.variable_value_labels["s1_safety"][98] == "Don't know"
    assert files["codebook.md"].startswith(b"# Codebook")


def test_the_same_set_gives_the_same_bytes(sqlite: Database, tmp_path: Path) -> None:
    made = a_set()
    packed(made, tmp_path / "1.zip", count=20)
    packed(made, tmp_path / "2.zip", count=20)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_nothing_that_identifies_is_in_any_file(sqlite: Database, tmp_path: Path) -> None:
    made = a_set()
    with transaction() as session:
        interviews = session.scalars(sa.select(Interview).order_by(Interview.id)).all()
        planted = {
            "name_said": PLANTED,
            "landlines": PLANTED_NUMBER,
            "d1_note": f"{PLANTED} {PLANTED_NUMBER}",
        }
        for n, interview in enumerate(interviews[:20]):
            for name, text in planted.items():
                known = session.scalars(
                    sa.select(Answer).where(Answer.interview_id == interview.id, Answer.question == name)
                ).first()
                if known is not None:
                    known.value = text
                else:
                    session.add(
                        Answer(
                            interview_id=interview.id,
                            question=name,
                            value=text,
                            at=NOON,
                            token=f"p{n}-{name}",
                        )
                    )
        numbers = session.scalars(
            sa.select(FrameNumber.number).join(Case, Case.frame_number_id == FrameNumber.id)
        ).all()
        ends = [i.ended_at.isoformat() for i in interviews if i.ended_at]
        # The data cut is told, and the first interview ended at the same time of day.
        times = [*(e[:19] for e in ends), *(e[11:19] for e in ends if e[11:19] != CUT.isoformat()[11:19])]
        staff = [name for s in session.scalars(sa.select(Staff)) for name in (s.name, s.username)]
    packed(made, tmp_path / "b.zip", count=20)
    files = unpacked(tmp_path / "b.zip")
    assert len(numbers) > 100
    assert len(times) > 300
    bare = [n.removeprefix("+86") for n in numbers]
    sought = [PLANTED, PLANTED_NUMBER, "张三丰", *bare, *times, *[s for s in staff if len(s) > 3]]
    for name, data in files.items():
        for text in sought:
            for coding in ("utf-8", "utf-16-le", "gb18030"):
                assert text.encode(coding) not in data, (name, text)
    head = set(table(files["interviews.csv"])[0])
    assert not head & {"interview_id", "case_id", "staff_id", "age", "number", "name", "name_said", "d1_note"}
    assert {r["landlines"] for r in table(files["interviews.csv"])} <= {"", *map(str, range(10)), "98", "99"}
    with reading() as session:
        by_interview = list(session.scalars(sa.select(Weight.nonresponse).order_by(Weight.interview_id)))
    in_file = [float(r["weight_nonresponse"]) for r in table(files["interviews.csv"])]
    assert in_file != by_interview
    assert sorted(in_file) == pytest.approx(sorted(by_interview))
    assert [r["psu"] for r in table(files["interviews.csv"])] == [str(n) for n in range(1, 201)]


def test_rare_combinations_lose_week_and_their_strata_the_township(sqlite: Database, tmp_path: Path) -> None:
    made = packed(a_set(), tmp_path / "b.zip", count=20)
    rows = table(unpacked(tmp_path / "b.zip")["interviews.csv"])
    keys = ("county", "sex", "age_group", "education", "area")
    shared: dict[tuple[str, ...], int] = {}
    for r in rows:
        key = tuple(r[k] for k in keys)
        shared[key] = shared.get(key, 0) + 1
    rare = [r for r in rows if shared[tuple(r[k] for k in keys)] < 5]
    assert 0 < made.rare == len(rare)
    assert {r["week"] for r in rare} == {""}
    assert all(r["week"] for r in rows if shared[tuple(r[k] for k in keys)] >= 5)
    touched = {r["stratum"] for r in rare}
    assert all((r["township"] == "") == (r["stratum"] in touched) for r in rows)
    assert made.blanked == sum(r["township"] == "" for r in rows)
    assert f"{made.rare} 行" in unpacked(tmp_path / "b.zip")["README.zh.md"].decode()


def test_the_rule_of_rare_combinations_by_hand() -> None:
    found = disclosure(["a", "a", "a", "b", "b", "a"], np.array([0, 0, 1, 1, 2, 3]), least=3)
    assert found.rare.tolist() == [False, False, False, True, True, False]
    assert found.blanked.tolist() == [False, False, True, True, True, False]
    assert found.smallest == 2


def test_the_order_of_rows_knows_nothing_of_where_they_came_from() -> None:
    random = np.random.default_rng(4)
    columns = [random.integers(0, 3, 50).astype(np.float64), random.random(50)]
    columns[0][7] = np.nan
    mixed = random.permutation(50)
    first = [c[meaningless_order(columns)] for c in columns]
    again = [c[mixed][meaningless_order([c[mixed] for c in columns])] for c in columns]
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    assert not np.array_equal(first[1], np.sort(first[1]))
    assert renumbered(np.array([9, 4, 9, 7])).tolist() == [1, 2, 1, 3]


def test_changed_answers_are_refused_and_nothing_is_written(sqlite: Database, tmp_path: Path) -> None:
    made = a_set()
    with transaction() as session:
        answer = session.scalars(
            sa.select(Answer).where(Answer.question == "area", Answer.value == "1")
        ).first()
        assert answer is not None
        answer.value = "2"
    with pytest.raises(Moved):
        packed(made, tmp_path / "b.zip", count=20)
    assert not (tmp_path / "b.zip").exists()


def test_withheld_figures_stay_withheld(sqlite: Database, tmp_path: Path) -> None:
    made = a_set()
    with transaction() as session:
        for figure in session.scalars(sa.select(IndexFigure).where(IndexFigure.index == "safety")):
            figure.is_suppressed, figure.reason = True, "too_uncertain"
            figure.estimate = figure.standard_error = figure.low = figure.high = 0.123456789
    packed(made, tmp_path / "b.zip", count=20)
    files = unpacked(tmp_path / "b.zip")
    safety = [r for r in table(files["published.csv"]) if r["index"] == "safety"]
    assert {(r["estimate"], r["n"], r["withheld"]) for r in safety} == {("", "", "too_uncertain")}
    assert all(b"0.123456789" not in data for data in files.values())
    assert {r["key"] for r in table(files["differences.csv"])} <= {"set:enforcement"}


def test_every_replicate_meets_every_margin(sqlite: Database) -> None:
    made = a_set()
    with reading() as session:
        people = respondents_of(session, session.get_one(WeightSet, made))
    drawn = replicated(people.design, people.margins, count=30)
    weights = drawn.replicates.weights
    assert weights.shape == (200, 30)
    assert len({weights[:, r].tobytes() for r in range(30)}) == 30
    for m in people.margins:
        for r in range(30):
            assert np.bincount(m.codes, weights[:, r]) == pytest.approx(m.totals, rel=1e-9)
    assert weights.sum(axis=0) == pytest.approx(np.full(30, ADULTS))
    again = replicated(people.design, people.margins, count=30)
    assert np.array_equal(again.replicates.weights, weights)


def test_a_jackknife_leaves_every_interview_out_once(sqlite: Database) -> None:
    made = a_set(each=40, interviews=120)
    with reading() as session:
        people = respondents_of(session, session.get_one(WeightSet, made))
    drawn = replicated(people.design, people.margins, ReplicateMethod.JACKKNIFE)
    assert drawn.replicates.weights.shape == (120, 120)
    assert ((drawn.replicates.weights == 0).sum(axis=0) == 1).all()


def test_a_draw_without_a_category_is_drawn_again_and_counted() -> None:
    design = declare(weights=np.full(40, 2.5), strata=np.repeat(["a", "b"], 20))
    thin = margin("thin", ["x"] * 38 + ["y"] * 2, {"x": 95.0, "y": 5.0})
    drawn = replicated(design, [thin], count=50)
    assert drawn.redrawn > 0
    assert drawn.replicates.weights.shape == (40, 50)
    for r in range(50):
        assert drawn.replicates.weights[38:, r].sum() == pytest.approx(5)
    empty = margin("empty", ["x"] * 40, {"x": 95.0, "y": 5.0})
    with pytest.raises(CantReplicate, match="empty"):
        replicated(design, [empty], count=20)
    big = declare(weights=np.ones(1001), strata=np.repeat(["a"], 1001))
    with pytest.raises(TooManyUnits, match="1001"):
        replicated(big, [margin("m", ["x"] * 1001, {"x": 5.0})], ReplicateMethod.JACKKNIFE)


def test_labels_are_cut_between_characters() -> None:
    assert cut("安全", 6) == "安全"
    assert cut("安全感指数", 10) == "安全…"
    assert len(cut("安" * 300, 250).encode()) <= 250


@pytest.mark.skipif(not r_is_ready(), reason="R with the packages survey and MASS is not installed")
@pytest.mark.parametrize("method", list(ReplicateMethod))
def test_r_reproduces_every_published_figure(
    sqlite: Database, tmp_path: Path, method: ReplicateMethod
) -> None:
    made = a_set(for_bulletins=True)
    packed(made, tmp_path / "b.zip", method=method, count=40, formats=[])
    folder = tmp_path / "out"
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(folder)
    done = subprocess.run(
        ["Rscript", "reproduce.R"], cwd=folder, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "all agree" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    with reading() as session:
        shown = [("set", f.index) for f in session.scalars(sa.select(IndexFigure)) if not f.is_suppressed]
        shown += [
            (f.measure.value, f.by.value) for f in session.scalars(sa.select(IndexEstimate)) if f.is_shown
        ]
    compared = [r for r in rows if len(r) == 6 and r[2] == "estimate"]
    assert len(compared) == len(shown) > 100
    assert {"share", "mean", "legacy"} <= {measure for measure, _ in shown}
    assert {"city", "county", "area", "sex", "age", "contact"} <= {by for _, by in shown}
    assert "not compared:" not in done.stdout
    assert any("difference_error" in r for r in rows)
    # What is not as published makes it fail.
    text = (folder / "published.csv").read_text(encoding="utf-8").splitlines()
    first = text[1].split(",")
    first[11] = repr(float(first[11]) + 2e-9)
    (folder / "published.csv").write_text("\n".join([text[0], ",".join(first), *text[2:]]), encoding="utf-8")
    wrong = subprocess.run(
        ["Rscript", "reproduce.R"], cwd=folder, capture_output=True, text=True, check=False, timeout=280
    )
    assert wrong.returncode == 1
    assert "DIFFER" in wrong.stdout
