"""The administrator sees a year, checks a notice without writing, loads it, and the worker recomputes deadlines."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import calendar, calendar_days, clock, jobs
from core.db import reading, transaction
from core.permissions import Role
from matters.matter import Matter
from matters.recomputing import recompute_all
from tests.matters import lives

SignedIn = Callable[..., FlaskClient]
CHRISTMAS = datetime(2026, 12, 25, 2, tzinfo=UTC)
NOTICE = "date,kind,occasion,notice\n2027-01-01,holiday,元旦,通知一号\n2027-01-02,makeup,元旦,通知一号\n"


@pytest.fixture(autouse=True)
def _own_calendar() -> Iterator[None]:
    calendar_days.forget()
    yield
    calendar_days.forget()


def sent(client: FlaskClient, text: bytes, year: str = "2027") -> tuple[int, str]:
    """Send a table to be checked."""
    form = {"year": year, "table": (io.BytesIO(text), "notice.csv")}
    answer = client.post("/calendar/check", data=form, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_notice_is_checked_loaded_and_deadlines_follow(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.in_hand(session, county, CHRISTMAS)
        matter_id = matter.id
        assert (clock.local(matter.due_at).date().isoformat(), matter.is_provisional) == ("2027-01-01", True)
    with clock.frozen(CHRISTMAS):
        administrator = as_role(Role.ADMINISTRATOR)
        page = administrator.get("/calendar/?year=2027").get_data(as_text=True)
        assert "这一年的通知还没有载入" in page
        status, page = sent(administrator, NOTICE.encode("gb18030"))
        assert status == 200
        assert "2027-01-02" in page
        assert calendar.version() == 1  # a dry run
        loaded = administrator.post("/calendar/", data={"year": "2027", "text": NOTICE})
        assert loaded.status_code == 303
        page = administrator.get("/calendar/?year=2027").get_data(as_text=True)
        assert "第 2 版" in page
        assert "这一年的通知还没有载入" not in page
        with reading() as session:
            assert session.get_one(Matter, matter_id).is_provisional
        while jobs.run_next():
            pass
    with reading() as session:
        matter = session.get_one(Matter, matter_id)
        assert (clock.local(matter.due_at).date().isoformat(), matter.is_provisional) == ("2027-01-02", False)
        job = session.scalars(sa.select(jobs.Job)).one()
        assert (job.state, job.result) == (jobs.JobState.DONE, {"changed": 1})
    assert recompute_all(CHRISTMAS) == 0


@pytest.mark.parametrize(
    ("table", "year", "said"),
    [
        (b"", "2027", "64 KB"),
        (b"\xff\xff\x00", "2027", "CSV"),
        (b"a,b\n1,2\n", "2027", "date, kind, occasion, notice"),
        (NOTICE.encode() + b"2027-01-04,makeup,x,y\n", "2027", "第 4 行"),
        (NOTICE.encode(), "2028", "第 2 行"),
    ],
)
def test_a_bad_table_is_told_row_by_row(
    app: Flask, as_role: SignedIn, table: bytes, year: str, said: str
) -> None:
    status, page = sent(as_role(Role.ADMINISTRATOR), table, year)
    assert status == 422
    assert said in page
    assert calendar.version() == 1


def test_what_was_changed_after_the_check_is_checked_again(app: Flask, as_role: SignedIn) -> None:
    administrator = as_role(Role.ADMINISTRATOR)
    forged = NOTICE + "2027-01-04,makeup,元旦,通知一号\n"
    assert administrator.post("/calendar/", data={"year": "2027", "text": forged}).status_code == 422
    assert administrator.post("/calendar/", data={"year": "2027"}).status_code == 422
    assert calendar.version() == 1


def test_years_out_of_reach_and_other_people(app: Flask, as_role: SignedIn) -> None:
    administrator = as_role(Role.ADMINISTRATOR)
    for year in ("1", "99999", "²027", "", "1999", "2099"):
        assert administrator.get(f"/calendar/?year={year}").status_code == 200
    assert as_role(Role.CLERK).get("/calendar/").status_code == 403
