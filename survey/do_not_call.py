"""The do-not-call list: numbers known by their fingerprints, checked at import, at draw and at dial."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal, secrets
from core.people import Staff
from core.phone import BadNumber, read_number
from core.problems import Invalid
from core.terms import Term, Words
from survey.frame import DoNotCall, FrameNumber
from survey.number_sets import among

MOST_BYTES = 20_000_000


class DoNotCallReason(Term):
    """Why a number must not be called."""

    HARD_REFUSAL = "hard_refusal", "坚拒", "Hard refusal"
    REQUEST = "request", "本人要求", "On request"
    LEGAL = "legal", "依法禁止", "By law"


def add(
    session: Session, fingerprint: bytes, *, reason: DoNotCallReason, by: Staff | None, at: datetime
) -> bool:
    """Put a number on the list for ever; False when it is there already."""
    if session.get(DoNotCall, fingerprint) is not None:
        return False
    session.add(
        DoNotCall(fingerprint=fingerprint, reason=reason.value, added_by=by.id if by else None, added_at=at)
    )
    session.flush()
    journal.write(session, "do_not_call.add", "do_not_call", by=by, at=at, reason=reason.value)
    return True


def add_number(session: Session, text: str, *, reason: DoNotCallReason, by: Staff, at: datetime) -> bool:
    """Put a number, as a person writes it, on the list; raise BadNumber when it is none."""
    fingerprint = secrets.keyring().blind_index(read_number(text).e164)
    return add(session, fingerprint, reason=reason, by=by, at=at)


def look_up(session: Session, text: str, *, by: Staff, at: datetime) -> bool:
    """Say whether a number, as a person writes it, is on the list; that it was asked is journalled."""
    answer = is_listed(session, secrets.keyring().blind_index(read_number(text).e164))
    journal.write(session, "do_not_call.look_up", "do_not_call", by=by, at=at, listed=answer)
    session.flush()
    return answer


def add_list(
    session: Session, content: bytes, *, reason: DoNotCallReason, by: Staff, at: datetime
) -> tuple[int, int]:
    """Put the numbers of a file, one a line, on the list; return how many were added and how many known."""
    prints = list(dict.fromkeys(_fingerprints(content)))
    known: set[bytes] = set()
    for start in range(0, len(prints), 500):
        query = sa.select(DoNotCall.fingerprint).where(DoNotCall.fingerprint.in_(prints[start : start + 500]))
        known.update(session.scalars(query))
    rows = [
        {"fingerprint": each, "reason": reason.value, "added_by": by.id, "added_at": at}
        for each in prints
        if each not in known
    ]
    if rows:
        session.execute(sa.insert(DoNotCall), rows)
    journal.write(
        session, "do_not_call.import", "do_not_call", by=by, at=at, reason=reason.value, added=len(rows)
    )
    session.flush()
    return len(rows), len(known)


def _fingerprints(content: bytes) -> Iterator[bytes]:
    if len(content) > MOST_BYTES:
        raise Invalid(fields={"file": Words("文件超过 20 MB", "The file is over 20 MB")})
    if b"\x00" in content[:4096]:
        raise Invalid(
            fields={"file": Words("请用文本或 CSV，每行一个号码", "Text or CSV, one number a line")}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    ring = secrets.keyring()
    found = 0
    for line, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        cell = row[0].strip() if row else ""
        if not cell or (line == 1 and not any(map(str.isdigit, cell))):  # a head
            continue
        try:
            e164 = read_number(cell).e164
        except BadNumber as error:
            words = Words(
                "第 {line} 行：{why}。没有加入任何号码。", "Line {line}: {why}. No number was added."
            ).filled(line=line, why=error.words)
            raise Invalid(fields={"file": words}) from error
        found += 1
        yield ring.blind_index(e164)
    if not found:
        raise Invalid(fields={"file": Words("文件里没有号码", "There is no number in the file")})


def is_listed(session: Session, fingerprint: bytes) -> bool:
    """Say whether a number must not be called."""
    return session.get(DoNotCall, fingerprint) is not None


def listed_among(session: Session, number_ids: Sequence[int]) -> set[int]:
    """Return which frame numbers are on the list."""
    query = (
        sa.select(FrameNumber.id)
        .join(DoNotCall, DoNotCall.fingerprint == FrameNumber.fingerprint)
        .where(among(session, FrameNumber.id, number_ids))
    )
    return set(session.scalars(query))


def counts(session: Session) -> dict[DoNotCallReason, int]:
    """Count the list by reason."""
    query = sa.select(DoNotCall.reason, sa.func.count()).group_by(DoNotCall.reason)
    return {DoNotCallReason.of(reason): count for reason, count in session.execute(query)}
