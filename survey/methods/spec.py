"""A specification of an estimate, as a statistician writes it: data, design, adjustments, domain, estimand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from survey.methods.failures import MethodFailure
from survey.methods.replication import Replicates
from survey.methods.sample import Sample
from survey.methods.spec_answers import ciprop, quantile_rows, weight_rows
from survey.methods.spec_domain import Groups, groups, narrowed
from survey.methods.spec_dual_frame import dual_frame, is_dual_frame
from survey.methods.spec_figures import LINEAR, against, figures, finite, rows_of
from survey.methods.spec_models import chisq, contrast, glm, ttest
from survey.methods.spec_part import Part
from survey.methods.spec_problem import SpecProblem, of_failure
from survey.methods.spec_sample import sample_of
from survey.methods.table import Table

NOTES = ("id", "note", "needs_survey", "expected")  # said about a specification, not asked of it
OTHERS = {
    "ciprop": ciprop, "quantile": quantile_rows, "weights": weight_rows, "ttest": ttest, "chisq": chisq, "glm": glm,
}  # fmt: skip
Answer = dict[str, Any]


class Desk:
    """Answer specifications from one folder; tables and samples already made are kept for the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[Path, Table] = {}
        self.samples: dict[str, tuple[Sample, Table]] = {}

    def answer(self, given: object) -> Answer:
        """Give the answer, or {"error": {code, message, where, expected, got, hint}}."""
        try:
            with np.errstate(all="ignore"):
                return self._answer(given)
        except SpecProblem as problem:
            return problem.as_object()
        except MethodFailure as failure:
            return of_failure(failure, "estimand").as_object()
        except (
            np.linalg.LinAlgError,
            FloatingPointError,
            OverflowError,
            MemoryError,
            RecursionError,
        ) as trouble:
            return SpecProblem(
                "method", "the numbers cannot be worked with", where="estimand", got=str(trouble),
                hint="look for columns that repeat each other or reach beyond sense",
            ).as_object()  # fmt: skip

    def batch(self, given: object) -> Answer:
        """Answer {"cases": [{id, …}]} by id; a case that fails does not touch the others."""
        whole = Part(given, "")
        cases = whole.need("cases")
        whole.get("meta")
        whole.close()
        if not isinstance(cases, list):
            raise SpecProblem("wrong_type", "cases is a list", where="cases", expected="list")
        results: Answer = {}
        for i, case in enumerate(cases):
            name = case.get("id") if isinstance(case, dict) else None
            key = name if isinstance(name, str) and name and name not in results else f"cases[{i}]"
            results[key] = self.answer(case)
        return {"results": results}

    def _answer(self, given: object) -> Answer:
        spec = Part(given, "")
        for key in NOTES:
            spec.get(key)
        if is_dual_frame(spec):
            return dual_frame(spec, self.folder, self.tables)
        sample, table = self._sample(spec)
        estimand = spec.part("estimand")
        domain = Part(spec.get("domain"), "domain") if spec.has("domain") else None
        wants_weights, wants_replicates = spec.has("write_weights"), sample.replicates is not None
        spec.text("write_weights")
        spec.get("domain")
        spec.close()
        answer: Answer = {
            "df": sample.df, "n": sample.design.size, "sum_w": float(sample.weights.sum()),
        }  # fmt: skip
        if wants_replicates and sample.replicates is not None:
            answer |= _scales(sample.replicates)
        part, by, is_subset = narrowed(domain, sample, table)
        if is_subset:
            answer["df_subset"] = part.df
        rows, more = _estimated(estimand, part, table, by, sample.df)
        answer["rows"] = rows
        for key, value in more.items():
            answer[key] = _matrix(value) if isinstance(value, np.ndarray) else value
        if wants_weights:
            answer["weights"] = sample.weights.tolist()
        return answer

    def _sample(self, spec: Part) -> tuple[Sample, Table]:
        keys = ("data", "design", "adjust", "replicates")
        name = json.dumps([spec.get(k) for k in keys], sort_keys=False)
        if name not in self.samples:
            if len(self.samples) >= 8:  # cases come grouped; older samples are seldom asked for again
                self.samples.pop(next(iter(self.samples)))
            self.samples[name] = sample_of(spec, self.folder, self.tables)
        return self.samples[name]


def _estimated(
    estimand: Part, sample: Sample, table: Table, by: list[str], whole_df: int
) -> tuple[list[Answer], Answer]:
    kind = estimand.needed_text("stat")
    if kind == "contrast":
        of = estimand.part("of")
        inner = of.needed_text("stat")
        if inner not in LINEAR:
            raise SpecProblem(
                "unknown_option",
                f"no contrast of {inner}",
                where=of.at("stat"),
                expected=list(LINEAR),
                got=inner,
            )
        among = groups(by, sample, table) if by else None
        made = figures(of, sample, table, among)
        of.close()
        values, v = sample.estimate(made.statistic, present=sample.inside if by else made.answered)
        rows = contrast(estimand, made.labels, values, v, whole_df)
        estimand.close()
        return rows, {}
    if kind in LINEAR and (not by or kind in ("mean", "total", "ratio")):
        return _figures(estimand, sample, table, groups(by, sample, table) if by else None)
    if kind not in LINEAR and kind not in OTHERS:
        raise SpecProblem(
            "unknown_option", f"there is no statistic {kind}", where="estimand.stat",
            expected=[*LINEAR, "contrast", *OTHERS], got=kind,
        )  # fmt: skip
    if not by:
        return OTHERS[kind](estimand, sample, table)
    among = groups(by, sample, table)
    rows = []
    for code, label in enumerate(among.labels):
        each = sample.within(among.codes == code)
        own = Part(estimand.value, "estimand")
        found = _figures(own, each, table, None) if kind in LINEAR else OTHERS[kind](own, each, table)
        rows += [row | {"label": f"{label}:{row['label']}", "df_domain": each.df} for row in found[0]]
    return rows, {}


def _figures(part: Part, sample: Sample, table: Table, among: Groups | None) -> tuple[list[Answer], Answer]:
    made = figures(part, sample, table, among)
    deff = against(part)
    part.close()
    is_variance = part.value["stat"] == "var"
    rows, v = rows_of(made, sample, among, deff, is_variance=is_variance)
    return rows, {} if is_variance else {"vcov": v}


def _scales(replicates: Replicates) -> Answer:
    return {"rep_scale": replicates.scale, "rep_rscales": replicates.rscales.tolist()}


def _matrix(v: np.ndarray[Any, Any]) -> list[list[float | None]]:
    return [[finite(float(x)) for x in row] for row in v]


def _once(pairs: list[tuple[str, Any]]) -> Answer:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(k for k, _ in pairs if [key for key, _ in pairs].count(k) > 1)
        raise SpecProblem("json", f"key {twice} is there twice", expected="each key once", got=twice)
    return found


def answer_file(path: Path, *, batch: bool = False) -> Answer:
    """Answer a specification in a file, or a batch of them; paths in it are relative to it.

    Returns the fields of `expected` in the schema of the reference cases, or an error object; raises nothing
    that a wrong specification or wrong data could cause.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        given = json.loads(text, object_pairs_hook=_once)
        desk = Desk(path.parent)
        return desk.batch(given) if batch else desk.answer(given)
    except SpecProblem as problem:
        return problem.as_object()
    except OSError as trouble:
        return SpecProblem("file", f"cannot read {path.name}", where="spec", got=trouble.strerror).as_object()
    except (UnicodeDecodeError, ValueError, RecursionError) as trouble:
        return SpecProblem(
            "json", f"{path.name} is not JSON in UTF-8", where="spec", expected="JSON", got=str(trouble)
        ).as_object()
