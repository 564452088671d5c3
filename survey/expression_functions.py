"""The functions a questionnaire may use, with the least and most arguments of each."""

MANY = 99

FUNCTIONS: dict[str, tuple[int, int]] = {
    "true": (0, 0), "false": (0, 0), "not": (1, 1), "boolean": (1, 1), "number": (1, 1), "string": (1, 1),
    "if": (3, 3), "coalesce": (2, 2), "once": (1, 1),
    "selected": (2, 2), "selected-at": (2, 2), "count-selected": (1, 1), "jr:choice-name": (2, 2),
    "concat": (1, MANY), "contains": (2, 2), "starts-with": (2, 2), "ends-with": (2, 2), "substr": (2, 3),
    "string-length": (1, 1), "normalize-space": (1, 1), "regex": (2, 2),
    "int": (1, 1), "round": (1, 2), "floor": (1, 1), "ceiling": (1, 1), "abs": (1, 1),
    "min": (1, MANY), "max": (1, MANY), "sum": (1, MANY),
    "today": (0, 0), "now": (0, 0), "duration": (0, 0), "device-info": (0, 0),
    "date": (1, 1), "date-time": (1, 1), "decimal-date-time": (1, 1),
    "format-date": (2, 2), "format-date-time": (2, 2),
}  # fmt: skip

REFUSED_FUNCTIONS = frozenset(
    {"pulldata", "indexed-repeat", "instance", "random", "position", "count", "search"}
)
"""Known in other systems; refused by name because they need repeats, outside files or give unrepeatable answers."""
