"""One word, one meaning: coded terms that carry their Chinese and English labels, and the language spoken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import sqlalchemy as sa

LANGUAGES = ("zh", "en")
_language: ContextVar[str] = ContextVar("language", default="zh")


def language() -> str:
    """Return the language spoken now: "zh" or "en"."""
    return _language.get()


def speak(code: str) -> None:
    """Set the language for the rest of this context; an unknown one becomes Chinese."""
    _language.set(code if code in LANGUAGES else "zh")


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language inside the block."""
    token = _language.set(code if code in LANGUAGES else "zh")
    try:
        yield
    finally:
        _language.reset(token)


def t(zh: str, en: str, **params: object) -> str:
    """Return the text in the language spoken, with its {named} places filled."""
    text = en if _language.get() == "en" else zh
    return text.format(**params) if params else text


@dataclass(frozen=True)
class Words:
    """A sentence in both languages, with places to fill."""

    zh: str
    en: str
    params: tuple[tuple[str, object], ...] = ()

    def filled(self, **params: object) -> Words:
        """Return the same sentence with its places filled."""
        return Words(self.zh, self.en, tuple(params.items()))

    def in_language(self, code: str) -> str:
        """Return the sentence in one language."""
        text = self.en if code == "en" else self.zh
        params = {k: v.in_language(code) if isinstance(v, Words | Term) else v for k, v in self.params}
        return text.format(**params) if params else text

    def __str__(self) -> str:
        return self.in_language(_language.get())

    def as_json(self) -> dict[str, str]:
        """Return both languages, for storage."""
        return {"zh": self.in_language("zh"), "en": self.in_language("en")}


class Term(StrEnum):
    """A coded word: the member's value is its code, with its label in both languages."""

    zh: str
    en: str

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh = zh
        member.en = en
        return member

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the member with this code; ValueError when there is none."""
        for member in cls:
            if member.value == code:
                return member
        raise ValueError(f"{code!r} is no {cls.__name__}")

    @classmethod
    def found(cls, code: object) -> Self | None:
        """Return the member of a code that came from outside, or None when there is no such code."""
        return next((member for member in cls if member.value == code), None)

    @property
    def label(self) -> str:
        """The label in the language spoken."""
        return self.in_language(_language.get())

    def in_language(self, code: str) -> str:
        """Return the label in one language."""
        return self.en if code == "en" else self.zh

    def __str__(self) -> str:
        return str(self.value)


def coded(term: type[Term], length: int = 32) -> sa.Enum:
    """Return the column type that stores a term by its code."""
    return sa.Enum(
        term,
        values_callable=lambda members: [m.value for m in members],
        native_enum=False,
        create_constraint=False,
        length=length,
        validate_strings=True,
    )


def code_list(*members: Term) -> str:
    """Return codes as an SQL list, for CHECK constraints that tie a state to its facts."""
    return "(" + ", ".join(f"'{m.value}'" for m in members) + ")"


def labels(term: type[Term]) -> dict[str, Any]:
    """Return {code: label} in the language spoken, for lists to choose from."""
    return {m.value: m.label for m in term}
