"""How one resident leans: stable from call to call, and hanging together from one subject to the next."""

from math import sqrt
from statistics import NormalDist
from typing import Protocol

from demo.attitudes import ITEMS, favourable
from demo.margins import age_group

_NORMAL = NormalDist()
_SHARED = 0.35
"""How much of what one feels about one thing is a feeling about all of them."""


class Respondent(Protocol):
    """A resident as far as opinions need one; traits are stable and uniform on [0, 1)."""

    @property
    def is_rural(self) -> bool: ...
    @property
    def is_mobile(self) -> bool: ...
    @property
    def age(self) -> int: ...
    @property
    def sex(self) -> str: ...
    @property
    def education(self) -> str: ...
    def trait(self, name: str) -> float: ...


def leaning(who: Respondent, item: str) -> float:
    """Return a uniform number, small for the favourable, that hangs together across items."""
    outlook, own = (
        _NORMAL.inv_cdf(min(max(who.trait(each), 1e-9), 1 - 1e-9)) for each in ("outlook", f"on {item}")
    )
    # Having a problem or being told what to say does not follow from being content.
    shared = 0.0 if item in ("problem", "coached") else _SHARED
    return _NORMAL.cdf(sqrt(shared) * outlook + sqrt(1 - shared) * own)


def is_user(resident: Respondent, item: str) -> bool:
    """Tell whether they dealt with the item's agency in the last 12 months."""
    return resident.trait(f"contact {item}") < ITEMS[item].contact


def raises_problem(resident: Respondent) -> bool:
    """Tell whether they have a problem that needs solving."""
    return leaning(resident, "problem") < favourable(
        ITEMS["problem"], "", 0, is_rural=resident.is_rural, age=own_age_group(resident)
    )


def own_age_group(who: Respondent) -> str:
    """Return the age group; those below 18 think like the youngest."""
    return age_group(max(18, who.age))
