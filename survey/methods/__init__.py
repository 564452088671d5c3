"""The survey's statistics; numbers in, numbers out. The verbs of a notebook can be imported from here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import survey.methods.estimates as _estimates
    from survey.methods.calibration import calibrate as calibrate
    from survey.methods.calibration import post_stratify as post_stratify
    from survey.methods.contrasts import Target as Target
    from survey.methods.contrasts import difference as difference
    from survey.methods.contrasts import joint as joint
    from survey.methods.design import declare as declare
    from survey.methods.effects import kish as kish
    from survey.methods.estimands import Composite as Composite
    from survey.methods.estimands import Mean as Mean
    from survey.methods.estimands import Ratio as Ratio
    from survey.methods.estimands import Total as Total
    from survey.methods.estimands import proportion as proportion
    from survey.methods.estimates import domains as domains
    from survey.methods.influence import deletion as deletion
    from survey.methods.influence import leverage as leverage
    from survey.methods.margins import margin as margin
    from survey.methods.multiplicity import adjusted as adjusted
    from survey.methods.raking import rake as rake
    from survey.methods.ranks import rank_sets as rank_sets
    from survey.methods.replication import Replication as Replication
    from survey.methods.replication import replicate as replicate
    from survey.methods.small_area import fay_herriot as fay_herriot
    from survey.methods.trimming import trim as trim
    from survey.methods.variance import SinglePsu as SinglePsu

    estimate = _estimates.estimates

_HOME = {
    "calibrate": "calibration",
    "post_stratify": "calibration",
    "Target": "contrasts",
    "difference": "contrasts",
    "joint": "contrasts",
    "declare": "design",
    "kish": "effects",
    "Composite": "estimands",
    "Mean": "estimands",
    "Ratio": "estimands",
    "Total": "estimands",
    "proportion": "estimands",
    "domains": "estimates",
    "deletion": "influence",
    "leverage": "influence",
    "margin": "margins",
    "adjusted": "multiplicity",
    "rank_sets": "ranks",
    "rake": "raking",
    "Replication": "replication",
    "replicate": "replication",
    "fay_herriot": "small_area",
    "trim": "trimming",
    "SinglePsu": "variance",
}
VERBS = (*sorted([*_HOME, "estimate"]),)
"""What a notebook finds here. `estimate` is `estimates.estimates`: that name is its module's."""


def __getattr__(name: str) -> object:
    """Fetch a verb from its module when it is first asked for, so that nobody pays for what he doesn't use."""
    if name == "estimate":
        return import_module("survey.methods.estimates").estimates
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"survey.methods.{_HOME[name]}"), name)
