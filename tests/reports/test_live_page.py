"""The live page: provisional beside frozen, fresh without a reload, and cheap where nothing changed."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from core.permissions import Role
from reports.index_figures import sets_of
from reports.live_figures import board_of, mark_of, wave_at_work
from survey.cases import Case
from survey.cube_recount import recount
from survey.cube_store import enter, leave
from survey.interviews import Answer, Interview, InterviewState
from survey.waves import Wave, WaveState
from survey.weight_making import make_weight_set
from survey.weight_publishing import publish_weight_set
from survey.weighting import IndexFigure, WeightSet
from tests.factories import a_staff
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

DAY = NOON.date()
AT = NOON + timedelta(hours=1)
OVER = NOON + timedelta(days=1)
"""When the day is over: a set made earlier is provisional."""
LIVE = {"X-Live": "1"}


@pytest.fixture
def wave(app: object) -> int:
    """A wave at work with enough interviews, counted."""
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        recount(session, field.wave)
        return field.wave.id


def test_figures_are_marked_provisional_and_stand_beside_the_frozen(wave: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    with clock.frozen(AT):
        page = leader.get("/indices/live/").text
        for words in (
            "正在进行，暂定",
            "还没有冻结的权数",
            "有效 n",
            "设计效应",
            "最近一份访问结束于 11 月 18 日 10:33",
        ):
            assert words in page
        with transaction() as session:
            found = session.get_one(Wave, wave)
            made = make_weight_set(session, found, starts_on=DAY, ends_on=DAY, as_of=AT, by=None, at=AT)
            publish_weight_set(session, made, by=a_staff(session), at=AT)
        with reading() as session:
            board = board_of(session, session.get_one(Wave, wave), AT)
            week = board.windows[0]
            pair = week.pair("safety", "city")
            assert pair.shown is not None
            assert pair.kept is not None
            assert pair.shown.estimate == pytest.approx(pair.kept.estimate, abs=0.02)
            assert next(code for code, _ in board.places) == "city"
            assert len(board.places) == 3
        assert "已公布" in leader.get("/indices/live/figures").text
        assert "暂定" in leader.get(f"/indices/{made.id}").text


def test_nothing_is_sent_twice_and_an_interview_shows_at_once(wave: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    with clock.frozen(AT):
        for part in ("figures", "city"):
            where = f"/indices/live/{part}?wave={wave}"
            first = leader.get(where, headers=LIVE)
            assert first.status_code == 200
            told = {**LIVE, "If-None-Match": first.headers["ETag"]}
            again = leader.get(where, headers=told)
            assert (again.status_code, again.data) == (304, b"")
        with transaction() as session:
            one = session.scalars(sa.select(Interview).order_by(Interview.id)).first()
            assert one is not None
            one.state = InterviewState.REPLACED
            session.flush()
            leave(session, one)
        less = leader.get(where, headers=told)
        assert less.status_code == 200
        assert "n = 200" in first.text
        assert "n = 199" in less.text
        with transaction() as session:
            one = session.get_one(Interview, one.id)
            one.state, one.ended_at = InterviewState.COMPLETE, AT
            session.flush()
            enter(session, session.get_one(Case, one.case_id), at=AT)
        more = leader.get(where, headers=told)
        assert "n = 200" in more.text
        assert "11 月 18 日 11:30" in more.text
    with clock.frozen(AT + timedelta(seconds=61)):
        assert leader.get(where, headers={**LIVE, "If-None-Match": more.headers["ETag"]}).status_code == 200


def test_the_mark_speaks_a_language(wave: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    where = "/indices/live/city"
    with clock.frozen(AT):
        zh = leader.get(where, headers=LIVE).headers["ETag"]
        leader.post("/language", data={"language": "en", "back": "/"})
        english = leader.get(where, headers={**LIVE, "If-None-Match": zh})
        assert english.status_code == 200
        assert "provisional" in english.text


def test_before_there_is_enough_it_says_how_many_are_wanted(app: object, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    assert "没有进行中的调查" in leader.get("/indices/live/").text
    assert leader.get("/indices/live/figures").status_code == 404
    with transaction() as session:
        recount(session, a_worked_wave(session, interviews=30).wave)
    with clock.frozen(AT):
        for where in ("/indices/live/", "/indices/"):
            page = leader.get(where).text
            assert "再有 20 份完成的访问" in page
            assert "30 / 50" in page
    assert as_role(Role.INTERVIEWER).get("/indices/live/").status_code == 403


def test_a_withheld_figure_is_not_shown_live(wave: int, as_role: SignedIn) -> None:
    with transaction() as session:
        told = session.scalars(
            sa.select(Answer).where(Answer.question == "s1_safety").order_by(Answer.id)
        ).all()
        for answer in told[12:]:
            answer.value = "DONT_KNOW"
        session.flush()
        recount(session, session.get_one(Wave, wave))
    with clock.frozen(AT):
        page = as_role(Role.LEADER).get("/indices/live/").text
        assert "还不够准，不显示" in page
        with reading() as session:
            pair = board_of(session, session.get_one(Wave, wave), AT).windows[0].pair("safety", "city")
        assert pair.now is not None
        assert pair.shown is None
        assert f"{100 * (pair.now.estimate or 0):.1f}" not in page


def test_the_published_set_is_shown_first(wave: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    with transaction() as session:
        found = session.get_one(Wave, wave)
        first, second = (
            make_weight_set(session, found, starts_on=DAY, ends_on=DAY, as_of=OVER, by=None, at=OVER)
            for _ in range(2)
        )
        other = make_weight_set(
            session, found, starts_on=DAY - timedelta(days=27), ends_on=DAY, as_of=OVER, by=None, at=OVER
        )
        ids = first.id, second.id, other.id
        assert [s.id for s in sets_of(session, at=clock.now())] == [second.id, other.id]
    assert leader.get("/indices/").location.endswith(f"/indices/{ids[2]}")
    with transaction() as session:
        publish_weight_set(session, session.get_one(WeightSet, ids[0]), by=a_staff(session), at=AT)
    with reading() as session:
        assert [s.id for s in sets_of(session, at=clock.now())] == [ids[0], ids[2]]
        assert session.scalar(sa.select(sa.func.count()).select_from(IndexFigure))
    assert leader.get("/indices/").location.endswith(f"/indices/{ids[0]}")
    assert "未公布" in leader.get(f"/indices/{ids[1]}").text


def test_only_a_wave_at_work_is_live(wave: int, as_role: SignedIn) -> None:
    with transaction() as session:
        found = session.get_one(Wave, wave)
        assert wave_at_work(session, wave) is found
        one = mark_of(session, found, AT)
        assert one == mark_of(session, found, AT)
        assert one != mark_of(session, found, AT + timedelta(days=1))
        found.state = WaveState.CLOSED
        session.flush()
        assert wave_at_work(session) is None
    assert as_role(Role.LEADER).get(f"/indices/live/city?wave={wave}").status_code == 404
