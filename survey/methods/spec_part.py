"""One object of a specification: its keys are taken one by one, and a key nobody asked for is an error."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from survey.methods.spec_problem import SpecProblem

Choice = TypeVar("Choice", bound=StrEnum)


class Part:
    """Read an object of JSON strictly; a list of one may stand as the bare value, null as absent."""

    def __init__(self, value: object, where: str) -> None:
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            value = value[0]
        if not isinstance(value, dict):
            raise SpecProblem(
                "wrong_type", "an object is needed", where=where, expected="object", got=_kind(value)
            )
        self.value: dict[str, Any] = value
        self.where = where
        self.taken: set[str] = set()

    def at(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def has(self, key: str) -> bool:
        return self.value.get(key) is not None

    def get(self, key: str) -> Any:
        self.taken.add(key)
        return self.value.get(key)

    def need(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise SpecProblem(
                "missing_key", f"{key} is missing", where=self.where, expected=key, got=sorted(self.value)
            )
        return found

    def close(self) -> None:
        """Refuse keys that were not asked for."""
        unknown = sorted(set(self.value) - self.taken)
        if unknown:
            raise SpecProblem(
                "unknown_key", f"{unknown[0]} is not an option here", where=self.where,
                expected=sorted(self.taken), got=unknown, hint="a misspelt option would have been ignored",
            )  # fmt: skip

    def text(self, key: str) -> str | None:
        found = _single(self.get(key))
        if found is None or isinstance(found, str):
            return found
        raise self._wrong(key, "text", found)

    def needed_text(self, key: str) -> str:
        self.need(key)
        return str(self._known(key, self.text(key)))

    def texts(self, key: str) -> list[str]:
        found = self.get(key)
        listed = [] if found is None else found if isinstance(found, list) else [found]
        for one in listed:
            if not isinstance(one, str) or not one:
                raise self._wrong(key, "texts", one)
        return list(listed)

    def flag(self, key: str) -> bool:
        found = _single(self.get(key))
        if found is None or isinstance(found, bool):
            return bool(found)
        raise self._wrong(key, "true or false", found)

    def number(self, key: str, default: float | None = None) -> float | None:
        found = _single(self.get(key))
        return default if found is None else as_number(found, self.at(key))

    def needed_number(self, key: str) -> float:
        self.need(key)
        return float(self._known(key, self.number(key)))

    def whole(self, key: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
        found = self.number(key)
        if found is None:
            return default
        if found != int(found) or not least <= found <= most:
            raise self._wrong(key, f"a whole number from {least} to {most}", found)
        return int(found)

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        found = self.text(key)
        if found is None and default is not None:
            return default
        names = [str(c) for c in kind]
        if found not in names:
            code = "missing_key" if found is None else "unknown_option"
            raise SpecProblem(
                code, f"{key} is not known" if found else f"{key} is missing",
                where=self.at(key), expected=names, got=found,
            )  # fmt: skip
        return kind(found)

    def part(self, key: str) -> Part:
        return Part(self.need(key), self.at(key))

    def parts(self, key: str) -> list[Part]:
        found = self.get(key)
        listed = [] if found is None else found if isinstance(found, list) else [found]
        return [Part(one, f"{self.at(key)}[{i}]") for i, one in enumerate(listed)]

    def _known(self, key: str, found: Any) -> Any:
        if found is None or found == "":
            raise self._wrong(key, "a value", found)
        return found

    def _wrong(self, key: str, expected: str, got: object) -> SpecProblem:
        return SpecProblem(
            "wrong_type", f"{key} must be {expected}", where=self.at(key), expected=expected, got=got
        )


def as_number(value: object, where: str, check: Callable[[float], bool] | None = None) -> float:
    """Give a finite number or say that this is none."""
    if not isinstance(value, bool) and isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number) and (check is None or check(number)):
            return number
    raise SpecProblem(
        "not_a_number",
        "a finite number is needed",
        where=where,
        expected="a finite number",
        got=str(value)[:60],
    )


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _kind(value: object) -> str:
    return {list: "list", str: "text", type(None): "null"}.get(type(value), type(value).__name__)
