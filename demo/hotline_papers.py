"""What operators wrote down of the past weeks' calls: records, screenings, levels, plans and what was agreed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from demo.chance import below, uniform
from demo.hotline_stories import Story
from hotline import followup_planning, instruments, risk, risk_levels, screener
from hotline.citizen_records import CitizenRecord, CitizenResult
from hotline.contacts import Contact
from hotline.forms import form
from hotline.key_calls import REST, KeyCall
from hotline.key_reviews import KeyReview, Verdict
from hotline.ladder import DayPart
from hotline.records import FORM, CounsellingRecord
from hotline.risk import Evidence, RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.safety_plans import SafetyPlan
from hotline.safety_steps import SafetyStep
from hotline.screenings import ScreeningSheet

PLAN = {
    SafetyStep.SIGNS: "睡不着、反复看旧照片、不想接电话",
    SafetyStep.COPING: "下楼走两圈，把要说的话写在纸上",
    SafetyStep.PLACES: "社区阅览室；和表姐一起做饭",
    SafetyStep.PEOPLE: "表姐、班组里的老赵",
    SafetyStep.PROFESSIONALS: "希望热线；市精神卫生中心门诊；危险时打 120",
    SafetyStep.MEANS: "药由家人保管，一个人时不去高处",
}
UNREVIEWED = timedelta(hours=20)
"""Key cases of the last hours are left to the visitor who reviews."""


def write_call(session: Session, contact: Contact, story: Story, *, by: Staff, township: int) -> None:
    """Write down how a call on the citizen line ended; matters of the past weeks have a life of their own."""
    assert contact.closed_at is not None
    result = CitizenResult.of(story.ends)
    if result is CitizenResult.REGISTERED:
        result = CitizenResult.LOOKED_UP if below(2, "asked", contact.rung_at) else CitizenResult.ADVISED
    session.add(
        CitizenRecord(
            contact_id=contact.id, draft_number=0, result=result, changed_by=by.id, changed_at=contact.closed_at
        )
    )  # fmt: skip


def write_talk(session: Session, contact: Contact, story: Story, *, by: Staff, township: int) -> None:
    """Write down a talk on the counselling line with all that belongs to it."""
    assert contact.talking_at is not None
    assert contact.closed_at is not None
    said_town = township if uniform("says where", contact.rung_at) < 0.6 else None
    content = story.record(contact.rung_at, township=said_town)
    if contact.caller is not None and contact.caller.contacts > 1 and "times" in content:
        content["times"] = "repeat"
    session.add(
        CounsellingRecord(
            contact_id=contact.id,
            form_version=form(FORM).version,
            content=content,
            version=8,
            begun_by=by.id,
            begun_at=contact.talking_at,
            changed_by=by.id,
            changed_at=contact.closed_at,
        )
    )
    if story.screening:
        _screened(session, contact, story, by)


def agree(session: Session, contact: Contact, story: Story, *, by: Staff) -> None:
    """Write down that a caller would like to be called, and when; the ladder of their level follows."""
    assert contact.ended_at is not None
    if story.agrees_to_be_called and contact.caller is not None and not contact.caller.is_withheld:
        followup_planning.write_wish(
            session,
            contact,
            is_agreed=True,
            hours=(list(DayPart)[below(len(DayPart), "hour", contact.rung_at)],),
            safe_word="",
            others="",
            number=None,
            by=by,
            at=contact.ended_at,
        )


def _screened(session: Session, contact: Contact, story: Story, by: Staff) -> None:
    assert contact.talking_at is not None
    assert contact.ended_at is not None
    at = contact.talking_at + timedelta(seconds=90 + below(180, "asked at", contact.rung_at))
    at = min(at, contact.ended_at)
    sheet = screener.from_json(story.screening)
    session.add(
        ScreeningSheet(
            contact_id=contact.id,
            wording=instruments.instrument("cssrs").version,
            answers=sheet.as_json(),
            grade=sheet.grade,
            is_finished=sheet.is_finished,
            begun_by=by.id,
            begun_at=at,
            changed_at=at,
            finished_at=at,
        )
    )
    judged = risk.judge(Evidence(screening=sheet))
    level = EpisodeLevel(
        contact_id=contact.id,
        level=judged.level,
        reasons=risk_levels.as_kept(judged.reasons),
        given_at=at,
        given_by=by.id,
        expires_at=risk.expires_at(judged.level, at),
    )
    session.add(level)
    if story.raw.get("plan"):
        steps = {step.value: words for step, words in PLAN.items()}
        session.add(
            SafetyPlan(contact_id=contact.id, version=1, steps=steps, written_at=contact.ended_at, written_by=by.id)
        )  # fmt: skip
    if level.level is RiskLevel.KEY:
        _key(session, contact, level, by)


def _key(session: Session, contact: Contact, level: EpisodeLevel, by: Staff) -> None:
    """A supervisor saw it at once, the operator rested and talked it over, a reviewer read it the next day."""
    leads = list(
        session.scalars(sa.select(Staff).where(Staff.username.like("shift_lead%")).order_by(Staff.id))
    )
    lead = leads[below(len(leads), "lead", contact.rung_at)]
    assert contact.closed_at is not None
    level.seen_at, level.seen_by = (
        level.given_at + timedelta(seconds=20 + below(35, contact.rung_at)),
        lead.id,
    )
    session.add(
        KeyCall(
            contact_id=contact.id,
            staff_id=by.id,
            at=level.given_at,
            rest_until=contact.closed_at + REST,
            debriefed_at=contact.closed_at + timedelta(minutes=25),
            debriefed_with=lead.id,
        )
    )
    if clock.now() - contact.closed_at < UNREVIEWED:
        return
    reviewer = _called(session, "reviewer")[0]
    session.add(
        KeyReview(
            contact_id=contact.id,
            verdict=next(iter(Verdict)),
            words="筛查和干预及时，安全计划完整。",
            reviewed_by=reviewer.id,
            reviewed_at=contact.closed_at + timedelta(hours=8),
        )
    )


def _called(session: Session, name: str) -> list[Staff]:
    return list(session.scalars(sa.select(Staff).where(Staff.username.like(name)).order_by(Staff.id)))
