"""A unit finds its own matters by clock, reads the redacted copy, takes its steps, and learns nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, journal
from core.db import transaction
from core.people import Staff
from core.permissions import Role
from matters import relays, unit_page
from matters.attributes import IdentityClass, Urgency
from matters.flow import MatterAction as A
from matters.log import MatterEvent
from matters.moving import standing_of
from matters.states import MatterState
from tests.conftest import NOON
from tests.matters.pictures import a_png
from tests.matters.scenes import NAME, NUMBER, SAID, Hall, a_hall, do, handed, in_unit, said, the

SignedIn = Callable[..., FlaskClient]
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall."""
    with clock.frozen(NOON):
        return a_hall()


def see(client: FlaskClient, receipt: str = "", query: str = "") -> str:
    """Read the list, or one page."""
    answer = client.get(f"/handling/{receipt}?{query}")
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def take(client: FlaskClient, receipt: str, step: str, **typed: object) -> tuple[int, str]:
    """Send one form as the page does, with the version that it shows."""
    with transaction() as session:
        seen = the(session, receipt).version
    data = {"step": step, "seen": seen, **{f"{step}-{name}": value for name, value in typed.items()}}
    answer = client.post(f"/handling/{receipt}", data=data)
    return answer.status_code, answer.get_data(as_text=True)


def state(receipt: str) -> MatterState:
    with transaction() as session:
        return the(session, receipt).state


def files(*content: bytes) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(data), f"{n}.png") for n, data in enumerate(content, start=1)]


def test_the_list_shows_own_matters_by_clock_and_filters_by_the_address(
    hall: Hall, as_role: SignedIn
) -> None:
    old = handed(hall, at=NOON - timedelta(days=12))
    near = handed(hall, at=NOON - timedelta(days=6))
    new = handed(hall, at=NOON, topic="order.theft")
    others = handed(hall, at=NOON, lead="water")
    helping = handed(hall, at=NOON, lead="water", supporting=("roads",))
    with clock.frozen(LATER):
        roads = as_role(staff=hall.people["roads"])

        def shown(query: str) -> list[str]:
            page = see(roads, query=query)
            every = [r for r in (old, near, new, others, helping) if f"/handling/{r}" in page]
            return sorted(every, key=lambda r: page.index(f"/handling/{r}"))

        assert shown("") == [old, near, new, helping]
        assert shown("colour=red") == [old]
        assert shown("colour=yellow") == [near]
        assert shown("colour=green") == [new, helping]
        assert shown("part=supporting") == [helping]
        assert shown("shelf=to_sign") == [old, near, new]
        assert shown("field=order") == [new]
        assert shown("urgency=u1") == []
        assert shown("sort=-receipt") == [helping, new, near, old]
        assert shown("colour=mauve&shelf=x&sort=narrative&page=²&urgency=9") == [old, near, new, helping]
        assert roads.get(f"/handling/?receipt={new.replace('-', '')}").headers["Location"].endswith(new)
        assert "没有交给您单位" in see(roads, query=f"receipt={others}")
        assert roads.get(f"/handling/{others}").status_code == 404


def test_the_file_holds_what_the_list_holds_and_no_formula(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    others = handed(hall, at=NOON, lead="water")
    with clock.frozen(LATER):
        answer = as_role(staff=hall.people["roads"]).get("/handling/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["编号"] for row in rows] == [receipt]
    assert rows[0]["时钟"] == "绿·时限内"
    assert others not in answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_page_shows_the_redacted_copy_and_journals_the_look_once_a_quarter(
    hall: Hall, as_role: SignedIn
) -> None:
    receipt = handed(hall, at=NOON, narrative=f"我叫{NAME},电话14500001234。{SAID}")
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        page = see(roads, receipt)
        see(roads, receipt)
    assert "路灯坏了两个多月" in page
    assert "〔姓名〕" in page
    assert "〔电话〕" in page
    assert NAME not in page
    assert "14500001234" not in page
    with clock.frozen(LATER + unit_page.VIEW_COUNTS_AGAIN):
        see(roads, receipt)
    with transaction() as session:
        looks = session.scalars(
            sa.select(journal.Entry).where(journal.Entry.action == unit_page.VIEWED)
        ).all()
        assert [look.staff_id for look in looks] == [hall.people["roads"].id] * 2
        assert {look.details["unit"] for look in looks} == {hall.id("roads")}


def test_a_copy_that_nobody_approved_is_not_shown(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    with transaction() as session:
        the(session, receipt).redacted = None
    with clock.frozen(LATER):
        page = see(as_role(staff=hall.people["roads"]), receipt)
    assert "路灯" not in page
    assert "还没有确认" in page


def test_a_caller_named_in_an_approved_copy_by_oversight_is_covered(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    with transaction() as session:
        the(session, receipt).redacted = f"{NAME[0]} {NAME[1:]}说:一四五 0000 1234 打不通,145-0000-1234 也是"
    with clock.frozen(LATER):
        page = see(as_role(staff=hall.people["roads"]), receipt)
    assert NAME[1:] not in page
    assert "145-0000-1234" not in page


def test_signing_reporting_and_being_sent_back(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        assert take(roads, receipt, "sign")[0] == 303
        assert state(receipt) is MatterState.IN_HAND
        status, page = take(roads, receipt, "report", outcome="solved", text="已派人修好路灯并填平路面。")
        assert status == 422
        assert "请逐项答复后确认" in page
        assert "已派人修好路灯并填平路面。" in page
        status, page = take(roads, receipt, "report", outcome="solved", text="已修好", points=["1", "2"])
        assert status == 422
        assert "请附上依据" in page
        status, _ = take(
            roads, receipt, "report", outcome="solved", text="已修好", points=["1", "2"], files=files(a_png())
        )
        assert status == 303
        assert state(receipt) is MatterState.RESULT_IN
        words = f"没有说路面的坑。来电人{NAME}说还在,电话14500001234"
        do(receipt, A.REJECT, hall.people["checker"], facts={"reason": "incomplete"}, text=words)
        page = see(roads, receipt)
    assert "审核未通过" in page
    assert "没有逐项答复" in page
    assert "没有说路面的坑" in page
    assert NAME not in page
    assert "14500001234" not in page


def test_a_refused_file_keeps_the_good_ones_and_what_was_typed(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        status, page = take(roads, receipt, "report", outcome="solved", text="坑已填平", points=["1", "2"],
                            files=[*files(a_png()), (io.BytesIO(b"MZ\x90"), "x.png")])  # fmt: skip
        assert status == 422
        assert "坑已填平" in page
        assert "第 2 个" in page
        assert "附件 1 · 图片" in page
        assert state(receipt) is MatterState.IN_HAND
        assert take(roads, receipt, "report", outcome="solved", text="坑已填平", points=["1", "2"])[0] == 303


def test_a_return_needs_reason_basis_and_another_unit_and_leaves_the_list_once_granted(
    hall: Hall, as_role: SignedIn
) -> None:
    receipt = handed(hall, at=NOON)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        status, page = take(roads, receipt, "return", text="不归我们管", proposed=hall.id("water"))
        assert status == 422
        assert "不归我们管" in page
        for wrong in (hall.id("roads"), hall.id("centre"), 999_999, "x"):
            assert take(roads, receipt, "return", text="不归", basis="条例", proposed=wrong)[0] == 422
        assert take(roads, receipt, "return", text="不归", basis="条例", proposed=hall.id("water"))[0] == 303
        assert state(receipt) is MatterState.RETURN_ASKED
        do(receipt, A.ACCEPT_RETURN, hall.people["supervision"],
           facts={"lead": hall.id("water"), "redacted": True})  # fmt: skip
        assert roads.get(f"/handling/{receipt}").status_code == 404
        assert receipt not in see(roads, query="shelf=all")
        assert receipt in see(as_role(staff=hall.people["water"]))


def test_steps_that_the_rules_refuse_say_why_before_they_are_tried(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON, supporting=("water",))
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        assert "还有协办没有完成" in see(roads, receipt)
        water = as_role(staff=hall.people["water"])
        assert (
            "报送结果"
            not in see(water, receipt).split('id="step-')[0].split("办理过程")[0].split("what")[0][-50:]
        )
        assert take(water, receipt, "report", outcome="solved", text="x", points=["1", "2"])[0] == 403
        assert take(water, receipt, "part", text="水管已改道")[0] == 303
        page = see(roads, receipt)
        assert "还有协办没有完成" not in page
    with clock.frozen(LATER + timedelta(days=20)):
        page = see(as_role(staff=hall.people["roads"]), receipt)
        assert "已超期，不能再申请延期" in page
        assert "申请退回的期限已过" in page


def test_an_extension_is_asked_by_day_and_only_within_the_limits(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        for until in ("", "2026-11-25", "2027-11-25", "yesterday"):
            assert take(roads, receipt, "extend", text="要等配件", until=until)[0] == 422
        assert take(roads, receipt, "extend", text="要等配件", until="2026-12-01")[0] == 303
        assert "申请延期至" in see(roads, receipt)
        assert take(roads, receipt, "extend", text="还要", until="2026-12-02")[0] == 409


def test_two_at_once_the_second_sees_it_and_keeps_the_words(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        do(receipt, A.SIGN, hall.people["roads"], at=LATER)
        data = {"step": "return", "seen": "1", "return-text": "写了很久的理由", "return-basis": "条例第三条"}
        answer = roads.post(f"/handling/{receipt}", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "刚刚有人处理过" in page
    assert "写了很久的理由" in page
    assert "条例第三条" in page


def test_a_question_pauses_the_clock_and_its_answer_comes_without_a_name(
    hall: Hall, as_role: SignedIn
) -> None:
    receipt = handed(hall, at=NOON)
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        assert take(roads, receipt, "ask", reason="money", text="没钱")[0] == 422
        assert take(roads, receipt, "ask", reason="place", text="是哪个路口?")[0] == 303
        assert "暂停计时" in see(roads)
        do(receipt, A.CALLER_REPLIED, hall.people["clerk"], text=f"{NAME}:供电所门口,我电话14500001234")
        page = see(roads, receipt)
    assert "供电所门口" in page
    assert NAME not in page
    assert "14500001234" not in page


def test_words_for_a_protected_caller_go_through_the_centre_and_count_once_told(
    hall: Hall, as_role: SignedIn
) -> None:
    receipt = handed(hall, at=NOON)
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        assert take(roads, receipt, "contact", text="打过电话了")[0] == 403
        assert take(roads, receipt, "relay", message="")[0] == 422
        assert take(roads, receipt, "relay", message="明天上午来修")[0] == 303
        assert take(roads, receipt, "relay", message="后天")[0] == 409
        assert "等待转达" in see(roads, receipt)
    with transaction() as session:
        clerk = session.merge(hall.people["clerk"])
        (relay,) = relays.waiting(session, clerk)
        relays.pass_on(session, relay, f"{NAME}说可以", by=clerk, at=LATER)
        assert relays.waiting(session, clerk) == []
        assert standing_of(the(session, receipt)).contacted_at == LATER
    with clock.frozen(LATER):
        page = see(roads, receipt)
    assert "说可以" in page
    assert NAME not in page


def test_the_contact_of_an_open_caller_is_noted_by_the_unit(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON, identity=IdentityClass.OPEN)
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        assert take(roads, receipt, "contact", text="")[0] == 422
        assert take(roads, receipt, "contact", text="约好明天上午")[0] == 303
    with transaction() as session:
        event = session.scalars(sa.select(MatterEvent).where(MatterEvent.action == A.CONTACT.value)).one()
        assert event.facts["identity"] == "open"
        assert event.text == "约好明天上午"


def test_strange_requests_change_nothing(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    unrouted = said(hall, at=NOON)
    roads = as_role(staff=hall.people["roads"])
    with clock.frozen(LATER):
        assert roads.post(f"/handling/{receipt}", data={"step": "close"}).status_code == 404
        assert roads.post(f"/handling/{receipt}", data={}).status_code == 404
        assert roads.get(f"/handling/{unrouted}").status_code == 404
        assert roads.get("/handling/2611-0001-0").status_code == 404
        assert take(roads, receipt, "detach", number="²")[0] == 404
        assert take(roads, receipt, "resume", text="x")[0] == 409
        assert state(receipt) is MatterState.ASSIGNED


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HANDLER])
def test_nobody_else_opens_the_portal(hall: Hall, as_role: SignedIn, role: Role) -> None:
    receipt = handed(hall, at=NOON)
    with transaction() as session:
        someone = in_unit(session, hall, "roads", role)
    client = as_role(staff=someone)
    for address in ("/handling/", f"/handling/{receipt}", "/handling/export.csv"):
        assert client.get(address).status_code in (303, 403)


def test_a_handler_without_a_unit_sees_nothing(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    with transaction() as session:
        lost = in_unit(session, hall, "", Role.HANDLER)
    client = as_role(staff=lost)
    assert receipt not in see(client, query="shelf=all")
    assert client.get(f"/handling/{receipt}").status_code == 404


def test_an_other_office_role_does_not_widen_the_portal(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    with transaction() as session:
        both: Staff = in_unit(session, hall, "water", Role.HANDLER, Role.SUPERVISION)
    client = as_role(staff=both)
    assert receipt not in see(client, query="shelf=all")
    assert client.get(f"/handling/{receipt}").status_code == 404


def test_points_are_split_as_people_write_them() -> None:
    assert unit_page.points_of(SAID) == ["建设路口的路灯坏了两个多月,晚上很黑。", "路面还有一个大坑,请修好。"]
    assert unit_page.points_of("1、路灯不亮已经两个月\n2、路面有一个大坑") == [
        "1、路灯不亮已经两个月",
        "2、路面有一个大坑",
    ]
    assert unit_page.points_of("") == []
    # Who someone is and how to reach them asks for nothing; what somebody did, named or not, does.
    assert unit_page.points_of("路灯坏了两个月，晚上看不见。我的电话是〔电话〕。") == [
        "路灯坏了两个月，晚上看不见。"
    ]
    assert unit_page.points_of("我叫〔姓名〕，手机〔电话〕，请回电。村口的井盖没了，请补上。") == [
        "村口的井盖没了，请补上。"
    ]
    assert unit_page.points_of("我住〔住址〕；身份证〔身份证号〕。水管爆了，没人来修。") == [
        "水管爆了，没人来修。"
    ]
    assert "村长〔姓名〕打了我" in "".join(unit_page.points_of("村长〔姓名〕打了我。请依法处理他。"))
    assert unit_page.points_of("我的电话是〔电话〕") == ["我的电话是〔电话〕"]
    long = "。".join(f"这是第{n}点内容很长" for n in range(20))
    assert len(unit_page.points_of(long)) == unit_page.MOST_POINTS
    assert "".join(unit_page.points_of(long)) == long


def test_an_emergency_shows_hours_and_an_ordinary_matter_days(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON, urgency=Urgency.U2)
    with clock.frozen(NOON + timedelta(minutes=5)):
        page = see(as_role(staff=hall.people["roads"]), receipt)
    assert "11 月 19 日 10:30 前" in page
    assert NUMBER not in page


def test_the_deadline_is_explained_day_by_day_to_its_own_unit(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    with clock.frozen(LATER):
        page = as_role(staff=hall.people["roads"]).get(f"/handling/{receipt}/deadline").get_data(as_text=True)
        assert as_role(staff=hall.people["water"]).get(f"/handling/{receipt}/deadline").status_code == 404
    assert "11 月 25 日 18:00" in page


def test_the_desk_passes_words_on_and_takes_the_answer(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    with clock.frozen(LATER):
        take(as_role(staff=hall.people["roads"]), receipt, "relay", message="明天上午来修路灯")
        clerk = as_role(staff=hall.people["clerk"])
        assert "明天上午来修路灯" in clerk.get("/relays/").get_data(as_text=True)
        assert clerk.post("/relays/1", data={"answer": f"{NAME}说在家等"}).status_code == 303
        assert clerk.post("/relays/1", data={}).status_code == 404
        assert "没有等待转达" in clerk.get("/relays/").get_data(as_text=True)
        page = see(as_role(staff=hall.people["roads"]), receipt)
    assert "已转达" in page
    assert "说在家等" in page
    assert NAME not in page
