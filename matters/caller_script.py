"""What is read aloud to a caller: first whether it is them, before anything is said of the matter itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.terms import Words
from matters.turns import Errand

WHO = Words(
    "“您好，这里是民意中心。请问是您在 {month} 月 {day} 日向我们反映过一件事吗？”",
    "“Good day, this is the opinion centre. Was it you who raised something with us on {on}?”",
)
NOT_THEM = Words(
    "不是本人，或不方便说：什么也不要说，选 5“现在不便”。",
    "Not them, or they can't speak freely: say nothing of it and choose 5, “Not a good time”.",
)
_SAY: dict[Errand, tuple[Words, ...]] = {
    Errand.TELL: (
        Words(
            "“您反映的事已经有了结果，我读给您听。”",
            "“There is a result for what you raised; let me read it to you.”",
        ),
        Words(
            "“过几天会有另一位同事再问您，是不是真的解决了。编号还是 {receipt}。”",
            "“In a few days a colleague will ask you whether it is really solved. Your receipt is still {receipt}.”",
        ),
    ),
    Errand.REVISIT: (
        Words(
            "“前几天我们告诉过您处理结果，想请您说说是不是真的解决了。您怎么说，承办单位都不知道是您说的。”",
            "“We told you the result a few days ago. Is it really solved? The unit never learns that it was you who spoke.”",
        ),
    ),
    Errand.RECALL: (
        Words(
            "“您反映的事已经办结，我们抽查一部分请您再说说。您怎么说，承办单位都不知道是您说的。”",
            "“What you raised is closed; we ask some people once more. The unit never learns that it was you who spoke.”",
        ),
    ),
    Errand.SAMPLE: (
        Words(
            "“您那次来电，我们当场答复了。想请您说说，问题是不是弄清楚了。”",
            "“When you called, we answered you on the spot. Was your question settled?”",
        ),
    ),
    Errand.CONTACT: (
        Words(
            "“您反映的事已经交给承办单位办理，他们不知道您是谁。您还有什么要说的、要补充的？”",
            "“What you raised is in the hands of a unit, which doesn't know who you are. Is there anything to add?”",
        ),
        Words(
            "“有了结果我们会再打给您。编号是 {receipt}。”",
            "“We call you again when there is a result. Your receipt is {receipt}.”",
        ),
    ),
    Errand.RELAY: (
        Words(
            "“承办单位请我们转告您，他们不知道您是谁。我读给您听。”",
            "“The unit, which doesn't know who you are, asks us to tell you this.”",
        ),
        Words("“您有什么话要我们带回去？”", "“Is there anything we should pass back?”"),
    ),
    Errand.ASK: (
        Words(
            "“承办单位办理时有一点不清楚，请我们问您；他们不知道您是谁。”",
            "“The unit, which doesn't know who you are, needs to know one thing and asks us to put it to you.”",
        ),
    ),
    Errand.INFORM: (
        Words("“您反映的事有了新的安排，我告诉您。”", "“There is news of what you raised; let me tell you.”"),
        Words(
            "“编号还是 {receipt}，不同意可以再打来。”",
            "“Your receipt is still {receipt}; call again if you do not agree.”",
        ),
    ),
    Errand.CALL_BACK: (
        Words(
            "“上次话没有说完。您要反映的是什么事？我现在给您登记。”",
            "“We could not finish last time. What was it that you wanted to raise? Let me register it now.”",
        ),
    ),
}
ASKS: tuple[tuple[str, Words], ...] = (
    (
        "unit",
        Words(
            "“现在有没有办这件事的单位的人在您旁边，或者在电话里？”",
            "“Is anyone of the unit that dealt with it with you now, or on the line?”",
        ),
    ),
    ("judgement", Words("“这件事解决了吗？”", "“Is it solved?”")),
    (
        "satisfaction",
        Words(
            "“您满意吗？5 分是很满意，1 分是很不满意。”",
            "“How satisfied are you? 5 is very satisfied, 1 very dissatisfied.”",
        ),
    ),
    ("words", Words("“为什么这样说？”", "“Why do you say so?”")),
)
"""The questions of a revisit in their order, by the field that takes the answer."""


@dataclass(frozen=True)
class Script:
    """The sentences of one call."""

    who: Words
    say: tuple[Words, ...]
    asks: dict[str, Words]


def script(errand: Errand, receipt: str, raised_on: date) -> Script:
    """Return what is read aloud on an errand."""
    who = WHO.filled(month=raised_on.month, day=raised_on.day, on=f"{raised_on:%-d %B}")
    say = tuple(words.filled(receipt=receipt) for words in _SAY[errand])
    return Script(who, say, dict(ASKS) if errand.asks else {})
