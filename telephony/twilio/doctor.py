"""The doctor: what to configure at the vendor, what will not work there, and whether our own door opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import requests

from core.settings import Settings
from core.terms import Term, Words
from telephony.line import LineTrouble
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import address_of, hurried, path_of
from telephony.twilio.client import asking
from telephony.twilio.signature import SIGNATURE_HEADER, sign

PROBE_S = (3.0, 8.0)


class Verdict(Term):
    """How one thing stands."""

    GOOD = "good", "正常", "good"
    NOTE = "note", "注意", "note"
    BAD = "bad", "有问题", "bad"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    words: Words


def _found(verdict: Verdict, zh: str, en: str, **params: object) -> Finding:
    return Finding(verdict, Words(zh, en).filled(**params))


def addresses(settings: Settings) -> list[tuple[Words, str]]:
    """Return what to enter at the vendor, in the vendor's own places."""
    return [
        (Words("语音应用 Voice 请求网址", "TwiML app, Voice request URL"), address_of(settings, "browser")),
        (Words("语音应用状态回调", "TwiML app, Voice status callback"), address_of(settings, "call")),
        (Words("号码来电网址", "Number, a call comes in"), hurried(address_of(settings, "inbound"))),
        (Words("号码状态回调", "Number, call status changes"), address_of(settings, "call")),
        (Words("主处理失败时", "Number and app, primary handler fails"), address_of(settings, "fallback")),
    ]


def look(settings: Settings, line: TwilioLine | None = None) -> Iterator[Finding]:
    """Look at everything that can be looked at from here, one finding after the other."""
    yield from _settings(settings)
    yield _probe(settings)
    if line is not None:
        yield from _account(settings, line)
    if settings.line == "twilio":
        yield from limits()


def limits() -> Iterator[Finding]:
    """Say what will not work with this vendor, whatever is configured."""
    yield _found(
        Verdict.BAD,
        "供应商自 2023 年 11 月 30 日起停止向中国大陆外呼：大陆号码会被拒绝。请改用国内 SIP 中继或人工拨号线路",
        "The vendor ended outbound calls to mainland China on 30 November 2023: such dials are refused. "
        "Use a domestic SIP trunk or the manual line",
    )
    yield _found(
        Verdict.NOTE,
        "默认每秒只能发起 1 路外呼（浏览器接入和来电不计）；超出的会自动排到下一秒，约够 140 名访员逐个拨打",
        "One outbound create per second by default (browsers and inbound calls are not counted); "
        "more wait for the next second, which is enough for about 140 interviewers",
    )
    yield _found(
        Verdict.NOTE,
        "本适配器按供应商的公开规范和模拟线路验证；请用 telephony capture 录一次真实回调，再用 replay 核对",
        "This adapter is verified against the vendor's specification and a simulator; capture a real day "
        "with telephony capture and check it with replay",
    )


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.public_base_url.startswith("https://"):
        yield _found(Verdict.GOOD, "公开地址使用 HTTPS", "The public address is HTTPS")
    elif settings.line == "twilio":
        yield _found(
            Verdict.BAD,
            "公开地址不是 HTTPS：回调会被窃听",
            "The public address is not HTTPS: webhooks travel in the clear",
        )
    for name, value, start in (
        ("TINGMIN_LINE_ACCOUNT", settings.account, "AC"),
        ("TINGMIN_LINE_API_KEY", settings.api_key, "SK"),
        ("TINGMIN_LINE_VOICE_APP", settings.voice_app, "AP"),
    ):
        if not (value.startswith(start) and len(value) == 34):
            yield _found(
                Verdict.BAD,
                "{name} 应以 {start} 开头，共 34 个字符",
                "{name} should begin with {start} and have 34 characters",
                name=name,
                start=start,
            )
    if not settings.caller_number.startswith("+"):
        yield _found(
            Verdict.BAD,
            "TINGMIN_CALLER_NUMBER 应为国际格式（+ 开头）",
            "TINGMIN_CALLER_NUMBER should be in international form, beginning with +",
        )


def _probe(settings: Settings) -> Finding:
    """Knock at our own public door with a signature, as the vendor would."""
    form = {"probe": "1"}
    headers = {SIGNATURE_HEADER: sign(settings, path_of("probe"), form)}
    try:
        answer = requests.post(address_of(settings, "probe"), data=form, headers=headers, timeout=PROBE_S)
    except requests.RequestException as error:
        return _found(
            Verdict.BAD,
            "公开地址连不上（{why}）：供应商也连不上",
            "The public address can't be reached ({why}), so the vendor can't reach it either",
            why=type(error).__name__,
        )
    if answer.status_code == 200:
        return _found(Verdict.GOOD, "公开地址能收到带签名的回调", "The public address takes signed webhooks")
    if answer.status_code == 403:
        return _found(
            Verdict.BAD,
            "签名没有通过：TINGMIN_PUBLIC_BASE_URL 与供应商所用的地址不一致，或运行中的服务用了另一个密钥",
            "The signature was refused: TINGMIN_PUBLIC_BASE_URL is not the address that is used, "
            "or the running server has another token",
        )
    return _found(
        Verdict.BAD, "公开地址回答 {status}", "The public address answers {status}", status=answer.status_code
    )


def _account(settings: Settings, line: TwilioLine) -> Iterator[Finding]:
    try:
        with asking():
            account = line.client.api.accounts(settings.account).fetch()
            numbers = (
                line.client.incoming_phone_numbers.list(phone_number=settings.caller_number, limit=5)
                if settings.line == "twilio"
                else None
            )
    except LineTrouble as trouble:
        yield _found(
            Verdict.BAD,
            "线路账户不应答（{code}）",
            "The line's account does not answer ({code})",
            code=trouble.code,
        )
        return
    yield _found(Verdict.GOOD, "线路账户可用", "The line's account answers")
    if str(account.type) == "Trial":
        yield _found(
            Verdict.BAD,
            "试用账户不能运行本系统：只能拨打已验证号码，且会插播提示",
            "A trial account can't run this product: it dials verified numbers only and speaks over calls",
        )
    if str(account.status) != "active":
        yield _found(Verdict.BAD, "线路账户已停用", "The line's account is not active")
    if numbers is not None:
        yield _voice_address(settings, [str(n.voice_url or "") for n in numbers])


def _voice_address(settings: Settings, configured: list[str]) -> Finding:
    wanted = address_of(settings, "inbound")
    if not configured:
        return _found(
            Verdict.BAD, "主叫号码不在这个账户里", "The caller number does not belong to this account"
        )
    if wanted not in [url.partition("#")[0] for url in configured]:
        return _found(
            Verdict.BAD,
            "主叫号码的来电网址应为 {url}",
            "The caller number's voice URL should be {url}",
            url=wanted,
        )
    return _found(Verdict.GOOD, "主叫号码的来电网址正确", "The caller number's voice URL is right")
