"""The question types of XLSForm: which a telephone interview can ask, which it knows, which it must refuse."""

import re
from dataclasses import dataclass

from survey.questionnaire import OTHER, Option, Text

_PLAIN = {
    "integer": "integer", "int": "integer", "decimal": "decimal", "text": "text", "string": "text", "date": "date",
    "time": "time", "datetime": "datetime", "date time": "datetime", "note": "note", "acknowledge": "acknowledge",
    "trigger": "acknowledge", "calculate": "calculate", "calculate here": "calculate_here",
}  # fmt: skip
_KNOWN = frozenset(
    {"start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "caseid",
     "hidden", "uri:deviceid"}
)  # fmt: skip
UNUSED = frozenset({"audit", "comments", "start geopoint", "text audit"})
_REFUSED = frozenset(
    {"image", "photo", "audio", "video", "file", "geopoint", "location", "geotrace", "geoshape", "barcode", "rank",
     "range", "osm", "xml external", "csv external", "background audio", "background geopoint", "audio audit",
     "speed violations count", "speed violations list", "entity", "enumerator", "sensor statistic", "sensor stream"}
)  # fmt: skip
_SELECT = re.compile(
    r"(?P<kind>select[_ ]one|select1|select[_ ]multiple|select all that apply|select one|select multiple)"
    r"(?:\s+from)?\s+(?P<list>\S+)(?P<other>\s+(?:or[_ ]other|or[_ ]specify[_ ]other))?",
    re.IGNORECASE,
)
OTHER_OPTION = Option(OTHER, Text("其他", "Other"))
OTHER_LABEL = Text("请具体说明", "Please say which")


@dataclass(frozen=True)
class Kind:
    """What a row is: a question type, a group's begin or end, an unused row, or a refused feature."""

    type: str
    list: str = ""
    or_other: bool = False
    known: str = ""


def kind_of(cell: str) -> Kind:
    """Read a type cell; `type` is "refused" for what cannot be asked over the telephone, "unknown" for the rest."""
    words = re.sub(r"\s+", " ", cell.strip())
    found = _SELECT.fullmatch(words)
    if found:
        kind = (
            "select_multiple"
            if "m" in found["kind"].lower() or "all" in found["kind"].lower()
            else "select_one"
        )
        return Kind(kind, found["list"], bool(found["other"]))
    name = words.lower().replace("_", " ").replace("-", " ")
    for edge in ("begin", "end"):
        if name in (f"{edge} group", f"{edge} repeat"):
            return Kind(name.replace(" ", "_"))
    if name in _PLAIN:
        return Kind(_PLAIN[name])
    if name in _KNOWN:
        return Kind("known", known=name)
    if name in UNUSED:
        return Kind("unused")
    external = name.startswith(("select one from file", "select multiple from file", "select one external"))
    return Kind(
        "refused" if external or name.split(" audit")[0] in _REFUSED or name in _REFUSED else "unknown"
    )
