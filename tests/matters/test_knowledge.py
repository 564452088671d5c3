"""The knowledge base: what holds today is offered, what has run out is shown to its owner, every wording is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid
from core.terms import speaking
from matters.knowledge import count_running_out, editions, must_be_offered, offered, running_out
from matters.knowledge_search import pieces, search
from matters.knowledge_writing import ChangedMeanwhile, Wording, revise, write
from tests.factories import a_staff, a_unit
from tests.web.conftest import SignedIn


def wording(session: Session, now: datetime, keeper: Staff | None = None, **changes: object) -> Wording:
    """Word an article about residence permits."""
    start = Wording(
        title_zh="居住证怎么办理",
        title_en="How to get a residence permit",
        body_zh="带身份证和租房合同到派出所办理,15 个工作日内领证。",
        body_en="Bring your identity card and the lease to the police station; it takes 15 working days.",
        topics=("enforcement.police",),
        owner_unit_id=a_unit(session).id,
        owner_staff_id=(keeper or a_staff(session, Role.CLERK)).id,
        valid_from=clock.today(now),
    )
    return replace(start, **changes)  # type: ignore[arg-type]


def test_only_what_holds_today_is_offered_and_the_matters_own_topic_comes_first(
    database: Database, now: datetime
) -> None:
    """The first and the last day count; tomorrow's and yesterday's articles are not offered."""
    today = clock.today(now)
    day = timedelta(days=1)
    with transaction() as session:
        any_topic = write(session, wording(session, now, topics=()), by=None, at=now)
        of_field = write(session, wording(session, now, topics=("enforcement.court",)), by=None, at=now)
        own = write(session, wording(session, now, valid_until=today), by=None, at=now)
        early = write(session, wording(session, now, valid_from=today + day), by=None, at=now)
        over = write(
            session, wording(session, now, valid_from=today - day, valid_until=today - day), by=None, at=now
        )
        assert offered(session, today, "enforcement.police") == [own, of_field, any_topic]
        assert offered(session, today + day) == [any_topic, of_field, early]
        assert must_be_offered(session, own.id, today) is own
        for article_id in (early.id, over.id, None, 9_999):
            with pytest.raises(Invalid) as wrong:
                must_be_offered(session, article_id, today)
            assert list(wrong.value.fields) == ["article"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("居住证", ["居住证怎么办理"]),
        ("租房合同", ["居住证怎么办理"]),
        ("RESIDENCE permit", ["居住证怎么办理"]),
        ("停水怎么办", ["停水了找谁", "居住证怎么办理"]),
        ("100%", []),
        ("%", []),
        ("彩礼", []),
    ],
)
def test_a_question_finds_what_contains_its_pieces_the_best_first(
    database: Database, now: datetime, question: str, found: list[str]
) -> None:
    """Width and case make no difference; the marks of LIKE are plain characters."""
    with transaction() as session:
        write(session, wording(session, now), by=None, at=now)
        other = replace(
            wording(session, now, topics=()),
            title_zh="停水了找谁",
            body_zh="停水先看公告,再打供水热线,问清怎么办。",
            title_en="",
            body_en="",
        )
        write(session, other, by=None, at=now)
        titles = [each.article.title_zh for each in search(session, question, on=clock.today(now))]
        assert titles == found


def test_a_question_is_cut_into_pairs_and_words() -> None:
    assert pieces("停水了 120A") == ["停水", "水了", "120a"]
    assert pieces(" %_ ") == []


def test_search_keeps_to_a_field_and_shows_what_has_ended_only_when_asked(
    database: Database, now: datetime
) -> None:
    today = clock.today(now)
    with transaction() as session:
        over = wording(
            session, now, valid_from=today - timedelta(days=9), valid_until=today - timedelta(days=1)
        )
        write(session, over, by=None, at=now)
        assert search(session, "居住证", on=today) == []
        assert len(search(session, "居住证", on=today, with_ended=True)) == 1
        assert len(search(session, "", on=today, topic="enforcement", with_ended=True)) == 1
        assert search(session, "", on=today, topic="food", with_ended=True) == []


def test_the_owner_alone_is_told_of_what_runs_out(database: Database, now: datetime) -> None:
    """Fourteen days before the end, and after it until somebody prolongs it."""
    today = clock.today(now)
    with transaction() as session:
        keeper, other = a_staff(session, Role.CLERK), a_staff(session, Role.CLERK)
        soon = write(
            session, wording(session, now, keeper, valid_until=today + timedelta(days=14)), by=keeper, at=now
        )
        write(
            session, wording(session, now, keeper, valid_until=today + timedelta(days=15)), by=keeper, at=now
        )
        write(session, wording(session, now, keeper), by=keeper, at=now)
        assert running_out(session, keeper, today) == [soon]
        assert count_running_out(session, keeper, now) == 1
        assert count_running_out(session, other, now) == 0
        longer = replace(wording(session, now, keeper), reason="核实后延长")
        revise(session, soon, longer, by=keeper, at=now)
        assert count_running_out(session, keeper, now) == 0


def test_every_wording_is_kept_and_a_second_hand_sees_the_first(database: Database, now: datetime) -> None:
    with transaction() as session:
        keeper = a_staff(session, Role.CLERK)
        first = wording(session, now, keeper)
        article = write(session, first, by=keeper, at=now)
        revise(
            session, article, replace(first, body_zh="只带身份证。", reason="简化"), by=keeper, at=now, seen=1
        )
        kept = editions(session, article)
        assert [(e.version, e.body_zh, e.reason) for e in kept] == [
            (2, "只带身份证。", "简化"),
            (1, first.body_zh, ""),
        ]
        assert "租房合同" not in article.words
        with pytest.raises(ChangedMeanwhile):
            revise(session, article, replace(first, reason="再改"), by=keeper, at=now, seen=1)
        with pytest.raises(Invalid) as wrong:
            revise(session, article, first, by=keeper, at=now, seen=2)
        assert list(wrong.value.fields) == ["reason"]
        assert article.version == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_zh": "", "body_zh": "", "title_en": "", "body_en": " "}, "title_zh"),
        ({"title_zh": ""}, "title_zh"),
        ({"body_en": ""}, "body_en"),
        ({"title_en": "x" * 201}, "title_en"),
        ({"body_zh": "字" * 4001}, "body_zh"),
        ({"topics": ("moon",)}, "topics"),
        ({"owner_unit_id": None}, "owner_unit"),
        ({"owner_staff_id": None}, "owner_staff"),
        ({"valid_from": None}, "valid_from"),
        ({"valid_until": datetime(2000, 1, 1).date()}, "valid_until"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_what_lacks_is_refused_by_field(
    database: Database, now: datetime, changes: dict[str, object], field: str
) -> None:
    with transaction() as session:
        with pytest.raises(Invalid) as wrong:
            write(session, wording(session, now, **changes), by=None, at=now)  # type: ignore[arg-type]
        assert list(wrong.value.fields) == [field]


def test_a_handler_keeps_no_article(database: Database, now: datetime) -> None:
    with transaction() as session:
        handler = a_staff(session, Role.HANDLER)
        with pytest.raises(Invalid) as wrong:
            write(session, wording(session, now, handler), by=handler, at=now)
        assert list(wrong.value.fields) == ["owner_staff"]


def test_one_language_is_enough_and_is_shown_to_speakers_of_the_other(
    database: Database, now: datetime
) -> None:
    with transaction() as session:
        article = write(session, wording(session, now, title_en="", body_en=""), by=None, at=now)
        with speaking("en"):
            assert (article.tongue, article.title) == ("zh", "居住证怎么办理")


def test_the_desk_writes_finds_reads_and_changes_articles(
    database: Database, now: datetime, as_role: SignedIn
) -> None:
    """What is wrong comes back as it was typed; offices read, handlers have no door."""
    with transaction() as session:
        keeper = a_staff(session, Role.CLERK)
        unit = a_unit(session).id
    clerk = as_role(staff=keeper)
    assert clerk.get("/knowledge/").status_code == 200
    assert clerk.get("/knowledge/new").status_code == 200
    typed = {
        "title_zh": "停水了找谁", "body_zh": "先看公告。", "owner_unit": unit, "owner_staff": keeper.id,
        "valid_from": "2026-01-01", "topics": ["livelihood.supply"],
    }  # fmt: skip
    again = clerk.post("/knowledge/new", data={**typed, "valid_until": "2025-01-01"})
    assert again.status_code == 422
    assert "先看公告。" in again.text
    made = clerk.post("/knowledge/new", data=typed)
    assert made.status_code == 303
    page = clerk.get(made.location)
    assert "先看公告。" in page.text
    assert "停水了找谁" in clerk.get("/knowledge/?q=停水").text
    assert "停水了找谁" not in clerk.get("/knowledge/?q=彩礼").text
    form = clerk.get(f"{made.location}/change")
    assert 'name="seen" value="1"' in form.text
    changed = {**typed, "body_zh": "打供水热线。", "reason": "核实", "seen": "1"}
    assert clerk.post(f"{made.location}/change", data=changed).status_code == 303
    late = clerk.post(f"{made.location}/change", data=changed)
    assert late.status_code == 409
    assert "打供水热线。" in late.text
    assert as_role(Role.SUPERVISION).get(made.location).status_code == 200
    assert as_role(Role.SUPERVISION).get(f"{made.location}/change").status_code == 403
    assert as_role(Role.HANDLER).get("/knowledge/").status_code == 403
    assert clerk.get("/knowledge/99999").status_code == 404
