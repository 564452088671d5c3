"""Every row of the transition table, written down here once more: allowed, from elsewhere, by others, and late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core import calendar_days
from core.problems import Forbidden, Invalid, Problem, Refused
from matters.attributes import Conflict, Difficulty, Urgency
from matters.clocks import clock_of
from matters.flow import MatterAction, Side
from matters.limits import FIRST_LIMITS, Policy
from matters.outstanding import is_outstanding
from matters.rules import Around, Wish, apply, begin, decide
from matters.standing import CallerStanding, Standing, SubTask, Try
from matters.states import MatterState
from matters.steps import NotNow

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy(1, date(2026, 1, 1), FIRST_LIMITS)
AROUND = Around(POLICY, ZONE, excluded=frozenset({66}), closed_units=frozenset({55}))
T0 = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
"""Monday 09:30 in Shanghai; no holiday for six weeks."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REGISTRAR, CLERK, OTHER_CLERK, OFFICE, HEAD, HANDLER, CUSTODIAN = range(1, 8)
LEAD, SECOND, THIRD = 10, 11, 12
SIDES = {
    "centre": Side.CENTRE,
    "supervision": Side.SUPERVISION,
    "head": Side.HEAD,
    "unit": Side.UNIT,
    "custodian": Side.CUSTODIAN,
    "system": Side.SYSTEM,
}
PEOPLE = {
    "centre": CLERK, "supervision": OFFICE, "head": HEAD, "unit": HANDLER, "custodian": CUSTODIAN, "system": None,
}  # fmt: skip
EVERY = frozenset(state.value for state in MatterState)
OPEN = frozenset(
    [
        "registered",
        "to_route",
        "assigned",
        "in_hand",
        "return_asked",
        "wait_caller",
        "result_in",
        "feedback_due",
        "revisit_due",
        "suspended",
    ]
)
"""Open, once registered."""
WATCHED = OPEN - {"wait_caller", "suspended"}
ASSIGNED = {"lead": LEAD, "assigned_at": T0, "dispatches": 1}
HELD = {**ASSIGNED, "signed_at": T0}
REPORTED = {**HELD, "contacted_at": T0, "reported_at": T0, "reported_by": HANDLER, "claim": "solved"}
TOLD = {**REPORTED, "callers": (CallerStanding(1, told_at=T0, told_by=CLERK, is_reached=True),)}


def judged(judgement: str | None) -> dict[str, Any]:
    """Make a caller who was asked again."""
    caller = CallerStanding(1, told_at=T0, told_by=CLERK, is_reached=True, judged_at=T0, judgement=judgement)
    return {**REPORTED, "callers": (caller,)}


@dataclass(frozen=True)
class Row:
    """One row as the design's page has it."""

    number: int
    before: str
    """The states it starts from, the first of which is tried."""
    action: str
    after: str | None
    """None: the state stays."""
    actors: str
    facts: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    with_: dict[str, Any] = field(default_factory=dict)
    by: int | None = None
    at: timedelta = HOUR
    late_at: timedelta | None = None
    late: str = ""
    """refused: no longer possible; overdue: still possible, but its clock has run out."""


ROUTE = {"lead": LEAD, "supporting": [SECOND], "redacted": True}
MERGE = {
    "target": 9, "open": True, "distinct": True, "same_place": True, "same_cause": True, "same_conflict": True, "protected": False,
    "target_at": (T0 - 29 * DAY).isoformat(),
}  # fmt: skip
LEAVES = {"caller": 1, "verified": "voice", "pressed": False}
REPORT = {"outcome": "solved", "points": True, "evidence": 1}
REVISIT = {"caller": 1, "result": "reached", "judgement": "solved", "satisfaction": 5, "unit_on_line": False}
SUSPEND = {"review": (T0 + 60 * DAY).isoformat()}

ROWS = [
    Row(2, "draft", "register", "registered", "centre",
        {"urgency": "u3", "conflict": "none", "caller": 1, "consent": True},
        at=timedelta(minutes=9), late_at=timedelta(minutes=11), late="overdue"),
    Row(3, "registered", "decline", "not_accepted", "centre", {"reason": "court"}, "已起诉,请向法院反映"),
    Row(3, "not_accepted", "confirm_decline", None, "centre supervision", with_={"declined_by": REGISTRAR}),
    Row(4, "registered", "answer", "answered", "centre", {"article": 3, "content": True}),
    Row(5, "registered", "transfer", "transferred", "centre", {"target": "110"}, "已接通"),
    Row(5, "registered", "transfer", "transferred", "centre", {"target": "counselling", "consent": True}, "已接通"),
    Row(6, "registered", "propose_merge", None, "centre", MERGE),
    Row(6, "registered", "merge", "merged", "centre custodian", MERGE, late_at=2 * DAY, late="refused"),
    Row(6, "registered", "refuse_merge", None, "custodian", {}, "说的不是同一件事",
        {"merge_proposed_by": REGISTRAR, "merge_target": 9}),
    Row(6, " ".join(["registered", *sorted(OPEN)]), "add_caller", None, "centre custodian", {"caller": 2}),
    Row(7, "registered", "submit", "to_route", "centre", late_at=4 * HOUR, late="overdue"),
    Row(7, "to_route registered", "correct", None, "centre supervision", {"urgency": "u2"}, "听错了"),
    Row(8, "to_route", "assign", "assigned", "supervision", ROUTE, late_at=DAY, late="overdue"),
    Row(8, " ".join(["in_hand", *sorted(EVERY - {"in_hand"})]), "set_conflict", None, "centre supervision",
        {"conflict": "unit", "conflict_unit": SECOND, "away": [66, SECOND]}, "来电人补充", HELD),
    Row(8, "in_hand assigned return_asked wait_caller result_in suspended", "take_away", "to_route", "system",
        with_={**HELD, "lead": 66, "conflict": Conflict.UNIT, "conflict_unit": 66}),
    Row(8, " ".join(["to_route", *sorted(OPEN - {"to_route"})]), "grade", None, "supervision", {"difficulty": "red"}),
    Row(9, "assigned", "sign", "in_hand", "unit", with_=ASSIGNED, late_at=DAY + 9 * HOUR, late="overdue"),
    Row(9, "assigned", "deem_signed", "in_hand", "system", with_=ASSIGNED, at=DAY + 9 * HOUR),
    Row(10, "in_hand assigned", "ask_return", "return_asked", "unit", {"basis": True, "proposed": SECOND},
        "依据三定方案,不属我局职责", HELD, late_at=DAY + 9 * HOUR, late="refused"),
    Row(11, "return_asked", "accept_return", "assigned", "supervision",
        {"lead": SECOND, "supporting": [], "redacted": True}, with_={**HELD, "returned_by": (LEAD,)},
        late_at=DAY + 9 * HOUR, late="overdue"),
    Row(11, "return_asked", "refuse_return", "in_hand", "supervision", {}, "职责清楚",
        {**HELD, "returned_by": (LEAD,)}, late_at=DAY + 9 * HOUR, late="overdue"),
    Row(12, "in_hand wait_caller", "no_contact", None, "centre", with_=HELD),
    Row(12, "in_hand wait_caller", "contact", None, "unit centre", {"identity": "open"}, "说好明天来看", HELD,
        late_at=DAY + 9 * HOUR, late="overdue"),
    Row(13, "in_hand", "ask_caller", "wait_caller", "unit", {"reason": "place"}, "在哪一段?", HELD),
    Row(13, "wait_caller", "caller_replied", "in_hand", "centre", {}, "村东头", HELD, late_at=4 * DAY, late="overdue"),
    Row(13, "wait_caller", "resume", "in_hand", "system", with_=HELD, at=3 * DAY + 9 * HOUR),
    Row(14, "in_hand", "ask_extension", None, "unit", {"until": (T0 + 9 * DAY).isoformat()}, "等配件", HELD,
        late_at=7 * DAY + 9 * HOUR, late="refused"),
    Row(14, "in_hand", "grant_extension", None, "centre supervision",
        with_={**HELD, "extension_asked": T0 + 9 * DAY}),
    Row(14, "in_hand", "refuse_extension", None, "centre supervision", {}, "理由不足",
        {**HELD, "extension_asked": T0 + 9 * DAY}),
    Row(14, "in_hand wait_caller result_in not_accepted suspended", "inform", None, "centre", {"caller": 1, "result": "reached"},
        with_={**HELD, "extended_to": T0 + 9 * DAY}),
    Row(15, "in_hand", "report", "result_in", "unit", REPORT, "已更换灯泡", {**HELD, "contacted_at": T0},
        late_at=7 * DAY + 9 * HOUR, late="overdue"),
    Row(15, "in_hand assigned", "sub_excused", None, "supervision", {"unit": SECOND}, "无须协办",
        {**HELD, "sub_tasks": (SubTask(SECOND),)}),
    Row(16, "result_in", "reject", "in_hand", "centre", {"reason": "off_point"}, "第二点没有答复", REPORTED,
        late_at=DAY + 9 * HOUR, late="overdue"),
    Row(16, "result_in", "accept", "feedback_due", "centre", {"outcome": "solved"}, with_=REPORTED,
        late_at=DAY + 9 * HOUR, late="overdue"),
    Row(17, "feedback_due revisit_due", "tell", None, "centre", {"caller": 1, "result": "reached"}, with_=REPORTED,
        late_at=8 * DAY, late="overdue"),
    Row(17, "feedback_due", "all_told", "revisit_due", "system", with_=TOLD),
    Row(18, "revisit_due", "revisit", None, "centre", REVISIT, with_=TOLD, by=OTHER_CLERK, at=3 * DAY,
        late_at=8 * DAY, late="overdue"),
    Row(18, "revisit_due", "close_solved", "closed_solved", "centre", with_=judged("solved")),
    Row(19, "revisit_due", "panel", None, "centre supervision", {"cause": "no_money"}, "列入明年预算",
        judged("not_solved")),
    Row(19, "revisit_due", "close_explained", "closed_explained", "centre supervision", {"appeal": True},
        with_={**judged("not_solved"), "panel_by": OTHER_CLERK}),
    Row(20, "revisit_due", "send_round", "to_route", "centre", with_=judged("partly")),
    Row(21, "revisit_due", "close_unreached", "closed_unreached", "centre", with_=judged(None),
        late_at=15 * DAY, late="overdue"),
    Row(22, "in_hand", "suspend", "suspended", "head", SUSPEND, "一、立项;二、预算", HELD),
    Row(22, "suspended", "renew", None, "head", SUSPEND, "已立项", {**HELD, "review_at": T0 + DAY},
        late_at=2 * DAY, late="overdue"),
    Row(22, "suspended", "resume_work", "in_hand", "unit supervision head", with_={**HELD, "review_at": T0 + DAY}),
    Row(23, " ".join(["in_hand", "draft", *sorted(OPEN - {"in_hand"})]), "withdraw", "withdrawn", "centre", LEAVES, with_=HELD),
    Row(24, "closed_solved closed_explained closed_unreached", "reopen", "to_route", "centre",
        {"verified": "pin"}, with_=judged("solved"), at=29 * DAY, late_at=30 * DAY + HOUR, late="refused"),
    Row(25, "not_accepted answered", "review", "registered", "centre supervision", {}, "请再看一次",
        {"decided_by": REGISTRAR}, late_at=2 * DAY + 9 * HOUR, late="refused"),
    Row(26, " ".join(["to_route", *sorted(OPEN - {"to_route"})]), "flag_incident", None, "centre supervision", {},
        "化工厂起火\n柳湖镇"),
    Row(26, " ".join(["to_route", *sorted(OPEN - {"to_route"})]), "acknowledge", None, "supervision head",
        with_={"is_incident": True, "level": 1, "incident_at": T0}),
    Row(26, " ".join(["to_route", *sorted(OPEN - {"to_route"})]), "report_incident", None, "supervision head",
        {"way": "phone"}, with_={"is_incident": True, "level": 1, "incident_at": T0}),
    Row(26, " ".join(["to_route", *sorted(OPEN - {"to_route"})]), "escalate", None, "system supervision",
        with_={"is_incident": True, "level": 1}),
    *(Row(27, " ".join(["in_hand", *sorted(WATCHED - {"in_hand"})]), action, None, "system supervision", {}, "请尽快办理",
          HELD) for action in ("remind", "supervise", "notice_list")),
    Row(27, " ".join(["to_route", *sorted(OPEN - {"to_route"})]), "limit_passed", None, "system",
        {"limit": "incident_phone"}, with_={"is_incident": True, "level": 1, "incident_at": T0}),
    Row(27, " ".join(["in_hand", *sorted(EVERY - {"in_hand"})]), "fault", None, "system supervision",
        {"fault": "late", "unit": LEAD}, "超期三天", HELD),
    Row(27, " ".join(["in_hand", *sorted(EVERY - {"in_hand"})]), "clear_fault", None, "head", {"key": "10:late:1"},
        "查明误判", {**HELD, "faults": ("10:late:1",)}),
    Row(28, " ".join(["in_hand", *sorted(EVERY - {"in_hand", "draft"})]), "open_identity", None, "custodian",
        {"caller": 1, "second": HEAD, "until": (T0 + 2 * HOUR).isoformat()}, "核实有无报复", HELD),
]  # fmt: skip
IDS = [f"{row.number}-{row.action}-{n}" for n, row in enumerate(ROWS)]
rows = pytest.mark.parametrize("row", ROWS, ids=IDS)


@pytest.fixture(autouse=True)
def _house_calendar() -> None:
    calendar_days.forget()


def standing(row: Row, state: str | None = None) -> Standing:
    """Put a matter where the row starts."""
    found = MatterState.of(state or row.before.split()[0])
    base: dict[str, Any] = {
        "registered_at": T0, "registered_by": REGISTRAR, "round_began_at": T0, "callers": (CallerStanding(1),),
        "policy": 1,
    }  # fmt: skip
    if found is MatterState.DRAFT:
        return begin(T0)
    return Standing(found, T0, T0, **{**base, **row.with_})


def wish(row: Row, *, actor: str | None = None, after: timedelta | None = None) -> Wish:
    """Wish for the row's action."""
    actor = actor or row.actors.split()[0]
    by = row.by if row.by is not None and actor != "system" else PEOPLE[actor]
    return Wish(
        MatterAction.of(row.action), T0 + (after or row.at), frozenset({SIDES[actor]}), by,
        LEAD if actor == "unit" else None, dict(row.facts), row.text,
    )  # fmt: skip


def test_every_row_of_the_page_is_here() -> None:
    """Row 1 begins a matter; every other row and every action has its case."""
    assert begin(T0).state is MatterState.DRAFT
    assert {row.number for row in ROWS} == set(range(2, 29))
    elsewhere = {"sub_done", "caller_left", "pressed"}
    assert {action.value for action in MatterAction} - {row.action for row in ROWS} == elsewhere


@rows
def test_the_step_is_taken(row: Row) -> None:
    for actor in row.actors.split():
        before = standing(row)
        after = apply(before, decide(before, wish(row, actor=actor), AROUND))
        assert after.state.value == (row.after or row.before.split()[0])


@rows
def test_the_step_is_refused_from_everywhere_else(row: Row) -> None:
    """With the list of what may be done there instead."""
    for state in EVERY - set(row.before.split()):
        with pytest.raises(NotNow) as refused:
            decide(standing(row, state), wish(row), AROUND)
        assert MatterState.of(state).zh in refused.value.words.in_language("zh")


@rows
def test_the_step_is_not_for_others(row: Row) -> None:
    """Whoever stands on another side is refused; being the system helps nobody either."""
    for side in SIDES.keys() - set(row.actors.split()):
        with pytest.raises(Forbidden):
            decide(standing(row), wish(row, actor=side), AROUND)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.late_at is not None], ids=lambda r: f"{r.number}-{r.action}"
)
def test_the_step_comes_late(row: Row) -> None:
    before, late = standing(row), wish(row, after=row.late_at)
    if row.late == "refused":
        with pytest.raises(Refused):
            decide(before, late, AROUND)
        return
    apply(before, decide(before, late, AROUND))  # it may still be taken …
    found = clock_of(before, POLICY, ZONE)
    assert found.stage_end is not None
    assert T0 + row.at < found.stage_end.due_at <= T0 + (row.late_at or HOUR)  # … but its clock has run out


@pytest.mark.parametrize(
    ("action", "state", "early", "on"),
    [
        ("deem_signed", "assigned", DAY + 8 * HOUR, DAY + 8.5 * HOUR),
        ("resume", "wait_caller", 3 * DAY + 8 * HOUR, 3 * DAY + 8.5 * HOUR),
    ],
)
def test_what_the_clock_does_is_never_early(action: str, state: str, early: timedelta, on: timedelta) -> None:
    row = next(row for row in ROWS if row.action == action)
    with pytest.raises(Refused):
        decide(standing(row, state), wish(row, after=early), AROUND)
    decide(standing(row, state), wish(row, after=on), AROUND)


def with_facts(row: Row, **changes: Any) -> Wish:
    """Wish for the row's action with some facts changed; None takes one away."""
    found = wish(row)
    facts = {**found.facts, **changes}
    return Wish(found.action, found.at, found.sides, found.by, found.unit,
                {name: value for name, value in facts.items() if value is not None}, found.text)  # fmt: skip


def of(action: str, number: int = 0) -> Row:
    """Find a row by its action."""
    return [row for row in ROWS if row.action == action][number]


GUARDS = [
    ("register", {"consent": None}, Invalid),
    ("set_conflict", {"conflict": "nobody"}, Invalid),
    ("set_conflict", {"conflict_unit": None}, Invalid),
    ("set_conflict", {"conflict": "none"}, Invalid),
    ("register", {"urgency": "u9"}, Invalid),
    ("decline", {"reason": None}, Invalid),
    ("answer", {"content": None}, Invalid),
    ("answer", {"article": None}, Invalid),
    ("transfer", {"target": "911"}, Invalid),
    ("merge", {"open": False}, Refused),
    ("merge", {"distinct": False}, Refused),
    ("merge", {"same_place": False}, Refused),
    ("merge", {"same_cause": False}, Refused),
    ("merge", {"same_conflict": False}, Refused),
    ("merge", {"protected": True}, Forbidden),
    ("merge", {"target_at": (T0 - 31 * DAY).isoformat()}, Refused),
    ("assign", {"lead": None}, Invalid),
    ("assign", {"lead": SECOND}, Invalid),  # lead = co
    ("assign", {"lead": 55}, Invalid),  # closed
    ("assign", {"supporting": [55]}, Invalid),
    ("assign", {"lead": 66}, Invalid),  # complained about
    ("assign", {"supporting": [66]}, Invalid),
    ("assign", {"supporting": [SECOND, SECOND]}, Invalid),
    ("assign", {"redacted": None}, Invalid),
    ("ask_return", {"basis": None}, Invalid),
    ("ask_return", {"proposed": LEAD}, Invalid),
    ("accept_return", {"lead": LEAD}, Invalid),
    ("contact", {"identity": "protected"}, Forbidden),
    ("ask_caller", {"reason": "money"}, Invalid),
    ("ask_extension", {"until": (T0 - DAY).isoformat()}, Invalid),  # in the past
    ("ask_extension", {"until": (T0 + DAY).isoformat()}, Invalid),  # earlier than the limit
    ("ask_extension", {"until": (T0 + 30 * DAY).isoformat()}, Invalid),  # more than ten working days
    ("ask_extension", {"until": "tomorrow"}, Invalid),
    ("inform", {"caller": 9}, Invalid),
    ("inform", {"result": None}, Invalid),
    ("report", {"evidence": 0}, Invalid),
    ("report", {"points": None}, Invalid),
    ("report", {"outcome": "fine"}, Invalid),
    ("reject", {"reason": None}, Invalid),
    ("tell", {"caller": 9}, Invalid),
    ("revisit", {"unit_on_line": True}, Invalid),
    ("revisit", {"satisfaction": 6}, Invalid),
    ("panel", {"cause": "solved"}, Invalid),
    ("close_explained", {"appeal": None}, Invalid),
    ("suspend", {"review": (T0 + 91 * DAY).isoformat()}, Invalid),
    ("suspend", {"review": (T0 - DAY).isoformat()}, Invalid),
    ("withdraw", {"verified": None}, Invalid),
    ("withdraw", {"pressed": True}, Refused),
    ("withdraw", {"pressed": None}, Invalid),
    ("reopen", {"verified": "cookie"}, Invalid),
    ("report_incident", {"way": "pigeon"}, Invalid),
    ("grade", {"difficulty": "green"}, Invalid),
    ("limit_passed", {"limit": "incident_city"}, Refused),
    ("open_identity", {"second": CUSTODIAN}, Forbidden),
]


@pytest.mark.parametrize(("action", "changes", "kind"), GUARDS, ids=[f"{a}-{next(iter(c))}-{n}" for n, (a, c, _) in enumerate(GUARDS)])  # fmt: skip
def test_what_a_row_demands(action: str, changes: dict[str, Any], kind: type[Problem]) -> None:
    row = of(action)
    decide(standing(row), wish(row), AROUND)
    with pytest.raises(kind):
        decide(standing(row), with_facts(row, **changes), AROUND)


@pytest.mark.parametrize(
    "action",
    [
        "decline",
        "transfer",
        "ask_return",
        "refuse_return",
        "contact",
        "ask_caller",
        "caller_replied",
        "ask_extension",
        "refuse_extension",
        "report",
        "reject",
        "panel",
        "suspend",
        "renew",
        "review",
        "flag_incident",
        "clear_fault",
        "open_identity",
        "sub_excused",
        "correct",
        "refuse_merge",
        "set_conflict",
    ],
)
def test_what_must_be_written(action: str) -> None:
    """A reason left empty or 4,001 characters long is refused; 4,000 of anything are text."""
    row = of(action)
    found = wish(row)

    def saying(text: str) -> Wish:
        return Wish(found.action, found.at, found.sides, found.by, found.unit, found.facts, text)

    for text in ("", "   ", "长" * 4001):
        with pytest.raises(Invalid):
            decide(standing(row), saying(text), AROUND)
    decide(standing(row), saying("<script>😀" + "长" * 3991), AROUND)


@pytest.mark.parametrize(
    ("action", "same"),
    [
        ("confirm_decline", REGISTRAR),
        ("reject", REGISTRAR),
        ("accept", REGISTRAR),
        ("revisit", CLERK),
        ("close_explained", OTHER_CLERK),
        ("review", REGISTRAR),
        ("refuse_merge", REGISTRAR),
    ],
)
def test_two_pairs_of_eyes_are_two_people(action: str, same: int) -> None:
    found = wish(of(action))
    with pytest.raises(Forbidden):
        decide(standing(of(action)), Wish(found.action, found.at, found.sides, same, found.unit, found.facts,
                                          found.text), AROUND)  # fmt: skip


ONCE = [
    ("set_conflict", {"conflict": Conflict.UNIT, "conflict_unit": SECOND}),
    ("take_away", {"lead": LEAD}),
    ("assign", {"conflict": Conflict.STAFF}),
    ("ask_return", {"returned_by": (LEAD,)}),
    ("ask_return", {"is_ruled": True}),
    ("ask_caller", {"has_asked_caller": True}),
    ("ask_extension", {"extension_asked": T0 + 9 * DAY}),
    ("grant_extension", {"extended_to": T0 + 9 * DAY}),
    ("grant_extension", {"is_extension_refused": True}),
    ("refuse_extension", {"is_extension_refused": True}),
    ("flag_incident", {"is_incident": True}),
    ("acknowledge", {"acknowledged_level": 1}),
    ("report_incident", {"incident_reports": ("phone",)}),
    ("escalate", {"level": 4}),
    ("grade", {"difficulty": Difficulty.RED}),
    ("limit_passed", {"notices": ("limit_passed:incident_phone",)}),
    ("limit_passed", {"incident_reports": ("phone",)}),
    ("fault", {"faults": ("10:late:1",)}),
    ("clear_fault", {"faults": ()}),
    ("report", {"sub_tasks": (SubTask(SECOND),)}),
    ("refuse_merge", {"merge_target": None}),
    ("propose_merge", {"merges_refused": (9,)}),
    ("renew", {"renewals": 2}),
    ("close_solved", {"callers": (CallerStanding(1, told_at=T0, judged_at=T0, judgement="partly"),)}),
    ("close_solved", {"callers": (CallerStanding(1, told_at=T0),)}),
    ("close_unreached", {"callers": (CallerStanding(1, told_at=T0, judged_at=T0, judgement="solved"),)}),
    ("send_round", {"callers": (CallerStanding(1, told_at=T0, judged_at=T0, judgement="solved"),)}),
    ("close_explained", {"panel_by": None}),
    ("close_explained", {"callers": (*judged("not_solved")["callers"], CallerStanding(2))}),  # joined since
    ("all_told", {"callers": (CallerStanding(1),)}),
    ("withdraw", {"callers": (CallerStanding(1), CallerStanding(2))}),
    ("revisit", {"callers": (CallerStanding(1),)}),
]


@pytest.mark.parametrize(("action", "changes"), ONCE, ids=[f"{a}-{next(iter(c))}-{n}" for n, (a, c) in enumerate(ONCE)])  # fmt: skip
def test_what_has_happened_bars_the_step(action: str, changes: dict[str, Any]) -> None:
    row = of(action)
    found = Row(
        row.number, row.before, action, row.after, row.actors, row.facts, row.text, {**row.with_, **changes}
    )
    with pytest.raises(Problem):
        decide(standing(found), wish(row), AROUND)


def test_a_second_return_or_a_third_dispatch_needs_both_offices() -> None:
    row = of("assign")
    for changes in ({"returned_by": (SECOND, THIRD)}, {"dispatches": 2}):
        found = Row(8, "to_route", "assign", "assigned", "supervision", row.facts, with_=changes)
        with pytest.raises(Invalid):
            decide(standing(found), wish(found), AROUND)
        with pytest.raises(Forbidden):
            decide(standing(found), with_facts(found, ruling=True, second=OFFICE), AROUND)
        after = apply(
            standing(found), decide(standing(found), with_facts(found, ruling=True, second=HEAD), AROUND)
        )
        assert after.is_ruled


def test_an_emergency_is_assigned_by_the_head() -> None:
    row = of("assign")
    urgent = Row(8, "to_route", "assign", "assigned", "supervision", row.facts,
                 with_={"urgency": Urgency.U1})  # fmt: skip
    with pytest.raises(Forbidden):
        decide(standing(urgent), wish(urgent), AROUND)
    found = wish(urgent)
    both = frozenset({Side.SUPERVISION, Side.HEAD})
    decide(standing(urgent), Wish(found.action, found.at, both, HEAD, None, found.facts, ""), AROUND)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ((0, 1, 2), False),  # one day, one part of it
        ((0, 9, 24), True),
        ((0, 24, 48), False),  # always in the morning
        ((0, 9), False),
    ],
)
def test_a_caller_is_given_up_after_three_tries_on_two_days_in_two_parts(
    hours: tuple[int, ...], told: bool
) -> None:
    """And only with a text sent as well."""
    row = of("tell")
    *before, last = [T0 + HOUR * h for h in hours]
    tries = tuple(Try(at, CLERK, "no_answer") for at in before)
    for is_texted in (True, False):
        texts = (Try(T0, CLERK, "sent"),) if is_texted else ()
        found = Row(17, row.before, "tell", None, "centre", {"caller": 1, "result": "no_answer"},
                    with_={**REPORTED, "callers": (CallerStanding(1, tells=(*tries, *texts)),)})  # fmt: skip
        deed = decide(standing(found), wish(found, after=last - T0), AROUND)
        assert deed.facts["told"] == (told and is_texted)


def test_round_three_goes_up_and_round_four_into_the_bulletin() -> None:
    row = of("send_round")
    before = standing(row)
    for number, level, bulletin in ((2, 0, False), (3, 2, False), (4, 2, True)):
        found = Row(20, row.before, "send_round", "to_route", "centre",
                    with_={**judged("partly"), "round": number - 1, "level": before.level})  # fmt: skip
        after = apply(standing(found), decide(standing(found), wish(found), AROUND))
        assert (after.round, after.level, is_outstanding(after.state, after.round)) == (
            number,
            level,
            bulletin,
        )
        assert (after.lead, after.notices, after.extended_to) == (None, (), None)


def test_the_clock_never_restarts_for_a_return_or_another_dispatch() -> None:
    row = of("accept_return")
    before = standing(row)
    after = apply(before, decide(before, wish(row), AROUND))
    assert clock_of(after, POLICY, ZONE).end == clock_of(before, POLICY, ZONE).end
