"""Claims: the one atomic taking of a case, from the queue's rules to a lease that no two people hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import UtcDateTime
from core.people import Staff
from survey import calling
from survey.attempts import HandOut, HandOutRule
from survey.calling import Rules
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.need import AGAIN, FRESH, MINE

COLUMNS = "c.id, c.wave_id, c.state, c.kind, c.frame_number_id, c.attempt_count, c.dayparts, c.county_id"
REFUSED_ELSEWHERE = "2.11"

_STANDING = sa.text(
    """
    SELECT f.fingerprint,
      EXISTS (SELECT 1 FROM do_not_call d WHERE d.fingerprint = f.fingerprint) AS is_shut,
      EXISTS (SELECT 1 FROM frame_number g JOIN "case" o ON o.frame_number_id = g.id
              WHERE g.fingerprint = f.fingerprint AND o.id <> :case
                AND (o.state IN ('claimed', 'appointed', 'referred')
                     OR (o.attempt_count > 0 AND (o.closed_at IS NULL OR o.closed_at > :rested)))) AS is_elsewhere
    FROM frame_number f WHERE f.id = :number
    """
).bindparams(sa.bindparam("rested", type_=UtcDateTime()))


@dataclass(frozen=True)
class Seeker:
    """Who asks for a case, and what the queue must know of them."""

    staff: Staff
    languages: Sequence[str]
    home: int
    """Their home county, 0 for none."""
    at: datetime
    is_postgres: bool
    is_alone: bool
    """One wave only is open: no number can be in two."""

    @property
    def lock(self) -> str:
        """How a row is taken without waiting for those that others take."""
        return " FOR UPDATE OF c SKIP LOCKED" if self.is_postgres else ""


_CASE = cast(sa.Table, Case.__table__)
_LEASING = (
    sa.update(_CASE)
    .where(_CASE.c.id == sa.bindparam("case"))
    .values(state=sa.bindparam("after"), lease_by=sa.bindparam("me"), lease_until=sa.bindparam("until"))
)

_TYPED: dict[str, sa.BindParameter[Any]] = {
    "now": sa.bindparam("now", type_=UtcDateTime()),
    "soon": sa.bindparam("soon", type_=UtcDateTime()),
    "for_all": sa.bindparam("for_all", type_=UtcDateTime()),
    "languages": sa.bindparam("languages", expanding=True),
    "waves": sa.bindparam("waves", expanding=True),
    "kinds": sa.bindparam("kinds", expanding=True),
}


@lru_cache(maxsize=64)
def _statement(sql: str, names: tuple[str, ...]) -> sa.TextClause:
    """Read a statement once: reading it anew took longer than running it."""
    return sa.text(sql).bindparams(*(_TYPED[name] for name in names))


def _first(session: Session, sql: str, names: tuple[str, ...], **given: Any) -> sa.Row[Any] | None:
    # Past the ORM: these rows are no records, and every hand-out asks for several.
    return session.connection().execute(_statement(sql, names), given).first()


def due_appointment(
    session: Session, seeker: Seeker, waves: Sequence[int], rules: Rules, shut_counties: Sequence[int]
) -> sa.Row[Any] | None:
    """Take the appointment that is due: own ones first, others' once they are anyone's."""
    shut = (
        f"AND c.county_id NOT IN ({', '.join(str(int(n)) for n in shut_counties)})" if shut_counties else ""
    )
    sql = f"""
        SELECT {COLUMNS}, a.id AS appointment_id, a.staff_id AS promised_to, a.at AS promised_at
        FROM appointment a JOIN "case" c ON c.id = a.case_id
        WHERE a.is_open AND a.at <= :soon AND c.state = 'appointed' AND c.wave_id IN :waves {shut}
          AND (a.staff_id IS NULL OR a.staff_id = :me OR a.at <= :for_all)
        ORDER BY CASE WHEN a.staff_id = :me THEN 0 ELSE 1 END, a.at, a.id LIMIT 1{seeker.lock}
        """  # noqa: S608 (numbers of our own)
    return _first(
        session,
        sql,
        ("soon", "for_all", "waves"),
        me=seeker.staff.id,
        waves=list(waves),
        soon=seeker.at + timedelta(minutes=rules.appointment_lead),
        for_all=seeker.at - timedelta(minutes=rules.personal),
    )


def due_again(
    session: Session, seeker: Seeker, wave_id: int, township_id: int, kinds: Sequence[str], part: int
) -> sa.Row[Any] | None:
    """Take a call-back of a township: an occasion not tried yet first, then fewest attempts, then random."""
    sql = f"""
        SELECT {COLUMNS} FROM "case" c
        WHERE c.wave_id = :wave AND c.township_id = :township AND {AGAIN} AND {MINE} AND c.kind IN :kinds
        ORDER BY CASE WHEN (c.dayparts & :part) = 0 THEN 0 ELSE 1 END, c.attempt_count, c.shuffle, c.id
        LIMIT 1{seeker.lock}
        """  # noqa: S608
    return _first(
        session,
        sql,
        ("now", "languages", "kinds"),
        wave=wave_id,
        township=township_id,
        me=seeker.staff.id,
        languages=list(seeker.languages),
        kinds=list(kinds),
        now=seeker.at,
        part=part,
    )


def fresh(
    session: Session, seeker: Seeker, wave_id: int, township_id: int, kinds: Sequence[str]
) -> sa.Row[Any] | None:
    """Take a fresh case of a township, at random."""
    sql = f"""
        SELECT {COLUMNS} FROM "case" c
        WHERE c.wave_id = :wave AND c.township_id = :township AND {FRESH} AND {MINE} AND c.kind IN :kinds
        ORDER BY c.shuffle, c.id LIMIT 1{seeker.lock}
        """  # noqa: S608
    return _first(
        session,
        sql,
        ("languages", "kinds"),
        wave=wave_id,
        township=township_id,
        me=seeker.staff.id,
        languages=list(seeker.languages),
        kinds=list(kinds),
    )


def may_be_called(
    session: Session, found: sa.Row[Any], rules: Rules, seeker: Seeker, *, is_promised: bool = False
) -> bool:
    """Check a taken row against what may have changed since the draw; put right what must not be called."""
    rested = seeker.at - timedelta(days=rules.rest_days)
    number = (
        session.connection()
        .execute(_STANDING, {"case": found.id, "number": found.frame_number_id, "rested": rested})
        .one()
    )
    cap = rules.cap_mobile if found.kind == "mobile" else rules.cap_landline
    over_cap = found.attempt_count >= cap and not is_promised
    if not (number.is_shut or number.is_elsewhere or over_cap):
        # Two cases of one number in two waves are two rows: the number itself is the lock.
        return not seeker.is_postgres or seeker.is_alone or _hold_number(session, bytes(number.fingerprint))
    case = session.get_one(Case, found.id)
    if number.is_elsewhere and not number.is_shut:
        tomorrow = clock.local(seeker.at) + timedelta(days=1)
        case.due_at = calling.open_from(tomorrow, rules)
        journal.write(session, "case.postpone", case, by=None, at=seeker.at, why="number in another wave")
    elif case.state != CaseState.CLOSED:
        case.disposition = REFUSED_ELSEWHERE if number.is_shut else case.disposition or "3.13"
        case.closed_at = seeker.at
        why = "do not call" if number.is_shut else "cap"
        CASE_FLOW.move(session, case, CaseAction.CLOSE, by=None, at=seeker.at, code=case.disposition, why=why)
    session.flush()
    return False


def _hold_number(session: Session, fingerprint: bytes) -> bool:
    key = int.from_bytes(fingerprint[:8], "big", signed=True)
    return bool(session.execute(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar())


def claim(
    session: Session,
    case_id: int,
    state: CaseState,
    rule: HandOutRule,
    facts: dict[str, Any],
    *,
    lease: timedelta,
    by: Staff,
    at: datetime,
) -> HandOut:
    """Lease a row that this transaction holds, and write down why."""
    after = CASE_FLOW.table[state, CaseAction.CLAIM]
    given = {"case": case_id, "after": after, "me": by.id, "until": at + lease}
    session.connection().execute(_LEASING, given)
    loaded = session.identity_map.get(sa.orm.util.identity_key(Case, case_id))
    if loaded is not None:
        session.expire(loaded)
    hand_out = HandOut(case_id=case_id, staff_id=by.id, at=at, rule=rule, facts=facts)
    session.add(hand_out)
    details = {"from": state.value, "to": after.value, "rule": rule.value}
    journal.write(session, f"{CASE_FLOW.name}.claim", f"case:{case_id}", by=by, at=at, **details)
    session.flush()
    return hand_out
