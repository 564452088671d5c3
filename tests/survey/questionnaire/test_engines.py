"""Server and browser: the same expressions and the same ways through, on the same random answers."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from survey.expression import Tree, parse
from survey.expression_evaluation import Scope, evaluate
from survey.expression_functions import FUNCTIONS
from survey.expression_values import to_text
from survey.instruments import SECURITY
from survey.questionnaire import DONT_KNOW, NO_ANSWER, Questionnaire
from survey.questionnaire_splits import assign_splits
from survey.questionnaire_validation import validate
from survey.questionnaire_walk import Circumstances, Walk
from survey.xlsform import read_xlsform
from tests.survey.questionnaire.test_expression import ANSWERS, NAMES
from tests.survey.questionnaire.workbooks import EVERYTHING, REFERENCE

pytestmark = pytest.mark.browser
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)  # making a failure small would take minutes of browser

FACTS = {"today": "2026-03-15", "now": "2026-03-15T14:30:59", "duration": "61.5", "username": "访员07"}
VALUES = [*ANSWERS, "2026-03-15", "2024-02-29", "2023-02-29", "1969-12-31T23:59:59", "a\nb", "𠀀x", "1e3", "13812345678",
          "0.1", "99999999999999999999", "-0", "constructor"]  # fmt: skip
PATTERNS = [
    "[a-z]+",
    "1[3-9]\\\\d{9}",
    "^a.b$",
    "(a|b)?\\\\s*[^0-9]{1,3}",
    "[一-龥]+",
    ".{2}",
    "\\\\w+\\\\.?",
    "a-b|[a\\\\-b]+",
]
RUN = """async ([trees, facts]) => {
  const { evaluate, toText } = await import('/expression.js');
  return trees.map(([tree, answers]) => {
    const value = evaluate(tree, { value: (name) => answers[name], own: answers.a, columns: answers, facts });
    return [typeof value, toText(value)];
  });
}"""

_leaf = st.one_of(
    st.sampled_from([["ref", name] for name in NAMES] + [["self"], ["col", "b"]]),
    st.sampled_from([0.0, 1.0, 2.5, 0.1, 1e9, 1e-9, 3.0, 20000.0]).map(lambda number: ["num", number]),
    st.sampled_from([*VALUES, "%Y-%m-%d", "%e %b %y %H:%M:%S %%"]).map(lambda text: ["str", text]),
)
_ONE = ["not", "boolean", "number", "string", "count-selected", "string-length", "normalize-space", "int", "floor",
        "ceiling", "round", "abs", "date", "date-time", "decimal-date-time", "once"]  # fmt: skip
_TWO = ["coalesce", "selected", "selected-at", "concat", "contains", "starts-with", "ends-with", "substr", "round",
        "min", "max", "sum", "format-date", "format-date-time"]  # fmt: skip
_SIGNS = ["+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or"]


def _grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.builds(lambda sign, a, b: ["op", sign, a, b], st.sampled_from(_SIGNS), inner, inner),
        st.builds(lambda name, a: ["call", name, [a]], st.sampled_from(_ONE), inner),
        st.builds(lambda name, a, b: ["call", name, [a, b]], st.sampled_from(_TWO), inner, inner),
        st.builds(lambda name, a, b, c: ["call", name, [a, b, c]], st.sampled_from(["if", "substr", "sum", "min"]),
                  inner, inner, inner),
        st.builds(lambda name: ["call", name, []], st.sampled_from(["today", "now", "duration", "true", "false"])),
        st.builds(lambda a: ["neg", a], inner),
        st.builds(lambda a, p: ["call", "regex", [a, parse(f"regex(., '{p}')".replace("\\\\", "\\"))[2][1]]],
                  inner, st.sampled_from(PATTERNS)),
    )  # fmt: skip


trees = st.recursive(_leaf, _grown, max_leaves=8)
answered = st.fixed_dictionaries({name: st.sampled_from(VALUES) for name in NAMES})


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=FOUND)
@given(batch=st.lists(st.tuples(trees, answered), min_size=40, max_size=80))
def test_expressions_alike(engine: Page, batch: list[tuple[Tree, dict[str, str]]]) -> None:
    found = engine.evaluate(RUN, [batch, FACTS])
    for (tree, answers), (kind, text) in zip(batch, found, strict=True):
        value = evaluate(tree, Scope(answers.__getitem__, answers["a"], answers, FACTS))
        expected = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        assert (kind, text) == (expected, to_text(value)), json.dumps([tree, answers], ensure_ascii=False)


HARD = [
    "regex('𠀀x', '.{2}')", "regex('a\u2028b', 'a.b')", "regex('a\r', 'a.?')", "regex('a-b', '[a\\-b]+')",
    "string-length('𠀀x')", "substr('𠀀x', 1)", "round(-2.5)", "round(0.49999999999999994)", "round(2.675, 2)",
    "int(-0.5)", "1 div int(-0.5)", "1 div ceiling(-0.5)", "1 div -0", "-7 mod 3", "5 mod 0", "0 div 0",
    "string(1 div 3)", "string(100000000000000000000000)", "string(0.0000001)", "number(' -.5 ')", "number('+1')",
    "number('1e3')", "number('')", "min('', 1)", "sum(0.1, 0.2, 0.3)", "'a' = number('a')", "number('a') != number('a')",
    "true() = 'x'", "'10' < '9'", "'10' = '10.0'", "date('2026-13-01')", "date-time(0.999999999)", "date(-719162)",
    "date(2932897)", "format-date('2024-02-29', '%Y年%n月%e日 %b %q %')", "selected('a\tb', ' b ')", "selected-at('a b', -1)",
    "selected-at('a b', 0.9)", "coalesce(number(''), 'x')", "if('0', 1, 2)", "if(0, 1, 2)", "normalize-space(' a \u00a0 b ')",
]  # fmt: skip


def test_hard_cases_alike(engine: Page) -> None:
    empty = dict.fromkeys(NAMES, "")
    found = engine.evaluate(RUN, [[[parse(source), empty] for source in HARD], FACTS])
    ours = [to_text(evaluate(parse(source), Scope(facts=FACTS))) for source in HARD]
    assert dict(zip(HARD, [text for _kind, text in found], strict=True)) == dict(zip(HARD, ours, strict=True))


def test_every_function_is_compared() -> None:
    compared = {*_ONE, *_TWO, "if", "today", "now", "duration", "true", "false", "regex"}
    assert set(FUNCTIONS) - compared == {
        "device-info",
        "jr:choice-name",
    }  # both seen in the ways through below


WALK = """async ([questionnaire, interviews]) => {
  const { Walk } = await import('/questionnaire.js');
  return interviews.map(([answers, given, tried]) => {
    const walk = new Walk(questionnaire, answers, given);
    const path = walk.path();
    return {
      path, calculated: walk.calculated(), irrelevant: walk.irrelevant(), exported: walk.exported(),
      order: Object.keys(walk.exported()), open: walk.firstOpen(),
      next: [walk.nextStep(), ...path.map((name) => walk.nextStep(name))],
      previous: [walk.previousStep(), ...path.map((name) => walk.previousStep(name))],
      progress: path.map((name) => { const p = walk.progress(name); return [p.number, p.total]; }),
      wording: path.map((name) => [walk.wording(name), walk.wording(name, 'en')]),
      options: path.map((name) => walk.options(name).map((option) => option.name)),
      reversed: path.map((name) => walk.isReversed(name)), answered: path.map((name) => walk.isAnswered(name)),
      wrong: questionnaire.questions.map(({ name }) => tried.map((value) => walk.validate(name, value))),
    };
  });
}"""


def walked(
    questionnaire: Questionnaire, answers: dict[str, str], given: Circumstances, tried: list[str]
) -> dict[str, Any]:
    """Do on the server what WALK does in the browser."""
    walk = Walk(questionnaire, answers, given)
    path = walk.path()
    wrongs = [[validate(walk, q.name, value) for value in tried] for q in questionnaire.questions]
    return {
        "path": list(path),
        "calculated": walk.calculated(),
        "irrelevant": list(walk.irrelevant()),
        "exported": walk.exported(),
        "order": list(walk.exported()),
        "open": walk.first_open(),
        "next": [walk.next_step(), *map(walk.next_step, path)],
        "previous": [walk.previous_step(), *map(walk.previous_step, path)],
        "progress": [list(walk.progress(name)) for name in path],
        "wording": [[walk.wording(name), walk.wording(name, "en")] for name in path],
        "options": [[option.name for option in walk.options(name)] for name in path],
        "reversed": [walk.is_reversed(name) for name in path],
        "answered": [walk.is_answered(name) for name in path],
        "wrong": [[{"zh": w.zh, "en": w.en} if w else None for w in row] for row in wrongs],
    }


GIVEN = ["", "OK", "0", "1", "2", "3", "5", "1.5", "a", "b", "a b", "a b c", "other", "b other", "s1", "s2", "t1", "t3",
         "甲乙", "abc", "abcdef", "2026-03-15", "2026-03-16", "2026-02-30", "14:30", "25:00", "2026-03-15T14:30",
         "2026-03-15T99:30", " 1", "-1", "a a", "SKIP", "-888", "texas", "king", DONT_KNOW, NO_ANSWER]  # fmt: skip


@pytest.fixture(scope="module", params=["everything", "security", "choice_filter", "phq9_gad7"])
def questionnaire(request: pytest.FixtureRequest) -> Questionnaire:
    """Read each of the questionnaires compared."""
    paths: dict[str, bytes | Path] = {"everything": EVERYTHING, "security": SECURITY}
    return read_xlsform(paths.get(request.param, REFERENCE / f"{request.param}.xlsx"))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=FOUND)
@given(data=st.data())
def test_ways_through_alike(engine: Page, questionnaire: Questionnaire, data: st.DataObject) -> None:
    names = [question.name for question in questionnaire.questions if question.is_step]
    likely: dict[str, st.SearchStrategy[str]] = {}
    for name in names:
        options = [option.name for option in questionnaire.lists.get(questionnaire.question(name).list, ())]
        likely[name] = st.one_of(st.sampled_from(options or GIVEN), st.sampled_from(GIVEN))
    interview = st.fixed_dictionaries({}, optional={**likely, "left_over": st.just("x")})
    interviews = []
    for _ in range(12):
        answers = dict(data.draw(interview))
        splits = assign_splits(questionnaire, data.draw(st.uuids().map(str)))
        language = data.draw(st.sampled_from(["zh", "en"]))
        tried = data.draw(st.lists(st.sampled_from(GIVEN), min_size=6, max_size=6))
        interviews.append((answers, Circumstances(splits, FACTS, language), tried))
    sent = [
        [answers, {"splits": dict(g.splits), "facts": dict(g.facts), "language": g.language}, tried]
        for answers, g, tried in interviews
    ]
    found = engine.evaluate(WALK, [questionnaire.to_json(), sent])
    for (answers, given_, tried), result in zip(interviews, found, strict=True):
        assert result == walked(questionnaire, answers, given_, tried), answers


def test_numbers_survive_the_way_to_the_browser(engine: Page) -> None:
    found = engine.evaluate(RUN, [[[["op", "div", ["num", 1], ["num", 3]], {}]], FACTS])
    assert found == [["number", to_text(1 / 3)]]
    assert math.isclose(float(found[0][1]), 1 / 3, rel_tol=0)
