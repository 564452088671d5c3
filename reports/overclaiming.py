"""Overclaiming: where a text that somebody wrote says more than the figures, word by word, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reports.wording import Verdict

_RISING = (
    r"上升|上涨|升高|提高|提升|增长|攀升|好转|回升|改善|走高|上行|上扬|走强|向好|转好|变好|更好|增加|增多|增强|增大|增至|增到|增了|"
    r"(?:激|剧|猛|骤|陡|倍|翻)增|翻番|翻倍|(?:创|达到?)(?:了)?(?:历史)?(?:新高|最高)|新高|升至|升到|升为|升了|涨至|涨到|涨了|多了|高于|"
    r"高出|反弹|(?<![提晋])升(?![级学旗降])|涨"
)
_FALLING = (
    r"下降|下跌|下滑|降低|回落|恶化|变差|走低|减少|下行|走弱|转差|减弱|减至|减到|减了|(?:锐|骤|递)减|减半|"
    r"(?:创|达到?)(?:了)?(?:历史)?(?:新低|最低)|新低|降至|降到|降为|降了|跌至|跌到|跌了|少了|低于|滑坡|缩小|萎缩|(?<!升)降(?![雨雪水温临落])|跌"
)
_WENT = r"\b(?:is|are|was|were|been|be|went|goes|go|gone|going|moved|moves|edged|came|stands?|stood)\s+(?:\w+ly\s+|now\s+|back\s+)?"
_BY = r"\s+(?:by|from|on|again|slightly|sharply|clearly|[0-9]|two|three|several|half)\b"
_UP = re.compile(
    rf"{_RISING}|{_WENT}up\b(?!\s+(?:to date|and running|for))|\bup(?:{_BY}|\s*$)|"
    r"\b(?:rose|risen|rises?|rising|rise|increas\w*|improv\w*|grew|grows?|growing|growth|higher|highest|climb\w*|surg\w*|soar\w*|"
    r"jump\w*|gain(?:s|ed|ing)?|strengthen\w*|stronger|better|more|doubled|record high|peaked|picked up)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    rf"{_FALLING}|{_WENT}down\b|\bdown(?:{_BY}|\s*$)|"
    r"\b(?:fell|fallen|falls?|falling|drop\w*|declin\w*|decreas\w*|worse\w*|lower|lowest|weaken\w*|weaker|slid|slipp\w*|shrank|"
    r"shrunk|shrink\w*|plunge\w*|sank|lost|less|fewer|halved|record low|deteriorat\w*)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"(没有|没|并未|未见|未|不再|不|无)(出现|有)?(明显|显著|任何)?(的)?({_RISING}|{_FALLING})"
    r"|\b(not|no|neither|nor|never)\b(\s+(a|any|have|has|been|clearly|detectably|go|gone))*\s+\w+(\s+(up|down))?",
    re.IGNORECASE,
)
_TURNED = re.compile(
    r"(?:不|由|从|先|止)(?:上升|下降|升|降|增|减|涨|跌)(?:而反|而|反而|反|转而|转为|转|后|为|返)?(?=[^，,]*(?:升|降|增|减|涨|跌|落|滑))"
)
"""Where it came from before it turned: the direction that follows is the one that is said."""
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_UNSAID = re.compile(
    r"\s*((明显|显著|略有|略|有所|继续|持续|大幅|小幅|稳步|呈|均|都|也|又|再|已|已经|比上周|比上期|比上年|同比|环比)|"
    r"(and|but|it|they|has|have|also|slightly|clearly|then|is|are|was|were|went|by)\s+)*",
    re.IGNORECASE,
)
"""What may stand before a direction that has no subject of its own."""
_STEADY = ("无显著变化", "没有显著变化", "无明显变化", "no detectable change")
_WISHED = re.compile(
    r"请|(?<![主重只])要|应当|应该|应(?=[及尽在于从对把继加采])|必须|须|争取|力争|确保|努力|推动|促进|希望|力求|尽快|进一步|着力|切实|建议|目标|预计|"
    r"预期|以便|以利|\b(?:please|must|should|shall|will|would|could|may|aim|let|want|so that|in order|expect\w*|to)\b",
    re.IGNORECASE,
)
"""What makes a direction something to be done, not something that was."""
_HAPPENED = re.compile(
    r"已|了|[至到为]\s*[0-9]|[0-9]\s*(?:%|个|percent|points?)|\b(?:has|have|had|was|were)\b", re.IGNORECASE
)
_LAST_YEAR = re.compile(r"同比|去年|上年|前年|年初|一年前|\byear|\bannual", re.IGNORECASE)


@dataclass(frozen=True)
class Borne:
    """What the figures bear, by the names under which a text speaks of them."""

    before: Mapping[str, Verdict]
    """Against the period before."""
    year: Mapping[str, Verdict] = field(default_factory=dict)
    """Against the year before; what is not in it can't be compared."""
    places: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    """Against the span before, by place or group of residents."""

    def verdict(self, name: str, place: str | None, *, is_year: bool) -> Verdict:
        """Return what may be said of a figure."""
        if place is not None:
            found = Verdict.UNKNOWN if is_year else self.places[place].get(name, Verdict.UNKNOWN)
        else:
            found = (self.year if is_year else self.before).get(name, Verdict.UNKNOWN)
        return found


def overclaims(text: str, borne: Borne) -> list[tuple[str, str]]:
    """Find where a text says more than the figures: (the figure's name, the word that it does not bear).

    A clause that gives a direction must have that direction found for the figures it names, at the place and against
    the period it names; where it has no subject of its own, for those of the clause before. One that says “no
    detectable change”, denies a direction, or asks for one, is let be.
    """
    found: list[tuple[str, str]] = []
    for sentence in re.split(r"[。！？；;!?\n]|\.\s", text):
        spoken_of: list[str] = []
        where: str | None = None
        for clause in re.split(r"[，,]", sentence):
            left = _DENIED.sub("", _TURNED.sub("", clause))
            up, down = _UP.search(left), _DOWN.search(left)
            mine = _named(clause, borne.before)
            here = next(iter(_named(clause, borne.places)), None)
            first = min((m for m in (up, down) if m), key=lambda m: m.start(), default=None)
            lead = left[: first.start()] if first else left
            if mine:
                spoken_of, where = mine, here
            elif here is not None:
                where = here
                lead = lead.replace(here, "")
                spoken_of = spoken_of if _UNSAID.fullmatch(lead) and spoken_of else [here]
            elif not _UNSAID.fullmatch(lead):
                spoken_of = []
            if first is None or any(word in clause.lower() for word in _STEADY) or _is_wished(left, first):
                continue
            is_year = bool(_LAST_YEAR.search(clause))
            for name in spoken_of:
                verdict = borne.verdict(name, where, is_year=is_year)
                if up and verdict is not Verdict.UP:
                    found.append((name, up[0]))
                elif down and verdict is not Verdict.DOWN:
                    found.append((name, down[0]))
    return found


def unquoted(text: str) -> str:
    """Leave out the claims that a text quotes: why an issue is taken back may say what was wrong in it."""
    return _QUOTED.sub(lambda q: "" if _UP.search(q[0]) or _DOWN.search(q[0]) else q[0], text)


def _is_wished(clause: str, direction: re.Match[str]) -> bool:
    return bool(_WISHED.search(clause[: direction.start()])) and not _HAPPENED.search(clause)


def _named(clause: str, names: Mapping[str, object]) -> list[str]:
    """Return which names a clause says, the longest first; one inside of another is not meant."""
    low, found = clause.lower(), list[str]()
    for name in sorted(names, key=len, reverse=True):
        spelled = name.lower()
        is_said = spelled in low if not spelled.isascii() else re.search(rf"\b{re.escape(spelled)}", low)
        if is_said and not any(spelled in longer.lower() for longer in found):
            found.append(name)
    return sorted(found, key=list(names).index)
