"""A small city for journeys: the demonstration with two days of fieldwork, built once, and who works there."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, secrets
from core.db import reading, transaction, using
from core.jobs import Job, JobState, run_next
from core.people import Staff, Unit
from core.permissions import Role
from core.places import Level, Place
from core.purposes import ReadingPurpose
from core.terms import Words
from demo.build import fill, write_accounts
from demo.surroundings import offset_for
from hotline import (
    assessing,
    assessments,
    dangers,
    followup_planning,
    followup_queue,
    followups,
    risk_giving,
    safety_plans,
)
from hotline.danger_steps import DangerStep, StepResult
from hotline.instruments import instrument
from hotline.lines import LineKind
from hotline.risk import RiskLevel
from hotline.roster import plan_shift
from hotline.roster_rules import Span
from hotline.screener import Row
from hotline.shifts import Shift
from matters import importing_work, vault_opening
from matters.attributes import Conflict, Origin
from matters.flow import MatterAction
from matters.knowledge import KnowledgeArticle
from matters.matter import Matter
from matters.moving import act
from matters.redaction import redacted
from matters.registration import Statement, raise_problem
from matters.reporters import Reporter
from matters.states import MatterState
from migrations.tables import every_table
from reports import issuing
from reports.advice import give
from reports.appealing import file_appeal
from reports.appraisal_round import published
from reports.appraisal_terms import Appraised, Indicator
from reports.appraising import draft_round, publish_round
from reports.assembling import assemble
from reports.bulletins import BulletinKind, at_work
from reports.clusters import ClusterRow
from reports.data_exports import ask_for_export
from reports.export_files import FileFormat
from reports.root_causes import take_up
from reports.zones import Zone, ZoneKind
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.editions import Edition
from survey.frame import Frame
from survey.frame_file import propose
from survey.frames import check_frame
from survey.interviews import Interview, InterviewState
from survey.margins import Margin
from survey.reviews import Purpose, open_interview
from survey.sampling import Sample
from survey.uploads import shelf
from survey.waves import Wave
from survey.weighting import WeightSet
from tests.hotline.risky import NUMBER, a_talk, screened
from tests.journeys.conftest import House, house_settings, served
from tests.made_once import empty_sqlite
from web.app import create_app

FILE = (
    "phone,county,township\n" + "".join(f"1450000{n:04},清河县,柳湖镇\n" for n in range(20)) + "12,清河县,\n"
)


@dataclass
class City:
    """A furnished house: who works there, the ids that addresses need, the data that has one language only."""

    house: House
    people: dict[Role, Staff]
    ids: dict[str, Any] = field(default_factory=dict)
    data: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The demonstration in small: two days of fieldwork, weighed, with a matter, a review and jobs."""
    where = tmp_path_factory.mktemp("city")
    settings = house_settings(where, clock_offset=offset_for(datetime.now(UTC)))
    every_table()
    ring, before, zone = secrets.keyring(), clock.now() - datetime.now(UTC), clock.zone()
    database = empty_sqlite(settings.database_url)
    with using(database):
        app = create_app(settings, database=database)
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600  # a browser fetches styles and scripts once
        with app.app_context():
            fill(settings, size=4_000, days=2, daily=60)
            write_accounts(where)
            found = furnished(House("", app, database))
        server = served(app)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        found.house.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join(timeout=10)
            server.server_close()
    database.close()
    secrets.use(ring)
    clock.use(offset=before, zone=str(zone))


def furnished(house: House) -> City:
    """Add what a day would bring, and note the ids."""
    now = clock.now()
    with transaction() as session:
        people = {
            role: session.scalars(sa.select(Staff).where(Staff.username == role.value)).one() for role in Role
        }
        held = session.scalars(sa.select(Interview).where(Interview.state == InterviewState.COMPLETE)).first()
        assert held is not None
        review = open_interview(session, held, next(iter(Purpose)), by=people[Role.SUPERVISOR], at=now)
        mapping = propose(FILE.split("\n")[0].split(","))
        token = shelf().keep(
            io.BytesIO(FILE.encode()), at=now, name="新框", source="", by=people[Role.DESIGNER].id
        )
        check = check_frame(session, token, mapping, by=people[Role.DESIGNER], at=now)
        draft = raise_problem(
            session,
            Statement("电话断了，只说到路灯"),
            origin=Origin.CITIZEN_LINE,
            by=people[Role.CLERK],
            at=now,
        )
        ids = {"review_id": review.id, "token": token, "check": check.id, "draft_id": draft.id}
        newest = session.scalars(sa.select(WeightSet).order_by(WeightSet.id.desc())).first()
        assert newest is not None
        ask_for_export(
            session,
            newest,
            formats=[FileFormat.PARQUET],
            language="zh",
            replicates=20,
            by=people[Role.DESIGNER],
            at=now,
        )
    while run_next():
        pass
    with transaction() as session:
        ids["job_id"] = a_job(session, JobState.RUNNING, now).id
        a_job(session, JobState.FAILED, now)
        for name, kind in (
            ("edition_id", Edition),
            ("frame_id", Frame),
            ("sample_id", Sample),
            ("wave_id", Wave),
            ("set_id", WeightSet),
            ("staff_id", Staff),
            ("unit_id", Unit),
            ("article_id", KnowledgeArticle),
        ):
            ids[name] = session.scalars(sa.select(kind.id).order_by(kind.id)).first()
        ids["place_id"] = session.scalars(sa.select(Place.id).where(Place.level == Level.COUNTY)).first()
        ids["receipt"] = session.scalars(
            sa.select(Matter.receipt).where(Matter.receipt.is_not(None)).order_by(Matter.id)
        ).first()
        ids["own_receipt"] = in_the_handlers_hands(session, people, now)
        ids |= the_vault_and_an_import(session, people, now)
        ids["cause_id"] = a_root_cause(session, people[Role.EDITOR], now)
        ids["bulletin_id"] = an_issued_bulletin(session, people[Role.EDITOR], now)
        ids["block_id"] = "intake"
        ids |= {
            "leader_tile": "topics",
            "city_tile": "counties",
            "supervision_tile": "holders",
            "unit_tile": "weeks",
        }
        ids |= the_appraisals(session, people, now)
        ids["shift_id"] = a_shift_on_the_roster(session, people[Role.SHIFT_LEAD], now)
        ids |= somebody_in_danger(session, people[Role.OPERATOR], now)
        assert all(ids.values()), ids
        data = {
            text
            for column in (Staff.name, Frame.name, Frame.source, Margin.source)
            for text in session.scalars(sa.select(column))
            if text
        } | {"新框", "清河县", "柳湖镇"}
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Case.state == CaseState.APPOINTED))
        session.expunge_all()
    return City(house, people, ids, tuple(sorted(data, key=len, reverse=True)))


def an_issued_bulletin(session: Session, editor: Staff, now: datetime) -> int:
    """Issue the running week's bulletin with an instruction on it, beside a daily sheet still drafted; return its id."""
    today = clock.today(now)
    made = at_work(session)[0]
    issuing.comment(session, made, "points", "路灯问题集中。", by=editor, at=now)
    issuing.submit(session, made, by=editor, at=now)
    another = session.scalars(sa.select(Staff).where(Staff.username == "editor02")).one()
    issuing.approve(session, made, by=another, at=now)
    issuing.issue(session, made, by=editor, at=now)
    give(session, made, "请两周内修好。", unit=None, due_on=today, is_instruction=True, by=editor, at=now)
    assemble(session, BulletinKind.DAILY, today, by=editor, at=now)
    return made.id


def the_appraisals(session: Session, people: dict[Role, Staff], now: datetime) -> dict[str, int | str]:
    """Return the ids of the demonstration's rounds, of a scheme, and of an appeal against the units' one."""
    units, own = (published(session, who)[0] for who in (Appraised.UNIT, Appraised.INTERVIEWER))
    now += timedelta(seconds=1)  # what was signed for a moment ago is in it
    renewed = draft_round(
        session, Appraised.UNIT, units.kind, units.starts_on, by=people[Role.EDITOR], at=now
    )
    publish_round(session, renewed, by=people[Role.EDITOR], at=now)
    # The one whom the pages are walked as has dialled, too.
    dialled = session.scalars(
        sa.select(Attempt).where(Attempt.ended_at.is_not(None)).order_by(Attempt.id)
    ).first()
    assert dialled is not None
    dialled.staff_id = people[Role.INTERVIEWER].id
    session.flush()
    field = draft_round(
        session, Appraised.INTERVIEWER, own.kind, own.starts_on, by=people[Role.SUPERVISOR], at=now
    )
    publish_round(session, field, by=people[Role.SUPERVISOR], at=now)
    appeal = file_appeal(
        session, renewed, Indicator.SIGNED, "当天已签收，请核对", by=people[Role.HANDLER], at=now
    )
    return {
        "round_id": renewed.id,
        "own_round_id": field.id,
        "scheme_id": units.scheme_id,
        "appeal_id": appeal.id,
        "indicator": Indicator.SIGNED.value,
    }


def a_root_cause(session: Session, editor: Staff, now: datetime) -> int:
    """Take up a cause as if the scan had found it; return its id."""
    town = session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.code)).first()
    assert town is not None
    zone, today = Zone(ZoneKind.TOWNSHIP, town, (0,)), clock.today(now)
    row = ClusterRow(
        "livelihood.lighting",
        zone,
        (town,),
        today - timedelta(days=2),
        today,
        9,
        1.5,
        6.0,
        0.001,
        3,
        88,
        9,
        None,
        0,
        (),
    )
    return take_up(session, row, "变压器过载，一下雨就跳闸", by=editor, at=now).id


def a_shift_on_the_roster(session: Session, lead: Staff, now: datetime) -> int:
    """Return a shift of the counselling line, planned where the roster has none."""
    found = session.scalars(sa.select(Shift.id).where(Shift.line == LineKind.COUNSELLING)).first()
    if found is not None:
        return found
    span = Span(now, now + timedelta(hours=8))
    return plan_shift(session, LineKind.COUNSELLING, span, seats=2, supervisor=lead, by=lead, at=now).id


def somebody_in_danger(session: Session, operator: Staff, now: datetime) -> dict[str, int | str]:
    """Let an operator talk with somebody in danger, ask what is to be asked, and hold an earlier caller's follow-up."""
    contact, earlier = (a_talk(session, operator, at=now, number=n) for n in (NUMBER, "+8613800007777"))
    screened(session, contact, operator, Row.THOUGHTS, Row.METHOD, at=now)
    for each in (contact, earlier):
        risk_giving.give(
            session, each, always=(), chosen=RiskLevel.KEY, words="一个人在家", by=operator, at=now
        )
        followup_planning.write_wish(
            session, each, is_agreed=True, hours=(), safe_word="图书馆的小周", others="妹妹", number=None,
            by=operator, at=now,
        )  # fmt: skip
    dangers.begin(session, contact, is_acting=False, by=operator, at=now)
    dangers.stamp(session, contact, DangerStep.LOCATION, StepResult.DONE, "妹妹在隔壁", by=operator, at=now)
    safety_plans.write(session, contact, {"signs": "整夜睡不着"}, seen=0, by=operator, at=now)
    sheet = assessments.new_sheet(session, instrument("phq9"), None, contact=contact, by=operator, at=now)
    assessing.answer(session, sheet, {9: 1}, by=operator, at=now)
    followup_queue.claim(session, followups.follow_ups_of(session, earlier)[0].id, by=operator, at=now)
    return {"contact": contact.token, "sheet_id": sheet.id}


def in_the_handlers_hands(session: Session, people: dict[Role, Staff], now: datetime) -> str | None:
    """Hand a matter to the handler's unit, which signs for it; return its receipt."""
    waits = sa.select(Matter).where(Matter.state.in_([MatterState.REGISTERED, MatterState.TO_ROUTE]))
    matter = session.scalars(waits.where(Matter.conflict == Conflict.NONE).order_by(Matter.id.desc())).first()
    assert matter is not None
    if matter.state is MatterState.REGISTERED:
        act(session, matter, MatterAction.SUBMIT, by=people[Role.CLERK], at=now)
    matter.redacted = redacted(matter.narrative)
    route = {"lead": people[Role.HANDLER].unit_id, "supporting": [], "redacted": True}
    act(session, matter, MatterAction.ASSIGN, by=people[Role.OFFICE_HEAD], at=now, facts=route)
    act(session, matter, MatterAction.SIGN, by=people[Role.HANDLER], at=now)
    return matter.receipt


def the_vault_and_an_import(session: Session, people: dict[Role, Staff], now: datetime) -> dict[str, int]:
    """Ask to open an identity, and upload another hotline's list; return their ids."""
    reporter = session.scalars(sa.select(Reporter).where(Reporter.number.is_not(None))).first()
    assert reporter is not None
    asked = vault_opening.ask(
        session,
        reporter.matter,
        reporter.id,
        ReadingPurpose.HANDLE,
        "承办单位报告有人身威胁，须联系本人",
        minutes=30,
        by=people[Role.CLERK],
        at=now,
    )
    rows = b"reference,kind,topic,township,narrative\nA1,help,livelihood.wages,nowhere,x\n"
    brought = importing_work.upload(session, rows, "12345", by=people[Role.CLERK], at=now)
    importing_work.check(
        session, brought, importing_work.mapping_of(brought), consent=True, by=people[Role.CLERK], at=now
    )
    return {"request_id": asked.id, "import_id": brought.id}


def a_job(session: Session, state: JobState, now: datetime) -> Job:
    """Make a job that stands somewhere."""
    has_failed = state is JobState.FAILED
    job = Job(
        kind="sample.draw",
        title=Words("抽样", "Draw").as_json(),
        state=state,
        done=40,
        total=100,
        step=Words("正在抽取", "Drawing").as_json(),
        error=Words("号码不够", "Too few numbers").as_json() if has_failed else None,
        created_at=now,
        started_at=now,
        finished_at=now if has_failed else None,
    )
    session.add(job)
    session.flush()
    return job
