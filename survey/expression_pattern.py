"""Answer patterns (`regex`), rewritten so that the server and the browser match the very same texts."""

import re

from survey.expression_problem import ExpressionError

_END = r"(?![\n]|[^\n])"
_START = r"(?<![\n]|[^\n])"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\r\n\f\v"}
_PLAIN = {"n": r"\n", "t": r"\t", "r": r"\r"}
_SPECIAL = set(r"\^$.|?*+()[]{}/-")
_QUANTIFIER = re.compile(r"[*+?]|\{\d{1,3}(?:,\d{0,3})?\}")


def canonical_pattern(pattern: str) -> str:
    """Rewrite a pattern into the common ground of Python and JavaScript, or say what is not supported."""
    out: list[str] = []
    repeats = [False]  # per open group: does it contain a repetition?
    closed_repeating = False
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        quantifier = _QUANTIFIER.match(pattern, at)
        if quantifier and out:
            mark = quantifier.group()
            if closed_repeating and mark != "?":
                raise ExpressionError(
                    "regex()", "式样里重复套着重复", "the pattern nests one repetition in another"
                )
            repeats[-1] = repeats[-1] or mark != "?"
            out.append(mark)
            at = quantifier.end()
            if pattern[at : at + 1] == "?":
                out.append("?")
                at += 1
            closed_repeating = False
            continue
        closed_repeating = False
        at += 1
        if sign == "\\":
            out.append(_escape(pattern[at : at + 1], inside=False))
            at += 1
        elif sign == "[":
            text, at = _bracket(pattern, at)
            out.append(text)
        elif sign == "(":
            if pattern[at : at + 1] == "?" and pattern[at : at + 2] != "?:":
                raise ExpressionError("regex()", "不支持“(?”写法", "“(?” groups are not supported")
            at += 2 if pattern[at : at + 2] == "?:" else 0
            out.append("(?:")
            repeats.append(False)
        elif sign == ")":
            if len(repeats) == 1:
                raise ExpressionError("regex()", "式样的括号不成对", "the pattern's brackets do not match")
            closed_repeating = repeats.pop()
            repeats[-1] = repeats[-1] or closed_repeating
            out.append(")")
        else:
            out.append({".": r"[^\n\r]", "^": _START, "$": _END, "|": "|"}.get(sign, _literal(sign)))
    text = "".join(out)
    try:
        re.compile(text)
    except re.error as error:
        raise ExpressionError("regex()", "式样写法有误", f"the pattern is malformed ({error})") from None
    if len(repeats) != 1:
        raise ExpressionError("regex()", "式样的括号不成对", "the pattern's brackets do not match")
    return text


def matches(pattern: str, text: str) -> bool:
    """Say whether the whole text fits a canonical pattern."""
    return re.fullmatch(pattern, text) is not None


def _literal(sign: str) -> str:
    return "\\" + sign if sign in _SPECIAL - {"-"} else sign


def _escape(sign: str, *, inside: bool) -> str:
    if sign in _CLASSES:
        return _CLASSES[sign] if inside else f"[{_CLASSES[sign]}]"
    if sign.lower() in _CLASSES and not inside:
        return f"[^{_CLASSES[sign.lower()]}]"
    if sign in _PLAIN:
        return _PLAIN[sign]
    if not sign or sign.isalnum():
        raise ExpressionError("regex()", f"不支持“\\{sign}”", f"“\\{sign}” is not supported")
    if inside:
        return "\\" + sign if sign in _SPECIAL else sign
    return _literal(sign)


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    out = ["["]
    if pattern[at : at + 1] == "^":
        out.append("^")
        at += 1
    start = at
    while at < len(pattern) and (pattern[at] != "]" or at == start):
        if pattern[at] == "\\":
            out.append(_escape(pattern[at + 1 : at + 2], inside=True))
            at += 2
        else:
            # a hyphen stays bare: it spans a range, or stands first or last
            sign = pattern[at]
            out.append("\\" + sign if sign in _SPECIAL - {"-"} else sign)
            at += 1
    if at >= len(pattern):
        raise ExpressionError("regex()", "式样里“[”没有收尾", "a “[” of the pattern is not closed")
    return "".join(out) + "]", at + 1
