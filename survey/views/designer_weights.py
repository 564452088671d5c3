"""The designer's weight sets: how each was made, step by step, and which one is published."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import language, t
from survey.margin_import import current_margins
from survey.views.designer_margins import NAMES
from survey.waves import Wave
from survey.weight_charts import histogram
from survey.weight_publishing import publish_weight_set, spread_of
from survey.weighting import WeightSet

blueprint = Blueprint("designer_weights", __name__, url_prefix="/design/weights")
MOST = 100


@blueprint.get("")
@require(Permission.WEIGHT_MAKE)
def listed() -> str:
    """List the newest weight sets."""
    query = (
        sa.select(WeightSet, Wave)
        .join(Wave, Wave.id == WeightSet.wave_id)
        .order_by(WeightSet.ends_on.desc(), WeightSet.id.desc())
        .limit(MOST)
    )
    with reading() as session:
        return render_template("designer/weights.html", rows=session.execute(query).all(), most=MOST)


@blueprint.get("/<int:set_id>")
@require(Permission.WEIGHT_MAKE)
def one(set_id: int) -> str:
    """Show one weight set with the record of its steps."""
    with reading() as session:
        made = one_set(session, set_id)
        spread = spread_of(session, made)
        return render_template(
            "designer/weight_set.html",
            made=made,
            wave=session.get_one(Wave, made.wave_id),
            p=made.provenance,
            names=NAMES,
            category=category_words(session),
            spread=spread,
            chart=histogram(spread),
        )


@blueprint.post("/<int:set_id>/publish")
@require(Permission.WEIGHT_MAKE)
def publish(set_id: int) -> ResponseReturnValue:
    """Mark the set as the published one of its period."""
    with transaction() as session:
        publish_weight_set(session, one_set(session, set_id), by=acting(), at=clock.now())
    flash(t("已标为公布的权数", "Marked as the published weights"), "good")
    return redirect(url_for("designer_weights.one", set_id=set_id), 303)


def category_words(session: Session) -> dict[str, str]:
    """Return the label of every category of the margins, in the language spoken."""
    is_english = language() == "en"
    cells = (cell for margin in current_margins(session).values() for cell in margin.cells)
    return {c.category: (c.label_en if is_english else c.label) or c.category for c in cells}


def one_set(session: Session, set_id: int) -> WeightSet:
    """Return the set of an address."""
    found = session.get(WeightSet, set_id)
    if found is None:
        raise Missing
    return found
