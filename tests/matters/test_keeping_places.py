"""The place of a problem may stand in the units' copy though it reads like an address; a home, a name, a number may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db, journal
from core.db import reading, transaction
from core.problems import Invalid
from matters.assigning import Kept, approve_copy
from matters.redaction import addresses, redacted
from tests.matters import lives
from tests.matters.scenes import the
from tests.matters.test_sweep import MONDAY

SignedIn = Callable[..., FlaskClient]
PLACE, HOME = "3号楼2单元", "5号楼3单元301室"
COPY = f"{PLACE}门口的路灯坏了，我住在{HOME}，我叫欧阳静娴，电话14500001234"


def test_an_address_is_kept_by_its_words_and_nothing_else_is() -> None:
    assert addresses(COPY, ["欧阳静娴"]) == [PLACE, HOME]
    copy = redacted(COPY, ["欧阳静娴"], keep={PLACE, "欧阳静娴", "14500001234"})
    assert copy == f"{PLACE}门口的路灯坏了，我住在〔住址〕，我叫〔姓名〕，电话〔电话〕"


def test_the_approver_is_asked_once_about_each_address(sqlite: db.Database) -> None:
    """What they keep stays kept when the matter is given to another unit; what they leave is masked."""
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.to_route(session, county, MONDAY)
        with pytest.raises(Invalid) as asked:
            approve_copy(session, matter, COPY, is_approved=True, by=county.office, at=MONDAY)
        assert set(asked.value.fields) == {"kept"}
        kept = Kept(frozenset({PLACE, HOME}), frozenset({PLACE}))
        for _ in range(2):
            approve_copy(session, matter, matter.redacted or COPY, is_approved=True, by=county.office, at=MONDAY,
                         kept=kept)  # fmt: skip
            assert matter.redacted is not None
            assert PLACE in matter.redacted
            assert HOME not in matter.redacted
            kept = Kept()
        done = sa.select(journal.Entry).where(journal.Entry.action == "matter.address_kept")
        assert len(session.scalars(done).all()) == 1


def test_the_page_asks_and_the_unit_reads_the_place(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        county = lives.offices(session)
        receipt = lives.to_route(session, county, MONDAY).receipt or ""
    form = {
        "step": "assign", "seen": "2", "assign-lead": str(county.units[0].id), "assign-redacted": "1",
        "assign-copy": f"{PLACE}门口的路灯坏了，我住在{HOME}",
    }  # fmt: skip
    with clock.frozen(MONDAY):
        office = as_role(staff=county.office)
        asked = office.post(f"/supervision/matters/{receipt}", data=form)
        assert asked.status_code == 422
        for each in (PLACE, HOME):
            assert f'name="assign-asked" value="{each}"' in asked.get_data(as_text=True)
        form |= {"assign-asked": [PLACE, HOME], "assign-kept": PLACE}  # type: ignore[dict-item]
        assert office.post(f"/supervision/matters/{receipt}", data=form).status_code == 303
        page = as_role(staff=county.handlers[0]).get(f"/handling/{receipt}").get_data(as_text=True)
        assert f"{PLACE}门口的路灯坏了" in page
        assert HOME not in page
    with reading() as session:
        assert the(session, receipt).redacted == f"{PLACE}门口的路灯坏了，我住在〔住址〕"
