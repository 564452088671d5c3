"""What a caller hears: a few spoken steps in our own words, which each line renders in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.terms import Words


@dataclass(frozen=True)
class Say:
    """Speak a sentence; in Chinese, or in English where the caller chose it."""

    words: Words
    language: str = "zh"


@dataclass(frozen=True)
class Pause:
    """Be silent for a moment."""

    seconds: int = 1


@dataclass(frozen=True)
class Ask:
    """Ask a question that one or more keys answer; without an answer the steps that follow are heard."""

    question: str
    words: Words
    turn: int = 0
    keys: int = 1
    wait_s: int = 6
    language: str = "zh"
    also: tuple[Say, ...] = ()
    """Said after it, while keys are listened for: the same question in another language."""


@dataclass(frozen=True)
class Join:
    """Bring the caller into a room."""

    room: str


@dataclass(frozen=True)
class Wait:
    """Let the caller wait on a line until somebody takes them."""

    line: str


@dataclass(frozen=True)
class LeaveWaiting:
    """End the waiting; what follows the wait is heard next."""


@dataclass(frozen=True)
class Record:
    """Keep what the caller says as a message; silence, a key or hanging up ends it.

    `recording` is the key of the record made before; without a question the document must do by itself.
    """

    question: str = ""
    recording: str = ""
    turn: int = 0
    longest_s: int = 180
    silence_s: int = 8


@dataclass(frozen=True)
class Ring:
    """Ring telephones of the house one after the other; the first who answers talks with the caller."""

    numbers: tuple[str, ...]
    shows: str
    """The number that they see: the house's own, never the caller's."""
    each_s: int = 20


@dataclass(frozen=True)
class End:
    """Hang up."""


Step = Say | Pause | Ask | Join | Wait | LeaveWaiting | Record | Ring | End
Steps = Sequence[Step]

UNEXPECTED: Steps = (
    Say(
        Words(
            "您好，这里是民意调查中心。这个号码现在没有人接听，如果我们刚才给您打过电话，我们会再次联系您。谢谢，再见。",
            "Hello, this is the public-opinion centre. Nobody answers this number now. "
            "If we called you, we will call again. Thank you and goodbye.",
        )
    ),
    End(),
)
"""What a caller hears when no room of the house has anything to say."""

UNAVAILABLE: Steps = (
    Say(
        Words(
            "对不起，系统暂时不能接听您的电话，请稍后再拨。谢谢，再见。",
            "Sorry, we can't take your call at the moment. Please call again a little later. Goodbye.",
        )
    ),
    End(),
)

HOLD_ON: Steps = (
    Say(Words("请稍等，我们马上回来。", "One moment, please. We will be right back.")),
    Pause(8),
    Say(Words("请稍等，我们马上回来。", "One moment, please. We will be right back."), "en"),
    Pause(8),
)
"""What somebody on hold hears again and again, so that nobody is left in silence for long."""

NO_ROOM: Steps = (
    Say(
        Words(
            "话机没有接入权限或会话已经结束，请刷新页面后重新连接。",
            "This telephone may not join, or the session is over. Reload the page and connect again.",
        )
    ),
    End(),
)
