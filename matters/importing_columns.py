"""An import's columns: what each may be called in another hotline's list, and how its coded words are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from core.problems import Invalid
from core.terms import Term, Words
from matters import topics
from matters.attributes import IdentityClass, MatterKind, Urgency


class ImportColumn(Term):
    """What a column of the list may hold."""

    REFERENCE = "reference", "对方编号", "Their number"
    KIND = "kind", "诉求类型", "Kind"
    TOPIC = "topic", "类别", "Topic"
    COUNTY = "county", "县（区）", "County"
    TOWNSHIP = "township", "乡镇", "Township"
    VILLAGE = "village", "村", "Village"
    SPOT = "spot", "具体位置", "Spot"
    NARRATIVE = "narrative", "内容", "What was said"
    URGENCY = "urgency", "紧急程度", "Urgency"
    IDENTITY = "identity", "身份类别", "Identity class"
    NAME = "caller_name", "姓名", "Name"
    NUMBER = "caller_number", "电话", "Telephone"
    COMPLAINED = "complained", "被反映单位", "Office complained about"


class Fault(Term):
    """What may be wrong with a cell."""

    MISSING = "missing", "没有填", "is empty"
    UNKNOWN = "unknown", "不认识的内容", "is not known here"
    SEVERAL = "several", "同名的不止一个，请写明上一级", "fits several: name the level above"
    TOO_LONG = "too_long", "太长", "is too long"
    BAD_NUMBER = "bad_number", "不是可拨打的号码", "is no dialable number"
    TAKEN = "taken", "以前已导入", "was taken in before"
    TWICE = "twice", "文件里重复", "is in the file twice"


C = ImportColumn
REQUIRED = (C.REFERENCE, C.KIND, C.TOPIC, C.TOWNSHIP, C.NARRATIVE)
LENGTHS = {C.REFERENCE: 80, C.NARRATIVE: 4000, C.SPOT: 200, C.NAME: 40}
_NAMES: dict[ImportColumn, tuple[str, ...]] = {
    C.REFERENCE: (
        "对方编号",
        "工单编号",
        "工单号",
        "编号",
        "受理编号",
        "reference",
        "theirnumber",
        "ticket",
        "id",
    ),
    C.KIND: ("诉求类型", "类型", "工单类型", "kind", "type"),
    C.TOPIC: ("类别", "诉求类别", "分类", "事项类别", "topic", "category"),
    C.COUNTY: ("县区", "区县", "县", "区", "所属县区", "county", "district"),
    C.TOWNSHIP: ("乡镇", "乡镇街道", "街道", "镇", "township", "town"),
    C.VILLAGE: ("村", "村社区", "社区", "village"),
    C.SPOT: ("具体位置", "地址", "详细地址", "spot", "address"),
    C.NARRATIVE: ("内容", "诉求内容", "工单内容", "问题描述", "whatwassaid", "narrative", "content"),
    C.URGENCY: ("紧急程度", "urgency"),
    C.IDENTITY: ("身份类别", "是否保密", "identityclass", "identity"),
    C.NAME: ("姓名", "诉求人", "来电人", "联系人", "name", "caller"),
    C.NUMBER: ("电话", "联系电话", "来电号码", "手机", "telephone", "phone", "number"),
    C.COMPLAINED: ("被反映单位", "被投诉单位", "officecomplainedabout", "complained"),
}


def plain(text: str) -> str:
    """Return a word without what people write differently: spaces, width, brackets, case."""
    return re.sub(r"[\s_\-/()（）.、·›>]+", "", unicodedata.normalize("NFKC", text)).lower()


def propose(head: Sequence[str]) -> dict[ImportColumn, int]:
    """Propose which column holds what, by its name; a column is used once."""
    names, found = [plain(h) for h in head], dict[ImportColumn, int]()
    for column, known in _NAMES.items():
        at = next(
            (names.index(n) for n in known if n in names and names.index(n) not in found.values()), None
        )
        if at is not None:
            found[column] = at
    return found


def check_mapping(mapping: Mapping[ImportColumn, int], width: int) -> None:
    """Refuse a mapping that lacks what a matter needs or uses a column twice."""
    fields: dict[str, Words] = {}
    for column in ImportColumn:
        at = mapping.get(column)
        if at is None and column in REQUIRED:
            fields[column.value] = Words("这一列必须有", "This column is needed")
        elif at is not None and not 0 <= at < width:
            fields[column.value] = Words("文件没有这一列", "The file has no such column")
        elif at is not None and list(mapping.values()).count(at) > 1:
            fields[column.value] = Words("同一列被选了两次", "One column is chosen twice")
    if fields:
        raise Invalid(
            Words("列还没有对好；没有写入任何内容", "The columns don't fit yet; nothing was written"),
            fields=fields,
        )


def _words_of(term: type[Term]) -> dict[str, Term]:
    return {plain(word): m for m in term for word in (m.value, m.zh, m.en)}


_KINDS, _URGENCIES, _IDENTITIES = _words_of(MatterKind), _words_of(Urgency), _words_of(IdentityClass)
_IDENTITIES |= {plain(w): IdentityClass.PROTECTED for w in ("是", "保密", "yes")}
_IDENTITIES |= {plain(w): IdentityClass.OPEN for w in ("否", "不保密", "no")}
_TOPICS = {
    plain(word): t.code
    for t in topics.offered()
    for word in (t.zh, t.en, t.in_language("zh"), t.in_language("en"), f"{t.field.zh}{t.zh}")
} | {t.code: t.code for t in topics.offered()}  # fmt: skip


def kind_of(text: str) -> MatterKind | None:
    """Read what the resident wants."""
    return MatterKind.found(str(_KINDS.get(plain(text), "")))


def urgency_of(text: str) -> Urgency | None:
    """Read how soon it must be looked at."""
    return Urgency.found(str(_URGENCIES.get(plain(text), "")))


def identity_of(text: str) -> IdentityClass | None:
    """Read who may know who spoke; a list that only says “confidential: yes” is understood."""
    return IdentityClass.found(str(_IDENTITIES.get(plain(text), "")))


def topic_of(text: str) -> str | None:
    """Read what it is about."""
    return _TOPICS.get(text.strip()) or _TOPICS.get(plain(text))
