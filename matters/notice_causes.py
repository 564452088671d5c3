"""Causes of notices: what someone was told of may have been settled by now, and then asks nobody for a look."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from matters.flow import Side
from matters.matter import Matter
from matters.notices import MatterNotice, NoticeKind
from matters.states import HOLDS, OPEN, Holder, MatterState

K = NoticeKind
S = MatterState

_WHILE: dict[NoticeKind, tuple[MatterState, ...]] = {
    K.ASSIGNED: (S.ASSIGNED,),
    K.AGAIN: (S.ASSIGNED,),
    K.CALL_UNIT: (S.ASSIGNED,),
    K.TO_ASSIGN: (S.TO_ROUTE,),
    K.RETURN_ASKED: (S.RETURN_ASKED,),
    K.ASK_CALLER: (S.WAIT_CALLER,),
    K.RESULT_IN: (S.RESULT_IN,),
    K.CALL_BACK: (S.DRAFT,),
    K.REVIEW_OVER: (S.SUSPENDED,),
}
"""Kinds that ask for one step: whoever is told of it need not look once the matter has gone on."""

_EVER = (
    K.FAULT,
    K.LISTED,
    K.PRESSED,
    K.INCIDENT,
    K.REPORT_OVER,
    K.MERGE,
    K.MERGE_REFUSED,
    K.JOINT,
    K.ABOUT_CENTRE,
)
"""Kinds that somebody takes note of whatever became of the matter."""

_STEPS_OF = {
    side: [state for state, held in HOLDS.items() if held is holder]
    for side, holder in ((Side.CENTRE, Holder.CENTRE), (Side.SUPERVISION, Holder.SUPERVISION))
}
_TURNS = (S.FEEDBACK_DUE, S.REVISIT_DUE)
"""States in which each caller's turn has a limit of its own, beside the matter's."""


# Every page counts by these; writing them anew each time cost more than asking.
_kind, _state = MatterNotice.kind, Matter.state
_HAS_TURNS = _state.in_(_TURNS)
_STEP_OVER = sa.and_(
    _kind == K.STAGE_OVER,
    sa.or_(
        *(sa.and_(MatterNotice.side == side, _state.in_(steps)) for side, steps in _STEPS_OF.items()),
        _state.in_((*_TURNS, S.NOT_ACCEPTED)),
    ),
)
_AT_ANY_HOUR = sa.or_(
    _kind.in_(_EVER),
    *(sa.and_(_kind == asked, _state.in_(states)) for asked, states in _WHILE.items()),
    sa.and_(_kind == K.EXTENSION_ASKED, Matter.is_extension_asked.is_(True)),
    sa.and_(_kind.not_in((*_WHILE, *_EVER, K.EXTENSION_ASKED, K.STAGE_OVER)), _state.in_(OPEN)),
)


def stands(at: datetime) -> sa.ColumnElement[bool]:
    """Say in SQL whether a notice's cause still stands; the query joins the matter."""
    return sa.or_(_AT_ANY_HOUR, sa.and_(_STEP_OVER, sa.or_(Matter.stage_due_at <= at, _HAS_TURNS)))
