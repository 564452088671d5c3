"""The operator's reviews: what another experienced person said of one's own key cases."""

from __future__ import annotations

from flask import Blueprint, render_template

from core import clock
from core.db import transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.terms import Words
from hotline import key_reviews

blueprint = Blueprint("own_reviews", __name__, url_prefix="/counselling/my-reviews")
DOORS = [
    Door(
        "own_reviews.show",
        Words("我的评议", "My reviews"),
        Permission.COUNSEL,
        order=19,
        count=lambda session, staff, _now: key_reviews.unread_by(session, staff),
        about=Words("同行对我处置的重点个案怎么看", "What a colleague said of the key cases one handled"),
    )
]


@blueprint.get("/")
@require(Permission.COUNSEL)
def show() -> str:
    """Show the reviews of one's own cases; each is noted as read."""
    with transaction() as session:
        return render_template(
            "hotline/own_reviews.html", rows=key_reviews.read_own(session, by=acting(), at=clock.now())
        )
