"""The value of an expression, given the answers so far; `web/static/js/expression.js` says the same in the browser."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from survey.expression import Tree
from survey.expression_pattern import matches
from survey.expression_values import Value, days_of, formatted, iso, to_number, to_text, to_truth


def _nothing(_name: str) -> str:
    return ""


def _no_label(_question: str, value: str) -> str:
    return value


@dataclass(frozen=True)
class Scope:
    """What an expression can see: other answers, the own value, the choice's columns, and the day's facts."""

    value: Callable[[str], str] = _nothing
    own: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    choice_name: Callable[[str, str], str] = _no_label


def evaluate(tree: Tree, scope: Scope) -> Value:
    """Give the value of an expression tree; empty answers are '' and NaN, as in XPath 1.0."""
    kind = tree[0]
    if kind == "num":
        return float(tree[1])
    if kind == "str":
        return str(tree[1])
    if kind == "ref":
        return scope.value(tree[1])
    if kind == "self":
        return scope.own
    if kind == "col":
        return scope.columns.get(tree[1], "")
    if kind == "neg":
        return -to_number(evaluate(tree[1], scope))
    if kind == "op":
        return _operate(tree[1], tree[2], tree[3], scope)
    return _call(tree[1], tree[2], scope)


def truth(tree: Tree | None, scope: Scope) -> bool:
    """Say whether a condition holds; an absent condition does."""
    return tree is None or to_truth(evaluate(tree, scope))


def _operate(sign: str, left: Tree, right: Tree, scope: Scope) -> Value:
    if sign == "and":
        return to_truth(evaluate(left, scope)) and to_truth(evaluate(right, scope))
    if sign == "or":
        return to_truth(evaluate(left, scope)) or to_truth(evaluate(right, scope))
    a, b = evaluate(left, scope), evaluate(right, scope)
    if sign in ("=", "!="):
        return _equal(a, b) if sign == "=" else _unequal(a, b)
    x, y = to_number(a), to_number(b)
    if sign == "+":
        return x + y
    if sign == "-":
        return x - y
    if sign == "*":
        return x * y
    if sign == "div":
        return _divided(x, y)
    if sign == "mod":
        return math.nan if y == 0 or math.isinf(x) or math.isnan(x) or math.isnan(y) else math.fmod(x, y)
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[sign]


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return to_truth(a) == to_truth(b)
    if isinstance(a, float) or isinstance(b, float):
        return to_number(a) == to_number(b)
    return a == b


def _unequal(a: Value, b: Value) -> bool:
    return not _equal(a, b)  # NaN != NaN is true, as in XPath


def _divided(x: float, y: float) -> float:
    if y != 0:
        return x / y
    if x == 0 or math.isnan(x):
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


def rounded(x: float, places: float = 0) -> float:
    """Round half up to a number of places between −9 and 9, as XPath's round() does."""
    if math.isnan(x) or math.isinf(x) or math.isnan(places):
        return x
    n = int(max(-9.0, min(9.0, places)))
    scale = float(10 ** abs(n))
    scaled = x * scale if n >= 0 else x / scale
    if math.isinf(scaled):
        return x
    whole = float(math.floor(scaled + 0.5))
    return whole / scale if n >= 0 else whole * scale


def _whole(x: float, how: Callable[[float], int]) -> float:
    return x if math.isnan(x) or math.isinf(x) else float(how(x))


def _least(numbers: list[float], sign: int) -> float:
    return math.nan if any(map(math.isnan, numbers)) else sign * min(sign * number for number in numbers)


def _sum(numbers: list[float]) -> float:
    total = 0.0
    for number in numbers:  # one by one: compensated summation would differ from the browser's
        total += number
    return total


def _part(text: str, first: float, last: float) -> str:
    def bound(at: float) -> int:
        whole = int(max(-1e9, min(1e9, at))) if not math.isnan(at) else 0
        return max(0, whole + len(text) if whole < 0 else whole)

    return text[bound(first) : bound(last)]


def _at(tokens: list[str], at: float) -> str:
    return tokens[int(at)] if not math.isnan(at) and 0 <= at < len(tokens) else ""


def _call(name: str, arguments: list[Tree], scope: Scope) -> Value:
    if name == "if":
        return evaluate(arguments[1] if to_truth(evaluate(arguments[0], scope)) else arguments[2], scope)
    if name == "coalesce":
        first = to_text(evaluate(arguments[0], scope))
        return first if first != "" else to_text(evaluate(arguments[1], scope))
    if name == "once":
        return scope.own if scope.own != "" else to_text(evaluate(arguments[0], scope))
    if name in ("today", "now", "device-info"):
        return scope.facts.get(name, "")
    if name == "duration":
        return to_number(scope.facts.get(name, ""))
    values = [evaluate(argument, scope) for argument in arguments]
    if name == "jr:choice-name":
        return scope.choice_name(to_text(values[1]), to_text(values[0]))
    return _PLAIN[name](values)


def _texts(values: list[Value]) -> list[str]:
    return [to_text(value) for value in values]


def _numbers(values: list[Value]) -> list[float]:
    return [to_number(value) for value in values]


_SPACE = " \t\r\n"


def _tokens(value: Value) -> list[str]:
    text = to_text(value)
    for sign in _SPACE[1:]:
        text = text.replace(sign, " ")
    return [token for token in text.split(" ") if token]


_PLAIN: dict[str, Callable[[list[Value]], Value]] = {
    "true": lambda v: True,
    "false": lambda v: False,
    "not": lambda v: not to_truth(v[0]),
    "boolean": lambda v: to_truth(v[0]),
    "number": lambda v: to_number(v[0]),
    "string": lambda v: to_text(v[0]),
    "selected": lambda v: to_text(v[1]).strip(_SPACE) in _tokens(v[0]),
    "selected-at": lambda v: _at(_tokens(v[0]), to_number(v[1])),
    "count-selected": lambda v: float(len(_tokens(v[0]))),
    "concat": lambda v: "".join(_texts(v)),
    "contains": lambda v: to_text(v[1]) in to_text(v[0]),
    "starts-with": lambda v: to_text(v[0]).startswith(to_text(v[1])),
    "ends-with": lambda v: to_text(v[0]).endswith(to_text(v[1])),
    "substr": lambda v: _part(to_text(v[0]), to_number(v[1]), to_number(v[2]) if len(v) > 2 else math.inf),
    "string-length": lambda v: float(len(to_text(v[0]))),
    "normalize-space": lambda v: " ".join(_tokens(v[0])),
    "regex": lambda v: matches(to_text(v[1]), to_text(v[0])),
    "int": lambda v: _whole(to_number(v[0]), math.trunc),
    "round": lambda v: rounded(*_numbers(v)),
    "floor": lambda v: _whole(to_number(v[0]), math.floor),
    "ceiling": lambda v: _whole(to_number(v[0]), math.ceil),
    "abs": lambda v: abs(to_number(v[0])),
    "min": lambda v: _least(_numbers(v), 1),
    "max": lambda v: _least(_numbers(v), -1),
    "sum": lambda v: _sum(_numbers(v)),
    "date": lambda v: iso(to_number(v[0]), with_time=False),
    "date-time": lambda v: iso(to_number(v[0]), with_time=True),
    "decimal-date-time": lambda v: days_of(to_text(v[0])) if isinstance(v[0], str) else to_number(v[0]),
    "format-date": lambda v: formatted(to_number(v[0]), to_text(v[1])),
    "format-date-time": lambda v: formatted(to_number(v[0]), to_text(v[1])),
}
