"""Bad input at the desk: one case for each row of the table, through the pages as a clerk meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from matters import likeness, merging
from matters.assigning import proposed_copy
from matters.flow import MatterAction
from matters.log import replayed
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.reporters import Reporter
from matters.standing import as_json
from matters.states import MatterState
from tests.matters.makers import Town, a_matter, a_town, someone

SignedIn = Callable[..., FlaskClient]
RECEIPT = re.compile(r"\d{4}-\d{4}-\d")


@dataclass
class Desk:
    """A desk with two clerks and a Party supervision office."""

    town: Town
    clerk: FlaskClient
    second: FlaskClient
    party: FlaskClient
    government: FlaskClient
    people: list[Staff]

    def typed(self, **changes: str) -> dict[str, str]:
        """A form as a clerk fills it."""
        whole = {
            "narrative": "村口的路灯坏了两个多月",
            "kind": "help",
            "topic": "livelihood.lighting",
            "place": str(self.town.township.id),
            "urgency": "u3",
            "identity": "protected",
            "consent": "1",
            "conflict": "none",
            "number": "13800138000",
        }
        return whole | changes

    def register(self, **changes: str) -> str:
        """Register a call; return its receipt."""
        answer = self.clerk.post("/register/", data=self.typed(**changes))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found = RECEIPT.search(answer.get_data(as_text=True))
        assert found
        return found[0]


@pytest.fixture
def desk(app: Flask, as_role: SignedIn) -> Desk:
    """Furnish the desk."""
    with transaction() as session:
        town = a_town(session)
        people = [
            someone(session, town, Role.CLERK),
            someone(session, town, Role.CLERK),
            someone(session, town, Role.SUPERVISION, unit="party_office"),
            someone(session, town, Role.SUPERVISION, unit="government_office"),
        ]
    clerk, second, party, government = (as_role(staff=person) for person in people)
    return Desk(town, clerk, second, party, government, people)


def matter_of(receipt: str) -> Matter:
    """Read a matter by its receipt."""
    with reading() as session:
        return session.scalars(sa.select(Matter).where(Matter.receipt == receipt)).one()


def test_without_words_or_place_it_stays_a_draft_that_calls_for_a_call_back(desk: Desk) -> None:
    bare = desk.typed(narrative="", place="", kind="", topic="", consent="")
    answer = desk.clerk.post("/register/", data=bare)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in (
        "请写下对方反映了什么",
        "地点至少要到乡镇",
        "请选择诉求类型",
        "请选择类别",
        "请先读出告知语",
    ):
        assert words in page
    assert desk.clerk.post("/register/", data=bare | {"draft": "1"}).status_code == 303
    with transaction() as session:
        draft = session.scalars(sa.select(Matter).where(Matter.state == MatterState.DRAFT)).one()
        assert draft.receipt is None
        assert draft.stage_due_at is not None
        with pytest.raises(Exception, match="can't be done"):
            act(session, draft, MatterAction.SUBMIT, by=desk.people[0], at=clock.now())
    inbox = desk.clerk.get("/desk/?queue=drafts").get_data(as_text=True)
    assert f"/register/draft/{draft.id}" in inbox
    # Who did not hear it says why before it is opened; who wrote it down opens it at once.
    where = f"/register/draft/{draft.id}"
    assert desk.second.post(f"{where}/open").status_code == 422
    assert desk.clerk.post(f"{where}/open").status_code == 200
    assert desk.second.post(f"{where}/open", data={"purpose": "handle"}).status_code == 200
    done = desk.second.post(where, data=desk.typed())
    assert RECEIPT.search(done.get_data(as_text=True))
    assert desk.clerk.post(where, data=desk.typed()).status_code == 303  # somebody was quicker


@pytest.mark.parametrize(
    ("narrative", "banner", "other"),
    [
        ("楼下饭店着火了", "先转 110、119 或 120", "心理援助规程"),
        ("邻居持刀堵门", "先转 110、119 或 120", "心理援助规程"),
        ("燃气泄漏,味道很大", "先转 110、119 或 120", "心理援助规程"),
        ("家里欠债,我不想活了", "心理援助规程", ""),
    ],
)
def test_words_of_danger_raise_a_banner(desk: Desk, narrative: str, banner: str, other: str) -> None:
    page = desk.clerk.post("/register/", data=desk.typed(narrative=narrative, consent="")).get_data(
        as_text=True
    )
    shown = re.findall(r'<p class="flash flash-bad" data-alarm="\w+">(.*?)</p>', page)
    assert len(shown) == 1
    assert banner in shown[0]
    assert not other or other not in shown[0]


def test_numbers_in_what_was_said_are_masked_in_the_copy_for_units(desk: Desk) -> None:
    said = "我叫李小明,电话１３８ ００１３ ８０００,身份证110101199003074514,住3号楼2单元501室,路灯坏了"
    receipt = desk.register(narrative=said, name="李小明")
    with reading() as session:
        copy = proposed_copy(
            session, session.scalars(sa.select(Matter).where(Matter.receipt == receipt)).one()
        )
    for planted in ("李小明", "8000", "110101", "501", "４", "138"):
        assert planted not in copy
    assert copy.endswith("路灯坏了")


def test_a_complaint_about_the_centre_leaves_the_desk_for_the_party_office(desk: Desk) -> None:
    receipt = desk.register(conflict="centre", narrative="你们的访员态度很差")
    for client in (desk.clerk, desk.second, desk.government):
        assert client.get(f"/matters/{receipt}").status_code == 404
        assert receipt not in client.get("/matters/").get_data(as_text=True)
        assert "没有这个编号" in client.get(f"/matters/?receipt={receipt}").get_data(as_text=True)
        assert receipt not in client.get("/matters/export.csv").get_data(as_text=True)
    for client in (desk.clerk, desk.second):
        assert receipt not in client.get("/desk/").get_data(as_text=True)
        assert client.post(f"/matters/{receipt}/step", data={"step": "submit"}).status_code == 404
        assert client.get(f"/matters/{receipt}/merge").status_code == 404
    assert desk.party.get(f"/matters/{receipt}").status_code == 200
    kept = desk.clerk.post("/register/", data=desk.typed(conflict="centre", draft="1"))
    assert kept.status_code == 422  # a draft would lie open at the desk


def test_one_caller_twenty_times_is_one_matter_with_many_contacts(desk: Desk) -> None:
    receipts = [desk.register(identity="open") for _ in range(20)]
    page = desk.clerk.post("/register/", data=desk.typed(identity="open")).get_data(as_text=True)
    assert "这位诉求人还有没办完的诉求" in page
    with transaction() as session:
        clerk = session.get_one(Staff, desk.people[0].id)
        first, *others = (
            session.scalars(sa.select(Matter).where(Matter.receipt == r)).one() for r in receipts
        )
        assert likeness.of_same_caller(session, first, clerk)
        for other in others:
            merging.merge(session, other, first, by=clerk, at=clock.now())
        assert len(standing_of(first).callers) == 1
        own = sa.select(sa.func.count()).where(Reporter.matter_id == first.id)
        assert session.scalar(own) == 20


def test_of_two_who_act_at_once_the_second_keeps_what_was_typed(desk: Desk) -> None:
    receipt = desk.register()
    seen = str(matter_of(receipt).version)
    where, words = f"/matters/{receipt}/step", "已经由法院受理,请按判决执行"
    assert desk.clerk.post(where, data={"step": "submit", "seen": seen}).status_code == 303
    late = desk.second.post(where, data={"step": "decline", "reason": "court", "text": words, "seen": seen})
    page = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "刚刚有人处理过这件诉求" in page
    assert words in page
    assert matter_of(receipt).state is MatterState.TO_ROUTE


@pytest.mark.parametrize("step", ["decline", "accept", "grant", "confirm", "answer", "replied", "reopen"])
def test_a_step_that_is_not_allowed_names_those_that_are(desk: Desk, step: str) -> None:
    receipt = desk.register()
    assert desk.clerk.post(f"/matters/{receipt}/step", data={"step": "submit"}).status_code == 303
    data = {"step": step, "text": "x", "verified": "voice", "caller": _caller(receipt), "told": "1"}
    answer = desk.clerk.post(f"/matters/{receipt}/step", data=data)
    assert answer.status_code == 409
    assert "现在可以：" in answer.get_data(as_text=True)
    assert "更正" in answer.get_data(as_text=True)


def _caller(receipt: str) -> str:
    with reading() as session:
        matter = matter_of(receipt)
        return str(session.scalar(sa.select(Reporter.id).where(Reporter.matter_id == matter.id)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "12345"}, "不是可拨打的号码|位数或区号不对"),
        ({"number": "", "identity": "open"}, "公开身份要留可回拨的号码"),
        ({"name": "名" * 41}, "最多 40 字"),
        ({"spot": "路" * 201}, "最多 200 字"),
        ({"narrative": "路" * 40_000}, "最多 4000 字"),
        ({"topic": "no.such"}, "请选择类别"),
        ({"place": "999999999999999999"}, "地点至少要到乡镇"),
        ({"place": "²"}, "地点至少要到乡镇"),
        ({"conflict": "unit"}, "请选择被反映的单位"),
        ({"conflict": "unit", "conflict_unit": "99999"}, "请选择被反映的单位"),
    ],
)
def test_what_lacks_is_said_beside_its_field_and_nothing_is_lost(
    desk: Desk, changes: dict[str, str], words: str
) -> None:
    typed = desk.typed(**changes)
    answer = desk.clerk.post("/register/", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.search(words, page)
    assert typed["narrative"] in page
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Matter)) == 0


def test_markup_and_emoji_are_text(desk: Desk) -> None:
    said = "<script>alert(1)</script> <b>路灯</b> 🔥 & \"引号\" '{{ 777*777 }}'"
    receipt = desk.register(narrative=said, spot="<img src=x onerror=alert(1)>")
    assert matter_of(receipt).narrative == said
    page = desk.clerk.post(f"/matters/{receipt}", data={"purpose": "handle"}).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 777*777 }}" in page
    assert "603729" not in page


def test_a_form_sent_twice_makes_one_matter(desk: Desk) -> None:
    data = desk.typed(form_key="once-only")
    assert desk.clerk.post("/register/", data=data).status_code == 200
    again = desk.clerk.post("/register/", data=data)
    assert again.status_code == 303
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Matter)) == 1


def test_a_draft_is_taken_back_on_its_callers_own_call(desk: Desk) -> None:
    """After the same question; it leaves the inbox and stands in no list, for it never was registered."""
    desk.clerk.post("/register/", data=desk.typed(narrative="路灯", place="", draft="1"))
    with transaction() as session:
        draft = session.scalars(sa.select(Matter).where(Matter.state == MatterState.DRAFT)).one()
    where = f"/register/draft/{draft.id}/withdraw"
    assert desk.clerk.post(where).status_code == 422
    assert desk.clerk.post(where, data={"pressed": "yes"}).status_code == 409
    unverified = desk.clerk.post(where, data={"pressed": "no"})
    assert unverified.status_code == 422
    assert "请核对本人" in unverified.get_data(as_text=True)
    assert desk.clerk.post(where, data={"pressed": "no", "verified": "voice"}).status_code == 303
    with transaction() as session:
        matter = session.get_one(Matter, draft.id)
        assert (matter.state, matter.receipt) == (MatterState.WITHDRAWN, None)
        assert as_json(replayed(session, matter)) == matter.standing
    assert f"/register/draft/{draft.id}" not in desk.clerk.get("/desk/?queue=drafts").get_data(as_text=True)
    for page in (
        "/matters/",
        "/matters/?state=withdrawn",
        "/matters/export.csv",
        f"/register/draft/{draft.id}",
    ):
        answer = desk.clerk.get(page)
        assert answer.status_code in (200, 404)
        assert "None" not in answer.get_data(as_text=True)
    assert desk.clerk.post(where, data={"pressed": "no"}).status_code == 404


def test_withdrawing_asks_who_pressed(desk: Desk) -> None:
    receipt = desk.register()
    where, caller = f"/matters/{receipt}/step", _caller(receipt)
    base = {"step": "withdraw", "caller": caller, "verified": "voice"}
    assert desk.clerk.post(where, data=base).status_code == 422  # the question was not asked
    assert desk.clerk.post(where, data=base | {"verified": "", "pressed": "no"}).status_code == 422
    assert desk.clerk.post(where, data=base | {"caller": "999", "pressed": "no"}).status_code == 422
    wrong = desk.clerk.post(where, data=base | {"verified": "pin", "pin": "000000", "pressed": "no"})
    assert wrong.status_code == 422
    assert "没有核对通过" in wrong.get_data(as_text=True)
    assert desk.clerk.post(where, data=base | {"pressed": "yes", "text": "村干部来过"}).status_code == 303
    pressed = matter_of(receipt)
    assert pressed.state is MatterState.REGISTERED
    assert pressed.level == 2
    assert desk.clerk.post(where, data=base | {"pressed": "no"}).status_code == 303
    assert matter_of(receipt).state is MatterState.WITHDRAWN


def test_withdrawing_with_the_own_pin_leaves_the_others(app: Flask, desk: Desk) -> None:
    with transaction() as session:
        clerk = session.get_one(Staff, desk.people[0].id)
        one, two = (
            a_matter(session, desk.town.township, at=clock.now(), number=f"+86145000020{n}", by=clerk)
            for n in range(2)
        )
        merging.merge(session, one.matter, two.matter, by=clerk, at=clock.now())
        first = session.scalars(sa.select(Reporter).where(Reporter.receipt_of_id == one.matter.id)).one().id
    data = {"step": "withdraw", "caller": str(first), "verified": "pin", "pressed": "no"}
    where = f"/matters/{two.matter.receipt}/step"
    assert desk.clerk.post(where, data=data | {"pin": two.pin}).status_code == 422  # another's PIN
    assert desk.clerk.post(where, data=data | {"pin": one.pin}).status_code == 303
    left = standing_of(matter_of(two.matter.receipt or ""))
    assert left.state is MatterState.REGISTERED
    assert [c.has_left for c in left.callers] == [False, True]


def test_what_a_clerk_decided_alone_another_confirms(desk: Desk) -> None:
    receipt = desk.register()
    where = f"/matters/{receipt}/step"
    data = {"step": "decline", "reason": "court", "text": "已进入诉讼,请向法院反映"}
    assert desk.clerk.post(where, data={"step": "decline"}).status_code == 422
    assert desk.clerk.post(where, data=data).status_code == 303
    assert receipt in desk.clerk.get("/desk/?queue=confirm").get_data(as_text=True)
    assert desk.clerk.post(where, data={"step": "confirm"}).status_code == 403
    assert desk.second.post(where, data={"step": "confirm"}).status_code == 303
    assert receipt not in desk.clerk.get("/desk/?queue=confirm").get_data(as_text=True)
    assert desk.clerk.post(where, data={"step": "review", "text": "新材料"}).status_code == 403
    assert desk.second.post(where, data={"step": "review", "text": "有新材料"}).status_code == 303
    assert matter_of(receipt).state is MatterState.REGISTERED


def test_nobody_but_the_desk_takes_its_steps(desk: Desk, as_role: SignedIn) -> None:
    receipt = desk.register()
    for role in Role:
        if role is Role.CLERK:
            continue
        client = as_role(role)
        for where in ("/desk/", "/register/", f"/matters/{receipt}/merge"):
            assert client.get(where).status_code == 403, (role, where)
        assert client.post(f"/matters/{receipt}/step", data={"step": "submit"}).status_code == 403
        expected = 200 if role in (Role.SUPERVISION, Role.OFFICE_HEAD, Role.ADMINISTRATOR) else 403
        assert client.get("/route-rules/").status_code == expected, role
    assert matter_of(receipt).state is MatterState.REGISTERED


def test_the_list_leaves_as_a_file_without_words_or_names(desk: Desk) -> None:
    receipt = desk.register(name="李小明", narrative="=cmd|' /C calc'!A0 路灯坏了")
    text = desk.clerk.get("/matters/export.csv?field=livelihood").get_data(as_text=True)
    assert receipt in text
    for planted in ("李小明", "13800138000", "路灯坏了", "=cmd"):
        assert planted not in text
    assert receipt not in desk.clerk.get("/matters/export.csv?field=food").get_data(as_text=True)
