"""How people take a stranger's call: assumed shares by kind of number, each with its source or marked as assumed."""

import csv
from collections.abc import Mapping
from functools import lru_cache

from demo.city import DATA

TEMPERS = ("cooperative", "appointment", "breaks_off", "soft", "hard")
"""Of those who answer; they add up to one."""


@lru_cache(maxsize=2)
def manners(*, is_mobile: bool) -> Mapping[str, float]:
    """Return the shares for one kind of number, by what happens."""
    column = "mobile" if is_mobile else "landline"
    with (DATA / "manners.csv").open(encoding="utf-8", newline="") as file:
        found = {row["what"]: float(row[column]) for row in csv.DictReader(file) if row[column]}
    total = sum(found[temper] for temper in TEMPERS)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the tempers on a {column} add up to {total}")
    return found
