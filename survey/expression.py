"""Conditions, constraints and calculations of a questionnaire, read from XLSForm's XPath into a JSON tree."""

import re
from collections.abc import Iterator
from typing import Any

from survey.expression_functions import FUNCTIONS, REFUSED_FUNCTIONS
from survey.expression_pattern import canonical_pattern
from survey.expression_problem import ExpressionError

Tree = list[Any]
"""A JSON array: ["num", 3], ["str", "a"], ["ref", "age"], ["self"], ["col", "cf"], ["neg", x],
["op", "+", x, y], ["call", "selected", [x, y]]."""

LONGEST = 8_000
DEEPEST = 40
MOST_OPERATORS = 200

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<num>\d+(?:\.\d*)?|\.\d+)
    | (?P<str>"[^"]*"|'[^']*')
    | \$\{\s*(?P<ref>[^}\s]+)\s*\}
    | (?P<op><=|>=|!=|\.\.|//|::|[-+*=<>(),/|.\[\]@])
    | (?P<name>[^\W\d][\w-]*(?:\.[\w-]+)*(?::[^\W\d][\w-]*)?)
    )""",
    re.VERBOSE,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"),
)  # fmt: skip
_OPERATORS = frozenset(sign for level in _LEVELS for sign in level)
_PATHS = {"/", "//", "..", "|", "[", "]", "@", "::"}


def parse(source: str, *, columns: bool = False) -> Tree:
    """Read one expression; bare names are choice columns and allowed only in a choice filter (`columns`)."""
    if len(source) > LONGEST:
        raise ExpressionError("", f"超过 {LONGEST} 个字符", f"longer than {LONGEST} characters")
    return _Parser(source.translate(_QUOTES), columns).whole()


def references(tree: Tree) -> Iterator[str]:
    """List the questions an expression depends on."""
    if tree[0] == "ref":
        yield tree[1]
    if tree[0] == "call" and tree[1] == "jr:choice-name":
        yield tree[2][1][1]
    for part in tree[1:]:
        if isinstance(part, list):
            for child in part if part and isinstance(part[0], list) else [part]:
                if child:
                    yield from references(child)


class _Parser:
    def __init__(self, source: str, columns: bool) -> None:
        self.columns, self.depth, self.at = columns, 0, 0
        self.tokens = list(self._tokens(source))
        if sum(word in _OPERATORS for _kind, word in self.tokens) > MOST_OPERATORS:
            raise ExpressionError(
                "", f"运算超过 {MOST_OPERATORS} 个", f"has more than {MOST_OPERATORS} operators"
            )

    @staticmethod
    def _tokens(source: str) -> Iterator[tuple[str, str]]:
        at, end = 0, len(source.rstrip())
        while at < end:
            found = _TOKEN.match(source, at)
            if found is None or found.lastgroup is None:
                piece = source[at:end].strip()[:12]
                raise ExpressionError(piece, f"看不懂“{piece}”", f"cannot be read at “{piece}”")
            yield found.lastgroup, found.group(found.lastgroup)
            at = found.end()
        yield "end", ""

    def whole(self) -> Tree:
        tree = self._binary(0)
        if self._kind() != "end":
            self._stop()
        return tree

    def _kind(self) -> str:
        return self.tokens[self.at][0]

    def _word(self) -> str:
        return self.tokens[self.at][1]

    def _is(self, word: str) -> bool:
        return self._kind() in ("op", "name") and self._word() == word

    def _take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _stop(self) -> None:
        kind, word = self.tokens[self.at]
        if kind == "end":
            raise ExpressionError("", "没有写完", "ends too early")
        if kind == "op" and word in _PATHS:
            raise ExpressionError(word, f"不支持路径写法“{word}”", f"paths (“{word}”) are not supported")
        raise ExpressionError(word, f"此处不应出现“{word}”", f"“{word}” does not belong here")

    def _expect(self, word: str) -> None:
        if not self._is(word):
            self._stop()
        self.at += 1

    def _binary(self, level: int) -> Tree:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._kind() in ("op", "name") and self._word() in _LEVELS[level]:
            left = ["op", self._take(), left, self._binary(level + 1)]
        return left

    def _unary(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError("(", "括号嵌套太深", "is nested too deeply")
        if self._is("-"):
            self.at += 1
            tree: Tree = ["neg", self._unary()]
        else:
            tree = self._primary()
        self.depth -= 1
        return tree

    def _primary(self) -> Tree:
        kind = self._kind()
        if kind == "num":
            if len(self._word()) > 40:
                self._stop()
            return ["num", float(self._take())]
        if kind == "str":
            return ["str", self._take()[1:-1]]
        if kind == "ref":
            return ["ref", self._take()]
        if self._is("."):
            self.at += 1
            return ["self"]
        if self._is("("):
            self.at += 1
            tree = self._binary(0)
            self._expect(")")
            return tree
        if kind != "name":
            self._stop()
        name = self._take()
        if self._is("("):
            return self._call(name)
        if not self.columns:
            raise ExpressionError(
                name,
                f"“{name}”不是题目引用，请写成 ${{{name}}}",
                f"“{name}” is not a reference; write ${{{name}}}",
            )
        return ["col", name]

    def _call(self, name: str) -> Tree:
        if name in REFUSED_FUNCTIONS or name not in FUNCTIONS:
            raise ExpressionError(f"{name}()", f"不支持函数 {name}()", f"function {name}() is not supported")
        self.at += 1
        arguments: list[Tree] = []
        while not self._is(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._binary(0))
        self.at += 1
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise ExpressionError(
                f"{name}()", f"{name}() 的参数个数不对", f"{name}() has the wrong number of arguments"
            )
        return ["call", name, _checked(name, arguments)]


def _checked(name: str, arguments: list[Tree]) -> list[Tree]:
    """Fix at reading what must mean the same in every engine: patterns and looked-up questions."""
    if name == "regex":
        if arguments[1][0] != "str":
            raise ExpressionError(
                "regex()", "regex() 的式样须直接写出", "regex() needs a written-out pattern"
            )
        return [arguments[0], ["str", canonical_pattern(arguments[1][1])]]
    if name == "jr:choice-name":
        target = arguments[1]
        if target[0] == "str":  # XLSForm writes the question as a quoted '${name}'
            target = ["str", target[1].strip().removeprefix("${").removesuffix("}").strip()]
        elif target[0] == "ref":
            target = ["str", target[1]]
        else:
            raise ExpressionError(
                name, "jr:choice-name() 须写明题目", "jr:choice-name() must name its question"
            )
        return [arguments[0], target]
    return arguments
