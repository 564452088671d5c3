"""What editors, designers and administrators set up: the distribution list, special reports, definitions, outlines."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import io
import json

import pytest
import sqlalchemy as sa
from flask import Flask

from core import clock
from core.db import reading, transaction
from core.jobs import Job, enqueue, run_next
from core.journal import Entry
from core.permissions import Role
from core.places import Level, Place
from core.terms import Words
from reports.bulletins import Bulletin, BulletinKind
from reports.definitions import IndexDefinition, in_force
from reports.deliveries import BulletinDelivery, DeliveryState
from reports.maps import PlaceShape
from reports.recipients import BulletinRecipient
from tests.factories import a_place
from tests.reports.issues import WEEK, a_city_at_work, a_draft, issued_on_screen
from tests.reports.test_maps import SQUARE
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

OUTSIDE = {
    "staff": "", "name": "市委值班室", "contact": "138 0000 1234", "mail": "duty@example.org", "kinds": ["weekly", "daily"],
    "language": "zh", "remind_after": "24",
}  # fmt: skip


@pytest.fixture
def draft(app: Flask) -> int:
    """A draft on the editor's desk."""
    with transaction() as session:
        a_city_at_work(session)
        return a_draft(session).id


def test_the_list_is_kept_by_editors_and_shows_no_number(app: Flask, as_role: SignedIn) -> None:
    editor = as_role(Role.EDITOR)
    assert "名单还是空的" in editor.get("/editing/recipients/").text
    wrong = editor.post("/editing/recipients/", data={**OUTSIDE, "contact": "12", "kinds": []})
    assert wrong.status_code == 422
    assert "市委值班室" in wrong.text  # what was typed is kept
    assert "请至少选一种简报" in wrong.text
    assert editor.post("/editing/recipients/", data=OUTSIDE).status_code == 303
    page = editor.get("/editing/recipients/").text
    assert "138 **** 1234" in page
    assert "13800001234" not in page
    assert "duty@" not in page
    assert "没有设置邮件服务器" in page
    with reading() as session:
        listed = session.scalars(sa.select(BulletinRecipient)).unique().one()
        details = [
            e.details for e in session.scalars(sa.select(Entry)) if e.action.startswith("bulletin_recipient")
        ]
        assert details
        assert "13800001234" not in json.dumps(details, ensure_ascii=False)
        assert "值班室" not in json.dumps(details, ensure_ascii=False)
        number = listed.id
    assert as_role(Role.LEADER).get("/editing/recipients/").status_code == 403
    assert editor.post(f"/editing/recipients/{number}/end").status_code == 303
    assert editor.post(f"/editing/recipients/{number}/end").status_code == 409
    assert "138 ****" not in editor.get("/editing/recipients/").text


def test_the_editor_sees_whom_nobody_could_tell_and_who_has_read(draft: int, as_role: SignedIn) -> None:
    editor, leader = as_role(Role.EDITOR), as_role(Role.LEADER)
    editor.post("/editing/recipients/", data=OUTSIDE)
    issued_on_screen(editor, draft)
    page = editor.get(f"/editing/{draft}").text
    assert "请人工告知" in page
    assert "没有设置邮件服务器，请打电话或当面告知" in page
    assert "已读 0 人" in page
    leader.get(f"/bulletins/{draft}")
    assert "已读 1 人" in editor.get(f"/editing/{draft}").text
    with reading() as session:
        rows = session.scalars(sa.select(BulletinDelivery)).unique().all()
        assert {r.state for r in rows} == {DeliveryState.BY_HAND}
        first = rows[0].id
    assert editor.post(f"/editing/recipients/messages/{first}/again").status_code == 303
    assert leader.post(f"/editing/recipients/messages/{first}/again").status_code == 403


def test_an_editor_asks_for_a_special_report(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        a_city_at_work(session)
        county = session.scalars(
            sa.select(Place.id).where(Place.level == Level.COUNTY).order_by(Place.code)
        ).first()
    asked = {
        "subject": "路灯专报", "topics": ["livelihood.lighting"], "place": str(county), "first": WEEK.replace(day=1).isoformat(),
        "last": WEEK.isoformat(),
    }  # fmt: skip
    with clock.frozen(clock.midnight(WEEK.replace(day=25))):
        editor = as_role(Role.EDITOR)
        assert "市政照明" in editor.get("/editing/special").text
        wrong = editor.post("/editing/special", data={**asked, "topics": [], "last": "2020-01-01"})
        assert wrong.status_code == 422
        assert "请至少选一个事项类别" in wrong.text
        assert "路灯专报" in wrong.text
        assert editor.post("/editing/special", data=asked).status_code == 303
        assert run_next()
        assert "路灯专报" in editor.get("/editing/").text
        with reading() as session:
            made = session.scalars(sa.select(Bulletin)).one()
            assert (made.kind, made.topics, made.place_id) == (
                BulletinKind.SPECIAL,
                ["livelihood.lighting"],
                county,
            )
            number = made.id
        assert "走势" in editor.get(f"/editing/{number}").text
        assert (
            editor.post("/editing/draft", data={"kind": "special", "day": WEEK.isoformat()}).status_code
            == 422
        )


def test_a_special_report_of_a_place_that_is_not_there_is_none_of_the_city(
    app: Flask, as_role: SignedIn
) -> None:
    with transaction() as session:
        a_city_at_work(session)
        city = session.scalars(sa.select(Place.id).where(Place.level == Level.CITY)).first()
    asked = {
        "subject": "路灯专报", "topics": ["livelihood.lighting"], "first": WEEK.replace(day=1).isoformat(),
        "last": WEEK.isoformat(),
    }  # fmt: skip
    with clock.frozen(clock.midnight(WEEK.replace(day=25))):
        editor = as_role(Role.EDITOR)
        for unknown in ("999999", "x", "-1", str(city or 999998)):
            wrong = editor.post("/editing/special", data={**asked, "place": unknown})
            assert wrong.status_code == 422
            assert "没有这个地点，没有起草" in wrong.text
        with transaction() as session:  # it went between the asking and the making
            gone = enqueue(
                session, "bulletin.assemble_special", Words("汇编专报", "Assembling"), by=None, at=clock.now(),
                **asked, place=999999,
            ).id  # fmt: skip
        assert run_next()
        with reading() as session:
            assert "没有这个地点" in str(session.get_one(Job, gone).error)
            assert session.scalars(sa.select(Bulletin)).all() == []


def test_a_new_definition_is_published_and_those_in_use_stand(draft: int, as_role: SignedIn) -> None:
    designer, editor = as_role(Role.DESIGNER), as_role(Role.EDITOR)
    form = {
        "weight-police": "3",
        **{f"weight-{c}": "1" for c in ("traffic", "court", "procuratorate", "justice")},
    }
    form |= {"valid_from": "2026-11-23", "reason": "人大建议", "breaks": ""}
    assert "公布新的一版" in designer.get("/definitions").text
    assert "公布新的一版" not in editor.get("/definitions").text
    assert editor.post("/definitions", data=form).status_code == 403
    issued_on_screen(editor, draft)
    early = designer.post("/definitions", data={**form, "valid_from": "2026-11-16"})
    assert early.status_code == 422
    assert "已按原定义公布" in early.text
    for wrong in (
        {"weight-police": "-1"},
        {"weight-police": "x"},
        {"weight-police": "nan"},
        {"reason": " "},
        {"valid_from": ""},
    ):
        assert designer.post("/definitions", data={**form, **wrong}).status_code == 422
    assert designer.post("/definitions", data=form).status_code == 303
    page = designer.get("/definitions").text
    assert "第 2 版" in page
    assert "综合指数的权重改变，已公布的序列从此断开" in page
    assert designer.post("/definitions", data={**form, "breaks": "1"}).status_code == 303
    assert "量表改变，序列从此断开" in designer.get("/definitions").text
    with reading() as session:
        assert session.scalars(
            sa.select(IndexDefinition.version).order_by(IndexDefinition.version)
        ).all() == [2, 3]
        assert in_force(session, WEEK).version == 1
    assert as_role(Role.HANDLER).get("/definitions").status_code == 403


def test_outlines_come_in_through_the_browser_with_each_fault_named(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        code = a_place(session).code
    administrator = as_role(Role.ADMINISTRATOR)
    assert administrator.get("/outlines").status_code == 200
    assert as_role(Role.EDITOR).get("/outlines").status_code == 403

    def send(*features: dict[str, object], source: str = "自然资源局") -> object:
        body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        data = {"file": (io.BytesIO(body), "a.geojson"), "source": source}
        return administrator.post("/outlines", data=data, content_type="multipart/form-data")

    def feature(shape: object, **about: object) -> dict[str, object]:
        return {"type": "Feature", "properties": about, "geometry": shape}

    square = {"type": "Polygon", "coordinates": [SQUARE]}
    refused = send(feature(square, name="别处"))
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert "本系统没有这个地点" in refused.text  # type: ignore[attr-defined]
    assert send(feature(square, code=code), source="").status_code == 422  # type: ignore[attr-defined]
    some = send(feature(square, code=code), feature({"type": "Point", "coordinates": [1, 2]}, code=code))
    assert some.status_code == 200  # type: ignore[attr-defined]
    assert "已写入 1 个图形" in some.text  # type: ignore[attr-defined]
    assert "不是面" in some.text  # type: ignore[attr-defined]
    assert send(feature(square, code=code)).status_code == 303  # type: ignore[attr-defined]
    with reading() as session:
        assert len(session.scalars(sa.select(PlaceShape)).all()) == 1
    assert administrator.post("/outlines", data={"source": "x"}).status_code == 422
