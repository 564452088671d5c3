"""The options of a question as a resident hears them: which way a scale runs, and which one fits a fact."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_UNKNOWN = re.compile(
    r"不知道|说不清|不清楚|不了解|拒答|拒绝回答|don.?t know|not sure|refus|no answer|prefer not", re.I
)
_UNKNOWN_NAMES = frozenset({"dk", "dont_know", "na", "no_answer", "refused", "ref", "98", "99", "998", "999"})
_AGAINST = re.compile(
    r"不|没|未|否|差|降低|下降|农村|乡村|\bnot?\b|\bun|\bdis|worse|less|never|poor|bad|rural", re.I
)
_SEX = {
    "male": re.compile(r"男|\bmale|\bman\b|^m$", re.I),
    "female": re.compile(r"女|female|woman|^f$", re.I),
}
_EDUCATION = {
    "primary": re.compile(r"小学|primary|未上|文盲|no school", re.I),
    "junior": re.compile(r"初中|junior", re.I),
    "senior": re.compile(r"高中|中专|职高|技校|senior|vocational", re.I),
    "college": re.compile(r"大专|大学|本科|college|university|bachelor", re.I),
}
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option: its name in the data, its words in all languages, and whether an index counts it."""

    name: str
    words: str
    is_favourable: bool = False

    @property
    def is_unknown(self) -> bool:
        """Tell an option that is no opinion."""
        return self.name.lower() in _UNKNOWN_NAMES or bool(_UNKNOWN.search(self.words))


def read(option: object) -> Choice:
    """Read an option: a name, a (name, label) pair, or anything with a name and a label."""
    if isinstance(option, str | int):
        return Choice(str(option), str(option))
    if isinstance(option, Sequence):
        return Choice(str(option[0]), _words(option[1]))
    name, label = getattr(option, "name", None), getattr(option, "label", "")
    if not isinstance(name, str):
        raise TypeError(f"an option has a name, got {option!r}")
    return Choice(name, _words(label) or name, bool(getattr(option, "favourable", False)))


def ordered(options: Sequence[Choice]) -> tuple[Choice, ...]:
    """Return the substantive options, most favourable (or yes) first, whichever way the list runs."""
    rest = tuple(each for each in options if not each.is_unknown)
    if len(rest) < 2:
        return rest
    first, last = rest[0], rest[-1]
    if first.is_favourable != last.is_favourable:
        return rest if first.is_favourable else rest[::-1]
    runs_up = bool(_AGAINST.search(first.words)) and not _AGAINST.search(last.words)
    return rest[::-1] if runs_up else rest


def known_unknown(options: Sequence[Choice]) -> str | None:
    """Return the option that says "I don't know", if the list has one."""
    return next((each.name for each in options if each.is_unknown), None)


def sex_of(options: Sequence[Choice], sex: str) -> str:
    """Return the option for a sex; the first is a man's where the words do not say."""
    for each in options:
        if _SEX[sex].search(each.name) or _SEX[sex].search(each.words):
            return each.name
    return options[("male", "female").index(sex)].name if len(options) > 1 else sex


def education_of(options: Sequence[Choice], education: str, u: float = 0.0) -> str:
    """Return the option for an education; where a list splits a level, u decides between its parts."""
    pattern = _EDUCATION[education]
    fitting = [each.name for each in options if pattern.search(f"{each.name} {each.words}")]
    if fitting:
        return fitting[int(u * len(fitting))]
    return options[min(tuple(_EDUCATION).index(education), len(options) - 1)].name if options else education


def bracket_of(options: Sequence[Choice], number: int) -> str:
    """Return the option whose numbers hold a number: "18-29", "30–39", "70+"."""
    found = options[0].name
    for each in options:
        bounds = [int(digits) for digits in _NUMBERS.findall(each.words)]
        if bounds and bounds[0] <= number:
            found = each.name
    return found


def _words(label: object) -> str:
    if isinstance(label, Mapping):
        return " / ".join(map(str, label.values()))
    zh, en = getattr(label, "zh", None), getattr(label, "en", None)
    return " / ".join(filter(None, (zh, en))) if zh is not None or en is not None else str(label)
