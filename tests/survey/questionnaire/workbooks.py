"""Workbooks written for a test."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from survey.xlsform import read_xlsform
from survey.xlsform_problem import XlsformError

REFERENCE = Path(__file__).parents[2] / "reference" / "xlsforms"
Rows = Sequence[Sequence[object]]

HEAD = ["type", "name", "label"]
YES_NO: Rows = [["list_name", "name", "label"], ["yn", "1", "Yes"], ["yn", "2", "No"]]


def workbook(survey: Rows, choices: Rows = YES_NO, settings: Rows = ()) -> bytes:
    """Write the three sheets and return the file's bytes."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def faults(source: bytes | Path) -> list[tuple[str, int, str, str]]:
    """List where a workbook is refused: sheet, row, column, feature."""
    with pytest.raises(XlsformError) as refusal:
        read_xlsform(source)
    for problem in refusal.value.problems:
        assert problem.in_language("zh") != problem.in_language("en")
        if problem.row:
            assert f"row {problem.row}" in problem.in_language("en")
            assert f"第 {problem.row} 行" in problem.in_language("zh")
    return [(p.sheet, p.row, p.column, p.feature) for p in refusal.value.problems]


EVERYTHING = workbook(
    [
        ["type", "name", "label::中文 (zh)", "label::English (en)", "reversed::中文 (zh)", "relevant", "constraint",
         "constraint_message::zh", "required", "choice_filter", "calculation", "split", "randomize"],
        ["start", "start"],
        ["username", "username"],
        ["today", "day"],
        ["note", "hello", "您好 ${username} ${day}", "Hello ${username} ${day}"],
        ["select_one yn", "owns", "有车吗?", "Do you own a car?", "", "", "", "", "yes"],
        ["begin group", "cars", "车", "Cars", "", "${owns} = '1'"],
        ["integer", "cars_n", "几辆?", "How many?", "", "", ". > 0 and . <= ${limit}", "最多 ${limit} 辆", "yes"],
        ["select_multiple brand or_other", "brands", "什么牌子?", "Which brands?", "", "", "count-selected(.) <= 2"],
        ["begin group", "many", "多", "Many", "", "${cars_n} != 1"],
        ["decimal", "km", "一年多少公里?", "Kilometres a year?", "", "", ". >= 0", "", "${cars_n} > 2"],
        ["end group"],
        ["end group"],
        ["calculate", "limit", "", "", "", "", "", "", "", "", "if(${owns} = '1', 5, 0)"],
        ["select_one state", "state", "哪个省?", "Which province?", "", "", "", "", "yes", "", "", "", "yes"],
        ["select_one town", "town", "哪个市?", "Which city?", "", "", "", "", "yes", "in_state = ${state}"],
        ["select_one level", "mood", "好、一般,还是差?", "Good, average or poor?", "差、一般,还是好?", "", "", "", "yes",
         "", "", "order"],
        ["date", "born", "生日?", "Born?", "", "", ". <= today() and . > '1900-01-01'"],
        ["time", "woke", "几点起床?", "When did you get up?"],
        ["datetime", "met", "什么时候见的?", "When did you meet?", "", "", ". <= now()"],
        ["text", "why_a", "为什么(甲)?", "Why (A)?", "", "", "string-length(.) < 5", "", "", "", "", "version=a"],
        ["text", "why_b", "为什么(乙)?", "Why (B)?", "", "", "regex(., '[a-z]+|[一-龥]{2,3}')", "", "", "", "",
         "version=b"],
        ["acknowledge", "seen", "请确认", "Please confirm"],
        ["calculate_here", "at", "", "", "", "", "", "", "", "", "once(now())"],
        ["calculate", "told", "", "", "", "", "", "", "", "", "jr:choice-name(${mood}, '${mood}')"],
        ["note", "bye", "您说“${told}”,再见", "You said “${told}”. Goodbye", "", "${mood} != ''"],
    ],
    [
        ["list_name", "name", "label::中文", "label::English", "in_state"],
        ["yn", "1", "有", "Yes"], ["yn", "2", "没有", "No"],
        ["brand", "a", "甲", "A"], ["brand", "b", "乙", "B"], ["brand", "c", "丙", "C"],
        ["state", "s1", "东省", "East"], ["state", "s2", "西省", "West"], ["state", "s3", "南省", "South"],
        ["town", "t1", "东一", "East one", "s1"], ["town", "t2", "东二", "East two", "s1"],
        ["town", "t3", "西一", "West one", "s2"],
        ["level", "1", "好", "Good"], ["level", "2", "一般", "Average"], ["level", "3", "差", "Poor"],
    ],
    [["form_title", "form_id", "version"], ["什么都有", "everything", "3"]],
)  # fmt: skip
