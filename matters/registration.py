"""Registration: a resident's problem becomes a matter with a receipt, a PIN and a promised date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import calendar, clock, journal, secrets
from core.people import Staff
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words
from matters import pins, receipts, topics
from matters.matter import IdentityClass, Matter, MatterKind, Origin, Urgency

ANSWER_WITHIN = 5
"""Working days until the resident is promised an answer."""
LONGEST = 4000

CONSENT = {
    IdentityClass.PROTECTED: Words(
        "“您反映的事我们会转给承办单位;他们只看到事情,看不到您是谁。这样可以吗?”",
        "“We pass on what you raised; the unit sees the problem, not who you are. Is that all right?”",
    ),
    IdentityClass.OPEN: Words(
        "“承办单位可能需要直接联系您,我们可以把您的电话告诉他们吗?”",
        "“The unit may need to speak to you directly. May we give them your number?”",
    ),
    IdentityClass.ANONYMOUS: Words(
        "“我们不留您的电话和姓名;您凭编号和密码查询结果。这样可以吗?”",
        "“We keep neither number nor name; you follow it up with the receipt and PIN. Is that all right?”",
    ),
}
"""The line that is read out before a matter is registered, by identity class."""

_PROMISE = {
    IdentityClass.PROTECTED: Words(
        "承办单位只看到事情,看不到您是谁。", "The unit sees the problem, not who you are."
    ),
    IdentityClass.OPEN: Words("承办单位会直接联系您。", "The unit will contact you directly."),
    IdentityClass.ANONYMOUS: Words(
        "我们没有留您的电话,请凭编号和密码查询。", "We kept no number; please ask with receipt and PIN."
    ),
}

_ALARM = (
    "着火",
    "起火",
    "煤气",
    "燃气泄漏",
    "爆炸",
    "砍人",
    "持刀",
    "有刀",
    "救命",
    "自杀",
    "不想活",
    "要死",
    "中毒",
    "塌",
)


@dataclass(frozen=True)
class Registered:
    """A new matter with what is told to the resident; the PIN is nowhere else."""

    matter: Matter
    pin: str
    is_provisional: bool

    @property
    def read_aloud(self) -> Words:
        """Return the sentence to read out."""
        on = self.matter.promised_on
        return Words(
            "“您反映的事我们登记了,编号 {receipt},查询密码 {pin},最晚 {month} 月 {day} 日前给您答复。{promise}”",
            "“What you raised is registered under {receipt}, PIN {pin}; you get an answer by {on}. {promise}”",
        ).filled(
            receipt=self.matter.receipt,
            pin=self.pin,
            month=on.month,
            day=on.day,
            on=f"{on:%-d %B}",
            promise=_PROMISE[self.matter.identity],
        )


def alarming(narrative: str) -> bool:
    """Say whether the text has words of present danger, so that U1 is proposed."""
    return any(word in narrative for word in _ALARM)


def register(
    session: Session,
    *,
    kind: MatterKind,
    topic: str,
    narrative: str,
    place: Place | None,
    origin: Origin,
    consent_read: bool,
    by: Staff | None,
    at: datetime,
    spot: str = "",
    urgency: Urgency | None = None,
    identity: IdentityClass = IdentityClass.PROTECTED,
    reporter_number: str | None = None,
) -> Registered:
    """Register a matter; the reporter's number is sealed, and not kept at all of an anonymous one."""
    narrative = narrative.strip()
    subject = topics.topic(topic)
    problems: dict[str, Words] = {}
    if not narrative:
        problems["narrative"] = Words("请写下他/她说的是什么", "Write down what was said")
    elif len(narrative) > LONGEST:
        problems["narrative"] = Words("最多 4000 字", "At most 4,000 characters")
    if subject is None or subject.is_retired:
        problems["topic"] = Words("请选择类别", "Choose a topic")
    if place is None or place.level not in (Level.TOWNSHIP, Level.VILLAGE):
        problems["place"] = Words("地点至少要到乡镇", "The place is needed at least to the township")
    if len(spot) > 200:
        problems["spot"] = Words("最多 200 字", "At most 200 characters")
    if not consent_read:
        problems["consent"] = Words("请先读出告知语并得到同意", "Read the consent line and get a yes first")
    if problems or subject is None or place is None:
        raise Invalid(
            Words("还不能登记,填写的内容都保留着", "Not registered yet; what you typed is kept"),
            fields=problems,
        )
    known = reporter_number if identity is not IdentityClass.ANONYMOUS else None
    promised = calendar.after_working_days(clock.local(at).date(), ANSWER_WITHIN)
    number = receipts.next_receipt(session, clock.local(at).date())
    pin = pins.new_pin()
    matter = Matter(
        receipt=number,
        pin_hash=pins.hashed(number, pin),
        kind=kind,
        topic=subject.code,
        urgency=urgency or subject.urgency,
        identity=identity,
        origin=origin,
        narrative=narrative,
        place_id=place.id,
        spot=spot.strip(),
        reporter_number=known,
        reporter_fingerprint=secrets.keyring().blind_index(known) if known else None,
        promised_on=promised.on,
        registered_by=by.id if by else None,
        registered_at=at,
    )
    session.add(matter)
    session.flush()
    journal.write(
        session,
        "matter.register",
        matter,
        by=by,
        at=at,
        topic=subject.code,
        urgency=matter.urgency.value,
        identity=identity.value,
        promised_on=promised.on.isoformat(),
        provisional=promised.is_provisional,
    )
    return Registered(matter, pin, promised.is_provisional)


def registered_by(session: Session, staff: Staff, *, since: datetime) -> int:
    """Count the matters that someone registered since a moment."""
    query = sa.select(sa.func.count()).where(Matter.registered_by == staff.id, Matter.registered_at >= since)
    return session.execute(query).scalar_one()
