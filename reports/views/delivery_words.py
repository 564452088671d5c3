"""Why a message about a bulletin did not go out, in words that say what to do."""

from __future__ import annotations

from core.terms import Words
from reports.deliveries import BulletinDelivery

_WHY = {
    "no-mail-server": Words(
        "没有设置邮件服务器，请打电话或当面告知", "No mail server is set: tell them by telephone or in person"
    ),
    "line-sends-no-texts": Words(
        "现在的线路不发短信，请打电话或当面告知",
        "The line in use sends no texts: tell them by telephone or in person",
    ),
    "no-longer-listed": Words("发出前已移出名单", "Taken off the list before it went out"),
    "server-away": Words(
        "多次连不上邮件服务器，请告知管理员", "The mail server was out of reach: tell the administrator"
    ),
    "sign-in-refused": Words(
        "邮件服务器不认本系统的用户名或密码，请告知管理员",
        "The mail server refused this system's user or password: tell the administrator",
    ),
    "settings-not-usable": Words(
        "邮件服务器的用户名、密码或发件地址里有不能用的字符，请告知管理员",
        "The mail server's user, password or sender holds letters that can't be used: tell the administrator",
    ),
    "certificate-not-trusted": Words(
        "邮件服务器的证书不可信，请告知管理员",
        "The mail server's certificate is not trusted: tell the administrator",
    ),
}
_TEXT = Words(
    "短信没有送达，请核对号码或人工告知", "The text did not arrive: check the number or tell them by hand"
)
_MAIL = Words(
    "邮件服务器没有收下，请核对邮箱或人工告知",
    "The mail server did not take it: check the address or tell them by hand",
)


def trouble(delivery: BulletinDelivery) -> Words:
    """Say why a message did not go out."""
    known = _WHY.get(delivery.error or "")
    return known or (_TEXT if delivery.text is not None else _MAIL)
