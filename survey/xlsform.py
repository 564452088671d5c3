"""A questionnaire read from an XLSForm workbook, or refused with every fault named."""

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from core.terms import Words
from survey.questionnaire import OTHER, SELECTS, Notice, Option, Question, Questionnaire, Section, Text
from survey.xlsform_choices import YES, lists_of
from survey.xlsform_columns import Row, column_of, language_of, rows_of
from survey.xlsform_problem import Problem, XlsformError
from survey.xlsform_questions import SurveySheet, references_of
from survey.xlsform_types import OTHER_OPTION
from survey.xlsform_workbook import Sheet, open_workbook

MOST_QUESTIONS = 2_000
LONGEST_CHAIN = 25


def read_xlsform(source: bytes | str | Path) -> Questionnaire:
    """Read a workbook (its bytes or path); raise XlsformError listing each fault with sheet, row and column."""
    sheets = open_workbook(source)
    problems: list[Problem] = []
    notices: list[Notice] = []
    survey = sheets.get("survey", Sheet("survey", (), ()))
    if "type" not in {column_of("survey", header).key for header in survey.header}:
        words = Words("没有带 type 列的 survey 表", "There is no survey sheet with a type column")
        raise XlsformError([Problem("survey", 0, "type", "survey", words)])
    settings = _settings(sheets.get("settings"), notices)
    language = language_of(settings["default_language"])
    sheet = SurveySheet(problems, notices)
    sheet.read(rows_of(survey, language, notices))
    choices = sheets.get("choices", Sheet("choices", (), ()))
    lists = lists_of(
        rows_of(choices, language, notices), frozenset(sheet.columns),
        settings["allow_choice_duplicates"].lower() in YES, problems, notices,
    )  # fmt: skip
    lists = _with_other(sheet, lists)
    _check_lists(sheet, lists, {column_of("choices", header).key for header in choices.header}, problems)
    _check_references(sheet, problems)
    if not any(question.is_step for question in sheet.questions) and not problems:
        problems.append(
            Problem("survey", 0, "type", "survey", Words("没有一道题", "There is no question in it"))
        )
    if len(sheet.questions) > MOST_QUESTIONS:
        words = Words(f"超过 {MOST_QUESTIONS} 题", f"More than {MOST_QUESTIONS} questions")
        problems.append(Problem("survey", 0, "", "rows", words))
    if problems:
        raise XlsformError(problems)
    used = {question.list for question in sheet.questions}
    return Questionnaire(
        title=_title(settings),
        form_id=settings["form_id"] or "questionnaire",
        version=settings["version"],
        questions=tuple(sheet.questions),
        sections=tuple(sheet.sections),
        lists={name: options for name, options in lists.items() if name in used},
        notices=tuple(notices),
    )


def _settings(sheet: Sheet | None, notices: list[Notice]) -> Row:
    rows = rows_of(sheet, "", notices) if sheet else []
    return rows[0] if rows else Row("settings", 2)


def _title(settings: Row) -> Text:
    """Give the title; XLSForm has one only, so a second language stands in our own column `english_title`."""
    title = settings.text("form_title")
    return Text(title.zh, settings["english_title"] or title.en) or Text(
        "未命名问卷", "Untitled questionnaire"
    )


def _with_other(sheet: SurveySheet, lists: dict[str, tuple[Option, ...]]) -> dict[str, tuple[Option, ...]]:
    """Give each `or_other` question its own list, closed by "other"."""
    lists = dict(lists)
    for place, question in enumerate(sheet.questions):
        if question.or_other and question.list in lists:
            own = f"{question.list} {OTHER}"
            plain = tuple(option for option in lists[question.list] if option.name != OTHER)
            lists[own] = (*plain, OTHER_OPTION)
            sheet.questions[place] = replace(question, list=own)
    return lists


def _check_lists(
    sheet: SurveySheet, lists: dict[str, tuple[Option, ...]], columns: set[str], problems: list[Problem]
) -> None:
    for question in sheet.questions:
        if question.type in SELECTS and question.list not in lists:
            words = Words(
                f"choices 表里没有“{question.list}”", f"Sheet choices has no list “{question.list}”"
            )
            row = sheet.rows[question.name]
            problems.append(Problem("survey", row.number, row.header("type"), question.list, words))
    for name in sorted(sheet.columns - columns):
        row = next(row for row in sheet.rows.values() if name in row["choice_filter"])
        words = Words(f"choices 表里没有“{name}”列", f"Sheet choices has no column “{name}”")
        problems.append(Problem("survey", row.number, row.header("choice_filter"), name, words))


def _check_references(sheet: SurveySheet, problems: list[Problem]) -> None:
    valued = {question.name for question in sheet.questions if question.type != "note"}
    items: list[Question | Section] = [*sheet.questions, *sheet.sections]
    for item in items:
        row = sheet.rows[item.name if isinstance(item, Question) else f"group {item.name}"]
        for column, names in references_of(item).items():
            for name in sorted(names - valued):
                words = Words(f"没有题目“{name}”", f"There is no question “{name}”")
                problems.append(Problem("survey", row.number, row.header(column), f"${{{name}}}", words))
    if not problems:  # chains make sense only among rows that are sound by themselves
        _check_chains(sheet, problems)


def _check_chains(sheet: SurveySheet, problems: list[Problem]) -> None:
    """Refuse conditions and calculations that wait for each other, or reach forward through too many rows."""
    sections = {section.name: section for section in sheet.sections}
    place = {question.name: number for number, question in enumerate(sheet.questions)}
    needs = {
        q.name: (_needs(q, sections) - ({q.name} if q.calculation is None else set()))
        for q in sheet.questions
    }
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        names = " → ".join(error.args[1])
        row = sheet.rows[error.args[1][0]] if error.args[1][0] in sheet.rows else Row("survey", 0)
        words = Words(
            f"条件或计算互相等待：{names}", f"Conditions or calculations wait for each other: {names}"
        )
        problems.append(Problem("survey", row.number, row.header("relevant"), names, words))
        return
    chain: dict[str, int] = {}
    for name in order:
        ahead = [other for other in needs.get(name, ()) if place.get(other, -1) > place.get(name, -1)]
        chain[name] = 1 + max((chain[other] for other in ahead), default=0)
        if chain[name] > LONGEST_CHAIN and name in sheet.rows:
            words = Words("向后引用的链条太长", "The chain of references to later rows is too long")
            problems.append(Problem("survey", sheet.rows[name].number, "relevant", name, words))
            return


def _needs(question: Question, sections: dict[str, Section]) -> set[str]:
    columns = references_of(question)
    found = columns.get("relevant", set()) | columns.get("calculation", set())
    name = question.section
    while name in sections:
        found = found | references_of(sections[name]).get("relevant", set())
        name = sections[name].parent if sections[name].parent != name else ""
    return found
