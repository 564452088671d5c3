"""A cube of groups that answered alike is the cube of their rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from survey.methods.cube import count
from survey.methods.cube_layout import Index, Item, Key, Layout
from survey.methods.cube_patterns import gathered
from tests.survey.methods.test_cube import same

LAYOUT = Layout(
    ("S0", "S1", "S2"),
    (Key("county", ("C0", "C1")), Key("sex", ("f", "m"))),
    (Item("safe"), Item("police"), Item("court"), Item("age", is_share=False)),
    (Index("trust", ("police", "court")),),
)
SCORE = st.sampled_from([0.0, 1.0, np.nan])
GROUP = st.tuples(
    st.integers(0, 2), st.integers(0, 1), st.integers(0, 1), SCORE, SCORE, SCORE, st.sampled_from([18.0, 44.5, np.nan]),
    st.lists(st.floats(0.1, 9.0), min_size=1, max_size=4),
)  # fmt: skip


@given(st.lists(GROUP, min_size=1, max_size=25))
def test_groups_and_rows_make_the_same_cube(
    groups: list[tuple[int, int, int, float, float, float, float, list[float]]],
) -> None:
    size = [len(g[-1]) for g in groups]
    columns = [np.array([g[k] for g in groups]) for k in range(7)]
    found = gathered(
        LAYOUT,
        strata=columns[0],
        keys=columns[1:3],
        rows=np.array(size),
        weights=np.array([sum(g[-1]) for g in groups]),
        squares=np.array([sum(d * d for d in g[-1]) for g in groups]),
        answers=[c.astype(np.float64) for c in columns[3:]],
    )
    single = [np.repeat(c, size) for c in columns]
    expected = count(
        LAYOUT,
        strata=single[0],
        keys=single[1:3],
        weights=np.array([d for g in groups for d in g[-1]]),
        answers=[c.astype(np.float64) for c in single[3:]],
    )
    same(found, expected)
