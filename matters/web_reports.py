"""Web reports: what residents write on the public page, kept from floods and from being sent twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core.phone import BadNumber, read_number
from core.problems import Invalid, TooMany
from core.terms import Words
from core.throttle import count_try
from matters.attributes import Conflict, IdentityClass, Origin
from matters.once import once
from matters.promises import Registered
from matters.registration import LONGEST, Statement, register
from matters.topics import topic

SOURCE = "web"
PER_HOUR, PER_DAY = 6, 20
SOONEST = timedelta(seconds=3)
"""Nobody reads and fills the form faster."""
LATEST = timedelta(hours=12)
LONGEST_NAME = 40
LONGEST_SPOT = 200


class TooManyReports(TooMany):
    """One address sends more than people do."""

    words = Words(
        "这个网络一小时内提交得太多，没有收下。请稍后再提交，或拨打民意热线；您填写的内容请先自己留存",
        "Too many were sent from this network within an hour, and this one was not taken. Try later or call the "
        "citizen line; keep a copy of what you wrote",
    )


class SendAgain(Invalid):
    """It looks like a machine; a person only has to press once more."""

    words = Words(
        "为防止机器乱发，请看一遍下面的内容，再点一次“提交”。您填写的都还在。",
        "To keep machines out: look over what you wrote and press “Send” once more. Everything is kept.",
    )


def is_within_limits(session: Session, *, address: str, at: datetime) -> bool:
    """Count a report by its address; commit before it is looked at."""
    hour = count_try(session, "report.hour", address, limit=PER_HOUR, within=timedelta(hours=1), at=at)
    day = count_try(session, "report.day", address, limit=PER_DAY, within=timedelta(days=1), at=at)
    return hour and day


def check_person(
    typed: str, name: str, identity: IdentityClass | None
) -> tuple[str | None, dict[str, Words]]:
    """Read the number somebody may leave; say what is wrong with name and number."""
    fields: dict[str, Words] = {}
    number: str | None = None
    if identity is IdentityClass.ANONYMOUS:
        return None, fields
    if typed.strip():
        try:
            number = read_number(typed).e164
        except BadNumber as wrong:
            fields["number"] = Words(f"电话：{wrong.words.zh}", f"Telephone: {wrong.words.en}")
    elif identity is IdentityClass.OPEN:
        fields["number"] = Words(
            "请留电话，否则承办单位无法联系您；也可改选“受保护”",
            "Leave a number, or the office can't reach you; or choose “Protected”",
        )
    if len(name.strip()) > LONGEST_NAME:
        fields["name"] = Words("最多 40 字", "At most 40 characters")
    return number, fields


def lacking(statement: Statement) -> dict[str, Words]:
    """Say, field by field and in words for whoever writes it themselves, what is still needed."""
    fields: dict[str, Words] = {}
    narrative, subject = statement.narrative.strip(), topic(statement.topic)
    if not narrative:
        fields["narrative"] = Words("请写下发生了什么", "Write what happened")
    elif len(narrative) > LONGEST:
        fields["narrative"] = Words("最多 4000 字", "At most 4,000 characters")
    if statement.kind is None:
        fields["kind"] = Words("请选一项", "Choose one")
    if subject is None or subject.is_retired:
        fields["topic"] = Words("请选一类", "Choose what it is about")
    if statement.place is None:
        fields["town"] = Words("请选到乡镇（街道）", "Choose the place, at least to the township")
    if len(statement.spot.strip()) > LONGEST_SPOT:
        fields["spot"] = Words("最多 200 字", "At most 200 characters")
    if statement.conflict is Conflict.UNIT and statement.conflict_unit is None:
        fields["unit"] = Words(
            "请选择是哪个单位，我们好让它回避", "Choose which office, so that it is kept away from this"
        )
    return fields


def take(session: Session, statement: Statement, *, form: str, at: datetime) -> Registered:
    """Register what a resident wrote; the same form sent twice is one matter, with a new PIN."""

    def taken() -> Registered:
        return register(session, statement, origin=Origin.WEB, by=None, at=at)

    return once(session, SOURCE, form, statement, taken, at=at)
