"""The sample of a specification: data, design, adjustments and replicates."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from survey.methods import replication
from survey.methods.design import BoolArray, Design, FloatArray, declare
from survey.methods.failures import MethodFailure
from survey.methods.replication import Replicates, Replication
from survey.methods.sample import Sample, analysed
from survey.methods.spec_adjustments import rule_of
from survey.methods.spec_part import Part
from survey.methods.spec_problem import SpecProblem, of_failure
from survey.methods.table import Column, Table, read_table
from survey.methods.variance import SinglePsu


class Lonely(StrEnum):
    """Policies for strata of one unit, by R's names."""

    FAIL = "fail"
    REMOVE = "remove"
    CERTAINTY = "certainty"
    ADJUST = "adjust"
    AVERAGE = "average"


def find(folder: Path, name: str) -> Path:
    """Find a file relative to the specification, or in a folder `data` beside it."""
    beside = folder / name
    return beside if beside.exists() or not (folder / "data" / name).exists() else folder / "data" / name


def sample_of(spec: Part, folder: Path, tables: dict[Path, Table]) -> tuple[Sample, Table]:
    """Build the sample and the table of its rows."""
    path = find(folder, spec.needed_text("data"))
    if path not in tables:
        tables[path] = read_table(path)
    table = tables[path]
    plan = Part(spec.get("design") or {}, "design")
    steps = spec.parts("adjust")
    if steps and steps[0].value.get("type") == "nonresponse_class":
        table, kept = _respondents(steps.pop(0), table, plan)
    else:
        kept = np.ones(table.size, dtype=np.bool_)
    try:
        design, lonely, in_domain = _design(plan, table)
        policy = SinglePsu.REMOVE if lonely is Lonely.CERTAINTY else SinglePsu(str(lonely))
        reps = Part(spec.get("replicates"), "replicates") if spec.has("replicates") else None
        first = reps is not None and reps.flag("before_adjust")
        replicates = (
            _replicates(reps, design, design.weights, str(lonely), folder, kept) if reps and first else None
        )
        weights, made = design.weights, []
        for step in steps:
            try:
                rule = rule_of(step, table, design)
                made.append(rule.apply(weights))
                if replicates is not None and reps is not None and not reps.has("file"):
                    replicates = Replicates(
                        rule.each(replicates.weights), replicates.scale, replicates.rscales, replicates.mse
                    )
            except MethodFailure as failure:
                raise of_failure(failure, step.where) from failure
            weights = made[-1].weights
        if reps is not None and not first:
            replicates = _replicates(reps, design, weights, str(lonely), folder, kept)
        sample = analysed(design, made, single=policy, lonely_in_domain=in_domain, replicates=replicates)
    except MethodFailure as failure:
        raise of_failure(failure, "design") from failure
    return sample, table


def _design(plan: Part, table: Table) -> tuple[Design, Lonely, bool]:
    def column(key: str, name: str) -> Column:
        return table.column(name, plan.at(key)).complete(plan.at(key))

    def labelled(key: str, name: str) -> NDArray[np.object_]:
        codes, labels = column(key, name).coded
        return np.array(labels, dtype=object)[codes]

    units = [labelled("ids", n) for n in plan.texts("ids")]
    strata, weight = plan.texts("strata"), plan.text("weights")
    if len(strata) > 1:
        raise SpecProblem(
            "unknown_option", "one column of strata is supported", where="design.strata", got=strata,
            hint="paste the columns together",
        )  # fmt: skip
    sizes = [column("fpc", n).as_numbers("design.fpc") for n in plan.texts("fpc")]
    for name, size in zip(plan.texts("fpc"), sizes, strict=True):
        if (size < 1).any():
            row = int(np.argmax(size < 1))
            raise SpecProblem(
                "design", f"a population size in column {name} is below 1", where="design.fpc",
                expected="units in the population of the stratum", got=float(size[row]),
                hint="sampling fractions are not population sizes",
            )  # fmt: skip
    lonely = plan.choice("lonely_psu", Lonely, Lonely.FAIL)
    in_domain, nest = plan.flag("adjust_domain_lonely"), plan.flag("nest")
    plan.close()
    weights: FloatArray | None = None
    if weight is not None:
        weights = column("weights", weight).as_numbers("design.weights")
        if (weights < 0).any():
            row = int(np.argmax(weights < 0))
            raise SpecProblem(
                "weights", f"a weight is negative in row {row + 1}", where="design.weights",
                expected="0 or more", got=float(weights[row]),
            )  # fmt: skip
    elif not sizes:
        weights = np.ones(table.size)
    label = labelled("strata", strata[0]) if strata else None
    design = declare(weights=weights, strata=label, units=units, population=sizes, nest=nest)
    first = design.stages[0]
    if first.stratum.size < 2 and not (nest and strata):
        raise SpecProblem(
            "single_psu", "the design has one first-stage unit", where="design", expected="at least 2", got=1,
            hint="no error can be estimated from one unit",
        )  # fmt: skip
    return design, lonely, in_domain


def _respondents(part: Part, table: Table, plan: Part) -> tuple[Table, BoolArray]:
    """Weigh respondents up to their class and keep them: Σ d of the class over Σ d of its respondents."""
    part.get("type")
    name = plan.value.get("weights")
    if not isinstance(name, str):
        raise SpecProblem(
            "missing_key",
            "nonresponse classes need a column of weights",
            where="design.weights",
            expected="a column",
        )
    weights = table.column(name, "design.weights").complete("design.weights").as_numbers("design.weights")
    where = part.at("respond")
    column = table.column(part.needed_text("respond"), where).complete(where)
    answered = column.as_numbers(where)
    if not np.isin(answered, (0, 1)).all():
        raise SpecProblem("method", f"column {column.name} is not 0 or 1", where=where, expected="0 or 1")
    names = part.texts("classes")
    if not names:
        raise SpecProblem("missing_key", "classes are missing", where=part.where, expected="columns")
    columns = [table.column(n, part.at("classes")).complete(part.at("classes")) for n in names]
    part.close()
    labels = list(zip(*([c.coded[1][k] for k in c.coded[0]] for c in columns), strict=True))
    place = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    klass = np.array([place[label] for label in labels])
    everybody, responding = np.bincount(klass, weights), np.bincount(klass, weights * answered)
    if (lost := responding <= 0).any():
        at = int(np.argmax(lost))
        raise SpecProblem(
            "weights", f"class {'.'.join(list(place)[at])} has no respondents", where=part.at("classes"),
            expected="at least one", got=0, hint="join classes",
        )  # fmt: skip
    adjusted = weights * (everybody / responding)[klass]
    kept = answered == 1
    return table.replaced(name, adjusted).only(kept), kept


def _replicates(
    part: Part,
    design: Design,
    weights: FloatArray,
    lonely: str,
    folder: Path,
    kept: BoolArray,
) -> Replicates:
    kind = part.choice("type", Replication)
    mse, rho = part.flag("mse"), part.number("fay_rho", 0.0) or 0.0
    number, seed = part.whole("replicates", 50, least=2), part.whole("seed", 1, least=0, most=2**31)
    part.flag("before_adjust")
    name = part.text("file")
    scale = part.number("scale")
    given = part.get("rscales")
    part.close()
    if rho and kind not in (Replication.FAY, Replication.BRR):
        raise SpecProblem("unknown_option", f"{kind} knows no fay_rho", where=part.at("fay_rho"), got=rho)
    if name is None:
        if scale is not None or given is not None:
            raise SpecProblem("unknown_option", "scales go with a file of replicates", where=part.where)
        return replication.replicate(
            design, weights, kind, mse=mse, replicates=number, fay_rho=rho, seed=seed, lonely=lonely
        )
    columns = read_table(find(folder, name), part.at("file")).columns.values()
    matrix = np.column_stack([c.complete(part.at("file")).as_numbers(part.at("file")) for c in columns])
    if matrix.shape[0] == kept.size and matrix.shape[0] != design.size:
        matrix = matrix[kept]
    if matrix.shape[0] != design.size:
        raise SpecProblem(
            "file", f"{name} does not have a row per row of the sample", where=part.at("file"),
            expected=design.size, got=matrix.shape[0],
        )  # fmt: skip
    found = replication.scales(kind, design, matrix.shape[1], rho, lonely)
    rscales = (
        found[1]
        if given is None
        else np.array([Part({"r": v}, part.where).needed_number("r") for v in given])
    )
    if rscales.size != matrix.shape[1]:
        raise SpecProblem(
            "file", "rscales and replicates differ in number", where=part.at("rscales"),
            expected=matrix.shape[1], got=int(rscales.size),
        )  # fmt: skip
    return Replicates(matrix, found[0] if scale is None else scale, rscales, mse)
