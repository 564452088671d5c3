"""Values of a form: read from the browser field by field, and looked over before a record is finished."""

from __future__ import annotations

from collections.abc import Callable

from core.terms import Words
from hotline.forms import HIGHEST, NOT_SAID, Field, FieldKind, Form, Value, Values

K = FieldKind
IsTownship = Callable[[int], bool]

NO_FIELD = Words("这份表里没有这一项", "The form has no such field")
NO_OPTION = Words("请从所列选项中选", "Choose from the list")
TOO_MANY = Words("最多选 {n} 项", "At most {n}")
TOO_LONG = Words("最多 {n} 字", "At most {n} characters")
NO_RATING = Words("请填 0 到 100 的整数，或选“没有说”", "A whole number from 0 to 100, or “not said”")
NO_TOWNSHIP = Words("没有这个乡镇（街道）", "There is no such township")
NEEDED = Words("完成前要填", "Needed to finish")


class BadValue(ValueError):
    """A value that a field can't hold, with the sentence for the person at the screen."""

    def __init__(self, words: Words) -> None:
        self.words = words
        super().__init__(words.in_language("en"))


def read_value(field: Field | None, raw: object, *, is_township: IsTownship) -> Value | None:
    """Return what a field is to hold: None empties it; BadValue where it can't hold that."""
    if field is None:
        raise BadValue(NO_FIELD)
    if raw is None or raw == "" or raw == []:
        return None
    return _READERS[field.kind](field, raw, is_township)


def _choice(field: Field, raw: object, _places: IsTownship) -> Value:
    if not isinstance(raw, str) or raw not in field.codes:
        raise BadValue(NO_OPTION)
    return raw


def _choices(field: Field, raw: object, _places: IsTownship) -> Value:
    if not isinstance(raw, list) or not all(isinstance(code, str) for code in raw):
        raise BadValue(NO_OPTION)
    if not set(raw) <= field.codes:
        raise BadValue(NO_OPTION)
    if field.most is not None and len(set(raw)) > field.most:
        raise BadValue(TOO_MANY.filled(n=field.most))
    return [option.code for option in field.options if option.code in raw]


def _text(field: Field, raw: object, _places: IsTownship) -> Value | None:
    if not isinstance(raw, str):
        raise BadValue(NO_OPTION)
    if len(raw) > field.longest:
        raise BadValue(TOO_LONG.filled(n=field.longest))
    return raw if raw.strip() else None


def _rating(_field: Field, raw: object, _places: IsTownship) -> Value:
    if raw == NOT_SAID:
        return NOT_SAID
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= HIGHEST:
        raise BadValue(NO_RATING)
    return raw


def _township(_field: Field, raw: object, places: IsTownship) -> Value:
    if isinstance(raw, bool) or not isinstance(raw, int) or not places(raw):
        raise BadValue(NO_TOWNSHIP)
    return raw


_READERS: dict[FieldKind, Callable[[Field, object, IsTownship], Value | None]] = {
    K.CHOICE: _choice,
    K.CHOICES: _choices,
    K.TEXT: _text,
    K.RATING: _rating,
    K.TOWNSHIP: _township,
}


def lacking(form: Form, values: Values) -> dict[str, Words]:
    """Say, field by field, what is still needed to finish."""
    needed = [name for need in form.needs if need.applies(values) for name in need.fields]
    return {name: NEEDED for name in form.fields if name in needed and values.get(name) in (None, "", [])}
