"""Alarm: words of present danger in what was written down, so that the greatest urgency is proposed."""

from __future__ import annotations

DANGER = (
    "着火",
    "起火",
    "失火",
    "煤气",
    "燃气泄漏",
    "漏气",
    "爆炸",
    "砍人",
    "持刀",
    "有刀",
    "拿刀",
    "救命",
    "中毒",
    "触电",
    "溺水",
    "掉进",
    "昏迷",
    "晕倒",
    "塌",
    "on fire",
    "gas leak",
    "smell gas",
    "explosion",
    "a knife",
    "stabbed",
    "drowning",
    "collapsed",
    "unconscious",
    "poisoned",
    "electrocuted",
)
"""Put the caller through to 110, 119 or 120 first, then write."""

CRISIS = (
    "自杀",
    "自尽",
    "轻生",
    "不想活",
    "活不下去",
    "不如死",
    "想死",
    "寻死",
    "跳楼",
    "跳河",
    "割腕",
    "喝农药",
    "suicide",
    "kill myself",
    "want to die",
    "end my life",
)
"""Someone may want to die: the counselling protocol comes first, and it is no matter."""


def alarming(narrative: str) -> bool:
    """Say whether the text has words of present danger, so that U1 is proposed."""
    plain = narrative.lower()
    return any(word in plain for word in (*DANGER, *CRISIS))


def in_crisis(narrative: str) -> bool:
    """Say whether the text has words of someone who may want to die."""
    plain = narrative.lower()
    return any(word in plain for word in CRISIS)
