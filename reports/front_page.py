"""The first pages: how much of a table or of what somebody wrote stands on them; the rest is in the annex."""

from __future__ import annotations

from reports.blocks import Chart, Section

IN_FRONT = {"intake": 5, "problems": 5, "clusters": 2, "incidents": 1, "red": 2, "advice": 1}
MOST_ROWS = 14
"""Rows that a table has on the first pages: the rest stands in the annex."""
MOST_IN_CELL, MOST_LETTERS, MOST_WRITTEN, MOST_ADVICE = 16, 40, 40, 1
"""How much of a cell, of a written text, and of all comments together stands on the first pages; Latin letters take half
the room."""
MOST_OFFICES = 5
BROUGHT = frozenset(
    {"counties.safety", "counties.enforcement", "intake.counties", "red.list", "urging", "fieldwork"}
)
"""Tables that some kinds want in front whole: each is bounded by the places or by itself."""


def length(text: str) -> float:
    """Return how much room a text takes, in Chinese letters."""
    return sum(0.5 if letter.isascii() else 1.0 for letter in text)


def clipped(text: str, most: int = MOST_LETTERS) -> str:
    """Cut a text to so many Chinese letters, in one line."""
    if length(text) <= most:
        return text
    kept, room = "", float(most - 1)
    for letter in " ".join(text.split()):
        room -= length(letter)
        if room < 0:
            break
        kept += letter
    return f"{kept}…" if kept else ""


def alone(s: Section) -> Chart | None:
    """Return the half chart that has none to stand beside: it would take a row of the first pages for itself."""
    halves = [b for b in s.blocks if isinstance(b, Chart) and b.is_half and not b.is_annex]
    return halves[-1] if len(halves) % 2 and len(halves) > 1 else None
