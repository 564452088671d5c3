"""What a message about a bulletin says: its name and where it is read; never a number of it, never a name."""

from __future__ import annotations

from core.terms import Term, Words
from reports.bulletins import Bulletin
from reports.post import address_of


class Occasion(Term):
    """Why somebody is told."""

    ISSUED = "issued", "签发", "Issued"
    CORRECTED = "corrected", "更正", "Corrected"
    WITHDRAWN = "withdrawn", "撤回", "Withdrawn"
    REMINDER = "reminder", "提醒", "Reminder"


_WORDS = {
    Occasion.ISSUED: Words(
        "【民意中心】{title}已签发，请登录阅读：{url}",
        "[Opinion centre] {title} is out. Sign in to read it: {url}",
    ),
    Occasion.CORRECTED: Words(
        "【民意中心】{title}已出更正版，请以更正版为准，登录阅读：{url}",
        "[Opinion centre] {title} has been corrected. Sign in to read the new edition: {url}",
    ),
    Occasion.WITHDRAWN: Words(
        "【民意中心】{title}已撤回，请勿再引用，登录可看说明：{url}",
        "[Opinion centre] {title} has been withdrawn; please don't quote it. Sign in to see why: {url}",
    ),
    Occasion.REMINDER: Words(
        "【民意中心】{title}待您阅读，请登录：{url}",
        "[Opinion centre] {title} waits for you. Sign in to read it: {url}",
    ),
}


def announcement(bulletin: Bulletin, occasion: Occasion) -> Words:
    """Return the whole message; the page that it names asks for a sign-in, so the address tells nothing."""
    return _WORDS[occasion].filled(title=bulletin.title, url=address_of(f"/bulletins/{bulletin.id}"))


def subject(bulletin: Bulletin, occasion: Occasion) -> Words:
    """Return a mail's subject."""
    return Words("{title}：{what}", "{title}: {what}").filled(title=bulletin.title, what=occasion)
