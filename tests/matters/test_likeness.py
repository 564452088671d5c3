"""What may be the same matter is suggested; floods and copied answers are noticed, and nothing is dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.people import Staff
from core.permissions import Role
from core.places import Level
from matters import floods, likeness
from matters.attributes import Conflict
from matters.desk_sheet import sheet
from matters.flow import MatterAction, Side
from matters.matter import Matter
from matters.moving import act
from matters.states import MatterState
from tests.factories import a_place
from tests.matters.makers import Town, a_matter, a_town, someone

SAID = "柳湖镇东关村口的路灯坏了两个多月,晚上放学的孩子看不见路"
SAME = "东关村口路灯坏了2个多月了,孩子晚上放学看不见路。"
OTHER = "工厂夜里排放黑烟,味道呛人,窗户都不敢开"


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (SAID, SAID, 1.0, 1.0),
        (SAID, SAID.replace(",", ",") + "!!", 0.99, 1.0),
        ("ＡＢＣ路灯", "abc 路灯", 1.0, 1.0),
        (SAID, SAME, 0.55, 0.95),
        (SAID, OTHER, 0.0, 0.3),
        ("", SAID, 0.0, 0.0),
        ("!!!", "???", 0.0, 0.0),
    ],
)
def test_likeness_of_two_texts(one: str, other: str, low: float, high: float) -> None:
    """Marks, width and case don't count; the same thing in other words comes out well above another thing."""
    assert low <= likeness.alike(one, other) <= high
    assert likeness.alike(one, other) == likeness.alike(other, one)


def test_suggestions_look_at_place_topic_words_and_time(database: Database, now: datetime) -> None:
    """The same thing in the village of the township comes first; elsewhere, other fields, old and closed never."""
    with transaction() as session:
        town = a_town(session)
        clerk = someone(session, town, Role.CLERK)
        other_village = a_place(session, level=Level.VILLAGE, parent=town.township)
        same = a_matter(session, town.village, at=now - timedelta(days=3), narrative=SAME).matter
        near = a_matter(session, other_village, at=now, narrative=SAID).matter
        for place, topic, at, narrative in (
            (town.other, "livelihood.lighting", now, SAID),
            (town.township, "order.theft", now, SAID),
            (town.township, "livelihood.lighting", now - timedelta(days=40), SAID),
            (town.township, "livelihood.noise", now, OTHER),
        ):
            a_matter(session, place, at=at, topic=topic, narrative=narrative)
        hidden = a_matter(session, town.village, at=now, narrative=SAID, conflict=Conflict.CENTRE).matter
        ended = a_matter(session, town.village, at=now, narrative=SAID).matter
        act(session, ended, MatterAction.TRANSFER, by=clerk, at=now, facts={"target": "110"}, text="x")
        matter = a_matter(session, town.village, at=now, narrative=SAID).matter
        found = likeness.suggestions(session, matter, clerk, at=now)
        assert [s.matter for s in found] == [same, near]
        assert found[0].is_same_place
        assert not found[1].is_same_place
        assert hidden not in [s.matter for s in found]


def test_the_same_words_from_many_numbers_are_shown_and_kept(database: Database, now: datetime) -> None:
    """Five numbers within an hour make a flood; four do not; one number calling ten times does not."""
    with transaction() as session:
        town = a_town(session)
        clerk = someone(session, town, Role.CLERK)
        for n in range(10):
            a_matter(session, town.township, at=now + timedelta(minutes=n), narrative=OTHER)
        for n in range(4):
            a_matter(
                session,
                town.township,
                at=now + timedelta(minutes=n),
                narrative=SAID,
                number=f"+861450000200{n}",
            )
        assert floods.look(session, now + timedelta(minutes=20)) == 14
        assert floods.floods(session, clerk, at=now + timedelta(minutes=20)) == []
        a_matter(
            session,
            town.township,
            at=now + timedelta(minutes=30),
            narrative=SAID + "!",
            number="+8614500002009",
        )
        at = now + timedelta(minutes=31)
        assert floods.look(session, at) == 1
        assert floods.look(session, at) == 0
        (flood,) = floods.floods(session, clerk, at=at)
        assert flood.numbers == 5
        # Whoever leads the shift is told how many numbers, and no matter.
        assert floods.under_way(session, at=at) == [floods.Flood(5, at)]
        assert floods.under_way(session, at=at + timedelta(hours=2)) == []
        assert flood.other is not None
        assert flood.other.narrative == SAID
        kept = session.scalar(sa.select(sa.func.count()).where(Matter.state == MatterState.REGISTERED))
        assert kept == 15
        # An hour later the same words from the sixth number are no flood any more.
        a_matter(session, town.township, at=now + timedelta(hours=3), narrative=SAID, number="+8614500002010")
        floods.look(session, now + timedelta(hours=3))
        assert len(floods.floods(session, clerk, at=now + timedelta(hours=3))) == 1


def answered(
    session: Session,
    town: Town,
    clerk: Staff,
    at: datetime,
    text: str,
    unit: str = "lighting",
    conflict: Conflict = Conflict.NONE,
) -> Matter:
    """Take a matter to its result."""
    matter = a_matter(session, town.township, at=at, by=clerk, conflict=conflict).matter
    handler = someone(session, town, Role.HANDLER, unit=unit)
    act(session, matter, MatterAction.SUBMIT, by=clerk, at=at, sides=(Side.CENTRE,))
    act(session, matter, MatterAction.ASSIGN, by=clerk, at=at, sides=(Side.SUPERVISION,),
        facts={"lead": handler.unit_id, "supporting": [], "redacted": True})  # fmt: skip
    act(session, matter, MatterAction.SIGN, by=handler, at=at)
    act(session, matter, MatterAction.REPORT, by=handler, at=at, text=text,
        facts={"outcome": "solved", "points": True, "evidence": 1})  # fmt: skip
    return matter


def test_a_copied_answer_is_noticed_where_it_is_checked(database: Database, now: datetime) -> None:
    """Nine tenths alike is a copy; an own answer is none."""
    text = "我所接到交办后于当日下午到现场查看,更换了灯泡和线路,现已恢复照明,感谢您的监督。"
    with transaction() as session:
        town = a_town(session)
        clerk = someone(session, town, Role.CLERK)
        first = answered(session, town, clerk, now, text)
        second = answered(
            session, town, clerk, now + timedelta(hours=2), text.replace("当日下午", "次日上午")
        )
        third = answered(
            session, town, clerk, now + timedelta(hours=3), "村里没有路灯,已列入明年计划,特此说明。"
        )
        floods.look(session, now + timedelta(hours=4))
        noticed = floods.copies(session, clerk, [first.id, second.id, third.id])
        assert set(noticed) == {first.id, second.id}
        assert noticed[second.id].other_id == first.id
        assert noticed[second.id].score >= likeness.COPIED_FROM


ANSWER = "我所接到交办后于当日下午到现场查看,更换了灯泡和线路,现已恢复照明,感谢您的监督。"


def test_an_answer_copied_from_another_unit_is_noticed(database: Database, now: datetime) -> None:
    """Whoever wrote it first: the design speaks of another matter's answer, not of the same unit's."""
    with transaction() as session:
        town = a_town(session)
        clerk = someone(session, town, Role.CLERK)
        first = answered(session, town, clerk, now, ANSWER)
        second = answered(session, town, clerk, now + timedelta(hours=1), ANSWER, unit="urban")
        floods.look(session, now + timedelta(hours=2))
        assert floods.copies(session, clerk, [second.id])[second.id].other is first


def test_the_page_of_an_answer_reads_what_was_noticed_of_the_latest(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It unseals no other answer; one sent back as copied and written anew is not called a copy any more."""
    with transaction() as session:
        town = a_town(session)
        clerk, checker = (someone(session, town, Role.CLERK) for _ in range(2))
        first = answered(session, town, clerk, now, ANSWER)
        second = answered(session, town, clerk, now + timedelta(hours=1), ANSWER, unit="urban")
        floods.look(session, now + timedelta(hours=2))
        monkeypatch.delattr(likeness, "answers_since")
        copy = sheet(session, second, checker, is_open=False, at=now + timedelta(hours=2)).copy
        monkeypatch.undo()
        assert copy is not None
        assert copy.other is first
        at = now + timedelta(hours=3)
        act(
            session,
            second,
            MatterAction.REJECT,
            by=checker,
            at=at,
            facts={"reason": "copied"},
            text="请逐项答复",
        )
        handler = someone(session, town, Role.HANDLER, unit="urban")
        facts = {"outcome": "solved", "points": True, "evidence": 1}
        act(
            session,
            second,
            MatterAction.REPORT,
            by=handler,
            at=at,
            facts=facts,
            text="灯杆移到路口东侧,已经亮了。",
        )
        floods.look(session, at)
        assert sheet(session, second, checker, is_open=False, at=at).copy is None


def test_what_is_about_the_centre_is_never_named_as_what_was_copied(
    database: Database, now: datetime
) -> None:
    """The desk must not learn of it by an answer; the Party's office, which knows of both, may."""
    with transaction() as session:
        town = a_town(session)
        clerk = someone(session, town, Role.CLERK)
        party = someone(session, town, Role.SUPERVISION, unit="party_office")
        secret = answered(session, town, clerk, now, ANSWER, conflict=Conflict.CENTRE)
        plain = answered(session, town, clerk, now + timedelta(hours=1), ANSWER)
        floods.look(session, now + timedelta(hours=2))
        assert floods.copies(session, clerk, [plain.id]) == {}
        assert set(floods.copies(session, party, [plain.id, secret.id])) == {secret.id}


def test_a_file_of_many_is_looked_at_in_a_few_questions(database: Database, now: datetime) -> None:
    """However many came at once, each is unsealed once: so many questions for two hundred as for twenty."""
    asked: list[str] = []
    with transaction() as session:
        town = a_town(session)
        engine = session.get_bind()

        def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
            if statement.startswith("SELECT"):
                asked.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            counts = []
            for n in (20, 200):
                for i in range(n):
                    a_matter(session, town.township, at=now, narrative=f"{SAID} {i}", number=None)
                asked.clear()
                assert floods.look(session, now + timedelta(minutes=1)) == n
                counts.append(len(asked))
            assert counts[0] == counts[1] < 10
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
