"""Exchange: what a partner may send and ask; receipts, states and redacted results go out, never a person."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Unit
from core.phone import BadNumber, read_number
from core.places import Place
from core.problems import Forbidden, Invalid, Missing, Refused
from core.terms import Words
from matters import answers, outside_references
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.enquiry import STANDS, Standing
from matters.matter import Matter
from matters.merging import final
from matters.moving import standing_of
from matters.outside_references import OutsideReference
from matters.partners import Partner
from matters.receipts import read_receipt
from matters.registration import Statement, register

PER_PAGE, MOST = 50, 200


class SentCaller(msgspec.Struct, forbid_unknown_fields=True):
    """Who raised it, if the partner passes that on; it is sealed at once and never goes out again."""

    name: str | None = None
    number: str | None = None


class SentConflict(msgspec.Struct, forbid_unknown_fields=True):
    """Whom it is a complaint about."""

    kind: str
    unit: str | None = None


class SentMatter(msgspec.Struct, forbid_unknown_fields=True):
    """A matter as a partner sends it."""

    reference: str
    kind: str
    topic: str
    place: str
    narrative: str
    consent: bool
    spot: str = ""
    urgency: str | None = None
    identity: str = "protected"
    caller: SentCaller | None = None
    conflict: SentConflict | None = None


class TakenBefore(Refused):
    """The partner's own number is known already."""

    words = Words("这个编号的诉求已收过，受理编号 {receipt}", "This reference was taken before, as {receipt}")


_decode = msgspec.json.Decoder(SentMatter).decode


def read_sent(data: bytes) -> SentMatter:
    """Read what a partner sent, or say what is wrong with it without repeating it."""
    try:
        return _decode(data)
    except msgspec.ValidationError as wrong:
        _, is_located, path = str(wrong).rpartition(" - at `")
        field = path.removeprefix("$.").removesuffix("`") if is_located else "body"
        missing = str(wrong).partition("required field `")[2].partition("`")[0]
        if missing:
            raise Invalid(fields={missing: Words("缺少这一项", "is missing")}) from None
        raise Invalid(
            fields={field: Words("类型不对，或是不认识的字段", "wrong type or unknown field")}
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid(Words("正文不是 JSON", "The body is not JSON")) from None


def _statement(session: Session, sent: SentMatter) -> Statement:
    fields: dict[str, Words] = {}
    place = session.scalars(sa.select(Place).where(Place.code == sent.place)).first()
    identity, conflict = IdentityClass.found(sent.identity), Conflict.NONE
    unit: Unit | None = None
    if identity is None:
        fields["identity"] = Words("不认识的身份类别", "unknown identity class")
    if sent.urgency is not None and Urgency.found(sent.urgency) is None:
        fields["urgency"] = Words("不认识的紧急程度", "unknown urgency")
    if sent.conflict is not None:
        named = Conflict.found(sent.conflict.kind)
        if named is None:
            fields["conflict.kind"] = Words("不认识的冲突类别", "unknown conflict")
        conflict = named or Conflict.NONE
        if sent.conflict.unit:
            unit = session.scalars(sa.select(Unit).where(Unit.name == sent.conflict.unit)).first()
            if unit is None:
                fields["conflict.unit"] = Words("没有这个单位", "no such unit")
    number: str | None = None
    if sent.caller is not None and sent.caller.number:
        try:
            number = read_number(sent.caller.number).e164
        except BadNumber:
            fields["caller.number"] = Words("不是可拨打的号码", "not a dialable number")
    if not 0 < len(sent.reference.strip()) <= outside_references.LONGEST:
        fields["reference"] = Words("1 到 80 个字符", "1 to 80 characters")
    if fields:
        raise Invalid(fields=fields)
    name = sent.caller.name if sent.caller else None
    return Statement(
        narrative=sent.narrative,
        kind=MatterKind.found(sent.kind),
        topic=sent.topic,
        place=place,
        spot=sent.spot,
        urgency=Urgency.found(sent.urgency) if sent.urgency else None,
        identity=identity or IdentityClass.PROTECTED,
        conflict=conflict,
        conflict_unit=unit,
        consent_read=sent.consent,
        name=(name or "").strip()[:40] or None,
        number=number,
    )


def take(session: Session, partner: Partner, sent: SentMatter, *, at: datetime) -> OutsideReference:
    """Register what a partner sent, under its own number and ours."""
    if not partner.scope.may_send:
        raise Forbidden(Words("这个令牌不能送诉求", "This token may not send matters"))
    source, reference = outside_references.source_of(partner), sent.reference.strip()
    known = outside_references.known_as(session, source, reference)
    if known is not None:
        raise TakenBefore(receipt=known.matter.receipt)
    statement = _statement(session, sent)
    matter = register(session, statement, origin=Origin.EXCHANGE, by=None, at=at).matter
    record = outside_references.note(session, matter, source, reference, partner)
    journal.write(session, "exchange.take", matter, by=None, at=at, partner=partner.id)
    session.flush()
    return record


def shown(session: Session, record: OutsideReference) -> dict[str, Any]:
    """Return what a partner is told of one of its matters."""
    own = record.matter
    matter = final(session, own)
    result, outcome = answers.result_of(session, matter)
    stands = STANDS[matter.state]
    return {
        "receipt": own.receipt,
        "reference": record.reference,
        "state": stands.value,
        "registered_at": own.registered_at.isoformat() if own.registered_at else None,
        "promised_on": own.promised_on.isoformat() if own.promised_on else None,
        "changed_at": max(own.state_since, matter.state_since).isoformat(),
        "round": standing_of(matter).round,
        "outcome": outcome.value if outcome and stands in (Standing.ANSWERED, Standing.CLOSED) else None,
        "result": result,
    }


def _own(partner: Partner) -> sa.Select[Any]:
    if not partner.scope.may_read:
        raise Forbidden(Words("这个令牌不能查进度", "This token may not read matters"))
    return sa.select(OutsideReference).where(OutsideReference.partner_id == partner.id)


def one(session: Session, partner: Partner, receipt: str) -> dict[str, Any]:
    """Return one of a partner's matters; anyone else's is not there."""
    query = _own(partner).join(Matter, OutsideReference.matter_id == Matter.id)
    record = session.scalars(query.where(Matter.receipt == (read_receipt(receipt) or ""))).first()
    if record is None:
        raise Missing
    return shown(session, record)


def listed(
    session: Session, partner: Partner, *, cursor: str = "", limit: int = PER_PAGE, reference: str = "",
    changed_since: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return a page of a partner's matters, in the order they came, with where the next one begins."""
    query = _own(partner).order_by(OutsideReference.id).limit(min(max(limit, 1), MOST) + 1)
    if cursor:
        query = query.where(OutsideReference.id > _after(cursor))
    if reference:
        query = query.where(OutsideReference.reference == reference)
    if changed_since is not None:
        query = query.where(OutsideReference.matter_id.in_(_changed(partner, changed_since)))
    records = list(session.scalars(query))
    page = records[: min(max(limit, 1), MOST)]
    more = len(records) > len(page)
    return {
        "matters": [shown(session, record) for record in page],
        "next_cursor": _cursor(page[-1].id) if more else None,
    }


def _changed(partner: Partner, since: datetime) -> sa.Select[Any]:
    """Choose a partner's matters that moved since then, by themselves or in the one they were merged into."""
    own = OutsideReference.matter_id
    chain = sa.select(own.label("own"), own.label("now")).where(OutsideReference.partner_id == partner.id)
    steps = chain.cte("chain", recursive=True)
    onward = (
        sa.select(steps.c.own, Matter.merged_into_id)
        .join(Matter, Matter.id == steps.c.now)
        .where(Matter.merged_into_id.is_not(None))
    )
    steps = steps.union(onward)
    moved = sa.select(steps.c.own).join(Matter, Matter.id == steps.c.now)
    return moved.where(Matter.state_since >= since)


def _cursor(record_id: int) -> str:
    return base64.urlsafe_b64encode(f"after:{record_id}".encode()).decode().rstrip("=")


def _after(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text.startswith("after:") and text[6:].isdigit() and len(text) < 24:
            return int(text[6:])
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise Invalid(fields={"cursor": Words("不是给出过的游标", "not a cursor that was given")})
