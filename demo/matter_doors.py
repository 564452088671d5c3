"""What comes to the demonstration's matters through other doors: a list of another hotline, a partner's program, the vault."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, jobs
from core.db import transaction
from core.permissions import Role
from core.places import Place
from core.problems import Refused
from core.purposes import ReadingPurpose
from demo.chance import SEED, below
from demo.city import city
from demo.matter_hands import Cast
from demo.problems import problems
from matters import exchange, importing_work, partners, vault_opening, vault_review
from matters.attributes import Conflict, IdentityClass, Judgement, MatterKind, TryResult
from matters.caller_tries import CallerTry
from matters.exchange import SentCaller, SentMatter
from matters.importing_columns import ImportColumn
from matters.lots import MatterRecall
from matters.matter import Matter
from matters.reporters import Reporter
from matters.states import MatterState
from matters.topics import topic
from matters.turns import CallerTurn, Errand
from matters.vault import Finding

HOTLINE = "清河市 12345 热线"
PARTNER = "清河市 12345 热线平台"
ROWS = 6
_AGREED, _REFUSED, _WAITING = "agreed", "refused", "waiting"


def bring_list(at: datetime) -> None:
    """Take in another hotline's list as the desk does: looked at first, the good rows written, two left with their faults."""
    with transaction() as session:
        clerk = Cast(session).by_name["clerk02"]
        record = importing_work.upload(session, _listed(), HOTLINE, by=clerk, at=at)
        mapping = importing_work.mapping_of(record)
        importing_work.check(session, record, mapping, consent=True, by=clerk, at=at)
        importing_work.begin(session, record, by=clerk, at=at + timedelta(minutes=4))
    while jobs.run_next():
        pass


def _listed() -> bytes:
    """Write the list: the last two rows lack a place and a topic that is known here."""
    columns = (
        ImportColumn.REFERENCE, ImportColumn.KIND, ImportColumn.TOPIC, ImportColumn.COUNTY, ImportColumn.TOWNSHIP,
        ImportColumn.NARRATIVE, ImportColumn.IDENTITY, ImportColumn.NUMBER,
    )  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.zh for column in columns)
    for n in range(ROWS):
        raised = problems()[below(len(problems()), SEED, "import", n)]
        town = city().townships[below(len(city().townships), SEED, "import town", n)]
        county = next(c for c in city().counties if town in city().townships_of[c.code])
        village = city().villages_of[town.code][0]
        subject = topic(raised.topic)
        is_known, is_placed = n < ROWS - 1, n != ROWS - 2
        writer.writerow(
            (
                f"12345-{20261100 + n}",
                MatterKind.of(raised.kind).zh,
                subject.zh if subject and is_known else "不知道什么类",
                county.name,
                town.name if is_placed else "",
                raised.told(town, village).zh,
                IdentityClass.PROTECTED.zh,
                f"145{below(10**8, SEED, 'import caller', n):08}",
            )
        )
    return out.getvalue().encode("utf-8-sig")


class Doors:
    """What an hour of every afternoon brings, beside the lives of matters."""

    def __init__(self, today: datetime) -> None:
        self.today = clock.today(today)
        self.random = np.random.default_rng([SEED, 7])
        self.asked = 0

    def hour(self, session: Session, cast: Cast, at: datetime) -> list[Matter]:
        """Let a partner send, somebody ask the vault, and a third person ask callers again; return what is new."""
        ago = (self.today - clock.local(at).date()).days
        self._ask_again(session, cast, at)
        story = {13: _AGREED, 6: _REFUSED, 3: _AGREED, 0: _WAITING}.get(ago)
        if story is not None:
            self._vault(session, cast, at, story)
        return self._send(session, cast, at) if ago in (12, 5, 1) else []

    def _ask_again(self, session: Session, cast: Cast, at: datetime) -> None:
        """Ask the callers drawn by lot: by somebody who neither told nor asked them."""
        query = sa.select(CallerTurn).where(
            CallerTurn.errand.in_([Errand.RECALL, Errand.SAMPLE]), CallerTurn.next_at <= at
        )
        for turn in session.scalars(query.order_by(CallerTurn.id)):
            others = [p for p in cast.desk_of(turn.matter) if p.id not in (turn.told_by, turn.asked_by)]
            if not others:
                continue  # it waits for a third person
            by = others[int(self.random.integers(len(others)))]
            recall = session.scalars(
                sa.select(MatterRecall).where(
                    MatterRecall.matter_id == turn.matter_id,
                    MatterRecall.errand == turn.errand,
                    MatterRecall.round == turn.round,
                )
            ).one()
            session.add(
                CallerTry(
                    matter_id=turn.matter_id, reporter_id=turn.reporter_id, errand=turn.errand, round=turn.round,
                    staff_id=by.id, made_at=at, result=TryResult.REACHED, closed_at=at + timedelta(minutes=3),
                )
            )  # fmt: skip
            recall.judgement, recall.satisfaction = self._second(recall)
            recall.asked_by, recall.asked_at = by.id, at
            session.delete(turn)
        session.flush()

    def _second(self, recall: MatterRecall) -> tuple[Judgement, int]:
        """Say what they answer the second time: as a rule the same."""
        first = recall.first or Judgement.SOLVED
        self.asked += 1
        if self.asked % 6 == 4:
            first = Judgement.PARTLY
        return first, {Judgement.SOLVED: 5, Judgement.PARTLY: 3}.get(first, 2)

    def _vault(self, session: Session, cast: Cast, at: datetime, story: str) -> None:
        """Have somebody ask who raised a matter, and two persons agree or one refuse."""
        known = sa.exists().where(
            Reporter.matter_id == Matter.id, Reporter.identity == IdentityClass.PROTECTED
        )
        query = (
            sa.select(Matter)
            .where(Matter.state.in_([MatterState.IN_HAND, MatterState.FEEDBACK_DUE, MatterState.REVISIT_DUE]))
            .where(Matter.conflict == Conflict.NONE, known)
            .order_by(Matter.registered_at)
        )
        matter = session.scalars(query.limit(1)).first()
        if matter is None:
            return
        reporter = session.scalars(sa.select(Reporter).where(Reporter.matter_id == matter.id)).first()
        asker, first, second = (cast.by_name[n] for n in ("supervision", "custodian", "office_head"))
        earlier = [at - timedelta(minutes=n) for n in (21, 9, 3)]
        try:
            asked = vault_opening.ask(
                session, matter, reporter.id if reporter else None, ReadingPurpose.CHECK,
                "诉求人说承办单位有人上门打听，需要核实是否有人泄露。", minutes=30, by=asker, at=earlier[0],
            )  # fmt: skip
        except Refused:  # the caller left neither name nor number
            return
        if story == _REFUSED:
            why = "凭编号即可核实，不必知道是谁。"
            vault_opening.refuse(session, asked, why, by=first, at=at)
        elif story == _AGREED:
            vault_opening.allow(session, asked, by=first, at=earlier[1])
            vault_opening.allow(session, asked, by=second, at=earlier[2])
            vault_opening.look(session, asked, by=asker, at=at)
            vault_review.review(session, asked, Finding.IN_ORDER, "", by=cast.by_name["custodian02"], at=at)

    def _send(self, session: Session, cast: Cast, at: datetime) -> list[Matter]:
        """Let the city hotline's program send a matter and ask how its matters stand."""
        partner = session.scalars(sa.select(partners.Partner).where(partners.Partner.name == PARTNER)).first()
        if partner is None:
            by = next(p for p in cast.by_name.values() if Role.ADMINISTRATOR in p.roles)
            partner, _ = partners.create(session, PARTNER, partners.Scope.BOTH, by=by, at=at)
        n = int(self.random.integers(10**6))
        raised = problems()[n % len(problems())]
        town = city().townships[n % len(city().townships)]
        village = city().villages_of[town.code][0]
        place = session.scalars(sa.select(Place.code).where(Place.code == village.code)).one()
        sent = SentMatter(
            reference=f"QH12345-{n:06}", kind=raised.kind, topic=raised.topic, place=place, consent=True,
            narrative=raised.told(town, village).zh, urgency=raised.urgency,
            caller=SentCaller(number=f"+86145{below(10**8, SEED, 'partner', n):08}"),
        )  # fmt: skip
        partners.note_seen(partner, at=at)
        record = exchange.take(session, partner, sent, at=at)
        exchange.listed(session, partner)
        return [record.matter]
