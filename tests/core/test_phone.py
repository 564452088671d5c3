"""Numbers are read as people write them, and refused with the reason."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phone import BadNumber, NumberKind, grouped, masked, read_number


@pytest.mark.parametrize(
    ("text", "e164", "kind"),
    [
        ("13812346021", "+8613812346021", NumberKind.MOBILE),
        ("+86 138-1234-6021", "+8613812346021", NumberKind.MOBILE),
        ("008613812346021", "+8613812346021", NumberKind.MOBILE),
        ("１３８１２３４６０２１", "+8613812346021", NumberKind.MOBILE),
        ("13812346021.0", "+8613812346021", NumberKind.MOBILE),
        ("0379-65901234", "+8637965901234", NumberKind.LANDLINE),
        ("(010) 6505 1234", "+861065051234", NumberKind.LANDLINE),
    ],
)
def test_reads(text: str, e164: str, kind: NumberKind) -> None:
    number = read_number(text)
    assert (number.e164, number.kind) == (e164, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "12345",
        "95598",
        "6505123",
        "1441234567",
        "14400000001",
        "138123460211",
        "139-0000",
        "电话",
        "١٣٨١٢٣٤٦٠٢١",
        "4008001234",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(BadNumber) as caught:
        read_number(text)
    assert caught.value.words.zh


@given(st.from_regex(r"0[1-9][0-9]{8,10}", fullmatch=True))
def test_landlines_agree_with_the_numbering_plan(text: str) -> None:
    parsed = phonenumbers.parse(text, "CN")
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    fixed = phonenumbers.number_type(parsed) in kinds
    try:
        ours = read_number(text)
    except BadNumber:
        assert not fixed
    else:
        assert fixed
        assert ours.e164 == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+862161000002", "021 6100 0002"),
        ("+8613912345678", "139 1234 5678"),
        ("+864001234567", "400 123 4567"),
        ("12356", "12356"),
        ("+8612356", "12356"),
    ],
)
def test_a_public_number_is_shown_in_groups(number: str, shown: str) -> None:
    assert grouped(number) == shown


def test_masked_numbers_cannot_be_dialled() -> None:
    assert masked("+8613812346021") == "138 **** 6021"
    assert masked("+8637965901234").endswith("1234")
    assert "6590" not in masked("+8637965901234")
