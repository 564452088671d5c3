"""The choices sheet: answer lists with their labels, keys and filter columns."""

import re
from collections.abc import Mapping

from core.terms import Words
from survey.questionnaire import SPECIAL, Notice, Option, Text
from survey.xlsform_columns import MEDIA, Row
from survey.xlsform_problem import Problem

_OWN = frozenset({"list_name", "name", "hotkey", "favourable"}) | MEDIA
YES = frozenset({"yes", "true", "true()", "1", "是", "y"})
NO = frozenset({"", "no", "false", "false()", "0", "否", "n"})


def lists_of(
    rows: list[Row],
    columns: frozenset[str],
    allow_duplicates: bool,
    problems: list[Problem],
    notices: list[Notice],
) -> dict[str, tuple[Option, ...]]:
    """Gather the answer lists, keeping of the extra columns those that some choice filter reads."""
    lists: dict[str, dict[tuple[str, int], Option]] = {}
    for row in rows:
        name, list_name = row["name"], row["list_name"]
        if not list_name and not name:
            continue
        options = lists.setdefault(list_name, {})
        fault = _fault(row, options, allow_duplicates)
        if fault:
            column, words = fault
            problems.append(Problem("choices", row.number, row.header(column), name or column, words))
            continue
        for column in sorted(MEDIA & row.values.keys()):
            words = Words(
                "电话访问不出示图片、声音或视频", "Pictures and recordings are not shown over the telephone"
            )
            notices.append(Notice("choices", row.number, row.header(column), column, words))
        label = row.text("label")
        if not label:
            words = Words("选项没有文字，按代码显示", "The option has no label; its code is shown")
            notices.append(Notice("choices", row.number, row.header("label"), name, words))
        options[name, len(options) if allow_duplicates else 0] = Option(
            name,
            label or Text(name, name),
            row["hotkey"],
            row["favourable"].lower() in YES,
            _kept(row, columns),
        )
    return {name: tuple(options.values()) for name, options in lists.items()}


def _kept(row: Row, columns: frozenset[str]) -> Mapping[str, str]:
    values = {key: value for key, value in row.values.items() if key not in _OWN - {"name"}}
    return {key: value for key, value in values.items() if key in columns}


def _fault(
    row: Row, options: Mapping[tuple[str, int], Option], allow_duplicates: bool
) -> tuple[str, Words] | None:
    name = row["name"]
    if not row["list_name"]:
        return "list_name", Words("缺少列表名", "The list name is missing")
    if not name:
        return "name", Words("缺少选项代码", "The option code is missing")
    if re.search(r"\s", name) or name in SPECIAL:
        return "name", Words(f"选项代码“{name}”不可用", f"The option code “{name}” cannot be used")
    if not allow_duplicates and (name, 0) in options:
        return "name", Words(f"选项代码“{name}”重复", f"The option code “{name}” appears twice in its list")
    hotkey = row["hotkey"]
    if hotkey and not re.fullmatch(r"[0-9a-z]", hotkey):
        return "hotkey", Words("按键须是一个数字或小写字母", "A key must be one digit or small letter")
    if hotkey and any(option.hotkey == hotkey for option in options.values()):
        return "hotkey", Words(f"按键“{hotkey}”重复", f"The key “{hotkey}” appears twice in its list")
    return None
