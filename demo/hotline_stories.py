"""What callers of the two lines say, and what is written down of it; everything is invented."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.terms import Words
from demo.chance import SEED, uniform
from demo.city import DATA
from hotline.forms import Value
from hotline.lines import LineKind

AGES = ("18_24", "25_34", "25_34", "35_44", "35_44", "45_59", "60_up")
RATINGS = ("distress", "hope", "intent")


@dataclass(frozen=True)
class Story:
    """One kind of call: what is said in turn, and what the operator makes of it."""

    line: LineKind
    code: str
    share: float
    says: tuple[Words, ...]
    raw: dict[str, Any]

    @property
    def is_silent(self) -> bool:
        """Whether nobody says anything."""
        return not self.says

    @property
    def is_key(self) -> bool:
        """Whether a life may be in danger."""
        return "key" in self.raw.get("flags", ())

    @property
    def screening(self) -> dict[str, str]:
        """The screener's answers, by row."""
        found: dict[str, str] = self.raw.get("screen", {})
        return found

    @property
    def agrees_to_be_called(self) -> bool:
        """Whether they would like to be called afterwards."""
        return bool(self.raw.get("wish"))

    @property
    def ends(self) -> str:
        """How a call on the citizen line ends."""
        return str(self.raw.get("ends", ""))

    def record(self, *names: object, township: int | None = None) -> dict[str, Value]:
        """Return what an operator writes down of one such call on the counselling line."""
        flags = list(self.raw.get("flags", []))
        if self.is_silent or "harassing" in flags:
            return {"flags": flags, "result": self.raw["result"]}
        chance = uniform(SEED, "record", *names)
        held: dict[str, Value] = {
            "sex": "female" if chance < 0.58 else "male",
            "age": self.raw.get("age") or AGES[int(chance * 997) % len(AGES)],
            "times": "repeat" if self.raw.get("repeat") else "first",
            "on_behalf_of": self.raw.get("behalf", "self"),
            "problems": list(self.raw["problems"]),
            "narrative": self.raw["narrative"],
            "handling": self.raw["handling"],
            "referral": self.raw["referral"],
            "result": self.raw["result"],
        }
        for when in ("start", "end"):
            for name, value in zip(RATINGS, self.raw[when], strict=True):
                shift = int(11 * uniform(SEED, name, when, *names)) - 5 if value else 0
                held[f"{name}_{when}"] = max(0, min(100, value + shift))
        if flags:
            held["flags"] = flags
        if self.raw.get("referral_note"):
            held["referral_note"] = self.raw["referral_note"]
        if township is not None:
            held["township"] = township
        return held


@cache
def stories(line: LineKind) -> tuple[Story, ...]:
    """Return every kind of call on a line."""
    raw = json.loads((DATA / "hotline_stories.json").read_text(encoding="utf-8"))[line.value]
    return tuple(
        Story(line, s["code"], s["share"], tuple(Words(w["zh"], w["en"]) for w in s["says"]), s) for s in raw
    )


def story_of(line: LineKind, *names: object) -> Story:
    """Return what a call is about, by the names alone; grave ones are rare."""
    found = stories(line)
    left = uniform(SEED, "story", line.value, *names) * sum(story.share for story in found)
    for story in found:
        left -= story.share
        if left < 0:
            return story
    return found[-1]
