"""Estimates by group: the same figures as the weight set's own, frozen once, and counties compared with their covariance."""

from __future__ import annotations

import ast
import re
from datetime import date, datetime, timedelta

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, reading, transaction
from core.problems import Invalid
from reports import nightly_estimates
from reports.code_mark import ROOMS, code_version, modules
from reports.definitions import FIRST, Definition, IndexDefinition, in_force, reweigh, versions
from reports.estimates import By, EstimateSet, IndexEstimate, Measure, figures_of
from reports.estimating import OTHERS, USERS, fit_to_print, make
from reports.nightly_estimates import estimate_new
from survey import index_ranks
from survey.interviews import Answer
from survey.methods.estimates import Estimate
from survey.methods.failures import MethodFailure
from survey.methods.publication import Suppression
from survey.waves import Wave
from survey.weight_making import make_nightly, make_weight_set
from survey.weighting import IndexFigure, WeightSet
from tests.factories import a_staff
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave, make_poll

CUT = NOON + timedelta(days=1)


def a_set(session: Session) -> WeightSet:
    field = a_worked_wave(session, each=60, interviews=200)
    day = NOON.date()
    return make_weight_set(session, field.wave, starts_on=day, ends_on=day, as_of=CUT, by=None, at=CUT)


def test_the_figures_are_those_of_the_weight_set(database: Database) -> None:
    with transaction() as session:
        made = a_set(session)
        make(session, made, FIRST, at=CUT)
    with reading() as session:
        found = figures_of(session, session.get_one(WeightSet, made.id))
        assert found is not None
        known = {(f.index, f.domain): f for f in session.scalars(sa.select(IndexFigure))}
    for index in ("safety", "enforcement"):
        city, counties = found.get(index), found.domains(By.COUNTY)
        assert city is not None
        assert city.estimate == pytest.approx(known[index, "city"].estimate, abs=1e-12)
        assert city.standard_error == pytest.approx(known[index, "city"].standard_error, abs=1e-12)
        for code in counties:
            one = found.get(index, code, By.COUNTY)
            assert one is not None
            assert one.estimate == pytest.approx(known[index, code].estimate, abs=1e-12)
        held = {code: (r.best, r.worst, r.band) for code, r in found.places(index).items()}
        of_set = {code: f for (i, code), f in known.items() if i == index and f.rank_low is not None}
        assert held == {code: (f.rank_low, f.rank_high, f.rank_band) for code, f in of_set.items()}
        assert len(held) > 1
    legacy, share = found.get("safety", measure=Measure.LEGACY), found.get("safety")
    assert legacy is not None
    assert share is not None
    assert legacy.estimate is not None
    assert share.estimate is not None
    assert legacy.estimate > share.estimate
    mean = found.get("safety", measure=Measure.MEAN)
    assert mean is not None
    assert mean.estimate is not None
    assert 0 <= mean.estimate <= 100


def test_counties_are_compared_with_their_covariance(sqlite: Database) -> None:
    with transaction() as session:
        made = a_set(session)
        kept = make(session, made, FIRST, at=CUT).covariances["safety"]
        found = figures_of(session, made)
    assert found is not None
    matrix = np.array(kept["matrix"])
    assert matrix == pytest.approx(matrix.T)
    one, two = kept["counties"][:2]
    change = found.between("safety", one, two)
    assert change is not None
    width = (change.high - change.low) / 2
    alone = np.sqrt(matrix[0, 0] + matrix[1, 1])
    tied = np.sqrt(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1])
    assert width / tied == pytest.approx(1.96, abs=0.06)
    assert tied != pytest.approx(alone, rel=1e-6)
    assert found.between("safety", one, "nowhere") is None


def test_places_on_the_composite_follow_its_weights(sqlite: Database) -> None:
    police = msgspec.structs.replace(
        FIRST,
        version=2,
        agencies=tuple(msgspec.structs.replace(a, weight=float(a.code == "police")) for a in FIRST.agencies),
    )
    with transaction() as session:
        made = a_set(session)
        make(session, made, police, at=CUT)
        found = figures_of(session, made, 2)
        assert found is not None
        rows = [found.get("enforcement", code, By.COUNTY) for code in found.places("enforcement")]
        alone = [found.get("police", code, By.COUNTY) for code in found.places("enforcement")]
    values = np.array([e.estimate for e in alone if e])
    assert [e.estimate for e in rows if e] == pytest.approx(values)
    covariance = np.array(found.made.covariances["enforcement"]["matrix"])
    again = index_ranks.places(values, index_ranks.with_errors([e for e in alone if e], covariance))
    assert list(found.places("enforcement").values()) == again


def test_every_new_set_is_estimated_once_by_night(sqlite: Database) -> None:
    with transaction() as session:
        a_set(session)
        assert estimate_new(session, CUT) == 1
        assert estimate_new(session, CUT) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(EstimateSet)) == 1


def test_a_poll_that_asks_none_of_the_indices_is_weighed_and_estimated_once(database: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session)
        make_poll(session, field.wave)
        night = NOON + timedelta(hours=20)
        assert make_nightly(session, night) == 2
        assert session.scalar(sa.select(sa.func.count()).select_from(IndexFigure)) == 0
        assert estimate_new(session, night) == 2
        assert estimate_new(session, night) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(IndexEstimate)) == 0


def test_a_set_that_can_not_be_estimated_keeps_no_other_from_it(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        first = a_set(session)
        day = first.starts_on - timedelta(days=1)
        later = make_weight_set(
            session,
            session.get_one(Wave, first.wave_id),
            starts_on=day,
            ends_on=first.ends_on,
            as_of=CUT,
            by=None,
            at=CUT,
        )

        def stumble(
            session: Session, weight_set: WeightSet, definition: Definition, *, at: datetime
        ) -> EstimateSet:
            if weight_set.id == first.id:
                session.add(EstimateSet(weight_set_id=first.id, definition_version=1))
                raise MethodFailure("estimates", expected="people", got="nobody")
            return make(session, weight_set, definition, at=at)

        monkeypatch.setattr(nightly_estimates, "make", stumble)
        assert estimate_new(session, CUT) == 1
        assert set(session.scalars(sa.select(EstimateSet.weight_set_id))) == {later.id}
        assert first.provenance["not_estimated"]["why"] == "estimates; expected people; got nobody"
        monkeypatch.setattr(nightly_estimates, "make", make)
        assert estimate_new(session, CUT) == 0  # not replayed every ten minutes
        monkeypatch.setattr(nightly_estimates, "code_version", lambda: "mended")
        assert estimate_new(session, CUT) == 1


def test_users_are_told_from_others_where_they_were_asked(sqlite: Database) -> None:
    with transaction() as session:
        made = a_set(session)
        make(session, made, FIRST, at=CUT)
        found = figures_of(session, made)
    assert found is not None
    assert set(found.domains(By.CONTACT)) <= {USERS, OTHERS}
    assert found.get("safety", USERS, By.CONTACT) is None


def _half(item: str, domain: str, n: int) -> Estimate:
    told = {"estimate": 0.8, "standard_error": 0.03, "low": 0.74, "high": 0.85}
    few = Suppression.TOO_FEW if n < 30 else None
    return Estimate(
        item=item, domain=domain, n=n, sum_of_weights=float(n), df=n, method="logit", level=0.95, suppression=few, **told
    )  # fmt: skip


def test_fewer_than_ten_users_do_not_follow_from_the_others() -> None:
    sizes = {"police": (60, 140), "traffic": (7, 120), "court": (20, 150)}
    found = [
        _half(item, who, n) for item, ns in sizes.items() for who, n in zip((USERS, OTHERS), ns, strict=True)
    ]
    found += [_half("enforcement", who, 200) for who in (USERS, OTHERS)]
    told = {(e.item, e.domain): e.suppression for e in fit_to_print(found, FIRST)}
    assert told["police", USERS] is told["police", OTHERS] is None
    assert told["traffic", USERS] is Suppression.TOO_FEW
    assert told["traffic", OTHERS] is Suppression.COMPLEMENT
    assert told["court", OTHERS] is None  # twenty are too few for a figure, and nobody is among them alone
    assert told["enforcement", USERS] is told["enforcement", OTHERS] is Suppression.ITEM


def test_an_agency_nobody_was_asked_about_leaves_no_composite(sqlite: Database) -> None:
    with transaction() as session:
        made = a_set(session)
        session.execute(sa.update(Answer).where(Answer.question == "e5_justice").values(value="DONT_KNOW"))
        make(session, made, FIRST, at=CUT)
        found = figures_of(session, made)
    assert found is not None
    index = found.get("enforcement")
    assert index is not None
    assert (index.estimate, index.withheld, index.is_shown) == (None, "item", False)
    assert found.get("justice") is None
    assert found.places("enforcement") == {}


def test_the_code_has_a_mark_that_follows_the_methods() -> None:
    version, _, mark = code_version().partition("+")
    assert version
    assert re.fullmatch("[0-9a-f]{12}", mark)
    found = modules()
    assert {
        "survey.methods.raking", "survey.indices", "reports.estimating", "reports.wording", "reports.sections.survey",
        "reports.expected", "reports.stood", "reports.coaching", "reports.clusters", "reports.matter_counts",
        "reports.appraisal_scores", "hotline.hidden_tables", "matters.rates", "matters.rules", "matters.ledger",
        "matters.clocks", "matters.shrinking",
    } <= set(found)  # fmt: skip
    assert not any(".views" in name or name.startswith(("web", "telephony")) for name in found)
    for path in found.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ROOMS:
                assert node.module in found


def test_a_definition_is_followed_by_another_never_changed(sqlite: Database) -> None:
    with transaction() as session:
        editor = a_staff(session)
        weights = {a.code: 1.0 for a in FIRST.agencies} | {"police": 3.0}
        reweigh(session, weights, valid_from=date(2027, 1, 1), reason="人大建议", by=editor, at=CUT)
        assert in_force(session, date(2026, 12, 31)) == FIRST
        later = in_force(session, date(2027, 1, 4))
        assert later.version == 2
        assert {a.code: a.weight for a in later.agencies} == weights
        assert [v.version for v in versions(session)] == [2, 1]
        for wrong, day, why in (
            ({"police": 1.0}, date(2027, 2, 1), "x"),
            (dict.fromkeys(weights, 0.0), date(2027, 2, 1), "x"),
            (weights, date(2026, 1, 1), "x"),
            (weights, date(2027, 2, 1), " "),
        ):
            with pytest.raises(Invalid):
                reweigh(session, wrong, valid_from=day, reason=why, by=editor, at=CUT)
        assert session.scalar(sa.select(sa.func.count()).select_from(IndexDefinition)) == 1
