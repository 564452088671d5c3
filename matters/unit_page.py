"""A unit's page of one matter: the copy made for it, its clock, what it may do now and why not, and what it did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff, Unit, UnitKind
from core.problems import Forbidden, Problem, Refused
from core.terms import Words
from matters import attachments, bridge, relays
from matters.attributes import IdentityClass, Outcome, PauseReason
from matters.clocks import result_end
from matters.flow import MATTER_FLOW, MatterAction, Side
from matters.limits import Limit, end_of
from matters.matter import Matter
from matters.messages import MatterRelay
from matters.moving import around, standing_of
from matters.notice_reading import see_of
from matters.portal import Part, Row, row_of
from matters.rules import Wish, decide
from matters.standing import Standing
from matters.states import MatterState
from matters.unit_copy import cover_of
from matters.unit_timeline import Step, timeline

A = MatterAction
VIEWED = "matter.viewed"
VIEW_COUNTS_AGAIN = timedelta(minutes=15)
MOST_POINTS = 8
_POINTS = re.compile(r"(?<=[。;;!!??])|\n+|(?=(?<![\d第])[((]?[1-9一二三四五六七八九][))、.][^\d])")
_SHORTEST_POINT = 6
_MARKED = re.compile("〔[^〕]*〕")
_OF_ONESELF = re.compile(
    r"我们?|本人|姓名|名字|名叫|叫|姓|电话|手机|号码?|微信|邮箱|联系(?:方式|人)?|身份证|家住|住址|地址|住|门牌|回电|致电|"
    r"是|的|为|在|请|可以?|拨打?|随时|给|有事|方便|谢谢|\b(?:i|am|my|me|is|the|name|phone|telephone|mobile|number|"
    r"please|call|reach|at|on|address|live|in|thanks?)\b|\W|_",
    re.IGNORECASE,
)
"""Words with which people leave a name or a number, and what stands between them."""

LEADS = (A.SIGN, A.ASK_RETURN, A.ASK_CALLER, A.CONTACT, A.ASK_EXTENSION, A.REPORT, A.RESUME_WORK)
_SPECIMEN: dict[MatterAction, Mapping[str, Any]] = {
    A.ASK_RETURN: {"basis": True, "proposed": -1},
    A.ASK_CALLER: {"reason": PauseReason.FACTS.value},
    A.CONTACT: {"identity": IdentityClass.OPEN.value},
    A.REPORT: {"outcome": Outcome.SOLVED.value, "points": True, "evidence": 1},
}
"""Facts that would be right, so that what the rules still refuse is about the matter and not about a form."""


@dataclass(frozen=True)
class Sheet:
    """All that a unit's page shows of a matter."""

    matter: Matter
    row: Row
    standing: Standing
    copy: str | None
    """None until somebody has approved the copy; what was said itself is never shown."""
    spot: str
    points: list[str]
    offers: dict[MatterAction, Words | None]
    """What may be done now; with words: what the state allows but the rules refuse, and why."""
    steps: list[Step]
    own_files: list[attachments.MatterAttachment]
    messages: list[tuple[MatterRelay, str]]
    calls: list[bridge.BridgeCall]
    callers: int
    """How many callers may be rung; 0 where the centre passes words on."""
    parts: list[tuple[str, bool]]
    """The supporting units and whether their part is still open."""
    reported_at: datetime | None
    """When the unit last reported, whatever became of it."""
    result_due_at: datetime | None
    extend_until: datetime | None

    @property
    def is_lead(self) -> bool:
        """Say whether the unit leads."""
        return self.row.part is Part.LEAD

    @property
    def files_to_report(self) -> list[attachments.MatterAttachment]:
        """The files of this round."""
        return [f for f in self.own_files if f.round == self.matter.round]

    def may_take_back(self, file: attachments.MatterAttachment) -> bool:
        """Say whether a file has not gone out with a result yet."""
        is_working = self.matter.state in (MatterState.ASSIGNED, MatterState.IN_HAND)
        return is_working and (self.reported_at is None or file.added_at > self.reported_at)


def sheet(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> Sheet:
    """Read a unit's page of a matter that is its own (matters.portal.one)."""
    standing = standing_of(matter)
    cover = cover_of(session, matter)
    task = standing.sub_task(staff.unit_id)
    row = row_of(matter, staff, has_open_part=task is not None and task.is_open, at=at)
    files = attachments.of_unit(session, matter, staff.unit_id)
    is_lead = row.part is Part.LEAD
    due = extend = None
    if is_lead and matter.state is MatterState.IN_HAND:
        policy = around(session, matter, at=at).policy
        due = result_end(standing, policy, clock.zone()).due_at
        extend = end_of(due, policy.span(Limit.EXTENSION, standing.urgency), clock.zone()).due_at
    copy = cover.approved(matter.redacted)
    return Sheet(
        matter=matter,
        row=row,
        standing=standing,
        copy=copy,
        spot=cover.words(matter.spot),
        points=points_of(copy or ""),
        offers=offers(session, matter, standing, staff, at=at),
        steps=timeline(session, matter, staff, cover),
        own_files=files,
        messages=[(m, cover.words(m.message)) for m in relays.of_unit(session, matter, staff.unit_id or 0)],
        calls=bridge.calls_of(session, matter, staff.unit_id or 0),
        callers=len(bridge.open_callers(session, matter)) if is_lead else 0,
        parts=_parts(session, standing) if is_lead else [],
        reported_at=attachments.last_report(session, matter, staff.unit_id),
        result_due_at=due,
        extend_until=extend,
    )


def _parts(session: Session, standing: Standing) -> list[tuple[str, bool]]:
    units = {u.id: u for u in session.scalars(sa.select(Unit).where(Unit.id.in_(standing.supporting)))}
    return [(units[task.unit].label, task.is_open) for task in standing.sub_tasks]


def offers(
    session: Session, matter: Matter, standing: Standing, staff: Staff, *, at: datetime
) -> dict[MatterAction, Words | None]:
    """Say what a person's unit may do with a matter now, asking the rules themselves."""
    surroundings = around(session, matter, at=at)
    found: dict[MatterAction, Words | None] = {}
    actions = LEADS if standing.lead == staff.unit_id else (A.SUB_DONE,)
    for action in actions:
        if not MATTER_FLOW.allows(standing.state, action):
            continue
        if action is A.CONTACT and matter.identity is not IdentityClass.OPEN:
            continue
        wish = Wish(action, at, frozenset({Side.UNIT}), staff.id, staff.unit_id,
                    dict(_SPECIMEN.get(action, {})), "—")  # fmt: skip
        try:
            decide(standing, wish, surroundings)
        except Forbidden:
            continue
        except Refused as refused:
            found[action] = refused.words
        except Problem:
            found[action] = None  # only what a form must still say is missing
        else:
            found[action] = None
    return found


def proposals(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> list[Unit]:
    """Return the units that may be proposed in one's own place."""
    kept_away = around(session, matter, at=at).excluded
    query = sa.select(Unit).where(Unit.kind == UnitKind.HANDLING, Unit.is_active, Unit.id != staff.unit_id)
    return [unit for unit in session.scalars(query.order_by(Unit.name)) if unit.id not in kept_away]


def points_of(copy: str) -> list[str]:
    """Split a copy into the points that an answer must address, one by one."""
    pieces = [piece.strip() for piece in _POINTS.split(copy) if piece and piece.strip()]
    pieces = [piece for piece in pieces if not _is_contact(piece)] or pieces[:1]
    points: list[str] = []
    for piece in pieces:
        if points and (_is_short(piece) or _is_short(points[-1]) or len(points) == MOST_POINTS):
            points[-1] += piece
        else:
            points.append(piece)
    return points


def _is_contact(piece: str) -> bool:
    """Say whether a piece only tells who someone is and how to reach them: “my telephone is 〔…〕” asks for nothing."""
    return bool(_MARKED.search(piece)) and len(_OF_ONESELF.sub("", _MARKED.sub("", piece))) <= 1


def _is_short(piece: str) -> bool:
    """Say whether a piece is no point of its own: a word, or little more than who someone is."""
    return len(_MARKED.sub("", piece)) < _SHORTEST_POINT


def note_viewed(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> bool:
    """Leave in the journal that a unit read a matter, once a person and quarter of an hour; say whether it was new."""
    see_of(session, matter, staff, at=at)
    query = sa.select(journal.Entry.id).where(
        journal.Entry.record == journal.record_name(matter),
        journal.Entry.action == VIEWED,
        journal.Entry.staff_id == staff.id,
        journal.Entry.at > at - VIEW_COUNTS_AGAIN,
    )
    if session.scalar(query.limit(1)) is not None:
        return False
    journal.write(session, VIEWED, matter, by=staff, at=at, unit=staff.unit_id)
    session.flush()
    return True
