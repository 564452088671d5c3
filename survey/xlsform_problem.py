"""Why a questionnaire workbook is refused: every fault with its sheet, row, column and feature, in both languages."""

from dataclasses import dataclass

from core.problems import Invalid
from core.terms import Words


@dataclass(frozen=True)
class Problem:
    """One fault; `row` 0 means the whole sheet, `column` is the header as the workbook writes it."""

    sheet: str
    row: int
    column: str
    feature: str
    words: Words

    @property
    def place(self) -> Words:
        """Say where: sheet, row and column."""
        row_zh, row_en = (f" 第 {self.row} 行", f", row {self.row}") if self.row else ("", "")
        column_zh, column_en = (
            (f" “{self.column}”列", f", column “{self.column}”") if self.column else ("", "")
        )
        return Words(f"{self.sheet} 表{row_zh}{column_zh}", f"sheet {self.sheet}{row_en}{column_en}")

    def in_language(self, code: str) -> str:
        """Say it as one sentence: place, then what is wrong."""
        return f"{self.place.in_language(code)}{':' if code != 'en' else ': '}{self.words.in_language(code)}"


class XlsformError(Invalid):
    """The workbook cannot become a questionnaire; nothing of it was kept."""

    def __init__(self, problems: list[Problem]) -> None:
        ordered = sorted(
            problems, key=lambda problem: (problem.sheet != "survey", problem.sheet, problem.row)
        )
        first = ordered[0]
        rest = len(ordered) - 1
        more_zh, more_en = (f"（另有 {rest} 处）", f" (and {rest} more)") if rest else ("", "")
        super().__init__(
            Words(
                f"问卷未导入：{first.in_language('zh')}{more_zh}",
                f"The questionnaire was not imported: {first.in_language('en')}{more_en}",
            )
        )
        self.problems = ordered
