"""Forms: what is written down of a contact, as versioned data: fields, choices, and what is needed to finish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.problems import Missing
from core.terms import Term, Words, language
from hotline.definitions import shipped, words_of

NOT_SAID = "not_said"
"""A rating that was asked for and not given: known to be unknown, which is not the same as empty."""
HIGHEST = 100

Value = str | int | list[str]
Values = Mapping[str, Value]


class FieldKind(Term):
    """What is filled in, and how."""

    CHOICE = "choice", "单选", "One of several"
    CHOICES = "choices", "多选", "Several"
    TEXT = "text", "文字", "Text"
    RATING = "rating", "0–100 评分", "A rating 0–100"
    TOWNSHIP = "township", "乡镇", "A township"


K = FieldKind


@dataclass(frozen=True)
class Option:
    """One choice of a field."""

    code: str
    words: Words


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    name: str
    kind: FieldKind
    words: Words
    options: tuple[Option, ...] = ()
    most: int | None = None
    longest: int = 0
    rows: int = 2
    ask: Words | None = None
    """What the operator says to ask for it."""

    @property
    def codes(self) -> frozenset[str]:
        """What may be chosen."""
        return frozenset(option.code for option in self.options)


@dataclass(frozen=True)
class Part:
    """Fields that belong together."""

    code: str
    words: Words
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Holds:
    """True when a field holds one of some codes."""

    field: str
    codes: frozenset[str]

    def is_true_of(self, values: Values) -> bool:
        """Look into what was filled in."""
        value = values.get(self.field)
        given = set(value) if isinstance(value, list) else {value}
        return bool(given & self.codes)


@dataclass(frozen=True)
class Need:
    """Fields without which a record is not finished, unless or only when others hold something."""

    fields: tuple[str, ...]
    unless: tuple[Holds, ...]
    only: tuple[Holds, ...]

    def applies(self, values: Values) -> bool:
        """Say whether these fields are needed now."""
        wanted = not self.only or any(rule.is_true_of(values) for rule in self.only)
        return wanted and not any(rule.is_true_of(values) for rule in self.unless)


@dataclass(frozen=True)
class Form:
    """One version of a form; an older record keeps the version it was written with."""

    code: str
    version: int
    title: Words
    parts: tuple[Part, ...]
    needs: tuple[Need, ...]

    @property
    def fields(self) -> dict[str, Field]:
        """Every field by its name, in the form's order."""
        return {field.name: field for part in self.parts for field in part.fields}

    def as_screen(self) -> dict[str, Any]:
        """Return what the browser needs to draw it, in the language spoken."""
        return {
            "version": self.version,
            "title": str(self.title),
            "parts": [
                {"code": p.code, "words": str(p.words), "fields": [_on_screen(f) for f in p.fields]}
                for p in self.parts
            ],
        }


def _on_screen(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind.value,
        "words": str(field.words),
        "options": [{"code": o.code, "words": str(o.words)} for o in field.options],
        "most": field.most,
        "longest": field.longest,
        "rows": field.rows,
        "ask": field.ask.in_language(language()) if field.ask else "",
    }


def _field(raw: Mapping[str, Any]) -> Field:
    return Field(
        name=raw["name"],
        kind=FieldKind.of(raw["kind"]),
        words=words_of(raw),
        options=tuple(Option(o["code"], words_of(o)) for o in raw.get("options", ())),
        most=raw.get("most"),
        longest=raw.get("longest", 0),
        rows=raw.get("rows", 2),
        ask=words_of(raw["ask"]) if "ask" in raw else None,
    )


def _rules(raw: list[Mapping[str, Any]]) -> tuple[Holds, ...]:
    return tuple(Holds(rule["field"], frozenset(rule["holds"])) for rule in raw)


def read(raw: Mapping[str, Any]) -> Form:
    """Read one version of a form; what does not fit together is an error of the file, told at once."""
    form = Form(
        code=raw["code"],
        version=raw["version"],
        title=words_of(raw["title"]),
        parts=tuple(Part(p["code"], words_of(p["title"]), tuple(map(_field, p["fields"]))) for p in raw["parts"]),
        needs=tuple(
            Need(tuple(n["fields"]), _rules(n.get("unless", [])), _rules(n.get("only", [])))
            for n in raw["finish"]
        ),
    )  # fmt: skip
    _check(form)
    return form


def _check(form: Form) -> None:
    names = [field.name for part in form.parts for field in part.fields]
    if len(names) != len(set(names)):
        raise ValueError(f"{form.code} {form.version}: a field occurs twice")
    fields = form.fields
    for field in fields.values():
        if bool(field.options) != (field.kind in (K.CHOICE, K.CHOICES)):
            raise ValueError(f"{form.code}: {field.name} has options and should not, or the other way round")
        if (field.kind is K.TEXT) != (field.longest > 0):
            raise ValueError(f"{form.code}: {field.name} needs a length, or has one and should not")
    for need in form.needs:
        strange = set(need.fields) - set(fields)
        for rule in (*need.unless, *need.only):
            held = fields.get(rule.field)
            if held is None or not rule.codes <= held.codes:
                strange.add(rule.field)
        if strange:
            raise ValueError(f"{form.code}: the rules for finishing name {sorted(strange)}")


@cache
def forms() -> dict[tuple[str, int], Form]:
    """Return every version of every form."""
    found = map(read, shipped("forms"))
    return {(form.code, form.version): form for form in sorted(found, key=lambda f: (f.code, f.version))}


def form(code: str, version: int | None = None) -> Form:
    """Return one version of a form; the newest where none is named."""
    versions = [f for f in forms().values() if f.code == code and version in (None, f.version)]
    if not versions:
        raise Missing(Words("没有这份记录表", "There is no such form"))
    return versions[-1]
