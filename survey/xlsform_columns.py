"""The columns of a questionnaire workbook in their many spellings, and the language each is written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from core.terms import Words
from survey.questionnaire import Notice, Text
from survey.xlsform_workbook import Sheet

_SPELLINGS: dict[str, dict[str, str]] = {
    "survey": {
        "command": "type", "caption": "label", "relevance": "relevant", "skip_logic": "relevant",
        "calculate": "calculation", "constraint_msg": "constraint_message", "constraintmsg": "constraint_message",
        "required_msg": "required_message", "requiredmsg": "required_message", "readonly": "read_only",
        "choicefilter": "choice_filter", "guidance": "guidance_hint", "repeatcount": "repeat_count",
    },
    "choices": {"listname": "list_name", "list": "list_name", "value": "name", "caption": "label"},
    "settings": {"title": "form_title", "id_string": "form_id", "set_form_title": "form_title"},
}  # fmt: skip
TEXTS = frozenset(
    {
        "label",
        "hint",
        "probe",
        "reversed",
        "constraint_message",
        "required_message",
        "guidance_hint",
        "form_title",
    }
)
MEDIA = frozenset({"image", "audio", "video", "big_image"})
SURVEY_COLUMNS = TEXTS | {
    "type", "name", "relevant", "constraint", "required", "choice_filter", "calculation", "default", "appearance",
    "parameters", "repeat_count", "trigger", "read_only", "disabled", "hotkey", "randomize", "split", "sensitive",
    "index",
}  # fmt: skip
_LANGUAGES = {
    "zh": "zh", "zh_cn": "zh", "zh_hans": "zh", "zh_hans_cn": "zh", "chinese": "zh", "中文": "zh", "汉语": "zh",
    "简体中文": "zh", "普通话": "zh", "mandarin": "zh", "simplified chinese": "zh", "chinese simplified": "zh",
    "en": "en", "en_us": "en", "en_gb": "en", "eng": "en", "english": "en", "英文": "en", "英语": "en",
}  # fmt: skip
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def language_of(words: str) -> str:
    """Say which of our languages a column's language is: "zh", "en", or "" for another."""
    name = re.sub(r"\s+", " ", words.strip().lower())
    code = re.fullmatch(r"(.*?)\s*[(（]\s*([\w-]+)\s*[)）]", name)
    candidates = [code.group(2), code.group(1)] if code else [name]
    return next(
        (_LANGUAGES[c] for c in (c.replace("-", "_").strip() for c in candidates) if c in _LANGUAGES), ""
    )


@dataclass(frozen=True)
class Column:
    """What one header means: its canonical name, its language, and the header as written."""

    key: str
    header: str
    language: str = ""
    is_foreign: bool = False


def column_of(sheet: str, header: str) -> Column:
    """Read a header such as `label::中文 (zh)`, `constraint message:english` or `media::image`."""
    parts = [part.strip() for part in re.split(r"\s*:\s*:?\s*", header.strip()) if part.strip()] or [""]
    if parts[0].lower() == "media" and len(parts) > 1:
        parts = parts[1:]
    key = re.sub(r"[\s-]+", "_", parts[0].lower())
    key = _SPELLINGS.get(sheet, {}).get(key, key)
    if len(parts) == 1 or key not in TEXTS | MEDIA:
        return Column(key, header)
    language = language_of(parts[1])
    return Column(key, header, language, is_foreign=not language)


@dataclass
class Row:
    """One row of a sheet by canonical column, with the header each value was written under."""

    sheet: str
    number: int
    values: dict[str, str] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> str:
        return self.values.get(key, "")

    def text(self, key: str) -> Text:
        """Give a wording in both languages."""
        return self.texts.get(key, Text())

    def header(self, key: str) -> str:
        """Give the header as the workbook writes it."""
        return self.headers.get(key, key)


def rows_of(sheet: Sheet, default_language: str, notices: list[Notice]) -> list[Row]:
    """Sort a sheet's cells by column and language; note the languages that are not used."""
    columns = [column_of(sheet.name, header) if header else None for header in sheet.header]
    for name in dict.fromkeys(c.header for c in columns if c and c.is_foreign and c.key in TEXTS):
        words = Words(f"“{name}”列的语言未使用", f"The language of column “{name}” is not used")
        notices.append(Notice(sheet.name, 1, name, "language", words))
    for place, column in enumerate(columns):
        unknown = column and sheet.name == "survey" and column.key not in SURVEY_COLUMNS | MEDIA
        if column and unknown and any(cells[place] for _number, cells in sheet.rows if place < len(cells)):
            words = Words(
                f"不认识“{column.header}”列，未使用", f"Column “{column.header}” is not known and not used"
            )
            notices.append(Notice(sheet.name, 1, column.header, column.key, words))
    if sheet.is_cut:
        notices.append(
            Notice(sheet.name, 20_000, "", "rows", Words("此行以下未读取", "Nothing below this row was read"))
        )
    return [_row(sheet.name, number, columns, cells, default_language) for number, cells in sheet.rows]


def _row(
    sheet: str, number: int, columns: list[Column | None], cells: tuple[str, ...], default_language: str
) -> Row:
    row = Row(sheet, number)
    found: dict[str, dict[str, str]] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column is None or not cell:
            continue
        row.headers.setdefault(column.key, column.header)
        if column.key in TEXTS:
            if not column.is_foreign:
                words = plain(cell)
                language = column.language or default_language or ("zh" if _CHINESE.search(words) else "en")
                if column.language or language not in found.get(column.key, {}):
                    found.setdefault(column.key, {})[language] = words
        else:
            row.values.setdefault(column.key, cell)
    row.texts = {key: Text(texts.get("zh", ""), texts.get("en", "")) for key, texts in found.items()}
    return row


class _Stripper(HTMLParser):
    """Keep the words of a formatted label: bold as **, breaks as new lines, styles and scripts gone."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Mapping[str, str | None] | object) -> None:
        if tag in ("style", "script", "head"):
            self.hidden += 1
        elif tag in ("b", "strong"):
            self.parts.append("**")
        elif tag in ("br", "p", "tr", "li", "div"):
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head"):
            self.hidden = max(0, self.hidden - 1)
        elif tag in ("b", "strong"):
            self.parts.append("**")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def plain(words: str) -> str:
    """Turn a label that may hold HTML into plain words with **bold**."""
    if not re.search(r"</?[a-zA-Z!]", words):
        return words
    stripper = _Stripper()
    stripper.feed(words)
    stripper.close()
    text = re.sub(r"\*\*\s*\*\*", "", "".join(stripper.parts))
    return re.sub(r"[ \t]*\n\s*", "\n", text).strip()
