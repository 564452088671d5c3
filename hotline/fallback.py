"""The fallback: what the carrier says and does by itself when nobody of ours answers, kept there as a document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import reading
from core.settings import Settings
from core.sweeps import sweep
from core.terms import Words
from hotline.lines import HelpLine, LineKind
from telephony.advice import advises, standing_documents
from telephony.line import in_use, line
from telephony.rounds import outside
from telephony.spoken import End, Record, Ring, Say, Step, Steps

RINGS_S = 20
LONGEST_MESSAGE_S = 180

HELLO: dict[LineKind, Words] = {
    LineKind.CITIZEN: Words("您好，这里是民意热线。", "Hello, this is the citizen line."),
    LineKind.COUNSELLING: Words(
        "您好，这里是希望热线。如果您或身边的人正处于危险中，请立即拨打 110 或 120。",
        "Hello, this is the hope line. If you or somebody near you is in danger, call 110 or 120 at once.",
    ),
}
RINGING = Words(
    "系统正在恢复，我们正在为您接通值班人员，请不要挂断。",
    "Our system is coming back. We are ringing the people on duty for you; please stay on the line.",
)
LEAVE_A_MESSAGE = Words(
    "如果刚才没有人和您通话，请在提示音后留言，留言会录音，我们会尽快给您回电。"
    "号码未显示的，请说出回电号码。说完可以直接挂机；如果不挂机，我们会再次为您接通。",
    "If nobody spoke with you, leave a message after the tone; it is recorded, and we will call you back soon. "
    "If your number is withheld, please say where to call. Then hang up; if you stay, we ring again for you.",
)
NOTHING_HEARD = Words(
    "没有听到您的留言，我们再为您接通一次。", "We heard no message, so we ring once more for you."
)
GOODBYE = Words(
    "我们已经记下您的来电，会尽快给您回电。再见。",
    "Your call is noted and we will call you back soon. Goodbye.",
)


def standing_steps(help_line: HelpLine) -> Steps:
    """Return what the carrier does alone: a kind sentence, the duty telephones in turn, then a message.

    A carrier that has taken a message asks for its document anew, so whoever stays is rung for again.
    """
    kind = help_line.kind
    once = [*_ring(help_line), *_both(LEAVE_A_MESSAGE), Record(longest_s=LONGEST_MESSAGE_S)]
    again = [*_both(NOTHING_HEARD), *once]
    return [*_both(HELLO[kind]), *once, *again, *_both(GOODBYE), End()]


def _ring(help_line: HelpLine) -> list[Step]:
    if not help_line.duty_phones:
        return []
    # The duty telephones see the line's number: the caller's own is nobody's business there.
    ring = Ring(tuple(help_line.duty_phones), shows=help_line.number, each_s=RINGS_S)
    return [*_both(RINGING), ring]


def _both(words: Words) -> list[Step]:
    return [Say(words), Say(words, "en")]


def standing_document(help_line: HelpLine) -> str:
    """Write a line's fallback as the document that the carrier keeps."""
    return line().standing_document(standing_steps(help_line))


def keep_documents(settings: Settings) -> list[Path]:
    """Hand every line's document to the simulated carrier; at a real one people enter it themselves."""
    if settings.line != "simulator":
        return []
    folder = standing_documents(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with reading() as session:
        texts = {
            f"{row.number.removeprefix('+')}.xml": standing_document(row)
            for row in session.scalars(sa.select(HelpLine).order_by(HelpLine.id))
        }
    for old in folder.glob("*.xml"):
        if old.name not in texts:
            old.unlink()
    for name, text in texts.items():
        if (folder / name).is_file() and (folder / name).read_text(encoding="utf-8") == text:
            continue
        fresh = folder / f".{name}.new"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(folder / name)  # whole or not at all: a call may come in while we write
    return [folder / name for name in sorted(texts)]


@sweep("carrier.fallback", every=timedelta(seconds=60))
def keep(_session: Session, _now: datetime) -> None:
    """See to it that the simulated carrier keeps what stands in our books."""
    carrier = in_use()
    if carrier is not None and carrier.settings.line == "simulator":
        outside(lambda: keep_documents(carrier.settings))


@advises
def advise(_settings: Settings) -> Iterator[tuple[Words, str]]:
    """Say for each line what stands at its number when the application doesn't answer."""
    with reading() as session:
        told = [
            (
                Words("{line}（{number}）主处理失败时", "{line} ({number}), primary handler fails").filled(
                    line=row.name, number=row.number
                ),
                f"the static document that `flask hotline fallback --line {row.kind.value}` prints"
                + ("" if row.duty_phones else "; NO DUTY TELEPHONE is set: flask hotline set-line"),
            )
            for row in session.scalars(sa.select(HelpLine).order_by(HelpLine.id))
        ]
    yield from told
