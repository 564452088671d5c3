"""The supervisor's reviews: a screened list, an interview opened for a purpose, a verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.listing import Page, page_number
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, labels, language, t
from survey.answers import asked_in
from survey.interviews import Answer, Interview
from survey.questionnaire import ACKNOWLEDGED, Question, Questionnaire
from survey.review_list import ReviewRow, reviewed, rows
from survey.reviews import InterviewReview, Purpose, Verdict, judge, open_interview
from survey.screening import STANDARD, Sign
from survey.views.supervisor import chosen_wave

blueprint = Blueprint("field_review", __name__, url_prefix="/field/review")
DOORS: list[Door] = []
PER_PAGE = 40
TONES = {"good": "green", "coach": "yellow", "fabricated": "red"}
SPECIAL_WORDS = {
    "DONT_KNOW": Words("不知道", "Don't know"),
    "NO_ANSWER": Words("拒答", "No answer"),
    ACKNOWLEDGED: Words("已读出", "Read out"),
}


def _days() -> tuple[date, date]:
    today = clock.today()
    try:
        since = date.fromisoformat(request.args.get("since") or (today - timedelta(days=1)).isoformat())
        until = date.fromisoformat(request.args.get("until") or today.isoformat())
    except ValueError as error:
        raise Invalid(Words("日期应写成 2026-11-18", "The date should look like 2026-11-18")) from error
    return since, until


def _fits(row: ReviewRow) -> bool:
    sign, state = Sign.found(request.args.get("sign")), request.args.get("state", "")
    if sign is not None and sign not in row.signs:
        return False
    if state == "any_sign":
        return any(s is not Sign.NEWCOMER for s in row.signs)
    if state == "open":
        return row.verdict is None
    return state != "judged" or row.verdict is not None


@blueprint.get("/")
@require(Permission.FIELD_REVIEW)
def listed() -> str:
    """List the finished interviews with their signs, those with most signs first."""
    since, until = _days()
    with reading() as session:
        wave, waves = chosen_wave(session)
        if wave is None:
            return render_template("supervisor/no_wave.html")
        everything = rows(
            session,
            wave,
            since=since,
            until=until,
            staff_id=request.args.get("interviewer", type=int),
            me=acting().id,
        )
        shown = sorted((r for r in everything if _fits(r)), key=lambda r: -len(r.signs))
        number = min(page_number(request.args), max(1, -(-len(shown) // PER_PAGE)))
        part = shown[(number - 1) * PER_PAGE : number * PER_PAGE]
        return render_template(
            "supervisor/reviews.html",
            wave=wave,
            waves=waves,
            since=since,
            until=until,
            page=Page(part, number, PER_PAGE, len(shown)),
            reviewed=reviewed(everything),
            counts=Counter(sign for row in everything for sign in row.signs),
            interviewers=dict(sorted({r.staff_id: r.staff for r in everything}.items(), key=lambda i: i[1])),
            signs=labels(Sign),
            purposes=labels(Purpose),
            tones=TONES,
        )


@blueprint.post("/interviews/<int:interview_id>/open")
@require(Permission.FIELD_REVIEW)
def open_one(interview_id: int) -> ResponseReturnValue:
    """Open an interview for the purpose given; that it was opened is journalled."""
    purpose = Purpose.found(request.form.get("purpose"))
    if purpose is None:
        raise Invalid(Words("请先选打开的目的", "Choose first why you open it"))
    with transaction() as session:
        interview = session.get(Interview, interview_id)
        if interview is None:
            raise Missing
        review = open_interview(session, interview, purpose, by=acting(), at=clock.now())
        review_id = review.id
    return redirect(url_for(".show", review_id=review_id), 303)


@dataclass(frozen=True)
class AnswerRow:
    """One answer as the reviewer reads it."""

    question: str
    wording: str
    words: str
    seconds: float | None
    is_quick: bool
    is_corrected: bool


@blueprint.get("/<int:review_id>")
@require(Permission.FIELD_REVIEW)
def show(review_id: int) -> str:
    """Show the opened interview to the one who opened it."""
    with reading() as session:
        review = _mine(session, review_id)
        return _page(session, review, "", None)


def _page(session: Session, review: InterviewReview, note: str, error: Words | None) -> str:
    interview = review.interview
    return render_template(
        "supervisor/review.html",
        review=review,
        interview=interview,
        staff=session.get_one(Staff, interview.staff_id),
        county=interview.case.county.label,
        answers=_answers(session, interview) if review.verdict is None else [],
        verdicts=labels(Verdict),
        tones=TONES,
        typed=note,
        error=error,
    )


def _mine(session: Session, review_id: int) -> InterviewReview:
    review = session.get(InterviewReview, review_id)
    if review is None or review.reviewer_id != acting().id:
        raise Missing  # what somebody else opened needs one's own purpose
    return review


def _answers(session: Session, interview: Interview) -> list[AnswerRow]:
    form = asked_in(interview)
    query = (
        sa.select(Answer)
        .where(Answer.interview_id == interview.id, Answer.is_current, Answer.value.is_not(None))
        .order_by(Answer.at, Answer.id)
    )
    return [_answer(form, form.question(a.question), a) for a in session.scalars(query)]


def _answer(form: Questionnaire, question: Question, answer: Answer) -> AnswerRow:
    options = {o.name: o.label.within(language()) for o in form.lists.get(question.list, ())}
    value = answer.value or ""
    if value in SPECIAL_WORDS:
        words = str(SPECIAL_WORDS[value])
    else:
        words = t("、", ", ").join(options.get(v, v) for v in value.split()) if options else value
    wording = question.label.within(language()).replace("**", "")
    least = 1000 * len(question.label.zh.replace("*", "")) / STANDARD.characters_per_second
    return AnswerRow(
        question.name,
        wording,
        words,
        answer.shown_ms / 1000 if answer.shown_ms is not None else None,
        answer.shown_ms is not None and answer.shown_ms < least,
        answer.turn > 1,
    )


@blueprint.post("/<int:review_id>")
@require(Permission.FIELD_REVIEW)
def decide(review_id: int) -> ResponseReturnValue:
    """Write the verdict down."""
    verdict, note = Verdict.found(request.form.get("verdict")), request.form.get("note", "")
    if verdict is None:
        with reading() as session:
            words = Words("请选一个结论", "Choose a verdict")
            return _page(session, _mine(session, review_id), note, words), 422
    try:
        with transaction() as session:
            review = _mine(session, review_id)
            judge(session, review, verdict, note, by=acting(), at=clock.now())
            wave_id = review.interview.wave_id
    except Invalid as problem:
        with reading() as session:
            return _page(session, _mine(session, review_id), note, problem.fields["note"]), 422
    flash(t("结论已保存", "The verdict is saved"), "good")
    return redirect(url_for(".listed", wave=wave_id), 303)
