"""The administrator takes people on, draws the trees, and reads a journal that notes the reading."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from core.jobs import Job, JobState
from core.journal import Entry
from core.passwords import matches
from core.people import Staff, Unit
from core.permissions import Role
from core.places import Level, Place
from core.terms import Words
from tests.factories import a_staff
from tests.web.conftest import PASSWORD, SignedIn


def of(username: str) -> Staff:
    """Find someone."""
    with reading() as session:
        return session.scalars(sa.select(Staff).where(Staff.username == username)).one()


def test_someone_new_gets_roles_and_a_password_shown_once(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    form = {"username": "li.na", "name": "李娜", "roles": ["interviewer", "editor"], "language": "en"}
    page = client.post("/staff/new", data=form)
    found = re.search(r'id="first-password">([^<]+)<', page.text)
    assert found is not None
    staff = of("li.na")
    assert staff.roles == {Role.INTERVIEWER, Role.EDITOR}
    assert matches(staff.password_hash, found[1])
    assert found[1] not in client.get(f"/staff/{staff.id}").text


@pytest.mark.parametrize("desk", ["clerk", "supervision", "handler"])
def test_counselling_and_desk_roles_do_not_combine(as_role: SignedIn, desk: str) -> None:
    client = as_role(Role.ADMINISTRATOR)
    page = client.post("/staff/new", data={"username": "both", "name": "两头", "roles": ["operator", desk]})
    assert page.status_code == 422
    assert "不能同时接民意热线" in page.text
    assert 'value="两头"' in page.text
    with transaction() as session:
        staff = a_staff(session, Role.OPERATOR, username="one")
    page = client.post(f"/staff/{staff.id}/roles", data={"roles": ["operator", desk]})
    assert page.status_code == 409
    assert of("one").roles == {Role.OPERATOR}


def test_the_last_administrator_stays(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    with reading() as session:
        me = session.scalars(sa.select(Staff)).one()
    assert client.post(f"/staff/{me.id}/roles", data={"roles": ["leader"]}).status_code == 409
    assert client.post(f"/staff/{me.id}/active", data={"is_active": "0"}).status_code == 409
    with transaction() as session:
        a_staff(session, Role.ADMINISTRATOR)
    assert client.post(f"/staff/{me.id}/roles", data={"roles": ["leader"]}).status_code == 303


def test_closing_an_account_ends_its_sessions_at_once(as_role: SignedIn) -> None:
    with transaction() as session:
        staff = a_staff(session, Role.LEADER)
    other = as_role(staff=staff)
    assert other.get("/doors").status_code == 200
    as_role(Role.ADMINISTRATOR).post(f"/staff/{staff.id}/active", data={"is_active": "0"})
    assert other.get("/doors").status_code == 303


def test_changing_ones_password_ends_the_other_browsers(as_role: SignedIn) -> None:
    with transaction() as session:
        staff = a_staff(session, Role.LEADER, username="chen")
    here, there = as_role(staff=staff), as_role(staff=staff)
    form = {"old": PASSWORD, "new": "a lamp by the school road", "again": "a lamp by the school road"}
    assert here.post("/account/password", data={**form, "old": "no"}).status_code == 422
    assert here.post("/account/password", data={**form, "new": "chen chen 123"}).status_code == 422
    assert here.post("/account/password", data=form).status_code == 303
    assert here.get("/doors").status_code == 200
    assert there.get("/doors").status_code == 303


def test_one_can_end_only_ones_own_sessions(as_role: SignedIn) -> None:
    as_role(Role.ADMINISTRATOR)
    mine = as_role(Role.LEADER)
    assert mine.post("/account/sessions/1/end").status_code == 404


def test_units_stand_in_a_tree(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    assert (
        client.post("/units/", data={"name": "中心", "name_en": "Centre", "kind": "centre"}).status_code
        == 303
    )
    with reading() as session:
        centre = session.scalars(sa.select(Unit)).one()
    below = {"name": "照明所", "name_en": "Lighting", "kind": "handling", "parent_id": centre.id}
    assert client.post("/units/", data=below).status_code == 303
    assert client.post("/units/", data=below).status_code == 422
    assert "照明所" in client.get("/units/").text


def places(text: str, encoding: str = "utf-8") -> dict[str, object]:
    """Make an upload of a table."""
    return {"table": (io.BytesIO(text.encode(encoding)), "places.csv")}


HEAD = "code,parent_code,level,name,name_en\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_places_come_in_from_a_table_in_any_order(as_role: SignedIn, encoding: str) -> None:
    client = as_role(Role.ADMINISTRATOR)
    rows = "9901,99,county,清河县,Qinghe\n99,,city,清和市,Qinghe City\n990101,9901,township,柳湖镇,Liuhu\n"
    assert client.post("/places/", data=places(HEAD + rows, encoding)).status_code == 303
    again = HEAD + "9901,99,county,清河区,Qinghe District\n"
    assert client.post("/places/", data=places(again)).status_code == 303
    with reading() as session:
        county = session.scalars(sa.select(Place).where(Place.code == "9901")).one()
        assert (county.name, county.level, county.parent.code) == ("清河区", Level.COUNTY, "99")  # type: ignore[union-attr]


def test_one_bad_place_keeps_all_out_and_is_named(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    rows = "99,,city,清和市,Qinghe\n9901,98,county,清河县,Qinghe\n"
    page = client.post("/places/", data=places(HEAD + rows))
    assert page.status_code == 422
    assert "第 3 行" in page.text
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Place)) == 0


def test_reading_the_journal_is_journalled(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    client.get("/journal/?action=staff")
    with reading() as session:
        entry = session.scalars(sa.select(Entry).where(Entry.action == "journal.read")).one()
        assert entry.details == {"page": 1, "filters": {"action": "staff"}}


def test_the_journal_speaks_in_words_and_finds_them(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    page = client.get("/journal/", query_string={"action": "登录"}).text
    assert "登录<br>" in page
    assert ">staff.signed_in</a>" in page
    assert ">journal.read</a>" not in page


def test_a_job_is_open_to_its_requester_and_the_readers_of_jobs(as_role: SignedIn) -> None:
    with transaction() as session:
        editor = a_staff(session, Role.EDITOR)
        job = Job(
            kind="x",
            title=Words("导出", "Export").as_json(),
            state=JobState.DONE,
            result={"words": {"zh": "共 7 行", "en": "7 rows"}, "url": "//evil.example"},
            requested_by=editor.id,
            created_at=clock.now(),
        )
        session.add(job)
        session.flush()
        job_id = job.id
    mine = as_role(staff=editor).get(f"/jobs/{job_id}").text
    assert "共 7 行" in mine
    assert "evil" not in mine
    assert as_role(Role.DESIGNER).get(f"/jobs/{job_id}").status_code == 200
    assert as_role(Role.EDITOR).get(f"/jobs/{job_id}").status_code == 404
    assert as_role(Role.DESIGNER).get(f"/jobs/{job_id}/progress").headers["X-Live-End"] == "1"
    assert as_role(Role.DESIGNER).get(f"/jobs/{job_id}.json").get_json()["percent"] == 100
