"""The reviewer's room: every key case is read within a day, and everybody's reading can be looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.listing import page, page_number
from core.people import Staff, acting
from core.permissions import Permission, Role, require
from core.problems import Invalid
from core.terms import Words, labels
from hotline import (
    asked_purposes,
    break_glass,
    hearing,
    key_reviews,
    late_words,
    look_agains,
    records,
    risk_giving,
)
from hotline.case_sheet import FIELDS, case_sheet
from hotline.contacts import Contact
from hotline.key_reviews import Verdict
from hotline.read_log import CounsellingRead, ReadPurpose, end_of_log, note_read
from hotline.read_words import read_words
from hotline.record_sheet import sheet
from hotline.sight import also_in_sight, also_known, in_sight
from hotline.views.recordings import play_talk
from hotline.views.risk_level import decide_lowering

blueprint = Blueprint("reviewer", __name__, url_prefix="/counselling")
SHOWN_FOR = timedelta(days=28)


def _unread(session: Session, _staff: Staff, now: datetime) -> int:
    return sum(case.reviewed_at is None for case in key_reviews.key_cases(session, since=now))


DOORS = [
    Door(
        "reviewer.cases",
        Words("重点个案", "Key cases"),
        Permission.COUNSEL_REVIEW,
        order=44,
        first_for=frozenset({Role.REVIEWER}),
        count=_unread,
        about=Words("每个重点个案 24 小时内有人读", "Every key case is read within 24 hours"),
    ),
    Door(
        "reviewer.reads",
        Words("阅读记录", "Who read what"),
        Permission.COUNSEL_REVIEW,
        order=47,
        about=Words("谁读过哪份咨询记录，一条不少", "Who read which counselling record, every time"),
    ),
]


@also_in_sight
def case_to_review(session: Session, contact: Contact, by: Staff, at: datetime) -> ReadPurpose | None:
    """Let a reviewer read a key case that is to be read, or was lately."""
    may = by.may(Permission.COUNSEL_REVIEW) and key_reviews.is_to_review(session, contact, at=at)
    return ReadPurpose.REVIEW if may else None


@also_known
def key_case(session: Session, contact: Contact, by: Staff, at: datetime) -> ReadPurpose | None:
    """Let a reviewer know of what is or was a key case, and of nothing else."""
    may = by.may(Permission.COUNSEL_REVIEW) and key_reviews.is_key(session, contact)
    return ReadPurpose.REVIEW if may else None


@blueprint.get("/cases/")
@require(Permission.COUNSEL_REVIEW)
def cases() -> str:
    """List the key cases by their clock: no words of theirs, only when, who and whether they were read."""
    staff, at = acting(), clock.now()
    with reading() as session:
        return render_template(
            "hotline/cases.html",
            cases=key_reviews.key_cases(session, since=at - SHOWN_FOR),
            again=look_agains.due_again(session, at=at),
            opens="reviewer.case",
            unreviewed=() if staff.may(Permission.COUNSEL_LEAD) else break_glass.to_review(session, at=at),
            own_id=staff.id,
            now=at,
        )


@blueprint.get("/cases/<token>")
@require(Permission.COUNSEL_REVIEW)
def case(token: str) -> str:
    """Open a key case for review; the reading is noted with everything that is shown."""
    return _case(token)


@blueprint.post("/cases/<token>")
@require(Permission.COUNSEL_REVIEW)
def judge(token: str) -> ResponseReturnValue:
    """Write down what the review came to."""
    verdict, words = Verdict.found(request.form.get("verdict")), request.form.get("words", "")[:4000]
    try:
        if verdict is None:
            fields = {"verdict": Words("请选一项", "Choose one")}
            raise Invalid(Words("还没有记录", "Nothing was noted yet"), fields=fields)
        with transaction() as session:
            contact, _ = in_sight(session, token, by=acting(), at=clock.now())
            key_reviews.review(session, contact, verdict, words, by=acting(), at=clock.now())
    except Invalid as wrong:
        return _case(token, wrong=wrong, words=words), 422
    return redirect(url_for("reviewer.cases"), 303)


@blueprint.post("/cases/<token>/lower")
@require(Permission.COUNSEL_REVIEW)
def lower(token: str) -> ResponseReturnValue:
    """Decide as the second person whether a key level is lowered."""
    decide_lowering(token)
    return redirect(url_for("reviewer.case", token=token), 303)


@blueprint.get("/cases/<token>/recordings/<int:which>")
@require(Permission.COUNSEL_REVIEW)
def sound(token: str, which: int) -> ResponseReturnValue:
    """Play what was recorded of a key case's talk."""
    return play_talk(token, which)


def _case(token: str, *, wrong: Invalid | None = None, words: str = "") -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact, purpose = in_sight(session, token, by=staff, at=at)
        is_asked = purpose in asked_purposes.ASKED
        if not is_asked and contact.taken_by != staff.id and key_reviews.is_key(session, contact):
            purpose = ReadPurpose.REVIEW  # whoever answers for a record without having taken the call
        recorded = records.read(session, contact, by=staff, purpose=purpose, at=at)
        late = late_words.beside(session, contact, by=staff, purpose=purpose, at=at)
        beside = case_sheet(session, contact)
        risk_giving.mark_seen(session, beside.episode, by=staff, at=at)
        earlier = key_reviews.reviews_of(session, contact)
        for shown in {contact.id: contact, beside.episode.id: beside.episode}.values():
            note_read(
                session, by=staff, contact=shown, purpose=purpose, record="risk_level", fields=FIELDS, at=at
            )
        return render_template(
            "hotline/case.html",
            contact=contact,
            parts=sheet(session, recorded.form, recorded.values),
            late=late,
            beside=beside,
            talks=hearing.talks_of(session, contact)
            if hearing.purpose_to_hear(session, contact, by=staff, at=at)
            else (),
            earlier=earlier,
            verdicts=labels(Verdict),
            is_own=contact.taken_by == staff.id,
            wrong=wrong.words if wrong else None,
            errors=wrong.fields if wrong else {},
            words=words,
        )


@blueprint.get("/reads/")
@require(Permission.COUNSEL_REVIEW)
def reads() -> str:
    """Show who read what, newest first; `who` and `contact` in the address narrow it."""
    args = request.args
    query = sa.select(CounsellingRead)
    who = args.get("who", "")
    if who.isascii() and who.isdigit() and len(who) < 12:
        query = query.where(CounsellingRead.staff_id == int(who))
    purpose = ReadPurpose.found(args.get("purpose"))
    if purpose is not None:
        query = query.where(CounsellingRead.purpose == purpose)
    since = clock.now() - timedelta(days=7)
    with reading() as session:
        found = page(session, query.order_by(CounsellingRead.seq.desc()), page_number(args))
        week = session.execute(
            sa.select(
                CounsellingRead.staff_id,
                sa.func.count(sa.distinct(CounsellingRead.contact_id)),
                sa.func.count(),
                sa.func.sum(sa.case((CounsellingRead.purpose != ReadPurpose.TALK, 1), else_=0)),
            )
            .where(CounsellingRead.at >= since)
            .group_by(CounsellingRead.staff_id)
            .order_by(sa.desc(sa.literal_column("4")), CounsellingRead.staff_id)
        ).all()
        ever = sa.select(CounsellingRead.staff_id)
        named = session.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(ever)).order_by(Staff.id))
        names = {row[0]: row[1] for row in named}
        contacts = {row.contact_id for row in found.rows if row.contact_id}
        known = session.execute(sa.select(Contact.id, Contact.token).where(Contact.id.in_(contacts)))
        tokens = {row[0]: row[1] for row in known}
        return render_template(
            "hotline/reads.html",
            page=found,
            week=week,
            names=names,
            readers=list(names.items()),
            tokens=tokens,
            said=asked_purposes.words_of(session, found.rows),
            purposes=labels(ReadPurpose),
            called=read_words,
            end=end_of_log(session),
        )
