"""Record sheets: a counselling record in words, part by part, for whoever may read it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.places import Place
from core.terms import t
from hotline.forms import NOT_SAID, Field, FieldKind, Form, Value, Values


@dataclass(frozen=True)
class SheetPart:
    """One part of a record: its heading, and label and text of what was filled in."""

    words: str
    lines: list[tuple[str, str]]


def sheet(session: Session, form: Form, values: Values) -> list[SheetPart]:
    """Return what a record holds in the language spoken; what was left empty is left out."""
    parts = [
        SheetPart(
            str(part.words),
            [
                (str(field.words), _text(session, field, values[field.name]))
                for field in part.fields
                if values.get(field.name) not in (None, "", [])
            ],
        )
        for part in form.parts
    ]
    return [part for part in parts if part.lines]


def _text(session: Session, field: Field, value: Value) -> str:
    if value == NOT_SAID:
        return t("没有说", "Not said")
    if field.kind is FieldKind.TOWNSHIP:
        place = session.get(Place, int(str(value))) if str(value).isdecimal() else None
        return place.label if place is not None else "—"
    words = {option.code: str(option.words) for option in field.options}
    if isinstance(value, list):
        return t("、", ", ").join(words.get(code, code) for code in value)
    return words.get(str(value), str(value))
