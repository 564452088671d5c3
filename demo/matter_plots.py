"""Plots: what is out of the ordinary in a matter's life, and which matter is dealt which."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from core import calendar, clock
from core.terms import Term
from matters.attributes import Outcome

OFFICE = ((time(8, 40), time(11, 50)), (time(14, 10), time(17, 40)))
DESK = ((time(8, 30), time(20, 30)),)


class Plot(Term):
    """What is out of the ordinary in a matter's life."""

    PLAIN = "plain", "照常", "As usual"
    SILENT = "silent", "无人签收", "Nobody signs"
    LATE = "late", "超期", "Late"
    DECLINED = "declined", "不予受理", "Declined"
    TRANSFERRED = "transferred", "转接", "Put through"
    RETURNED = "returned", "退回改派", "Given back"
    KEPT = "kept", "退回未准", "Return refused"
    RULED = "ruled", "联合裁定", "Ruled jointly"
    ASKS = "asks", "请补充", "Asks the caller"
    NO_REPLY = "no_reply", "问不到", "The caller can't be asked"
    EXTENDED = "extended", "延期", "Extended"
    SUSPENDED = "suspended", "挂账", "Suspended"
    SENT_BACK = "sent_back", "退回重办", "Result sent back"
    EXPLAINED = "explained", "已解释", "Explained"
    UNREACHED = "unreached", "联系不上", "Unreached"
    AGAIN = "again", "再次交办", "Sent round"
    REOPENED = "reopened", "重办", "Reopened"
    WITHDRAWN = "withdrawn", "撤回", "Withdrawn"
    PRESSED = "pressed", "受压", "Pressed"
    INCIDENT = "incident", "突发", "Incident"
    DOUBLED = "doubled", "重复", "Raised twice"
    TO_ROUTE = "to_route", "等分派", "Waits to be routed"
    RETURN_WAITS = "return_waits", "退回待裁", "Return waits"
    ASK_WAITS = "ask_waits", "等补充", "Waits for the caller"
    UNCHECKED = "unchecked", "等审核", "Waits to be checked"
    NEW = "new", "刚登记", "Just registered"
    TO_SIGN = "to_sign", "等签收", "Waits to be signed for"
    UNTOLD = "untold", "等反馈", "Waits to be told"


P = Plot
DECK = (
    *(P.PLAIN,) * 12, P.LATE, P.RETURNED, P.UNREACHED, P.AGAIN, P.EXPLAINED, P.ASKS, P.SUSPENDED, P.DECLINED,
    P.TRANSFERRED, P.DOUBLED, P.EXTENDED, P.SENT_BACK, P.SILENT, P.LATE, P.KEPT, P.NO_REPLY, P.WITHDRAWN, P.PRESSED, P.INCIDENT,
    P.RULED, P.REOPENED, P.EXPLAINED, P.UNREACHED,
)  # fmt: skip
"""Dealt out one by one, so that in a month every kind of life occurs."""
TODAY = (P.NEW, P.TO_ROUTE, P.NEW, P.PLAIN)
YESTERDAY = (P.TO_SIGN, P.ASK_WAITS, P.RETURN_WAITS, P.TO_ROUTE, P.UNCHECKED, P.PLAIN, P.TO_SIGN, P.INCIDENT)
JUST_NOW = (P.UNTOLD, P.UNCHECKED, P.PLAIN, P.PLAIN, P.ASK_WAITS, P.EXTENDED, P.UNTOLD, P.PLAIN)
"""Dealt to the matters of today, of the working day before, and of the two before it: every desk has something waiting."""
WAITING = frozenset({*TODAY, *YESTERDAY, *JUST_NOW}) - {P.PLAIN, P.EXTENDED, P.INCIDENT}
"""Lives that come quickly to the point at which they wait."""

DONE = {
    Outcome.SOLVED: "已派人到现场处理完毕，并回看确认。",
    Outcome.PARTLY: "已完成应急处理，剩余部分列入下一批。",
    Outcome.NO_MONEY: "经核实情况属实，所需资金尚未落实，已报预算。",
    Outcome.NOT_LAWFUL: "经核实，该要求于法无据，已逐条解释依据。",
}


def within(at: datetime, hours: float, spans: tuple[tuple[time, time], ...], *, working: bool) -> datetime:
    """Return the moment that many hours of work later."""
    left, local = timedelta(hours=hours), clock.local(at)
    for n in range(60):
        on = (local + timedelta(days=n)).date()
        if working and not calendar.day(on).counts:
            continue
        for opens, closes in spans:
            a, b = (datetime.combine(on, hour, clock.zone()) for hour in (opens, closes))
            a = max(a, local)
            if a >= b:
                continue
            if a + left <= b:
                return a + left
            left -= b - a
    return local + timedelta(days=60)
