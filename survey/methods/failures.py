"""What a statistical method says when it cannot do what was asked: expected, got, hint."""

from __future__ import annotations


class MethodFailure(ValueError):
    """Say which input is at fault, what was expected, what was got and what to try."""

    def __init__(self, what: str, *, expected: object = None, got: object = None, hint: str = "") -> None:
        self.what, self.expected, self.got, self.hint = what, expected, got, hint
        parts = [what]
        if expected is not None:
            parts.append(f"expected {expected}")
        if got is not None:
            parts.append(f"got {got}")
        if hint:
            parts.append(hint)
        super().__init__("; ".join(parts))


class DesignFailure(MethodFailure):
    """The declared design contradicts itself or the data."""


class AllocationFailure(MethodFailure):
    """The sample cannot be allocated as asked."""


class SelectionFailure(MethodFailure):
    """The sample cannot be selected as asked."""


class WeightFailure(MethodFailure):
    """A weight cannot be computed from these inputs."""


class SinglePsuFailure(MethodFailure):
    """A stratum holds one sampled unit and the policy is to fail."""


class ConvergenceFailure(MethodFailure):
    """Name the margin and category that calibration could not meet."""

    def __init__(self, margin: str, category: str, *, expected: float, got: float, hint: str) -> None:
        self.margin, self.category = margin, category
        super().__init__(f"margin {margin}, category {category}", expected=expected, got=got, hint=hint)
