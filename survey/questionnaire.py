"""A questionnaire as data: sections, questions, options and their wording, readable by server and browser alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from core.terms import Words
from survey.expression import Tree

DONT_KNOW = "DONT_KNOW"
NO_ANSWER = "NO_ANSWER"
SPECIAL = frozenset({DONT_KNOW, NO_ANSWER})
"""Recorded, never read out; inside conditions and calculations they count as an empty answer."""

ACKNOWLEDGED = "OK"
OTHER = "other"
REVERSED = "reversed"
FORWARD = "forward"

ASKED = frozenset(
    {"select_one", "select_multiple", "integer", "decimal", "text", "date", "time", "datetime", "acknowledge"}
)
SELECTS = frozenset({"select_one", "select_multiple"})
CALCULATED = frozenset({"calculate", "calculate_here"})
FORMAT = 1

Json = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """A wording in Chinese and English; a missing language falls back to the other."""

    zh: str = ""
    en: str = ""

    def within(self, language: str) -> str:
        first, second = (self.en, self.zh) if language.startswith("en") else (self.zh, self.en)
        return first or second

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def to_json(self) -> Json:
        return {key: words for key, words in (("zh", self.zh), ("en", self.en)) if words}

    @classmethod
    def from_json(cls, data: Mapping[str, str] | None) -> "Text":
        return cls(**(data or {}))


@dataclass(frozen=True)
class Option:
    """One answer of a list; `columns` are what a choice filter can see, `favourable` counts for an index."""

    name: str
    label: Text
    hotkey: str = ""
    favourable: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        return _slim({**vars(self), "label": self.label.to_json(), "columns": dict(self.columns)})

    @classmethod
    def from_json(cls, data: Json) -> "Option":
        return cls(**{**data, "label": Text.from_json(data.get("label"))})


@dataclass(frozen=True)
class Section:
    """A group of questions with a common condition."""

    name: str
    label: Text = Text()
    relevant: Tree | None = None
    parent: str = ""

    def to_json(self) -> Json:
        return _slim({**vars(self), "label": self.label.to_json()})

    @classmethod
    def from_json(cls, data: Json) -> "Section":
        return cls(**{**data, "label": Text.from_json(data.get("label"))})


@dataclass(frozen=True)
class Question:
    """One step: something asked, read out, calculated or known. `row` is its row in the workbook."""

    name: str
    type: str
    row: int = 0
    label: Text = Text()
    reversed: Text = Text()
    hint: Text = Text()
    probe: Text = Text()
    constraint_message: Text = Text()
    required_message: Text = Text()
    list: str = ""
    section: str = ""
    hotkey: str = ""
    index: str = ""
    default: str = ""
    split: str = ""
    arm: str = ""
    randomize: bool = False
    sensitive: bool = False
    or_other: bool = False
    relevant: Tree | None = None
    constraint: Tree | None = None
    required: Tree | None = None
    choice_filter: Tree | None = None
    calculation: Tree | None = None

    @property
    def is_asked(self) -> bool:
        return self.type in ASKED

    @property
    def is_step(self) -> bool:
        """Whether it comes up on the interviewer's screen."""
        return self.is_asked or self.type == "note"

    @property
    def reverses(self) -> bool:
        """Whether one half hears the options in reversed order (a split without an arm of its own)."""
        return bool(self.split) and not self.arm and self.type in SELECTS

    def to_json(self) -> Json:
        return _slim({name: v.to_json() if isinstance(v, Text) else v for name, v in vars(self).items()})

    @classmethod
    def from_json(cls, data: Json) -> "Question":
        texts = {name: Text.from_json(data[name]) for name in _TEXTS if name in data}
        return cls(**{**data, **texts})


_TEXTS = ("label", "reversed", "hint", "probe", "constraint_message", "required_message")


@dataclass(frozen=True)
class Notice:
    """Something in the workbook that was read but is not used over the telephone."""

    sheet: str
    row: int
    column: str
    feature: str
    words: Words


@dataclass(frozen=True)
class Questionnaire:
    """A whole questionnaire; `notices` say what of the workbook is not used."""

    title: Text
    form_id: str
    questions: tuple[Question, ...]
    version: str = ""
    sections: tuple[Section, ...] = ()
    lists: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    @cached_property
    def _questions(self) -> dict[str, Question]:
        return {question.name: question for question in self.questions}

    @cached_property
    def places(self) -> dict[str, int]:
        """Number the questions in their order."""
        return {question.name: place for place, question in enumerate(self.questions)}

    @cached_property
    def _sections(self) -> dict[str, Section]:
        return {section.name: section for section in self.sections}

    def question(self, name: str) -> Question:
        """Look up a question; KeyError if there is none."""
        return self._questions[name]

    def section(self, name: str) -> Section:
        """Look up a section; KeyError if there is none."""
        return self._sections[name]

    def index_items(self, index: str) -> dict[str, frozenset[str]]:
        """List the items of an index, each with the options that count as favourable."""
        return {
            q.name: frozenset(option.name for option in self.lists.get(q.list, ()) if option.favourable)
            for q in self.questions
            if index in q.index.split()
        }

    @cached_property
    def splits(self) -> dict[str, tuple[str, ...]]:
        """Name the split halves with their arms, in the order the workbook names them."""
        arms: dict[str, list[str]] = {}
        for question in self.questions:
            if question.split:
                known = arms.setdefault(question.split, [])
                known += [arm for arm in _arms(question) if arm not in known]
        return {split: tuple(names) for split, names in arms.items()}

    def to_json(self) -> Json:
        """Write it as plain JSON, as it is stored and sent to the browser."""
        return {
            "format": FORMAT,
            "title": self.title.to_json(),
            "form_id": self.form_id,
            "version": self.version,
            "questions": [question.to_json() for question in self.questions],
            "sections": [section.to_json() for section in self.sections],
            "lists": {name: [option.to_json() for option in options] for name, options in self.lists.items()},
            "notices": [{**vars(notice), "words": notice.words.as_json()} for notice in self.notices],
        }

    @classmethod
    def from_json(cls, data: Json) -> "Questionnaire":
        """Read back what `to_json` wrote."""
        if data.get("format") != FORMAT:
            raise ValueError(f"unknown questionnaire format {data.get('format')!r}")
        return cls(
            title=Text.from_json(data["title"]),
            form_id=data["form_id"],
            version=data["version"],
            questions=tuple(map(Question.from_json, data["questions"])),
            sections=tuple(map(Section.from_json, data["sections"])),
            lists={name: tuple(map(Option.from_json, options)) for name, options in data["lists"].items()},
            notices=tuple(Notice(**{**n, "words": Words(**n["words"])}) for n in data["notices"]),
        )


def _arms(question: Question) -> Iterable[str]:
    return (question.arm,) if question.arm else (FORWARD, REVERSED)


def _slim(data: Mapping[str, object]) -> Json:
    """Leave out what is empty: the browser reads absent as empty."""
    return cast(
        Json, {k: v for k, v in data.items() if v not in ("", None, False, {}, 0) and not k.startswith("_")}
    )
