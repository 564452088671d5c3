"""Root causes: taken up from the scan, remedied, measured after ninety days; the pages and files that show them."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, reading, transaction
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from core.places import Level, Place
from core.problems import Invalid, Refused
from reports.clusters import clusters
from reports.prevented import prevented
from reports.remedies import measure_due, remedy, so_far
from reports.root_causes import CauseState, RootCause, root_causes, take_up
from tests.conftest import NOON
from tests.factories import a_city, a_staff, a_unit
from tests.reports.raised import a_matter, days_before
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

LIGHT = "livelihood.lighting"


def a_dark_street(session: Session, last: date) -> list[Place]:
    """A township where lights go out within three days, in a city where they seldom do."""
    towns = a_city(session, counties=1, townships=5)
    for n, town in enumerate(towns):
        for day in (10 + n, 25 + n, 40 + n, 55 + n, 70 + n):
            a_matter(session, town, LIGHT, days_before(last, day))
    for n in range(12):
        a_matter(session, towns[2], LIGHT, days_before(last, n % 3))
    return towns


def a_cause(session: Session, editor: Staff, at: datetime = NOON) -> RootCause:
    """Take up what the scan finds first."""
    row = clusters(session, clock.today(at)).rows[0]
    return take_up(session, row, "变压器过载，一下雨就跳闸", by=editor, at=at)


def test_a_cause_is_taken_up_once_remedied_and_measured_after_ninety_days(database: Database) -> None:
    today = clock.today(NOON)
    with transaction() as session:
        towns = a_dark_street(session, today)
        editor, unit = a_staff(session, Role.EDITOR), a_unit(session)
        cause = a_cause(session, editor)
        assert (cause.topic, cause.place_id, cause.observed) == (LIGHT, towns[2].id, 12)
        assert (cause.townships, cause.state) == ([towns[2].id], CauseState.OPEN)
        with pytest.raises(Refused):
            a_cause(session, editor)
        with pytest.raises(Invalid):
            take_up(session, clusters(session, today).rows[0], " ", by=editor, at=NOON)
        with pytest.raises(Invalid) as wrong:
            remedy(session, cause, "", on=today + timedelta(days=1), unit=None, by=editor, at=NOON)
        assert set(wrong.value.fields) == {"remedy", "on", "unit"}
        remedy(session, cause, "换了变压器", on=today, unit=unit, by=editor, at=NOON)
        assert so_far(session, cause, today) is None
        for n in (1, 30, 90):
            a_matter(session, towns[2], LIGHT, today + timedelta(days=n))
        a_matter(session, towns[2], LIGHT, today + timedelta(days=91))
        a_matter(session, towns[0], LIGHT, today + timedelta(days=5))
        assert measure_due(session, NOON + timedelta(days=90)) == 0
        early = so_far(session, cause, today + timedelta(days=31))
        assert early is not None
        assert (early.observed, early.trend) == (2, 30 / 90)
        assert measure_due(session, NOON + timedelta(days=91)) == 1
        assert measure_due(session, NOON + timedelta(days=91)) == 0
        # The day of the remedy itself, with four of the twelve, belongs to neither side.
        assert (cause.before, cause.after, cause.elsewhere_before, cause.elsewhere_after) == (13, 3, 20, 1)
        assert cause.state is CauseState.MEASURED
        assert cause.result == prevented(13, 3, days=(90, 90), elsewhere=(20, 1))
        lines = list(
            session.scalars(sa.select(Entry).where(Entry.action.like("root_cause.%")).order_by(Entry.id))
        )
        assert [line.action for line in lines] == [
            "root_cause.take_up",
            "root_cause.remedy",
            "root_cause.measure",
        ]
        assert "变压器" not in str([line.details for line in lines])
        assert root_causes(session) == [cause]


def test_the_editor_takes_up_and_remedies_and_a_leader_reads(app: object, as_role: SignedIn) -> None:
    yesterday = clock.today() - timedelta(days=1)
    with transaction() as session:
        a_dark_street(session, yesterday)
        unit_id = a_unit(session, name="供电所").id
    editor, leader = as_role(Role.EDITOR), as_role(Role.LEADER)
    page = leader.get("/root-causes/").text
    assert "市政照明" in page
    assert "记下一条根源" not in page
    assert "怎么算的" in page
    assert 'name="cluster"' in editor.get("/root-causes/").text
    with reading() as session:
        row = clusters(session, yesterday).rows[0]
        key, place = row.key, row.zone.place.code
    form = {"cluster": key, "title": "变压器过载"}
    assert leader.post("/root-causes/", data=form).status_code == 403
    assert editor.post("/root-causes/", data={**form, "cluster": "x"}).status_code == 409
    kept = editor.post("/root-causes/", data={**form, "title": "长" * 121})
    assert kept.status_code == 422
    assert "长" * 121 in kept.text
    made = editor.post("/root-causes/", data=form)
    assert made.status_code == 303
    where = made.location
    wrong = editor.post(f"{where}/remedy", data={"remedy": "换了变压器", "on": "x", "unit": ""})
    assert wrong.status_code == 422
    assert "换了变压器" in wrong.text
    right = {"remedy": "换了变压器", "on": yesterday.isoformat(), "unit": str(unit_id)}
    assert editor.post(f"{where}/remedy", data=right).status_code == 303
    assert editor.post(f"{where}/remedy", data=right).status_code == 409
    told = leader.get(where).text
    assert "换了变压器" in told
    assert "供电所" in told
    assert leader.get("/root-causes/999").status_code == 404
    with transaction() as session:
        cause = session.scalars(sa.select(RootCause)).one()
        cause.remedied_on = clock.today() - timedelta(days=95)
        measure_due(session, clock.now())
    assert "95 % 区间" in leader.get(where).text
    files = {
        name: leader.get(f"/root-causes/{name}.csv").text for name in ("clusters", "causes", "recurrences")
    }
    rows = list(csv.DictReader(io.StringIO(files["clusters"].lstrip("\ufeff"))))
    assert (rows[0]["topic"], rows[0]["place"], rows[0]["observed"]) == (LIGHT, place, "12")
    assert next(csv.DictReader(io.StringIO(files["causes"].lstrip("\ufeff"))))["state"] == "measured"
    for role in (Role.INTERVIEWER, Role.CLERK):
        assert as_role(role).get("/root-causes/").status_code == 403


def test_an_empty_city_says_so(app: object, as_role: SignedIn) -> None:
    with transaction() as session:
        session.add(Place(level=Level.CITY, code="99", name="清和市", name_en="Qinghe"))
    page = as_role(Role.LEADER).get("/root-causes/")
    assert page.status_code == 200
    assert "没有哪一处" in page.text
