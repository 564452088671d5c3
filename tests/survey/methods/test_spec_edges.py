"""Specifications that are wrong, and answers at the edge; authority: the wording of the command."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from survey.commands import survey
from survey.methods.spec import answer_file

Spec = dict[str, Any]

CSV = """乡镇,村,w,N,性别,score,secure,code,空,one
A,1,10,100,男,50,1,1,,1
A,2,12,100,女,60,0,10,NA,1
A,3,9,100,女,,1,2,,1
A,4,11,100,男,80,1,10,NA,1
B,1,20,80,女,55,0,1,,1
B,2,22,80,男,65,1,2,,1
B,3,25,80,女,75,1,1,NA,1
B,4,21,80,男,NA,1,2,,1
"""

GOOD: Spec = {
    "data": "d.csv",
    "design": {"ids": None, "strata": "乡镇", "weights": "w", "fpc": "N"},
    "estimand": {"stat": "mean", "vars": ["secure"]},
}


def answered(folder: Path, change: Callable[[Spec], object] | None = None, data: bytes | None = None) -> Spec:
    spec = copy.deepcopy(GOOD)
    if change is not None:
        change(spec)
    (folder / "d.csv").write_bytes(CSV.encode() if data is None else data)
    (folder / "s.json").write_text(json.dumps(spec), encoding="utf-8")
    answer = answer_file(folder / "s.json")
    json.dumps(answer, allow_nan=False)
    return answer


def put(path: str, value: object) -> Callable[[Spec], object]:
    """Change one place of the specification, named with dots."""

    def change(spec: Spec) -> None:
        *way, last = path.split(".")
        for key in way:
            spec = spec.setdefault(key, {})
        spec[last] = value

    return change


def cell(row: int, name: str, text: str) -> bytes:
    """Change one cell of the data."""
    lines = [line.split(",") for line in CSV.splitlines()]
    lines[row][lines[0].index(name)] = text
    return ("\n".join(",".join(line) for line in lines) + "\n").encode()


def rake(totals: Spec, var: str = "性别", **more: object) -> list[Spec]:
    return [{"type": "rake", "margins": [{"var": var, "totals": totals}], **more}]


def calibrate(**more: object) -> list[Spec]:
    return [{"type": "calibrate", "terms": [{"kind": "intercept", "total": 130}], **more}]


BROKEN: list[tuple[str, Callable[[Spec], object], bytes | None, str, str]] = [
    ("a column of the estimand is missing", put("estimand.vars", ["没有"]), None, "column_missing", "没有"),
    ("a column of the design is missing", put("design.strata", "县"), None, "column_missing", "县"),
    ("a negative weight", put("id", "x"), cell(3, "w", "-9"), "weights", "row 3"),
    ("a missing weight", put("id", "x"), cell(2, "w", "NA"), "missing_values", "row 2"),
    ("a weight that is a text", put("id", "x"), cell(2, "w", "N/A"), "not_a_number", "row 2"),
    ("a weight beyond reach", put("id", "x"), cell(2, "w", "1" * 400), "not_a_number", "row 2"),
    ("all weights 0", put("design", {"weights": "零"}), CSV.replace("one", "零").replace(",1\n", ",0\n").encode(), "method", "zeros"),
    ("a missing stratum", put("id", "x"), cell(1, "乡镇", ""), "missing_values", "乡镇"),
    ("a margin without a total", put("adjust", rake({"男": 100})), None, "category", "女"),
    ("a margin without respondents", put("adjust", rake({"男": 60, "女": 60, "其他": 10})), None, "not_met", "其他"),
    ("margins one after the other", put("adjust", rake({"男": 60, "女": 60}) + rake({"A": 1, "B": 1}, "乡镇")), None, "ok", ""),
    ("margins of unlike totals", lambda s: s.update(adjust=[{"type": "rake", "margins": [
        {"var": "性别", "totals": {"男": 60, "女": 60}}, {"var": "乡镇", "totals": {"A": 60, "B": 61}}]}]), None, "not_met", "grand total"),
    ("a negative total", put("adjust", rake({"男": -60, "女": 60})), None, "total", "negative"),
    ("a total that is a text", put("adjust", rake({"男": "many", "女": 60})), None, "not_a_number", "number"),
    ("a total of a huge integer", put("adjust", rake({"男": 10**400, "女": 60})), None, "not_a_number", "number"),
    ("people where nobody lives", put("adjust", rake({"男": 0, "女": 60})), None, "not_met", "男"),
    ("bounds that contradict", put("adjust", calibrate(bounds=[2, 0.5])), None, "bounds", "contradict"),
    ("bounds that cannot be met", put("adjust", calibrate(bounds=[0.99, 1.001], terms=[
        {"kind": "intercept", "total": 900}])), None, "not_met", "intercept"),
    ("logit without bounds", put("adjust", calibrate(calfun="logit")), None, "weights", "logit"),
    ("an unknown distance", put("adjust", calibrate(calfun="ratio")), None, "unknown_option", "calfun"),
    ("an unknown adjustment", put("adjust", [{"type": "rakes"}]), None, "unknown_option", "rakes"),
    ("an unknown term", put("adjust", calibrate(terms=[{"kind": "square", "var": "w", "total": 1}])), None, "unknown_option", "square"),
    ("a calibration variable that is missing", put("adjust", calibrate(terms=[
        {"kind": "numeric", "var": "score", "total": 9}])), None, "missing_values", "row 3"),
    ("trimming without a bound", put("adjust", [{"type": "trim"}]), None, "missing_key", "upper"),
    ("trimming beyond the mean", put("adjust", [{"type": "trim", "upper": 11, "strict": True}]), None, "weights", "mean"),
    ("trimming bounds that cross", put("adjust", [{"type": "trim", "upper": 11, "lower": 12}]), None, "weights", "lower < upper"),
    ("an unknown statistic", put("estimand.stat", "median"), None, "unknown_option", "median"),
    ("an unknown option", put("estimand.trim", 3), None, "unknown_key", "trim"),
    ("an unknown key", put("designs", {}), None, "unknown_key", "designs"),
    ("an unknown interval", put("estimand", {"stat": "ciprop", "event": {"var": "secure", "op": "==", "value": 1}, "method": "wald"}), None, "unknown_option", "method"),
    ("an unknown operator", put("domain", {"where": {"var": "secure", "op": "=", "value": 1}}), None, "unknown_option", "op"),
    ("an unknown policy", put("design.lonely_psu", "ignore"), None, "unknown_option", "lonely_psu"),
    ("an unknown design effect", put("estimand.deff", "kish"), None, "unknown_option", "deff"),
    ("a single unit without a policy", put("id", "x"), CSV.replace("\nB,1", "\nC,1").replace("20,80", "20,90").encode(), "single_psu", "C"),
    ("one unit in all", put("design", {"ids": "one", "weights": "w"}), None, "single_psu", "one first-stage unit"),
    ("units in two strata", put("design", {"ids": "村", "strata": "乡镇", "weights": "w"}), None, "design", "unit 1"),
    ("more drawn than there are", put("id", "x"), CSV.replace(",100,", ",3,").encode(), "design", "at most 3"),
    ("a population that differs in a stratum", put("id", "x"), cell(1, "N", "101"), "design", "one population size"),
    ("sampling fractions for sizes", put("id", "x"), CSV.replace(",100,", ",0.1,").encode(), "design", "below 1"),
    ("missing answers", put("estimand.vars", ["score"]), None, "missing_values", "na_rm"),
    ("an empty domain", put("domain", {"where": {"var": "性别", "op": "==", "value": "无"}}), None, "domain_empty", "no row"),
    ("words compared with a number", put("domain", {"where": {"var": "性别", "op": ">", "value": 2}}), None, "wrong_type", "words"),
    ("a contrast of nothing", put("estimand", {"stat": "contrast", "of": {"stat": "mean", "vars": ["secure"]}, "coef": {"x": 1}}), None, "category", "x"),
    ("a test of three groups", put("estimand", {"stat": "ttest", "y": "secure", "group": "code"}), None, "method", "two groups"),
    ("a table of one column", put("estimand", {"stat": "chisq", "rows": "性别", "cols": "one", "statistic": "F"}), None, "method", "categories"),
    ("collinear variables", put("estimand", {"stat": "glm", "y": "secure", "x": ["w", "one"], "family": "gaussian"}), None, "method", "independent"),
    ("answers separated completely", put("estimand", {"stat": "glm", "y": "I(性别=='男')", "x": ["性别"], "family": "binomial"}), None, "not_met", "separates"),
    ("a probability above 1", put("estimand", {"stat": "quantile", "var": "w", "probs": [1.5]}), None, "not_a_number", "number"),
    ("a level of 1", put("estimand", {"stat": "ciprop", "event": {"var": "secure", "op": "==", "value": 1}, "level": 1}), None, "method", "level"),
    ("a jackknife of strata without strata", put("replicates", {"type": "JK1"}), None, "design", "JKn"),
    ("half-samples of odd strata", put("replicates", {"type": "BRR"}), CSV.rsplit("B,4", 1)[0].encode(), "design", "even"),
    ("a file of replicates that is not there", put("replicates", {"type": "bootstrap", "file": "no.csv"}), None, "file", "no.csv"),
    ("a file that is not there", put("data", "no.csv"), None, "file", "no.csv"),
    ("a workbook", put("id", "x"), b"PK\x03\x04\x14\x00\x06\x00", "file", "CSV"),
    ("an image", put("id", "x"), b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "file", "CSV"),
    ("rows of unlike length", put("id", "x"), (CSV + "B,5,1\n").encode(), "file", "line 10"),
    ("a heading alone", put("id", "x"), CSV.splitlines()[0].encode(), "file", "no rows"),
    ("an empty file", put("id", "x"), b"", "file", "no rows"),
    ("no design weights but classes", lambda s: s.update(design={"strata": "乡镇"}, adjust=[
        {"type": "nonresponse_class", "respond": "secure", "classes": ["性别"]}]), None, "missing_key", "weights"),
    ("a class without respondents", put("adjust", [{"type": "nonresponse_class", "respond": "secure", "classes": ["村"]}]),
     CSV.replace("55,0", "55,1").replace("B,2", "B,9").replace("65,1", "65,1").encode(), "weights", "class 2 has no respondents"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change", "data", "code", "words"), BROKEN, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_broken_specification_says_what_is_wrong(
    tmp_path: Path, name: str, change: Callable[[Spec], object], data: bytes | None, code: str, words: str
) -> None:
    answer = answered(tmp_path, change, data)
    if code == "ok":
        assert "error" not in answer, answer
        assert math.isfinite(answer["rows"][0]["estimate"])
        return
    assert list(answer) == ["error"]
    error = answer["error"]
    assert set(error) == {"code", "message", "where", "expected", "got", "hint"}
    assert error["code"] == code, error
    assert words in json.dumps(error, ensure_ascii=False), error
    assert error["where"] or error["code"] == "unknown_key"


def share(**event: object) -> Callable[[Spec], object]:
    return put("estimand", {"stat": "ciprop", "event": event, "method": "logit"})


def test_nobody_and_everybody(tmp_path: Path) -> None:
    none = answered(tmp_path, share(var="secure", op="==", value=7))["rows"][0]
    assert (none["estimate"], none["se"]) == (0, 0)
    assert none["ci"] == pytest.approx([0, 1 - 0.025 ** (1 / 8)])
    everybody = answered(tmp_path, share(var="one", op="==", value=1))["rows"][0]
    assert everybody["ci"] == pytest.approx([0.025 ** (1 / 8), 1])


def test_all_missing(tmp_path: Path) -> None:
    mean = answered(tmp_path, put("estimand", {"stat": "mean", "vars": ["空"], "na_rm": True}))["rows"][0]
    assert mean["estimate"] is None
    assert mean["se"] is None
    assert mean["ci_t"] == [None, None]
    assert answered(tmp_path, share(var="空", op="==", value=1))["error"]["code"] == "missing_values"


def test_one_row_in_a_domain(tmp_path: Path) -> None:
    def change(spec: Spec) -> None:
        spec["domain"] = {"where": {"var": "w", "op": "==", "value": 25}}

    answer = answered(tmp_path, change)
    assert answer["rows"][0]["estimate"] == 1
    assert answer["df_subset"] == 0
    assert answer["rows"][0]["ci_t"] == [None, None]


def test_spellings_of_missing_marks_and_encodings(tmp_path: Path) -> None:
    wanted = answered(tmp_path, put("estimand", {"stat": "mean", "vars": ["score"], "na_rm": True}))
    for data in (
        b"\xef\xbb\xbf" + CSV.encode(),
        CSV.encode("gbk"),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace(",NA,", ", ,").encode(),
    ):
        assert (
            answered(tmp_path, put("estimand", {"stat": "mean", "vars": ["score"], "na_rm": True}), data)
            == wanted
        )


def test_levels_that_are_numbers_come_by_size_and_match_any_spelling(tmp_path: Path) -> None:
    answer = answered(tmp_path, put("estimand", {"stat": "prop", "var": "code"}))
    assert [row["label"] for row in answer["rows"]] == ["1", "2", "10"]
    totals = {"10": 50, "1.0": 60, "02": 40}
    raked = answered(
        tmp_path,
        lambda s: s.update(
            adjust=rake(totals, "code"), estimand={"stat": "total", "vars": ["one"]}, domain={"by": "code"}
        ),
    )
    assert [row["estimate"] for row in raked["rows"]] == pytest.approx([60, 40, 50])
    where = answered(tmp_path, put("domain", {"where": {"var": "code", "op": "in", "value": ["10", 2.0]}}))
    assert (
        where["df_subset"]
        == answered(tmp_path, put("domain", {"where": {"var": "code", "op": ">", "value": "1"}}))["df_subset"]
    )


def test_a_list_of_one_and_null_are_the_bare_value_and_nothing(tmp_path: Path) -> None:
    plain = answered(tmp_path)
    boxed = answered(tmp_path, lambda s: s.update(
        design={"ids": None, "strata": ["乡镇"], "weights": ["w"], "fpc": ["N"], "nest": None}, domain=None, adjust=None,
        estimand={"stat": ["mean"], "vars": "secure", "deff": None}))  # fmt: skip
    assert boxed == plain


def test_a_key_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"data": "a.csv", "data": "b.csv"}', encoding="utf-8")
    assert answer_file(tmp_path / "s.json")["error"]["code"] == "json"


def test_the_command(tmp_path: Path) -> None:
    answered(tmp_path)
    run, out = CliRunner(), tmp_path / "answer.json"
    done = run.invoke(survey, ["estimate", str(tmp_path / "s.json"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text(encoding="utf-8"))["rows"][0]["label"] == "secure"
    before = out.read_bytes()
    (tmp_path / "bad.json").write_text('{"data": "d.csv", "estimand": {"stat": "mode"}}', encoding="utf-8")
    failed = run.invoke(survey, ["estimate", str(tmp_path / "bad.json"), "--out", str(out)])
    assert failed.exit_code == 1
    assert json.loads(failed.output)["error"]["code"] == "unknown_option"
    assert out.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answer.json", "bad.json", "d.csv", "s.json"]
    for text in ("no json", "[]", '{"cases": 3}'):
        (tmp_path / "bad.json").write_text(text, encoding="utf-8")
        assert run.invoke(survey, ["estimate", str(tmp_path / "bad.json"), "--batch"]).exit_code == 1


def test_a_batch_isolates_what_fails(tmp_path: Path) -> None:
    answered(tmp_path)
    cases = [GOOD | {"id": "good"}, GOOD | {"id": "bad", "data": "no.csv"}, 7, GOOD | {"id": "good"}]
    (tmp_path / "b.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")
    done = CliRunner().invoke(survey, ["estimate", str(tmp_path / "b.json"), "--batch"])
    assert done.exit_code == 0
    results = json.loads(done.stdout)["results"]
    assert list(results) == ["good", "bad", "cases[2]", "cases[3]"]
    assert ["error" in r for r in results.values()] == [False, True, True, False]
    assert "4 cases, 2 with an error" in done.stderr
