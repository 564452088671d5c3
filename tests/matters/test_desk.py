"""The desk reads what was registered, never who said it; residents ask with receipt and PIN."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, journal, purposes
from core.db import transaction
from core.permissions import Role
from core.phone import masked
from core.places import Level
from matters import enquiry
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.promises import Registered
from matters.registration import Statement, register
from matters.states import MatterState
from tests.factories import a_place

SignedIn = Callable[..., FlaskClient]
NUMBER = "+8614500001234"
SAID = "村口的路灯坏了两个多月"


def a_matter(*, at: datetime, topic: str = "livelihood.lighting") -> tuple[Registered, int]:
    """Register a matter in a township; return it with its county's id."""
    with transaction() as session:
        county = a_place(session)
        town = a_place(session, level=Level.TOWNSHIP, parent=county)
        registered = register(
            session,
            Statement(
                kind=MatterKind.HELP,
                topic=topic,
                narrative=SAID,
                place=town,
                consent_read=True,
                identity=IdentityClass.OPEN,
                number=NUMBER,
            ),
            origin=Origin.INTERVIEW,
            by=None,
            at=at,
        )
        return registered, county.id


def ask(client: FlaskClient, receipt: str, pin: str) -> tuple[int, str]:
    """Ask as a resident does."""
    answer = client.post("/status/", data={"receipt": receipt, "pin": pin})
    return answer.status_code, answer.get_data(as_text=True)


def test_the_list_filters_by_what_the_address_says(app: Flask, as_role: SignedIn) -> None:
    now = clock.now()
    lamp, county = a_matter(at=now)
    theft, other = a_matter(at=now - timedelta(days=30), topic="order.theft")
    clerk = as_role(Role.CLERK)

    def shown(query: str) -> set[str]:
        page = clerk.get(f"/matters/?{query}").get_data(as_text=True)
        return {r for r in (lamp.matter.receipt, theft.matter.receipt) if r in page}

    both = {lamp.matter.receipt, theft.matter.receipt}
    assert shown("") == both
    assert shown("field=order") == {theft.matter.receipt}
    assert shown(f"county={county}") == {lamp.matter.receipt}
    assert shown(f"county={other}") == {theft.matter.receipt}
    assert shown("urgency=u2") == {lamp.matter.receipt}
    assert shown("identity=protected") == set()
    assert shown("promise=past") == {theft.matter.receipt}
    assert shown("county=²&urgency=nonsense&page=x&sort=narrative") == both


def test_neither_words_nor_reporter_stand_in_list_or_page(app: Flask, as_role: SignedIn) -> None:
    registered, _ = a_matter(at=clock.now())
    address = f"/matters/{registered.matter.receipt}"
    for role in (Role.CLERK, Role.SUPERVISION):
        client = as_role(role)
        opened = client.post(address, data={"purpose": "check"}).get_data(as_text=True)
        assert SAID in opened
        for page in (
            client.get("/matters/").get_data(as_text=True),
            client.get(address).get_data(as_text=True),
        ):
            assert SAID not in page
        assert NUMBER not in opened
        # The desk tells callers apart by a masked number; the offices see none at all.
        # (Four digits alone may stand in a stamp or a token by chance.)
        assert (masked(NUMBER) in opened) == (role is Role.CLERK)
        assert re.search(rf"(?<![\w.]){NUMBER[-4:]}(?!\w)", opened) is None or role is Role.CLERK
        assert NUMBER[3:-4] not in opened
    with transaction() as session:
        reads = session.scalars(sa.select(journal.Entry).where(journal.Entry.action == "matter.read")).all()
        assert [entry.record for entry in reads] == [f"matter:{registered.matter.id}"] * 2
        assert all(entry.staff_id for entry in reads)
        assert all(entry.details["purpose"] == "check" for entry in reads)


def test_nothing_is_opened_without_a_purpose_and_one_lasts_a_short_while(
    app: Flask, as_role: SignedIn
) -> None:
    registered, _ = a_matter(at=clock.now())
    other, _ = a_matter(at=clock.now())
    address = f"/matters/{registered.matter.receipt}"
    clerk = as_role(Role.CLERK)

    def opened(at: str = address, **given: str) -> bool:
        answer = clerk.post(at, data=given)
        assert answer.status_code == (200 if SAID in answer.get_data(as_text=True) else 422)
        return answer.status_code == 200

    assert not opened()
    assert not opened(purpose="curiosity")
    assert not opened(purpose="other", words=" ")
    assert "请写明用途" in clerk.post(address, data={"purpose": "other"}).get_data(as_text=True)
    with transaction() as session:
        assert not session.scalars(
            sa.select(journal.Entry).where(journal.Entry.action == "matter.read")
        ).all()
    now = clock.now()
    with clock.frozen(now):
        assert opened(purpose="other", words="居民补充了位置,核对原话")
    with clock.frozen(now + purposes.GOOD_FOR - timedelta(seconds=1)):
        assert opened()
        assert not opened(f"/matters/{other.matter.receipt}")
        assert clerk.get(address).get_data(as_text=True).count("已说明用途") == 1
    with clock.frozen(now + purposes.GOOD_FOR):
        assert not opened()
    with transaction() as session:
        lines = session.scalars(sa.select(journal.Entry).where(journal.Entry.action == "purpose.state")).all()
        assert [line.details["purpose"] for line in lines] == ["other"]
        assert "核对原话" not in str([line.details for line in lines])


def test_a_receipt_leads_to_its_page_and_a_slip_is_told(app: Flask, as_role: SignedIn) -> None:
    registered, _ = a_matter(at=clock.now())
    receipt = registered.matter.receipt
    clerk = as_role(Role.CLERK)
    found = clerk.get("/matters/", query_string={"receipt": receipt.replace("-", " ")})
    assert found.status_code == 303
    assert found.headers["Location"].endswith(receipt)
    wrong = receipt[:-1] + str((int(receipt[-1]) + 1) % 10)
    assert "编号不对" in clerk.get("/matters/", query_string={"receipt": wrong}).get_data(as_text=True)
    assert clerk.get(f"/matters/{wrong}").status_code == 404


@pytest.mark.parametrize(
    "role", [r for r in Role if r not in (Role.CLERK, Role.SUPERVISION, Role.OFFICE_HEAD)]
)
def test_nobody_else_reads_matters(app: Flask, as_role: SignedIn, role: Role) -> None:
    registered, _ = a_matter(at=clock.now())
    client = as_role(role)
    assert client.get("/matters/").status_code in (303, 403)
    assert client.post(f"/matters/{registered.matter.receipt}").status_code in (303, 403)


def test_a_resident_learns_where_it_stands_and_nothing_else(app: Flask) -> None:
    registered, _ = a_matter(at=datetime(2026, 11, 18, 2, 30, tzinfo=UTC))
    status, page = ask(app.test_client(), registered.matter.receipt.replace("-", ""), registered.pin)
    assert status == 200
    assert "已登记" in page
    assert "11 月 23 日" in page
    for hidden in (SAID, NUMBER, NUMBER[-4:], "照明", registered.pin):
        assert hidden not in page


def test_wrong_pin_and_unknown_receipt_read_and_cost_the_same(app: Flask) -> None:
    registered, _ = a_matter(at=clock.now())
    client = app.test_client()
    wrong_pin = "999998" if registered.pin != "999998" else "999997"
    ask(client, "2611-9999-9", "123456")  # the first one prepares nobody's hash

    def tried(receipt: str) -> tuple[float, int, str]:
        began = time.perf_counter()
        status, page = ask(client, receipt, wrong_pin)
        return time.perf_counter() - began, status, page

    known = [tried(registered.matter.receipt) for _ in range(5)]
    unknown = [tried("2611-8888-1") for _ in range(5)]
    assert {status for _, status, _ in known + unknown} == {422}
    assert all("编号和密码对不上" in page for _, _, page in known + unknown)
    # An unknown receipt that answered without hashing would be many times faster.
    assert min(seconds for seconds, _, _ in unknown) > 0.4 * min(seconds for seconds, _, _ in known)


def test_pins_cannot_be_tried_out(app: Flask) -> None:
    registered, _ = a_matter(at=clock.now())
    client = app.test_client()
    tried = [ask(client, registered.matter.receipt, "000000")[0] for _ in range(enquiry.PER_RECEIPT)]
    assert tried == [422] * enquiry.PER_RECEIPT
    assert ask(client, registered.matter.receipt, registered.pin)[0] == 429
    with clock.frozen(clock.now() + enquiry.WINDOW + timedelta(seconds=1)):
        assert ask(client, registered.matter.receipt, registered.pin)[0] == 200


def test_an_address_cannot_walk_through_the_receipts(app: Flask) -> None:
    client = app.test_client()
    answers = [ask(client, f"2611-{n:04}-0", "123450")[0] for n in range(enquiry.PER_ADDRESS + 1)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {422}


def test_every_state_has_a_word_for_residents() -> None:
    assert set(enquiry.STANDS) == set(MatterState)
