"""The survey sheet: rows become questions and sections, and what cannot be asked by telephone is named."""

import re

from core.terms import Words
from survey.expression import Tree, parse, references
from survey.expression_problem import ExpressionError
from survey.questionnaire import CALCULATED, OTHER, SELECTS, Notice, Question, Section, Text
from survey.xlsform_choices import NO, YES
from survey.xlsform_columns import MEDIA, Row
from survey.xlsform_problem import Problem
from survey.xlsform_types import OTHER_LABEL, Kind, kind_of

_NAME = re.compile(r"[^\W\d][\w.-]*")
_SPLIT = re.compile(r"([A-Za-z][\w-]*)(?:\s*=\s*([\w-]+))?")
_ALWAYS: Tree = ["call", "true", []]
_EXPRESSIONS = ("relevant", "constraint", "choice_filter", "calculation")


class SurveySheet:
    """Reads the survey sheet row by row, gathering every fault rather than stopping at the first."""

    def __init__(self, problems: list[Problem], notices: list[Notice]) -> None:
        self.problems, self.notices = problems, notices
        self.questions: list[Question] = []
        self.sections: list[Section] = []
        self.columns: set[str] = set()
        self.rows: dict[str, Row] = {}
        self._open: list[tuple[str, str, int]] = []

    def read(self, rows: list[Row]) -> None:
        """Read all rows."""
        for row in rows:
            if row["type"]:
                self._row(row)
            elif row["name"] or row.texts:
                self._refuse(row, "type", row["name"], "缺少题型", "The type is missing")
        for _kind, name, number in self._open:
            words = Words(f"组“{name}”没有结束行", f"Group “{name}” is never ended")
            self.problems.append(Problem("survey", number, "type", "begin group", words))

    def _refuse(self, row: Row, column: str, feature: str, zh: str, en: str) -> None:
        self.problems.append(Problem(row.sheet, row.number, row.header(column), feature, Words(zh, en)))

    def _note(self, row: Row, column: str, feature: str, zh: str, en: str) -> None:
        self.notices.append(Notice(row.sheet, row.number, row.header(column), feature, Words(zh, en)))

    def _row(self, row: Row) -> None:
        if row["disabled"].lower() in YES:
            return self._note(
                row, "disabled", row["name"], "此行已停用，未读取", "The row is disabled and was not read"
            )
        kind = kind_of(row["type"])
        if kind.type in ("refused", "begin_repeat"):
            self._refuse(
                row, "type", row["type"], f"不支持“{row['type']}”", f"“{row['type']}” is not supported"
            )
        elif kind.type == "unknown":
            self._refuse(
                row, "type", row["type"], f"没有“{row['type']}”题型", f"There is no type “{row['type']}”"
            )
        elif kind.type == "unused":
            self._note(row, "type", row["type"], f"“{row['type']}”不使用", f"“{row['type']}” is not used")
        if kind.type in ("begin_group", "begin_repeat"):
            self._begin(row, kind)
        elif kind.type in ("end_group", "end_repeat"):
            self._end(row, kind)
        elif kind.type not in ("refused", "unknown", "unused"):
            self._question(row, kind)
        return None

    def _begin(self, row: Row, kind: Kind) -> None:
        name = row["name"] or f"group_{row.number}"
        if any(section.name == name for section in self.sections):
            self._refuse(row, "name", name, f"组名“{name}”重复", f"The group name “{name}” appears twice")
        parent = self._open[-1][1] if self._open else ""
        self._appearance(row)
        self.sections.append(Section(name, row.text("label"), self._tree(row, "relevant"), parent))
        self.rows.setdefault(f"group {name}", row)
        self._open.append((kind.type.removeprefix("begin_"), name, row.number))

    def _end(self, row: Row, kind: Kind) -> None:
        if not self._open or self._open[-1][0] != kind.type.removeprefix("end_"):
            self._refuse(row, "type", row["type"], "没有对应的开始行", "It has no matching begin row")
        else:
            self._open.pop()

    def _question(self, row: Row, kind: Kind) -> None:
        name = row["name"]
        if not _NAME.fullmatch(name):
            return self._refuse(
                row, "name", name or "name", f"题名“{name}”不可用", f"“{name}” is not a usable name"
            )
        if name in self.rows:
            return self._refuse(row, "name", name, f"题名“{name}”重复", f"The name “{name}” appears twice")
        self.rows[name] = row
        self._unused(row, kind)
        split, arm = self._split(row, kind)
        trees = {key: self._tree(row, key) for key in _EXPRESSIONS}
        question = Question(
            name, kind.type, row.number, hint=row.text("hint") or row.text("guidance_hint"), label=row.text("label"), reversed=row.text("reversed"),
            probe=row.text("probe"), constraint_message=row.text("constraint_message"), list=kind.list,
            required_message=row.text("required_message"), section=self._open[-1][1] if self._open else "",
            hotkey=row["hotkey"], index=row["index"], sensitive=row["sensitive"].lower() in YES,
            default=kind.known or row["default"], or_other=kind.or_other, required=self._required(row),
            randomize=row["randomize"].lower() in YES or "randomize=true" in row["parameters"].replace(" ", "").lower(),
            split=split, arm=arm, relevant=trees["relevant"], constraint=trees["constraint"],
            choice_filter=trees["choice_filter"], calculation=trees["calculation"],
        )  # fmt: skip
        self._complete(row, question)
        self.questions.append(question)
        if kind.or_other:
            asked: Tree = ["call", "selected", [["ref", name], ["str", OTHER]]]
            self.rows[f"{name}_{OTHER}"] = row
            self.questions.append(
                Question(
                    f"{name}_{OTHER}",
                    "text",
                    row.number,
                    OTHER_LABEL,
                    section=question.section,
                    relevant=asked,
                )
            )
        return None

    def _complete(self, row: Row, question: Question) -> None:
        if question.is_step and not question.label:
            self._refuse(
                row, "label", question.name, "没有中文或英文的题目文字", "No wording in Chinese or English"
            )
        if question.type in CALCULATED and question.calculation is None and not row["calculation"]:
            self._refuse(row, "calculation", question.name, "缺少计算式", "The calculation is missing")
        if question.calculation is not None and question.type not in CALCULATED:
            self._refuse(
                row,
                "calculation",
                question.type,
                "提问的题不能带计算式",
                "An asked question cannot calculate",
            )
        if question.reversed and not question.reverses:
            self._refuse(
                row, "reversed", question.name, "反序措辞须写明 split", "A reversed wording needs a split"
            )

    def _split(self, row: Row, kind: Kind) -> tuple[str, str]:
        if not row["split"]:
            return "", ""
        found = _SPLIT.fullmatch(row["split"])
        if not found or (not found[2] and kind.type not in SELECTS):
            self._refuse(
                row, "split", row["split"], "split 写作“名称”或“名称=版本”", "Write split as name or name=arm"
            )
            return "", ""
        return found[1], found[2] or ""

    def _unused(self, row: Row, kind: Kind) -> None:
        self._appearance(row)
        for column in sorted(MEDIA & row.values.keys()):
            self._note(
                row, column, column, "电话访问不出示图片、声音或视频", "Pictures and recordings are not shown by telephone"
            )  # fmt: skip
        for column in ("trigger", "read_only"):
            if row[column].lower() not in NO:
                self._refuse(row, column, column, f"不支持 {column}", f"{column} is not supported")
        if row["parameters"] and "randomize" not in row["parameters"]:
            self._note(row, "parameters", row["parameters"], "参数不使用", "The parameters are not used")
        if row["default"]:
            self._note(
                row, "default", row["default"], "默认值不使用：每题都问", "Defaults are not used: it is asked"
            )

    def _appearance(self, row: Row) -> None:
        look = row["appearance"]
        if look.startswith("ex:"):
            self._refuse(
                row,
                "appearance",
                look,
                f"不支持外部程序“{look}”",
                f"The outside app “{look}” is not supported",
            )
        elif look:
            self._note(row, "appearance", look, "外观设置不使用", "The appearance is not used")

    def _required(self, row: Row) -> Tree | None:
        words = row["required"].lower()
        if words in NO:
            return None
        return _ALWAYS if words in YES | {"required"} else self._tree(row, "required")

    def _tree(self, row: Row, column: str) -> Tree | None:
        if not row[column]:
            return None
        try:
            tree = parse(row[column], columns=column == "choice_filter")
        except ExpressionError as error:
            zh, en = f"“{_short(row[column])}”{error.zh}", f"“{_short(row[column])}” {error.en}"
            self._refuse(row, column, error.feature or column, zh, en)
            return None
        if column == "choice_filter":
            self.columns |= set(_columns(tree))
        return tree


def label_references(text: Text) -> set[str]:
    """Name the questions a wording fills in."""
    return set(re.findall(r"\$\{\s*([^}\s]+)\s*\}", f"{text.zh} {text.en}"))


def references_of(question: Question | Section) -> dict[str, set[str]]:
    """Name the questions each column of a row refers to."""
    trees = {key: getattr(question, key, None) for key in (*_EXPRESSIONS, "required")}
    found = {key: set(references(tree)) for key, tree in trees.items() if tree}
    for key in ("label", "reversed", "hint", "probe", "constraint_message", "required_message"):
        found[key] = label_references(getattr(question, key, Text()))
    return found


def _columns(tree: Tree) -> list[str]:
    if tree[0] == "col":
        return [tree[1]]
    parts = tree[2] if tree[0] == "call" else [part for part in tree[1:] if isinstance(part, list)]
    return [name for part in parts for name in _columns(part)]


def _short(words: str) -> str:
    return words if len(words) <= 40 else words[:39] + "…"
