"""Every reference case through the specification; authority: R 4.2.2, survey 4.5 (tests/reference/statistics)."""

from __future__ import annotations

import csv
import functools
import json
import math
from typing import Any

import pytest

from survey.methods.spec import Desk
from tests.survey.methods.reference import HERE

Case = dict[str, Any]
CASES: list[Case] = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["cases"]
DUAL: list[Case] = json.loads((HERE / "dualframe.json").read_text(encoding="utf-8"))["cases"]
# R has no interval there, or a point: the README names them no target. Ours are held by test_spec_edges.
CERTAIN = {
    c["id"] for c in CASES
    if c["estimand"]["stat"] == "ciprop" and (
        c["expected"]["rows"][0]["estimate"] is None
        or min(c["expected"]["rows"][0]["estimate"], 1 - c["expected"]["rows"][0]["estimate"]) < 1e-9
    )
}  # fmt: skip
WHOLE = ("df", "n", "sum_w", "df_subset", "n_event", "df_resid", "rep_scale", "rep_rscales")


@functools.cache
def desk() -> Desk:
    return Desk(HERE)


def asked(case: Case) -> Case:
    return {key: value for key, value in case.items() if key != "expected"}


def flat(value: Any) -> list[Any]:
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def agree(ours: Any, theirs: Any, *, rel: float, nought: float = 1e-9) -> None:
    mine, right = flat(ours), flat(theirs)
    assert len(mine) == len(right)
    for a, b in zip(mine, right, strict=True):
        if b is None or isinstance(b, str):
            assert a == b
        else:
            assert a == pytest.approx(b, rel=rel, abs=nought)


def tolerance(case: Case) -> float:
    estimand = case["estimand"]
    if estimand["stat"] in ("glm", "chisq") or estimand.get("method") in ("logit", "likelihood"):
        return 1e-6
    return 1e-8


def check(case: Case, answer: Case) -> None:
    expected, rel = case["expected"], tolerance(case)
    assert "error" not in answer, answer
    for key in WHOLE:
        if key in expected:
            agree(answer[key], expected[key], rel=1e-8)
    assert [row["label"] for row in answer["rows"]] == [row["label"] for row in expected["rows"]]
    for mine, right in zip(answer["rows"], expected["rows"], strict=True):
        for key in sorted(set(right) - {"label"}):
            size, error = abs(right.get("estimate") or 0), right.get("se")
            is_nought = error is not None and abs(error) < 1e-6 * size  # rounding of an SE that is 0
            agree(
                mine[key],
                right[key],
                rel=rel,
                nought=1e-6 * size if is_nought and key != "estimate" else 1e-9,
            )
    if expected.get("vcov"):
        check_covariance(
            answer["vcov"], expected["vcov"], [abs(r["estimate"]) for r in expected["rows"]], rel
        )


def check_covariance(ours: Any, theirs: Any, sizes: list[float], rel: float) -> None:
    k = len(sizes)
    mine, right = flat(ours), flat(theirs)
    assert len(mine) == len(right) == k * k
    errors = [math.sqrt(abs(right[i * k + i])) for i in range(k)]
    # an SE that is 0 in exact numbers comes out as rounding of the estimate
    room = [1e-6 * s if e < 1e-6 * s else 0.0 for e, s in zip(errors, sizes, strict=True)]
    for i in range(k):
        for j in range(k):
            slack = 2 * rel * errors[i] * errors[j] + 1e-18
            slack += room[i] * (errors[j] + room[j]) + room[j] * (errors[i] + room[i])
            assert mine[i * k + j] == pytest.approx(right[i * k + j], rel=0, abs=slack)


@pytest.mark.parametrize("case", CASES, ids=lambda c: str(c["id"]))
def test_the_reference(case: Case) -> None:
    answer = desk().answer(asked(case))
    if case["id"] in CERTAIN:
        low, high = answer["rows"][0]["ci"]
        assert 0 <= low < high <= 1
        assert answer["rows"][0]["estimate"] in (0, 1)
        return
    check(case, answer)
    if case.get("write_weights"):
        with (HERE / "data" / case["write_weights"]).open(encoding="utf-8") as file:
            theirs = [float(row["w"]) for row in csv.DictReader(file)]
        assert answer["weights"] == pytest.approx(theirs, rel=1e-8)


def test_how_few_are_no_target() -> None:
    assert len(CASES) == 516
    assert len(CERTAIN) == 12


@pytest.mark.parametrize("case", DUAL, ids=lambda c: str(c["id"]))
def test_dual_frames(case: Case) -> None:
    answer = desk().answer(asked(case))
    for key in ("total", "total_se", "mean", "mean_se", "sum_w", "n"):
        agree(answer[key], case["expected"][key], rel=1e-8)


MADE = [c for c in CASES if c.get("replicates") and c["replicates"]["type"] in ("JK1", "JKn", "BRR", "Fay")]


@pytest.mark.parametrize("case", MADE, ids=lambda c: str(c["id"]))
def test_replicates_made_here_are_those_of_the_file(case: Case) -> None:
    own = asked(case)
    own["replicates"] = {k: v for k, v in case["replicates"].items() if k != "file"}
    check(case, desk().answer(own))


RAKED = [c for c in CASES if any(s["type"] == "rake" for s in c.get("adjust", []))]


@pytest.mark.parametrize("case", RAKED, ids=lambda c: str(c["id"]))
def test_textbook_residuals_after_raking(case: Case) -> None:
    """With weighted residuals the errors are those of R's `calibrate` (rake_by_calibrate.json)."""
    by_calibrate = json.loads((HERE / "rake_by_calibrate.json").read_text(encoding="utf-8"))
    if case["id"] not in by_calibrate:
        assert case.get("replicates")
        return
    own = asked(case)
    own["adjust"] = [s | {"residuals": "weighted"} if s["type"] == "rake" else s for s in own["adjust"]]
    ours = [row["se"] for row in desk().answer(own)["rows"]]
    for mine, theirs, row in zip(ours, by_calibrate[case["id"]], case["expected"]["rows"], strict=True):
        assert mine == pytest.approx(
            theirs, rel=1e-8, abs=1e-6 * abs(row["estimate"]) if theirs < 1e-6 else 1e-12
        )
