"""What could tell who someone is gives way to a mark in the copy of the units, however it is written."""

from __future__ import annotations

import re
import time
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matters.receipts import receipt
from matters.redaction import Mark, findings, redacted, shadow
from matters.redaction_numbers import is_id_number

FILLER = (
    "路灯坏了三天没人修,晚上孩子们放学看不见路",
    "2026-11-22 18:00 停电,到现在还没有来电",
    "工地欠了12个人一共1200000元工资",
    "打110和12345都说不归他们管",
    "二〇二六年一月第三小学门口的红绿灯坏了",
    "小区里的垃圾3天没有人清运,味道很大",
    "The street light has been broken for 3 days",
    "<script>alert(1)</script> 🔥🔥 百姓都盼着修好",
)
DIGITS = st.characters(min_codepoint=48, max_codepoint=57)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
CIRCLED = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")
SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
WRITTEN = str.maketrans("0123456789", "〇一二三四五六七八九")
STYLES = st.sampled_from(({}, WIDE, CIRCLED, SPOKEN, WRITTEN))


def _digits(text: str) -> str:
    plain = shadow(text).translate(str.maketrans("幺〇零一二三四五六七八九", "100123456789"))
    return re.sub(r"\D", "", plain)


@st.composite
def _grouped(draw: st.DrawFn, digits: str, style: dict[int, str | int] | None = None) -> str:
    """Write digits in some style with separators here and there."""
    gap = draw(st.sampled_from(("", " ", "-", "－", "·", "　", "\u200b", " - ")))
    cuts = draw(st.sets(st.integers(1, len(digits) - 1), max_size=4))
    written = digits.translate(draw(STYLES) if style is None else style)
    return "".join((gap if n in cuts else "") + c for n, c in enumerate(written))


MOBILES = st.builds("1{}{}".format, st.sampled_from("3456789"), st.text(DIGITS, min_size=9, max_size=9))
LANDLINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(("010", "025", "0516", "0755", "021")),
    st.sampled_from("2345678"),
    st.text(DIGITS, min_size=7, max_size=7),
)


@st.composite
def _id_numbers(draw: st.DrawFn) -> str:
    born = draw(
        st.dates(
            min_value=date(1930, 1, 1),
            max_value=date(2020, 1, 1),
        )
    )
    head = draw(st.sampled_from(("320382", "110101", "440305"))) + f"{born:%Y%m%d}"
    body = head + draw(st.text(DIGITS, min_size=3, max_size=3))
    checked = next(body + c for c in "0123456789X" if is_id_number(body + c))
    wrong = draw(st.booleans())  # a slip in the last place must not let it through
    return body + draw(st.sampled_from("0123456789")) if wrong else checked


@st.composite
def _cards(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(("6222", "6217", "6228"))) + draw(st.text(DIGITS, min_size=12, max_size=15))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_planted_numbers_leave_nothing(data: st.DataObject) -> None:
    """A telephone, ID or card number in any writing leaves no row of its digits behind."""
    number = data.draw(st.one_of(MOBILES, LANDLINES, _id_numbers(), _cards()))
    written = data.draw(_grouped(number))
    before, after = data.draw(st.sampled_from(FILLER)), data.draw(st.sampled_from(FILLER))
    text = f"{before},号码{written}。{after}"
    left = redacted(text)
    assert "〔" in left
    core = re.sub(r"\D", "", number)
    assert core not in _digits(left)
    assert core[-7:] not in _digits(left)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(FILLER), min_size=1, max_size=6))
def test_what_tells_nothing_stays(lines: list[str]) -> None:
    """Sums, dates, service numbers and ordinary talk stay as they are."""
    text = "。".join(lines)
    assert redacted(text) == text


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(("李小明", "欧阳文静", "张三", "王若云", "马丽")),
    st.sampled_from(
        ("我叫{}。", "姓名:{}", "联系人 {},", "我是{},", "{}说的", "我叫{},今年六十", "{} 的邻居也知道")
    ),
    st.booleans(),
)
def test_names_given_or_said(name: str, phrase: str, is_apart: bool) -> None:
    """A known name is taken out wherever it stands; one that is only said goes after its phrase."""
    spoken = " ".join(name) if is_apart else name
    assert name not in re.sub(r"\s", "", redacted(phrase.format(spoken), [name]))
    if phrase.startswith(("我叫", "姓名", "联系人", "我是")):
        assert name not in redacted(phrase.format(name))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=6), max_size=3))
def test_any_text_is_read(text: str, names: list[str]) -> None:
    """Whatever is typed, findings lie inside the text, in order, apart, and a second pass finds no numbers."""
    found = findings(text, names)
    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert len(shadow(text)) == len(text)
    assert isinstance(redacted(text, names), str)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("我的手机13812345678", Mark.PHONE),
        ("手机:+86 138-1234-5678", Mark.PHONE),
        ("幺三八,一二三四,五六七八", Mark.PHONE),
        ("座机0516-83771234转8012", Mark.PHONE),
        ("打8377 1234找我", Mark.PHONE),
        ("香港 +852 9123 4567", Mark.PHONE),
        ("1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", Mark.PHONE),
        ("身份证11010119900307451X", Mark.ID_NUMBER),
        ("身份证 110101 19900307 4510", Mark.ID_NUMBER),
        ("老证110101900307451", Mark.ID_NUMBER),
        ("卡号6222 0200 0000 0000 000", Mark.BANK_CARD),
        ("卡号6222 0200 0000 0000 001", Mark.NUMBER),
        ("苏C·12A45挡住消防通道", Mark.PLATE),
        ("皖 s 1234 5", Mark.PLATE),
        ("粤BD12345 新能源车", Mark.PLATE),
        ("发到abc.de@example.com", Mark.EMAIL),
        ("微信号:wx_abc-123", Mark.ACCOUNT),
        ("QQ是12345678", Mark.ACCOUNT),
        ("3号楼2单元501室漏水", Mark.ADDRESS),
        ("三号楼二单元五零一室", Mark.ADDRESS),
        ("3栋501", Mark.ADDRESS),
        ("王庄村三组15号", Mark.ADDRESS),
        ("3-2-501", Mark.ADDRESS),
        ("家住和平路12号", Mark.ADDRESS),
        ("我叫李小明", Mark.NAME),
        ("姓名:买买提·艾力", Mark.NAME),
        ("免贵姓王", Mark.NAME),
        ("王女士反映", Mark.NAME),
        ("my name is John Smith", Mark.NAME),
    ],
)
def test_each_kind_is_found(text: str, mark: Mark) -> None:
    """Each kind of trace is found under its own mark and gone from the copy."""
    found = [f for f in findings(text) if f.mark is mark]
    assert found, redacted(text)
    for finding in found:
        assert text[finding.start : finding.end] not in redacted(text)
    assert mark.in_text in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "老百姓都说好",
        "小李庄的路坏了",
        "20261122 停水",
        "花了35万8千元",
        "面积1234567平",
        f"上次的编号{receipt('2611', 482)}还没有答复",
        "和平路12号的饭店油烟大",
        "第3小学,5年级2班有孩子被欺负",
        "共计23456789元",
        "诉求人表示知道了。当事人称已经修好，来电人要求书面答复。",
    ],
)
def test_harmless_words_stay(text: str) -> None:
    """What tells nothing of a person is left for the unit to read."""
    assert redacted(text) == text


def test_known_names_in_their_other_forms() -> None:
    """A caller who is known goes as 小明, 李先生 and 老李 as well; a village that shares the surname stays."""
    assert (
        redacted("找小明、李 小明、李先生、老李都行,小李庄", ["李小明"])
        == "找〔姓名〕、〔姓名〕、〔姓名〕、〔姓名〕都行,小李庄"
    )
    assert redacted("ask john SMITH or Smith", ["John Smith"]) == "ask 〔姓名〕 or 〔姓名〕"
    assert redacted("一个字的名字不算", ["一"]) == "一个字的名字不算"


def test_long_texts_take_no_time() -> None:
    """As many characters as a field may hold, all of them hard, are read within a second."""
    begun = time.process_time()
    redacted("138 " * 500 + "号楼3" * 400 + "1-" * 400, ["李小明"])
    assert time.process_time() - begun < 1
