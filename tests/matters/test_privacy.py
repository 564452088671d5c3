"""Planted names, telephone and ID numbers never come out on a unit's side: pages, files, notices, logs, stored rows.

Every matter carries its caller's name, number and ID number in all that people write. `make test` walks 300
matters; PRIVACY_MATTERS=5000 walks as many as it says.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import clock
from core.db import Base, database, transaction
from core.permissions import Permission, Role
from core.secrets import SealedText
from matters import attachments, pins, relays
from matters.attributes import IdentityClass, Outcome, PauseReason, RejectReason, Urgency
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.portal import own
from matters.states import MatterState as S
from tests.conftest import NOON
from tests.matters.pictures import a_png
from tests.matters.scenes import Hall, a_hall, said, the

SignedIn = Callable[..., FlaskClient]
MATTERS = int(os.environ.get("PRIVACY_MATTERS", "40"))
LATER = NOON + timedelta(hours=2)
SURNAMES = ("令狐", "上官", "欧阳", "王", "李", "张", "陈", "刘")
GIVEN = "睿翊珩彧霁珂瑾璟琰祺骁玥煊晟珺"
PHONE, IDENTITY = "1457700", "11010119770707"
"""How every planted telephone and ID number begins, so that a scan for one finds them all."""
_JOINS = re.compile(r"[\s\-–—·.()()]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def names() -> list[str]:
    """Return the names that callers have here."""
    return [surname + first + second for surname in SURNAMES for first in GIVEN[:5] for second in GIVEN[5:]]


MARKS = re.compile("|".join([PHONE, IDENTITY, *names()]))


def found_in(text: str) -> list[str]:
    """Find planted marks in a text, however it is written, with what stands around them."""
    joined = _JOINS.sub("", unicodedata.normalize("NFKC", text))
    return [joined[max(hit.start() - 30, 0) : hit.end() + 30] for hit in MARKS.finditer(joined)]


class Person:
    """A caller with a name, a number and an ID number, and the ways in which people write them."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.identity_class = dice.choice(list(IdentityClass))
        self.name = dice.choice(names())
        self.number = PHONE + f"{dice.randrange(10_000):04}"
        row = IDENTITY + f"{dice.randrange(1000):03}"
        total = sum(w * int(d) for w, d in zip(_WEIGHTS, row, strict=True))
        self.identity = row + "10X98765432"[total % 11]

    @property
    def is_known(self) -> bool:
        """Say whether the house keeps their name, so that it can look for it."""
        return self.identity_class is not IdentityClass.ANONYMOUS

    def told(self) -> str:
        """Say who they are, in one of the ways in which it is written down."""
        n = self.number
        number = self.dice.choice(
            [
                n,
                f"{n[:3]} {n[3:7]} {n[7:]}",
                f"{n[:3]}-{n[3:7]}-{n[7:]}",
                f"+86{n}",
                f"86 {n}",
                n.translate(WIDE),
            ]
        )
        identity = self.dice.choice(
            [self.identity, f"{self.identity[:6]} {self.identity[6:14]} {self.identity[14:]}"]
        )
        said_outright = [
            f"我叫{self.name},电话{number},身份证{identity}。",
            f"来电人{self.name}({number})说,证件号{identity},",
            f"联系人:{self.name} 联系电话:{number} 身份证:{identity}\n",
        ]
        if self.is_known:  # a bare name is found where it is known whose it is
            said_outright.append(
                f"{self.name[:-2]} {self.name[-2:]}留了手机:{number};身份证号码:{identity}。"
            )
            said_outright.append(f"{self.name}又打来,号码还是{number},{identity}。")
        return self.dice.choice(said_outright)


WIDE = str.maketrans("0123456789", "0123456789")
TOLD = (
    "路灯坏了两个月,晚上很黑。",
    "下水道堵了,污水流到路上!",
    "工地半夜施工,吵得睡不着。",
    "路面有个大坑,摔了好几个人。",
)


def brought(hall: Hall, dice: random.Random, at: datetime) -> str:
    """Bring one matter somewhere along its way, with who said it written everywhere that people write."""
    who = Person(dice)

    def words() -> str:
        pieces = [who.told(), dice.choice(TOLD)]
        dice.shuffle(pieces)
        return "".join(pieces)

    receipt = said(
        hall,
        at=at,
        narrative=words(),
        name=who.name,
        number="+86" + who.number,
        identity=who.identity_class,
        urgency=dice.choice([Urgency.U3, Urgency.U4]),
    )
    people = hall.people
    with transaction() as session:
        staff = {key: session.merge(person, load=False) for key, person in people.items()}
        matter = the(session, receipt)
        lead, other = dice.sample(["roads", "water"], 2)
        later = at + timedelta(minutes=2)

        def do(action: A, by: str, text: str = "", **facts: Any) -> None:
            act(session, matter, action, by=staff[by], at=later, facts=facts, text=text)

        do(A.ASSIGN, "head", words(), lead=hall.id(lead), supporting=[hall.id(other)] * dice.randrange(2),
           redacted=True)  # fmt: skip
        if dice.random() < 0.2:
            do(A.ASK_RETURN, lead, words(), basis=True, proposed=hall.id(other))
            do(A.REFUSE_RETURN, "supervision", words())
        elif dice.random() < 0.9:
            do(A.SIGN, lead)
        if matter.state is S.IN_HAND:
            _worked_on(session, hall, matter, dice, words, do, lead, later, who)
        session.flush()
    return receipt


def _worked_on(
    session: Session,
    hall: Hall,
    matter: Matter,
    dice: random.Random,
    words: Callable[[], str],
    do: Callable[..., None],
    lead: str,
    at: datetime,
    who: Person,
) -> None:
    """Go on as a unit and the centre do."""
    staff = session.merge(hall.people[lead], load=False)
    if dice.random() < 0.5:
        do(A.ASK_CALLER, lead, words(), reason=dice.choice(list(PauseReason)).value)
        do(A.CALLER_REPLIED, "clerk", words())
    if dice.random() < 0.3:
        until = at + timedelta(days=dice.choice([12, 26]))
        if matter.due_at and matter.due_at < until and matter.urgency is Urgency.U3:
            do(A.ASK_EXTENSION, lead, words(), until=(at + timedelta(days=9)).isoformat())
            do(A.REFUSE_EXTENSION, "supervision", words())
    if dice.random() < 0.4:
        relay = relays.ask_to_pass_on(session, matter, words()[:400], by=staff, at=at)
        if dice.random() < 0.7:
            relays.pass_on(session, relay, words(), by=session.merge(hall.people["clerk"], load=False), at=at)
    else:
        do(A.CONTACT, "clerk", words())
    attachments.add(session, matter, f"{who.name}{who.number}.png", a_png(), by=staff, at=at)
    for task in standing_of(matter).sub_tasks:
        helper = "roads" if task.unit == hall.id("roads") else "water"
        do(A.SUB_DONE, helper, words())
    for _ in range(dice.randrange(3)):
        do(A.REPORT, lead, words(), outcome=dice.choice(list(Outcome)).value, points=True, evidence=1)
        do(A.REJECT, "checker", words(), reason=dice.choice(list(RejectReason)).value)
    if dice.random() < 0.4:
        do(A.SUPERVISE, "supervision", words())


@contextmanager
def listening() -> Iterator[list[str]]:
    """Listen to every line that anything logs, at the loudest, and keep those that hold a mark."""
    hits: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = self.format(record)
            hits.extend(f"{record.name}: {mark}" for mark in found_in(line))

    ear, root = Ear(logging.DEBUG), logging.getLogger()
    before = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield hits
    finally:
        root.removeHandler(ear)
        root.setLevel(before)


@pytest.fixture
def city(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hall, list[str], list[str]]]:
    """A hall with its matters, and what was logged while they were brought there."""
    monkeypatch.setattr(pins, "hashed", lambda receipt, pin: "slow by design, and not what is looked at here")
    dice = random.Random(20261118)
    with listening() as hits, clock.frozen(NOON):
        hall = a_hall()
        receipts = [brought(hall, dice, NOON + timedelta(seconds=n)) for n in range(MATTERS)]
        yield hall, receipts, hits


def unit_doors(app: Flask) -> Iterator[tuple[str, frozenset[str]]]:
    """Give every address that a unit's people or anybody may read."""
    from core.permissions import OPENS

    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        permission: Permission | None = getattr(view, "permission", None)
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        if getattr(view, "is_open", False) or permission in {*OPENS[Role.HANDLER], Permission.HOME}:
            yield rule.endpoint, frozenset(rule.arguments)


def test_no_mark_comes_out_on_the_units_side(
    app: Flask, city: tuple[Hall, list[str], list[str]], as_role: SignedIn
) -> None:
    hall, receipts, logged = city
    doors = list(unit_doors(app))
    assert {"unit.one", "unit.listed", "unit.export", "unit_files.own"} <= {endpoint for endpoint, _ in doors}
    leaks: list[str] = []
    opened = 0

    def read(client: FlaskClient, endpoint: str, **values: Any) -> None:
        nonlocal opened
        with app.test_request_context():
            where = app.url_for(endpoint, **values)
        answer = client.get(where)
        opened += answer.status_code == 200
        told = answer.get_data().decode("utf-8", "replace") + str(answer.headers)
        leaks.extend(f"{endpoint} {where}: {mark}" for mark in found_in(told))

    with clock.frozen(LATER):
        clients = {key: as_role(staff=hall.people[key]) for key in ("roads", "water", "station")}
        clients["nobody"] = app.test_client()
        for key, client in clients.items():
            for endpoint, takes in doors:
                if not takes:
                    read(client, endpoint)
                    for shelf in ("all", "sent"):
                        read(client, endpoint, shelf=shelf, show="all", sort="receipt", page=2)
                elif "receipt" in takes:
                    every = receipts if key in ("roads", "water") else receipts[:10]
                    for receipt in every:
                        read(client, endpoint, **{**dict.fromkeys(takes, 1), "receipt": receipt})
                else:
                    read(client, endpoint, **dict.fromkeys(takes, 1))
    assert leaks == []
    assert opened > 1.5 * len(receipts), "the pages were not read at all"
    assert logged == []
    assert stored_marks() == []


def stored_marks() -> list[str]:
    """Find marks in what lies open in the database: every text and every structured value of every table."""
    hits: list[str] = []
    with transaction() as session:
        for table in Base.metadata.sorted_tables:
            open_columns = [c for c in table.columns if not isinstance(c.type, SealedText | sa.LargeBinary)]
            for row in session.execute(sa.select(*open_columns)) if open_columns else ():
                written = json.dumps([str(value) for value in row], ensure_ascii=False)
                hits.extend(f"{table.name}: {mark}" for mark in found_in(written))
    path = database().url.database
    assert path is not None
    for file in (path, f"{path}-wal"):
        if os.path.exists(file):
            with open(file, "rb") as raw:
                content = raw.read()
            planted = [PHONE.encode(), IDENTITY.encode(), *(name.encode() for name in names())]
            hits.extend(f"{os.path.basename(file)}: {mark!r}" for mark in planted if mark in content)
    return hits


def test_a_wrong_form_gives_nothing_back_but_what_was_typed(
    app: Flask, city: tuple[Hall, list[str], list[str]], as_role: SignedIn
) -> None:
    hall, _, logged = city
    leaks = []
    steps = (
        "sign",
        "return",
        "ask",
        "contact",
        "relay",
        "extend",
        "part",
        "report",
        "resume",
        "attach",
        "detach",
        "x",
    )
    with clock.frozen(LATER):
        for key in ("roads", "water"):
            client = as_role(staff=hall.people[key])
            with transaction() as session:
                theirs = own(session, session.merge(hall.people[key], load=False), sa.select(Matter.receipt))
                mine = list(session.scalars(theirs.order_by(Matter.id).limit(10)))
            assert len(mine) == 10
            for receipt in mine:
                for step in steps:
                    answer = client.post(f"/handling/{receipt}", data={"step": step, "seen": "0"})
                    leaks += [f"{step} {mark}" for mark in found_in(answer.get_data(as_text=True))]
                answer = client.post(f"/handling/{receipt}/calls", json={"which": 1})
                leaks += found_in(answer.get_data(as_text=True))
    assert leaks == []
    assert logged == []


def test_the_marks_are_there_to_be_found(app: Flask, city: tuple[Hall, list[str], list[str]]) -> None:
    """A scan that finds nothing must not be one that looks at nothing."""
    _, receipts, _ = city
    with transaction() as session:
        told = [the(session, receipt).narrative for receipt in receipts]
        assert all(len(found_in(text)) >= 3 for text in told)
        texts = session.execute(
            sa.text("SELECT count(*) FROM matter_event WHERE text IS NOT NULL")
        ).scalar_one()
        assert texts > 2 * len(receipts)
    with listening() as hits:
        logging.getLogger("tingmin.any").debug("call %s", PHONE + "0001")
    assert len(hits) == 1
    assert len(found_in("１４５-7700 0001")) == 1
