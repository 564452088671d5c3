"""Alarm: words of present danger in what was written down, so that the greatest urgency is proposed."""

from __future__ import annotations

_ALARM = (
    "着火",
    "起火",
    "煤气",
    "燃气泄漏",
    "爆炸",
    "砍人",
    "持刀",
    "有刀",
    "救命",
    "自杀",
    "不想活",
    "要死",
    "中毒",
    "塌",
)


def alarming(narrative: str) -> bool:
    """Say whether the text has words of present danger, so that U1 is proposed."""
    return any(word in narrative for word in _ALARM)
