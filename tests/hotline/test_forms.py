"""Forms are data: what they ask is checked when they are read, what is typed when it arrives, the rest at the end."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import pytest

from core.problems import Missing
from core.terms import speaking
from hotline.form_values import BadValue, lacking, read_value
from hotline.forms import NOT_SAID, FieldKind, form, forms, read

RAW: dict[str, Any] = json.loads(
    (resources.files("hotline") / "data" / "forms" / "counselling-1.json").read_text(encoding="utf-8")
)
FIRST = form("counselling")
WHOLE: dict[str, Any] = {
    "sex": "female", "age": "25_34", "times": "first", "on_behalf_of": "self", "problems": ["emotion"],
    "narrative": "睡不着", "handling": "倾听", "referral": "none", "result": "relieved",
    "distress_start": 70, "hope_start": 20, "intent_start": 0,
    "distress_end": 40, "hope_end": NOT_SAID, "intent_end": 0,
}  # fmt: skip


def put(name: str, raw: object) -> object:
    """Read one value of the counselling form; townships 1–9 are there."""
    return read_value(FIRST.fields.get(name), raw, is_township=lambda id_: id_ in range(1, 10))


@pytest.mark.parametrize(
    ("name", "raw", "kept"),
    [
        ("sex", "female", "female"),
        ("problems", ["work", "health", "work"], ["health", "work"]),
        ("flags", ["key", "difficult", "repeat", "silent", "harassing"],
         ["key", "difficult", "repeat", "silent", "harassing"]),
        ("hope_start", 0, 0),
        ("hope_start", 100, 100),
        ("intent_end", NOT_SAID, NOT_SAID),
        ("township", 3, 3),
        ("narrative", " 两行\n文字 ", " 两行\n文字 "),
        ("narrative", "   ", None),
        ("sex", "", None),
        ("problems", [], None),
        ("hope_start", None, None),
    ],
)  # fmt: skip
def test_a_value_is_kept_as_it_was_given(name: str, raw: object, kept: object) -> None:
    assert put(name, raw) == kept


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("no_such_field", "x"),
        ("sex", "third"),
        ("sex", ["female"]),
        ("problems", ["health", "love", "work", "grief"]),
        ("problems", "health"),
        ("problems", [1]),
        ("flags", ["vip"]),
        ("hope_start", 101),
        ("hope_start", -1),
        ("hope_start", True),
        ("hope_start", "50"),
        ("township", 77),
        ("township", "3"),
        ("narrative", "长" * 8001),
        ("narrative", 5),
    ],
)
def test_what_a_field_cannot_hold_is_refused_in_words(name: str, raw: object) -> None:
    with pytest.raises(BadValue) as refused:
        put(name, raw)
    assert refused.value.words.zh
    assert refused.value.words.en


def test_a_whole_record_lacks_nothing_and_an_empty_one_says_what() -> None:
    assert lacking(FIRST, WHOLE) == {}
    assert set(lacking(FIRST, {})) == {*WHOLE}
    assert "township" not in lacking(FIRST, {})


@pytest.mark.parametrize("silent", [{"flags": ["silent"]}, {"flags": ["harassing"]}, {"result": "no_talk"}])
def test_a_silent_call_needs_only_its_result(silent: dict[str, Any]) -> None:
    assert set(lacking(FIRST, {"result": "no_talk"} | silent)) == set()
    assert set(lacking(FIRST, silent)) <= {"result"}


def test_a_referral_says_where_to() -> None:
    assert set(lacking(FIRST, WHOLE | {"referral": "clinic"})) == {"referral_note"}
    assert lacking(FIRST, WHOLE | {"referral": "clinic", "referral_note": "市三院心身科"}) == {}


def test_every_word_stands_in_both_languages_and_the_screen_speaks_one() -> None:
    words = [f.words for f in FIRST.fields.values()] + [p.words for p in FIRST.parts]
    words += [o.words for f in FIRST.fields.values() for o in f.options]
    assert all(w.zh and w.en for w in words)
    with speaking("en"):
        shown = FIRST.as_screen()
    assert shown["title"] == "Counselling record"
    ratings = [f for part in shown["parts"] for f in part["fields"] if f["kind"] == FieldKind.RATING.value]
    assert [f["name"] for f in ratings][:3] == ["distress_start", "hope_start", "intent_start"]
    assert len(ratings) == 6
    assert all(f["ask"] for f in ratings)


def test_versions_are_kept_side_by_side() -> None:
    assert form("counselling") is form("counselling", max(v for c, v in forms() if c == "counselling"))
    with pytest.raises(Missing):
        form("counselling", 99)
    with pytest.raises(Missing):
        form("psychiatry")


def broken(change: str) -> dict[str, Any]:
    """Return the form with one fault."""
    raw = copy.deepcopy(RAW)
    if change == "twice":
        raw["parts"][0]["fields"].append(raw["parts"][0]["fields"][0])
    elif change == "no options":
        del raw["parts"][1]["fields"][0]["options"]
    elif change == "no length":
        del next(f for p in raw["parts"] for f in p["fields"] if f["name"] == "narrative")["longest"]
    elif change == "strange field":
        raw["finish"][0]["fields"].append("shoe_size")
    else:
        raw["finish"][1]["unless"][0]["holds"].append("sleepy")
    return raw


@pytest.mark.parametrize("change", ["twice", "no options", "no length", "strange field", "strange code"])
def test_a_form_that_does_not_fit_together_is_not_read(change: str) -> None:
    with pytest.raises(ValueError, match="counselling"):
        read(broken(change))
