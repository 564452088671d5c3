"""Rules propose who leads and supports: by topic, place and the tree of units, never a unit that is shut out."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.db import Database, transaction
from core.permissions import Role
from core.places import Level
from core.problems import Invalid
from matters.attributes import Conflict
from matters.route_rules import EVERYTHING, Branch, all_rules, drop_rule, rule_for, set_rule
from matters.routing import choices, proposed
from tests.matters.makers import Town, a_matter, a_town, someone


def _rules(session, town: Town, now: datetime) -> None:  # type: ignore[no-untyped-def]
    for code, lead, level, branch, supporting in (
        (EVERYTHING, "city", "county", "government", []),
        ("livelihood", "urban", "city", "government", []),
        ("livelihood.lighting", "lighting", "city", "government", [("city", "township"), ("urban", "city")]),
        ("order", "police", "county", "government", [("city", "county")]),
        ("enforcement", "police", "county", "party", []),
        ("building.roads", "city", "township", "government", []),
    ):
        set_rule(session, code, lead_id=town.unit(lead).id, level=level, branch=branch,
                 supporting=[(town.unit(u).id, each) for u, each in supporting], by=None, at=now)  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "place", "lead", "supporting", "branch"),
    [
        ("livelihood.lighting", "township", "lighting", ["township", "urban"], Branch.GOVERNMENT),
        ("livelihood.noise", "township", "urban", [], Branch.GOVERNMENT),
        ("order.theft", "village", "county_police", ["county"], Branch.GOVERNMENT),
        ("enforcement.police", "township", "county_police", [], Branch.PARTY),
        ("food.shops", "other", "county", [], Branch.GOVERNMENT),
        ("building.roads", "village", "township", [], Branch.GOVERNMENT),
        ("building.roads", "other", "county", [], Branch.GOVERNMENT),
    ],
)
def test_the_most_particular_rule_finds_the_unit_of_the_place(
    database: Database,
    now: datetime,
    topic: str,
    place: str,
    lead: str,
    supporting: list[str],
    branch: Branch,
) -> None:
    """A topic's rule comes before its field's and the last resort; the unit of the place is the highest below."""
    with transaction() as session:
        town = a_town(session)
        _rules(session, town, now)
        matter = a_matter(session, getattr(town, place), at=now, topic=topic).matter
        route = proposed(session, matter)
        assert route.lead is town.unit(lead)
        assert list(route.supporting) == [town.unit(key) for key in supporting]
        assert route.branch is branch
        assert not route.is_by_hand


def test_a_unit_complained_about_and_those_under_it_never_appear(database: Database, now: datetime) -> None:
    """The proposal goes to the next unit above that may act, and the choice by hand leaves them out."""
    with transaction() as session:
        town = a_town(session)
        _rules(session, town, now)
        for about, lead in (("county_police", "police"), ("police", "city"), ("city", None)):
            matter = a_matter(
                session, town.township, at=now, topic="order.theft",
                conflict=Conflict.UNIT, conflict_unit=town.unit(about),
            ).matter  # fmt: skip
            route = proposed(session, matter)
            assert route.lead is (town.unit(lead) if lead else None)
            assert route.is_by_hand == (lead is None)
            shut = {town.unit(about).id}
            assert not shut & {u.id for u in (*route.supporting, *choices(session, matter))}
        about_county = a_matter(session, town.township, at=now, topic="building.roads",
                                conflict=Conflict.UNIT, conflict_unit=town.unit("county")).matter  # fmt: skip
        assert proposed(session, about_county).lead is town.unit("city")
        assert town.unit("township") not in choices(session, about_county)


def test_complaints_about_the_centre_go_to_the_party_and_about_an_office_to_the_other(
    database: Database, now: datetime
) -> None:
    """Nobody confirms what is about themselves."""
    with transaction() as session:
        town = a_town(session)
        _rules(session, town, now)
        centre = a_matter(session, town.township, at=now, conflict=Conflict.CENTRE).matter
        assert proposed(session, centre).branch is Branch.PARTY
        for office, other in (("government_office", Branch.PARTY), ("party_office", Branch.GOVERNMENT)):
            topic = "order.theft" if office == "government_office" else "enforcement.police"
            matter = a_matter(session, town.township, at=now, topic=topic,
                              conflict=Conflict.UNIT, conflict_unit=town.unit(office)).matter  # fmt: skip
            assert proposed(session, matter).branch is other


def test_closed_units_are_passed_over(database: Database, now: datetime) -> None:
    """A closed unit neither leads nor supports; without any rule somebody chooses by hand."""
    with transaction() as session:
        town = a_town(session)
        matter = a_matter(session, town.township, at=now).matter
        assert proposed(session, matter).is_by_hand
        _rules(session, town, now)
        town.unit("lighting").is_active = town.unit("urban").is_active = False
        session.flush()
        route = proposed(session, matter)
        assert route.lead is town.unit("city")
        assert list(route.supporting) == [town.unit("township")]


def test_rules_are_checked_changed_and_dropped(database: Database, now: datetime) -> None:
    """Wrong codes, closed units and a lead that supports are refused; a dropped rule gives way to its field's."""
    with transaction() as session:
        town = a_town(session)
        _rules(session, town, now)
        boss = someone(session, town, Role.OFFICE_HEAD, unit="government_office")
        good = {
            "lead_id": town.unit("urban").id,
            "level": "city",
            "branch": "government",
            "by": boss,
            "at": now,
        }
        for wrong, fieldname in (
            ({"code": "no.such"}, "topic"),
            ({"lead_id": None}, "lead"),
            ({"lead_id": town.unit("desk").id}, "lead"),
            ({"level": "village"}, "level"),
            ({"branch": "court"}, "branch"),
            ({"supporting": [(town.unit("urban").id, "city")]}, "supporting"),
            ({"supporting": [(town.unit("desk").id, "city")]}, "supporting"),
            ({"supporting": [(town.unit("city").id, "moon")]}, "supporting"),
        ):
            given = {"code": "food", **good, **wrong}
            with pytest.raises(Invalid) as refused:
                set_rule(session, given.pop("code"), **given)  # type: ignore[arg-type]
            assert fieldname in refused.value.fields
        support = [(town.unit("city").id, "county")]
        set_rule(session, "livelihood.lighting", supporting=support, **good)  # type: ignore[arg-type]
        again = set_rule(session, "livelihood.lighting", supporting=support, **good)  # type: ignore[arg-type]
        assert again.lead_id == town.unit("urban").id
        assert [(s.unit_id, s.level) for s in again.supporting] == [(town.unit("city").id, Level.COUNTY)]
        drop_rule(session, again, by=boss, at=now)
        found = rule_for(session, "livelihood.lighting")
        assert found is not None
        assert found.topic == "livelihood"
        last = rule_for(session, "nonsense")
        assert last is not None
        with pytest.raises(Invalid):
            drop_rule(session, last, by=boss, at=now)
        assert [r.topic for r in all_rules(session)][-1] == EVERYTHING
