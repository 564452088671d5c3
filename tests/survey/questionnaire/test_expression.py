"""Expressions: XPath 1.0's own answers as the oracle, and the sentences of refusal."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from survey.expression import parse, references
from survey.expression_evaluation import Scope, evaluate
from survey.expression_problem import ExpressionError
from survey.expression_values import to_text

ANSWERS = [
    "",
    "0",
    "1",
    "2",
    "-3",
    "1.5",
    " 4 ",
    "abc",
    "a b",
    "05",
    "1.",
    ".5",
    "yes",
    "满意",
    "12",
    "2 3",
    "-0.25",
]
NAMES = ["a", "b", "c"]

_refs = st.sampled_from([f"${{{name}}}" for name in NAMES])
_numbers = st.sampled_from(["0", "1", "2", "3.5", "10", "0.25", "7"])
_strings = st.sampled_from(["''", "'1'", "'yes'", "'a'", "'满'", "' 4 '", "'-3'"])


def _number_of(
    truths: st.SearchStrategy[str], texts: st.SearchStrategy[str], n: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, n, st.sampled_from(["+", "-", "*", "mod"]), n),
        st.builds("-{}".format, n),
        st.builds("{}({})".format, st.sampled_from(["floor", "ceiling", "round"]), n),
        st.builds("number({})".format, st.one_of(texts, truths)),
        st.builds("string-length({})".format, texts),
    )


def _texts_of(
    truths: st.SearchStrategy[str], n: st.SearchStrategy[str], t: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("concat({}, {})".format, t, st.one_of(t, n, truths)),
        st.builds("string({})".format, st.one_of(n, truths)),
        st.builds("normalize-space({})".format, t),
    )


def _layers() -> st.SearchStrategy[str]:
    numbers: st.SearchStrategy[str] = st.one_of(_numbers, _refs)
    texts: st.SearchStrategy[str] = st.one_of(_strings, _refs)
    truths: st.SearchStrategy[str] = st.sampled_from(["true()", "false()"])
    for _ in range(3):
        some = st.one_of(numbers, texts, truths)
        truths, numbers, texts = (
            st.one_of(
                truths,
                st.builds(
                    "({} {} {})".format, some, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), some
                ),
                st.builds("({} {} {})".format, some, st.sampled_from(["and", "or"]), some),
                st.builds("{}({})".format, st.sampled_from(["not", "boolean"]), some),
                st.builds("{}({}, {})".format, st.sampled_from(["contains", "starts-with"]), texts, texts),
                st.builds("(({} div {}) < {})".format, numbers, st.one_of(_numbers, _refs), numbers),
            ),
            st.one_of(numbers, _number_of(truths, texts, numbers)),
            st.one_of(texts, _texts_of(truths, numbers, texts)),
        )
    return st.one_of(truths, numbers, texts)


def oracle(source: str, answers: dict[str, str]) -> object:
    """Ask libxml2, each answer being the text of its own node."""
    root = etree.Element("d")
    for name, value in answers.items():
        etree.SubElement(root, name).text = value
        source = source.replace(f"${{{name}}}", f"string(/d/{name})")
    return root.xpath(source)


def ours(source: str, answers: dict[str, str], **more: object) -> object:
    return evaluate(parse(source), Scope(value=lambda name: answers.get(name, ""), **more))  # type: ignore[arg-type]


@settings(max_examples=1500, deadline=None)
@given(_layers(), st.fixed_dictionaries({name: st.sampled_from(ANSWERS) for name in NAMES}))
def test_same_as_xpath(source: str, answers: dict[str, str]) -> None:
    expected, found = oracle(source, answers), ours(source, answers)
    assert type(found) is type(expected) or (isinstance(expected, str) and isinstance(found, str)), source
    if isinstance(expected, float) and math.isnan(expected):
        assert isinstance(found, float)
        assert math.isnan(found)
    else:
        assert found == expected, source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3 - 4 div 2", 5.0),
        ("7 mod 3", 1.0),
        ("-7 mod 3", -1.0),
        ("1 div 0", math.inf),
        ("selected('a b c', 'b')", True),
        ("selected('a bc', 'b')", False),
        ("selected('', '')", False),
        ("selected ('a', 'a')", True),
        ("count-selected(' a  b ')", 2.0),
        ("selected-at('a b', 1)", "b"),
        ("selected-at('a b', 2)", ""),
        ("if('', 1, 'no')", "no"),
        ("coalesce('', 'x')", "x"),
        ("regex('abc', '[a-c]+')", True),
        ("regex('abcd', '[a-c]+')", False),
        ("regex('abc\n', '^[a-c]+$')", False),
        ("regex('13812345678', '1[3-9]\\d{9}')", True),
        ("int(-2.7)", -2.0),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -2.0),
        ("round(1.005 + 1, 1)", 2.0),
        ("round(1234, -2)", 1200.0),
        ("min(3, '1', 2)", 1.0),
        ("max(3, '10', 2)", 10.0),
        ("sum(1, 2, '3')", 6.0),
        ("concat(1, '/', 0.5, true())", "1/0.5true"),
        ("substr('听民系统', 1, 3)", "民系"),
        ("substr('abc', -2)", "bc"),
        ("string-length('𠀀a')", 2.0),
        ("today() - '2026-03-01'", 14.0),
        ("'2026-02-29' <= today()", False),
        ("date('2026-01-31') < today()", True),
        ("date(0)", "1970-01-01"),
        ("format-date-time(now(), '%Y/%n/%e %H:%M %b')", "2026/3/15 14:30 Mar"),
        ("decimal-date-time('1970-01-02T12:00:00')", 1.5),
        ("duration() > 60", True),
        ("“a” = 'a'", True),
        ("once('new')", "new"),
        (". = ''", True),
    ],
)
def test_values(source: str, expected: object) -> None:
    facts = {"today": "2026-03-15", "now": "2026-03-15T14:30:00", "duration": "61.5"}
    assert ours(source, {}, facts=facts) == expected


def test_own_value_and_columns() -> None:
    scope = Scope(value=lambda name: "s1", own="kept", columns={"cf": "s1"})
    assert evaluate(parse("once('new')"), scope) == "kept"
    assert evaluate(parse("${state}=cf", columns=True), scope) is True
    assert evaluate(parse("filter = 1", columns=True), scope) is False


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (0.1 + 0.2, "0.30000000000000004"), (-0.0, "0")],
)
def test_numbers_are_written_without_exponent(value: float, text: str) -> None:
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("source", "feature"),
    [
        ("because pyxform doesn't know what to do", "'t know what"),
        ("pulldata('a', 'b', 'c', ${x})", "pulldata()"),
        ("indexed-repeat(${x}, ${y}, 1)", "indexed-repeat()"),
        ("random()", "random()"),
        ("nonsense(1)", "nonsense()"),
        ("/data/x = 1", "/"),
        ("../x = 1", ".."),
        ("${x} = yes", "yes"),
        ("1 +", ""),
        ("(1", ""),
        ("1 2", "2"),
        ("if(1, 2)", "if()"),
        ("regex(., ${x})", "regex()"),
        ("regex(., '(a+)+')", "regex()"),
        ("regex(., '(?=a)')", "regex()"),
        ("regex(., '[a')", "regex()"),
        ("regex(., 'a)')", "regex()"),
        ("regex(., '\\p{L}')", "regex()"),
        ("(" * 60 + "1" + ")" * 60, "("),
        ("+".join("1" * 300), ""),
        ("'" + "a" * 9000 + "'", ""),
        ("9" * 400, "9" * 400),
    ],
)
def test_refused_by_name(source: str, feature: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        parse(source)
    assert refusal.value.feature == feature
    assert refusal.value.zh != refusal.value.en


def test_references() -> None:
    tree = parse("if(${a} = 1, concat(${b}, -${c}), jr:choice-name(., '${d}')) or not(${e})")
    assert set(references(tree)) == {"a", "b", "c", "d", "e"}
