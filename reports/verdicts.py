"""What the figures of a bulletin bear: every verdict that its tables give, by the names under which a text speaks of them."""

from __future__ import annotations

from collections import defaultdict

from core.problems import Invalid
from core.terms import Words
from reports.blocks import Figure, Snapshot, Text
from reports.overclaiming import Borne, overclaims
from reports.wording import Verdict

NAMES = {
    "index.safety": ("安全感", "security"),
    "index.enforcement": ("执法满意度", "政法机关满意度", "enforcement"),
}
"""How a text speaks of an index."""
IN_ALL = ("诉求", "受理量", "受理总量", "matters", "intake")
NEVER_COMPARED = (
    "超期", "红灯", "解决率", "满意率", "按时率", "响应率", "应答率", "合作率", "接触率", "拒访率", "突发事件", "重复来电",
    "overdue", "solved", "satisfied", "response rate", "cooperation rate", "contact rate", "refusal rate", "incidents",
)  # fmt: skip
"""What the bulletin gives without a comparison: no direction can be read from it."""
AMBIGUOUS = {"意见", "建议", "opinion", "suggestion"}
"""Kinds of matters that are ordinary words as well: a text means them where it says so."""


class Overclaimed(Invalid):
    """A text says more than the figures."""

    words = Words(
        "“{name}”的变化没有达到可辨认的程度，不能写“{word}”。没有保存，请改为“无显著变化”或删去。",
        "The change of “{name}” can't be told from chance, so “{word}” can't be said. Nothing was saved: write “no "
        "detectable change” or leave it out.",
    )


def borne(content: Snapshot) -> Borne:
    """Return what may be said of every index, agency, kind of matter, topic, county and group."""
    # A kind without indices bears no word about them.
    before = {name: Verdict.UNKNOWN for names in NAMES.values() for name in names}
    before |= dict.fromkeys((*IN_ALL, *NEVER_COMPARED), Verdict.UNKNOWN)
    year: dict[str, Verdict] = {}
    for figure in content.figures():
        names = (*NAMES.get(figure.id, ()), figure.words.zh, figure.words.en)
        before |= dict.fromkeys(names, _compared(figure, 0))
        year |= dict.fromkeys(names, _compared(figure, 1))
    places: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for table in content.tables():
        if "change" not in {c.key for c in table.columns}:
            continue
        kind, _, index = table.id.partition(".")
        at = table.column("change")
        for n, row in enumerate(table.rows):
            words, verdict = row[0], _read(row[at])
            if not isinstance(words, Text):
                continue
            both = [x.rpartition(" › ")[2] for x in (words.zh, words.en) if len(x) > 1]
            if kind in ("counties", "groups"):
                for name in both:
                    for said in NAMES.get(f"index.{index}", (index,)):
                        places[name][said] = verdict
            elif kind == "intake" and n == 0:
                before |= dict.fromkeys(IN_ALL, verdict)
            elif kind in ("intake", "topics", "contacts", "indices"):
                plain = [x for x in both if x.lower() not in AMBIGUOUS]
                before |= {name: verdict for name in plain if name not in year}
                before |= {f"{x}类": verdict for x in both if x in AMBIGUOUS}
    return Borne(before, year, places)


def overclaimed(content: Snapshot, texts: list[str]) -> list[tuple[str, str]]:
    """Find where texts say more than a bulletin's figures."""
    known = borne(content)
    return [found for text in texts for found in overclaims(text, known)]


def guard(content: Snapshot, *texts: str) -> None:
    """Refuse a text that says more than the figures."""
    for name, word in overclaimed(content, list(texts)):
        raise Overclaimed(name=name, word=word)


def _compared(figure: Figure, which: int) -> Verdict:
    if len(figure.comparisons) <= which:
        return Verdict.UNKNOWN
    return Verdict.of(figure.comparisons[which].verdict)


def _read(cell: object) -> Verdict:
    """Read a verdict back from its words."""
    zh = cell.zh if isinstance(cell, Text) else ""
    return next((v for v in Verdict if v.zh == zh), Verdict.UNKNOWN)
