"""A wave's form: what was typed, read into settings, each fault beside its field."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date, time
from typing import Any

from werkzeug.datastructures import MultiDict

from core.problems import Invalid
from core.terms import Words
from survey.calling import Rules
from survey.wave_setting import DRAFT_ONLY
from survey.waves import Allocation, Wave, WaveState

MINUTES = Words("分钟", "minutes")
RULES: dict[str, tuple[Words, Words, int]] = {
    "busy_first": (Words("占线后", "After busy, first"), MINUTES, 1440),
    "busy_second": (Words("再次占线后", "After busy, again"), MINUTES, 1440),
    "no_answer": (Words("无人接听后至少", "After no answer, at least"), MINUTES, 10080),
    "avoid_clock": (Words("避开失败时刻前后", "Away from the failed clock time"), MINUTES, 720),
    "least_attempts": (
        Words("最终未联系前至少拨打", "Attempts before a final non-contact"),
        Words("次", "times"),
        30,
    ),
    "least_occasions": (
        Words("覆盖时段（日间、晚间、周末）", "On occasions (day, evening, weekend)"),
        Words("种", "of 3"),
        3,
    ),
    "cap_mobile": (Words("手机最多拨打", "At most, a mobile"), Words("次", "times"), 50),
    "cap_landline": (Words("固话最多拨打", "At most, a landline"), Words("次", "times"), 50),
    "soft_refusal_days": (Words("软拒绝后", "After a soft refusal"), Words("天", "days"), 90),
    "out_of_service_days": (Words("停机后", "After out of service"), Words("天", "days"), 90),
    "rest_days": (Words("其他调查再拨同一号码前", "Rest before another wave"), Words("天", "days"), 730),
    "personal": (Words("约访只归本人", "Appointment is the interviewer's own for"), MINUTES, 240),
    "wrap_up_seconds": (Words("话后整理", "Wrap-up"), Words("秒", "seconds"), 600),
    "ring_seconds": (Words("振铃", "Ringing"), Words("秒", "seconds"), 120),
    "fatigue": (Words("连续工作提醒", "Fatigue prompt after"), MINUTES, 480),
    "cool_down": (Words("辱骂后休息", "Cool-down after abuse"), MINUTES, 120),
}
"""The call rules that a designer may change: label, unit, largest value."""
DEFAULTS = {f.name: f.default for f in fields(Rules)}
_WINDOW = re.compile(r"(\d{1,2}:\d\d)\s*[-–—~至]\s*(\d{1,2}:\d\d)")
NOT_A_DATE = Words("请填日期，如 2026-11-18", "A date such as 2026-11-18")

Form = MultiDict[str, str]


def hours_text(rules: Rules) -> str:
    """Write calling hours as they are typed: 09:00–12:00, 14:30–21:00."""
    return ", ".join(f"{w.opens:%H:%M}–{w.closes:%H:%M}" for w in rules.hours)


def typed_of(wave: Wave | None, today: date) -> Form:
    """Return a wave as its form shows it before anything is typed."""
    if wave is None:
        start = {
            "starts_on": today.isoformat(),
            "allocation": Allocation.EQUAL_COUNTY.value,
            "is_cross_county": "1",
        }
        return MultiDict([*start.items(), *(("weekdays", str(n)) for n in range(7))])
    pairs = [
        ("name", wave.name),
        ("name_en", wave.name_en),
        ("edition_id", str(wave.edition_id or "")),
        ("frame_id", str(wave.frame_id or "")),
        ("starts_on", wave.starts_on.isoformat()),
        ("ends_on", wave.ends_on.isoformat() if wave.ends_on else ""),
        ("daily_target", str(wave.daily_target or "")),
        ("allocation", wave.allocation.value),
        ("is_cross_county", "1" if wave.is_cross_county else ""),
        *(("weekdays", str(n)) for n in wave.weekdays),
        *((f"hand_{county}", str(n)) for county, n in wave.rules.get("hand", {}).items()),
    ]
    for name, value in wave.rules.items():
        if name == "hours":
            pairs.append(("rule_hours", hours_text(Rules.from_wave({"hours": value}))))
        elif name != "hand":
            pairs.append((f"rule_{name}", str(value)))
    return MultiDict(pairs)


def read(form: Form, wave: Wave | None, *, editions: set[int], frames: set[int]) -> dict[str, Any]:
    """Read a form into a wave's settings; raise Invalid with every fault at once."""
    errors: dict[str, Words] = {}
    settings: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "name_en": form.get("name_en", "").strip(),
        "starts_on": _date(form, "starts_on", errors),
        "ends_on": _date(form, "ends_on", errors, is_needed=False),
        "daily_target": _whole(form, "daily_target", errors, most=100_000) or 0,
        "weekdays": sorted({int(n) for n in form.getlist("weekdays") if n in tuple("0123456")}),
        "is_cross_county": form.get("is_cross_county") == "1",
        "edition_id": _one_of(form, "edition_id", editions, errors),
        "frame_id": _one_of(form, "frame_id", frames, errors),
        "rules": _rules(form, wave, errors),
    }
    try:
        settings["allocation"] = Allocation.of(form.get("allocation", ""))
    except ValueError:
        errors["allocation"] = Words("请选择分配方式", "Please choose an allocation")
    if not settings["name"]:
        errors["name"] = Words("请填写名称", "Please give it a name")
    if errors:
        raise Invalid(fields=errors)
    if wave is not None and wave.state is not WaveState.DRAFT:
        settings = {key: value for key, value in settings.items() if key not in DRAFT_ONLY}
    return settings


def _rules(form: Form, wave: Wave | None, errors: dict[str, Words]) -> dict[str, Any]:
    # Rules that the form does not show are kept as they are.
    shown = {*RULES, "hours", "evening_from", "hand"}
    found = {k: v for k, v in (wave.rules if wave else {}).items() if k not in shown}
    for name, (_, _, most) in RULES.items():
        value = _whole(form, f"rule_{name}", errors, most=most)
        if value is not None and value != DEFAULTS[name]:
            found[name] = value
    hours = form.get("rule_hours", "").strip()
    if hours:
        windows = _WINDOW.findall(hours)
        try:
            read_windows = [
                (time.fromisoformat(a.zfill(5)), time.fromisoformat(b.zfill(5))) for a, b in windows
            ]
        except ValueError:
            read_windows = []
        flat = [t for window in read_windows for t in window]
        if not flat or flat != sorted(set(flat)):
            errors["rule_hours"] = Words(
                "请写成 09:00–12:00, 14:30–21:00，先后不重叠",
                "Write 09:00–12:00, 14:30–21:00, in order, not overlapping",
            )
        else:
            found["hours"] = [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in read_windows]
    evening = form.get("rule_evening_from", "").strip()
    if evening:
        try:
            found["evening_from"] = f"{time.fromisoformat(evening.zfill(5)):%H:%M}"
        except ValueError:
            errors["rule_evening_from"] = Words("请写成 18:00", "Write 18:00")
    hand = {
        key.removeprefix("hand_"): _whole(form, key, errors, most=1_000_000)
        for key in form
        if re.fullmatch(r"hand_\d{1,18}", key)
    }
    if any(hand.values()):
        found["hand"] = {county: n for county, n in hand.items() if n}
    return found


def _whole(form: Form, key: str, errors: dict[str, Words], *, most: int) -> int | None:
    text = form.get(key, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):
        errors[key] = Words("请填 0 到 {most} 的整数", "A whole number from 0 to {most}").filled(most=most)
        return None
    return int(text)


def _date(form: Form, key: str, errors: dict[str, Words], *, is_needed: bool = True) -> date | None:
    text = form.get(key, "").strip()
    if not text and not is_needed:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[key] = NOT_A_DATE
        return None


def _one_of(form: Form, key: str, allowed: set[int], errors: dict[str, Words]) -> int | None:
    text = form.get(key, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) in allowed):
        errors[key] = Words("请从列表中选择", "Choose from the list")
        return None
    return int(text)
