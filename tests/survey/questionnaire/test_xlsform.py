"""Workbooks: what is accepted, what is refused by name, row and column, and what can never hang the house."""

import json
import warnings
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from survey.instruments import SECURITY
from survey.instruments.build import build
from survey.questionnaire import Questionnaire, Text
from survey.questionnaire_preview import preview
from survey.xlsform import read_xlsform
from survey.xlsform_problem import XlsformError
from tests.survey.questionnaire.workbooks import EVERYTHING, HEAD, REFERENCE, YES_NO, faults, workbook


def test_choice_filter_is_accepted() -> None:
    form = read_xlsform(REFERENCE / "choice_filter.xlsx")
    assert [q.name for q in form.questions] == ["state", "county", "city"]
    assert form.question("county").choice_filter == ["op", "=", ["ref", "state"], ["col", "cf"]]
    assert form.title == Text(en="cascading selects")


def test_phq9_gad7_is_accepted_with_notices() -> None:
    form = read_xlsform(REFERENCE / "phq9_gad7.xlsx")
    assert sum(q.is_asked for q in form.questions) == 16
    assert (
        form.question("feel_depressed").label.within("zh")
        == "Have you felt down, depressed, irritable or hopeless?"
    )
    assert form.question("explanation").label.en.startswith("**Explanation")
    noted = {(notice.row, notice.feature) for notice in form.notices}
    assert {(23, "image"), (23, "custom-clickable-svg"), (14, "comments"), (1, "language")} <= noted


def test_phone_survey_form_is_refused_for_its_outside_tables() -> None:
    found = faults(REFERENCE / "phone_survey_form.xlsx")
    assert found == [("survey", row, "calculation", "pulldata()") for row in range(14, 21)]


def test_xlsform_spec_is_refused_row_by_row() -> None:
    found = faults(REFERENCE / "xlsform_spec.xlsx")
    assert [(row, feature) for _sheet, row, _column, feature in found] == [
        (10, "display_image_test"), (15, "begin repeat"), (34, "geopoint"), (35, "barcode"), (36, "image"),
        (37, "audio"), (38, "video"), (57, "ex:org.thirdparty.app.ActivityName"),
    ]  # fmt: skip


def test_bad_calculation_is_refused_with_reason() -> None:
    with pytest.raises(XlsformError) as refusal:
        read_xlsform((REFERENCE / "bad_calculation.xlsx").read_bytes())
    (problem,) = refusal.value.problems
    assert (problem.sheet, problem.row, problem.column) == ("survey", 2, "calculation")
    assert "cannot be read at" in problem.words.en
    assert "survey 表 第 2 行" in refusal.value.words.in_language("zh")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([["begin repeat", "r", "R"], ["end repeat"]], (3, "type", "begin repeat")),
        ([["select_one_from_file x.csv", "q", "Q"]], (3, "type", "select_one_from_file x.csv")),
        ([["rank yn", "q", "Q"]], (3, "type", "rank yn")),
        ([["dance", "q", "Q"]], (3, "type", "dance")),
        ([["text", "a", "Again"]], (3, "name", "a")),
        ([["text", "1st", "Q"]], (3, "name", "1st")),
        ([["text", "", "Q"]], (3, "name", "name")),
        ([["text", "b", ""]], (3, "label", "b")),
        ([["", "b", "Q"]], (3, "type", "b")),
        ([["select_one nowhere", "b", "Q"]], (3, "type", "nowhere")),
        ([["begin group", "g", "G"]], (3, "type", "begin group")),
        ([["end group", "", ""]], (3, "type", "end group")),
        ([["calculate", "b", ""]], (3, "calculation", "b")),
        ([["text", "b", "Q", "${ghost} = 1"]], (3, "relevant", "${ghost}")),
        ([["text", "b", "Hello ${ghost}"]], (3, "label", "${ghost}")),
        ([["text", "b", "Q", "instance('x') = 1"]], (3, "relevant", "instance()")),
        ([["text", "b", "Q", "${c} = 1"], ["text", "c", "Q", "${b} = 1"]], (3, "relevant", "b → c → b")),
        ([["calculate", "b", "", "", "${b} + 1"]], (3, "relevant", "b → b")),
        ([["text", "b", "Q", "", "1"]], (3, "calculation", "text")),
        ([["select_one yn", "b", "Q", "", "", "gone = 1"]], (3, "choice_filter", "gone")),
        ([["text", "b", "Q", "", "", "", "half"]], (3, "split", "half")),
        ([["text", "b", "Q", "", "", "", "", "ex:app"]], (3, "appearance", "ex:app")),
        ([["text", "b", "Q", "", "", "", "", "", "yes"]], (3, "read_only", "read_only")),
    ],
)
def test_refused_by_row_and_feature(rows: list[list[object]], fault: tuple[int, str, str]) -> None:
    head = [*HEAD, "relevant", "calculation", "choice_filter", "split", "appearance", "read_only"]
    found = faults(workbook([head, ["text", "a", "First"], *rows]))
    row, column, feature = fault
    assert len(found) == 1
    assert found[0][:3] == ("survey", row, column)
    if "→" in feature:
        assert set(found[0][3].split(" → ")) == set(feature.split(" → "))
    else:
        assert found[0][3] == feature


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["yn", "1", "Yes"], "name"),
        (["yn", "a b", "Yes"], "name"),
        (["yn", "DONT_KNOW", "Yes"], "name"),
        (["yn", "", "Yes"], "name"),
        (["", "3", "Yes"], "list_name"),
        (["yn", "3", "Yes", "12"], "hotkey"),
    ],
)
def test_faulty_choices(row: list[object], column: str) -> None:
    choices = [["list_name", "name", "label", "hotkey"], *YES_NO[1:], row]
    found = faults(workbook([HEAD, ["select_one yn", "q", "Q"]], choices))
    assert [(sheet, number, where) for sheet, number, where, _ in found] == [("choices", 4, column)]


def test_all_faults_at_once() -> None:
    rows = [["image", "p", "Photo"], ["text", "b", "Q", "pulldata('x')"], ["audio", "s", "Sound"]]
    assert [fault[1] for fault in faults(workbook([[*HEAD, "relevant"], *rows]))] == [2, 3, 4]


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("label::中文 (zh)", "label::English (en)"),
        ("label::中文(zh-CN)", "label::english"),
        ("label:chinese", "label:english"),
        ("Label :: Chinese (zh)", "LABEL::en"),
        ("label::简体中文", "label"),
        ("label", "label::English"),
        ("label::zh_Hans", "caption::EN"),
    ],
)
def test_languages_in_their_spellings(zh: str, en: str) -> None:
    form = read_xlsform(workbook([["type", "name", zh, en], ["text", "q", "您好吗？", "How are you?"]]))
    assert form.question("q").label == Text("您好吗？", "How are you?")


def test_older_spellings() -> None:
    form = read_xlsform(
        workbook(
            [
                [
                    "Type",
                    "Name",
                    "Label",
                    "Relevance",
                    "constraint message",
                    "requiredMsg",
                    "Required",
                    "Constraint",
                ],
                ["select one from yn", "a", "A", "", "", "", "TRUE"],
                ["select all that apply from yn", "b", "B", "${a} = 1"],
                ["int", "c", "C", "", "Not so", "Please", True, ". > 0"],
                ["string", "d", "D", "", "", "", "${a} = 1"],
            ],
            [["list name", "value", "label"], ["yn", 1, "Yes"], ["yn", 0.0, "No"]],
        )
    )
    assert [q.type for q in form.questions] == ["select_one", "select_multiple", "integer", "text"]
    assert [option.name for option in form.lists["yn"]] == ["1", "0"]
    assert form.question("c").constraint_message.en == "Not so"
    assert form.question("c").required_message.en == "Please"
    assert form.question("d").required == ["op", "=", ["ref", "a"], ["num", 1.0]]


def test_a_misspelt_column_is_noticed() -> None:
    form = read_xlsform(workbook([[*HEAD, "relevnt", "empty"], ["text", "q", "Q", "1 = 1"]]))
    assert [(notice.column, notice.feature) for notice in form.notices] == [("relevnt", "relevnt")]


def test_guidance_is_a_hint() -> None:
    form = read_xlsform(workbook([[*HEAD, "guidance_hint::中文"], ["text", "q", "Q", "慢一点读"]]))
    assert form.question("q").hint == Text("慢一点读")


def test_a_text_falls_back_to_the_other_language() -> None:
    assert Text("只有中文").within("en") == "只有中文"
    assert Text(en="English only").within("zh") == "English only"


@pytest.mark.parametrize(
    "source", [SECURITY, EVERYTHING, REFERENCE / "phq9_gad7.xlsx", REFERENCE / "choice_filter.xlsx"]
)
def test_json_and_preview(source: bytes | Path) -> None:
    form = read_xlsform(source)
    assert Questionnaire.from_json(json.loads(json.dumps(form.to_json()))) == form
    for language in ("zh", "en"):
        rows = preview(form, language)
        assert [row.name for row in rows] == [question.name for question in form.questions]
        assert [row.number for row in rows if row.number] == [
            str(n + 1) for n in range(sum(q.is_asked for q in form.questions))
        ]


def test_preview_says_conditions_in_words() -> None:
    rows = {row.name: row for row in preview(read_xlsform(EVERYTHING), "zh")}
    assert rows["km"].conditions == ("owns 是 “有”", "cars_n 不是 1")
    assert rows["brands"].constraint == "count-selected(本题的回答) 不大于 2"
    assert rows["limit"].calculation == "若 owns 是 “有” 则 5，否则 0"
    assert rows["town"].choice_filter == "in_state 是 state"
    assert rows["why_a"].split == "version：只问“a”组"
    assert {row.name: row for row in preview(read_xlsform(EVERYTHING), "en")}[
        "mood"
    ].split == "order: half reversed"


def test_the_committed_instrument_is_what_its_wording_builds(tmp_path: Path) -> None:
    build(tmp_path / "again.xlsx")
    assert read_xlsform(tmp_path / "again.xlsx") == read_xlsform(SECURITY)


def test_the_instrument_is_a_sound_xlsform(tmp_path: Path) -> None:
    book = load_workbook(SECURITY)
    for (cell,) in book["survey"].iter_rows(min_col=1, max_col=1):
        if cell.value == "calculate_here":  # a type the field uses and the reference converter does not know
            cell.value = "calculate"
    book.save(tmp_path / "standard.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "<h:html" in convert(tmp_path / "standard.xlsx", validate=False).xform


def test_the_instrument_speaks_both_languages_everywhere() -> None:
    form = read_xlsform(SECURITY)
    texts = [
        t for q in form.questions for t in (q.label, q.reversed, q.hint, q.probe, q.constraint_message) if t
    ]
    texts += [option.label for options in form.lists.values() for option in options]
    texts += [form.title, *(section.label for section in form.sections)]
    assert all(text.zh and text.en for text in texts)
    assert not form.notices
    for question in form.questions:
        if question.reverses:  # the wording offers every option, in the order it is heard
            labels = [option.label.zh for option in form.lists[question.list]]
            for text, order in ((question.label.zh, labels), (question.reversed.zh, labels[::-1])):
                places = [text.find(label) for label in order]
                assert min(places) >= 0
                assert places == sorted(places)
