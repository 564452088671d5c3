"""Redaction: what could tell who someone is, found in a text and taken out of the copy that units read.

Better one word too many than one too few: a person approves the copy and may keep, one by one, what looks like an
address and is the place of the problem; names and numbers never.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from matters.redaction_marks import Finding, Mark
from matters.redaction_numbers import numbers_in
from matters.redaction_words import SURNAMES, words_in

__all__ = ["Finding", "Mark", "addresses", "findings", "redacted", "shadow"]

_TITLES = "先生|女士|小姐|大爷|大妈|大姐|大哥|大叔|阿姨|师傅|老师|某某|某|总|哥|姐"
_OF_PLACES = "区镇乡村庄路街湾岗楼寨营桥坡店沟堂塘坪圩家"
"""小李庄 is a village, not somebody."""
_GAP = r"[\s·•・.\u200b-\u200f\ufeff]*"
_LATIN = re.compile(r"[A-Za-z]")
_SHORTEST_NAME = 2


def findings(text: str, names: Iterable[str] = ()) -> list[Finding]:
    """Return what a text gives away, in its order; `names` are those known to belong to its people."""
    plain = shadow(text)
    found: list[Finding] = []
    taken = bytearray(len(text))
    for finding in (*_given_names(plain, names), *numbers_in(plain), *words_in(plain)):
        if not any(taken[finding.start : finding.end]):
            taken[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
            found.append(finding)
        else:  # what is left of it when something else took a part
            found.extend(_rest(finding, taken))
    return sorted(found, key=lambda f: f.start)


def addresses(text: str, names: Iterable[str] = ()) -> list[str]:
    """Return what reads like an address in a text, each once."""
    found = (text[f.start : f.end] for f in findings(text, names) if f.mark is Mark.ADDRESS)
    return list(dict.fromkeys(found))


def redacted(text: str, names: Iterable[str] = (), *, keep: Collection[str] = ()) -> str:
    """Return a text in which everything that tells who someone is has given way to a mark such as 〔电话〕; `keep` are addresses let be."""
    pieces: list[str] = []
    at = 0
    for finding in findings(text, names):
        if finding.mark is Mark.ADDRESS and text[finding.start : finding.end] in keep:
            continue
        between = text[at : finding.start]
        mark = finding.mark.in_text
        # Two pieces of one thing that stand side by side need one mark.
        if not (pieces and pieces[-1] == mark and not between.strip()):
            pieces += [between, mark]
        at = finding.end
    return "".join((*pieces, text[at:]))


def _rest(finding: Finding, taken: bytearray) -> Iterator[Finding]:
    start = None
    for at in range(finding.start, finding.end + 1):
        is_free = at < finding.end and not taken[at]
        if is_free and start is None:
            start = at
        elif not is_free and start is not None:
            taken[start:at] = b"\1" * (at - start)
            yield Finding(finding.mark, start, at)
            start = None


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    wide = unicodedata.normalize("NFKC", character)
    return wide if len(wide) == 1 else character


def shadow(text: str) -> str:
    """Return a text of the same length in which wide, circled and foreign digits and letters are plain ones."""
    return text if text.isascii() else "".join(map(_plain, text))


def _given_names(plain: str, names: Iterable[str]) -> Iterator[Finding]:
    """Find names that are known, written apart or in part as well: 李 小明, 小明, 李先生, 小李."""
    patterns: list[str] = []
    for name in sorted({shadow(n).strip() for n in names if n}, key=len, reverse=True):
        letters = [re.escape(c) for c in name if not c.isspace() and c not in "·•・."]
        if len(letters) < _SHORTEST_NAME:
            continue
        patterns.append(_GAP.join(letters))
        if _LATIN.search(name):
            patterns += [rf"\b{re.escape(part)}\b" for part in name.split() if len(part) >= 3]
            continue
        surname = next((name[:n] for n in (2, 1) if name[:n] in SURNAMES), "")
        given = name[len(surname) :]
        if surname and len(given) >= _SHORTEST_NAME:
            patterns.append(_GAP.join(map(re.escape, given)))
        if surname:
            patterns += [rf"{surname}(?:{_TITLES})", rf"[老小]{surname}(?![{_OF_PLACES}])"]
    if patterns:
        for hit in re.finditer("|".join(patterns), plain, re.IGNORECASE):
            yield Finding(Mark.NAME, hit.start(), hit.end())
