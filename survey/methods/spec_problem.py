"""What is wrong with a specification, said so that whoever wrote it can put it right."""

from __future__ import annotations

from typing import Any

from survey.methods.failures import (
    ConvergenceFailure,
    DesignFailure,
    MethodFailure,
    SinglePsuFailure,
    WeightFailure,
)

CODES: list[tuple[type[MethodFailure], str]] = [
    (ConvergenceFailure, "not_met"),
    (SinglePsuFailure, "single_psu"),
    (DesignFailure, "design"),
    (WeightFailure, "weights"),
    (MethodFailure, "method"),
]


class SpecProblem(Exception):
    """Say where in the specification or the data, what was expected, what was got, what to try."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        where: str = "",
        expected: object = None,
        got: object = None,
        hint: str = "",
    ) -> None:
        self.code, self.message, self.where = code, message, where
        self.expected, self.got, self.hint = expected, got, hint
        super().__init__(f"{where}: {message}" if where else message)

    def as_object(self) -> dict[str, Any]:
        """Give the error object of the command."""
        found = {
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "expected": _plain(self.expected),
            "got": _plain(self.got),
            "hint": self.hint,
        }
        return {"error": found}


def of_failure(failure: MethodFailure, where: str) -> SpecProblem:
    """Make the problem of a method's failure."""
    code = next(code for kind, code in CODES if isinstance(failure, kind))
    return SpecProblem(
        code, str(failure), where=where or failure.what, expected=failure.expected, got=failure.got,
        hint=failure.hint,
    )  # fmt: skip


def _plain(value: object) -> object:
    """Make a value that JSON can hold; a number that is none becomes its name."""
    if value is None or isinstance(value, (bool, int, str)):
        return value if not isinstance(value, str) else value[:200]
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(v) for v in list(value)[:50]]
    if hasattr(value, "item"):
        return _plain(value.item())
    return str(value)[:200]
