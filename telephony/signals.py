"""What the line reports, and the coded words for how a leg goes and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.terms import Term


class LegState(Term):
    """How far a leg is; it only ever goes forward."""

    QUEUED = "queued", "排队", "Queued"
    DIALLING = "dialling", "拨号中", "Dialling"
    RINGING = "ringing", "振铃", "Ringing"
    CONNECTED = "connected", "通话中", "Connected"
    ENDED = "ended", "已结束", "Ended"


RANK: dict[LegState, int] = {state: rank for rank, state in enumerate(LegState)}


class Cause(Term):
    """Why a leg ended."""

    NORMAL = "normal", "正常结束", "Normal"
    BUSY = "busy", "占线", "Busy"
    NO_ANSWER = "no_answer", "无人接听", "No answer"
    REJECTED = "rejected", "被拒接", "Rejected"
    UNREACHABLE = "unreachable", "无法接通", "Unreachable"
    CANCELLED = "cancelled", "已取消", "Cancelled"
    ERROR = "error", "线路故障", "Error"


class Answerer(Term):
    """Who or what picked up."""

    HUMAN = "human", "真人", "Human"
    MACHINE = "machine", "语音信箱", "Machine"
    FAX = "fax", "传真", "Fax"
    UNKNOWN = "unknown", "未知", "Unknown"


class EventKind(Term):
    """What the line reports."""

    LEG = "leg.state", "通话状态", "Leg state"
    ANSWERER = "leg.answerer", "应答识别", "Answerer"
    JOINED = "room.joined", "进入会话", "Joined the room"
    LEFT = "room.left", "离开会话", "Left the room"
    HELD = "room.held", "保持状态", "Held, muted or coaching"
    ROOM_ENDED = "room.ended", "会话结束", "Room ended"
    WAIT_ENTERED = "wait.entered", "进入排队", "Entered the queue"
    WAIT_LEFT = "wait.left", "离开排队", "Left the queue"
    RECORDING = "recording.state", "录音状态", "Recording state"
    TEXT = "text.state", "短信状态", "Text state"
    INPUT = "input.received", "收到按键", "Input received"


class RecordAction(Term):
    """What can be asked of a recording."""

    START = "start", "开始录音", "Start"
    PAUSE = "pause", "暂停录音", "Pause"
    RESUME = "resume", "继续录音", "Resume"
    STOP = "stop", "停止录音", "Stop"


@dataclass(frozen=True)
class Event:
    """One thing the line reports; `key` names it for ever, so that hearing it twice changes nothing.

    `leg` and `room` are the line's own reference and our room name; `data` never holds a number.
    """

    key: str
    at: datetime
    provider: str
    kind: EventKind
    leg: str | None = None
    room: str | None = None
    order: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
