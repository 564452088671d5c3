"""The door for the line's reports: verify, keep, apply, answer; everything else happens afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import transaction
from core.permissions import open_to_all
from telephony.events import take_in
from telephony.line import Line, line
from telephony.outbox import kick
from telephony.outgoing import has_asked
from telephony.spoken import UNAVAILABLE
from telephony.twilio import documents, twiml
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import HOOKS, PREFIX
from telephony.twilio.capture import capture
from telephony.twilio.signature import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, is_signed
from telephony.twilio.translate import translate

log = logging.getLogger("tingmin.telephony")
blueprint = Blueprint("hooks", __name__, url_prefix=PREFIX)

SIGNED_BY = (SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER)
PULSE_S = 1.0
_pulse_at = float("-inf")

Document = Callable[[Session, TwilioLine, documents.Asked], str]
DOCUMENTS: dict[str, Document] = {
    "browser": documents.for_browser,
    "inbound": documents.for_inbound,
    "input": documents.for_input,
    "wait": documents.for_wait,
    "waited": documents.for_wait,
    "join": documents.for_join,
    "picked-up": documents.for_picked_up,
}

STANDING: dict[str, Callable[[], str]] = {
    "quiet": twiml.quiet,
    "hold": twiml.holding,
    "probe": twiml.nothing,
}
"""What is answered at once, without a look at anything."""
FROM_CALLERS = frozenset({"inbound", "wait", "waited", "input"})
"""Where a caller may be heard of for the first time: the answer to an earlier question can be lost."""


@blueprint.before_request
@open_to_all
def _verify() -> Response | None:
    """Let nobody in whom the line did not sign for."""
    if request.endpoint == f"{blueprint.name}.fallback":
        return None
    carrier: Line = line()
    if not isinstance(carrier, TwilioLine):
        abort(404)
    signed = is_signed(
        carrier.settings,
        method=request.method,
        path=request.path,
        query=request.query_string.decode("latin-1"),
        form=request.form,
        body=b"" if request.form else request.get_data(),
        headers={name: request.headers.get(name, "") for name in SIGNED_BY},
    )
    if signed:
        return None
    hook = request.path.removeprefix(f"{PREFIX}/")[:20]
    log.warning("a webhook for %s was not signed; it had %s", hook, sorted(request.form))
    with transaction() as session:
        journal.write(
            session,
            "line.forged",
            "line:webhook",
            by=None,
            at=clock.now(),
            hook=hook if hook in HOOKS else "?",
        )
    return Response("not signed by the line\n", 403, mimetype="text/plain")


@blueprint.after_request
def _note_failure(answer: Response) -> Response:
    """Leave a line about every report that was not taken, whatever the reason: which one and how it was answered."""
    if answer.status_code >= 400:
        hook = (request.view_args or {}).get("hook", "fallback")
        log.warning("a %s webhook was answered %s", hook if hook in HOOKS else "?", answer.status_code)
    return answer


@blueprint.route("/<hook>", methods=["GET", "POST"])
@open_to_all
def report(hook: str) -> Response:
    """Take one report in and say what comes next."""
    if hook not in HOOKS:
        abort(404)
    carrier = line()
    if not isinstance(carrier, TwilioLine):
        abort(404)
    asked = documents.Asked(request.values.to_dict(), request.args.to_dict(), clock.now())
    if hook in STANDING:
        return _xml(STANDING[hook]())
    capture(carrier.settings, hook, asked.fields, asked.query, asked.at)
    try:
        new, asks, text = take_report(hook, carrier, asked, guarded=False)
    except Exception:
        # A room of the house could not take it: keep the report itself, for the worker to tell again.
        log.exception("a %s webhook could not be handled at once", hook)
        new, asks, text = take_report(hook, carrier, asked, guarded=True)
    if new:
        _send(at_once=asks)
    return _xml(text)


def take_report(
    hook: str, carrier: TwilioLine, asked: documents.Asked, *, guarded: bool
) -> tuple[bool, bool, str]:
    """Take a report in and make its answer, in one transaction; say whether it was new and asks the line."""
    with transaction() as session:
        met = documents.meet_caller(session, carrier, asked) if hook in FROM_CALLERS else None
        found = translate(hook, asked.fields, asked.query, at=asked.at, provider=carrier.settings.line)
        new = take_in(session, found, at=asked.at, guarded=guarded)
        document = DOCUMENTS.get(hook)
        text = document(session, carrier, asked) if document else twiml.nothing()
    return bool(new) or met is not None, has_asked(session), text


def _send(*, at_once: bool) -> None:
    """Have sent what a report led us to ask; what merely came due meanwhile, once a second at most.

    Most reports ask nothing, and a look into the outbox costs more than the report itself.
    """
    global _pulse_at
    now = clock.monotonic()
    if at_once or now - _pulse_at >= PULSE_S:
        _pulse_at = now
        kick()


@blueprint.route("/fallback", methods=["GET", "POST"])
@open_to_all
def fallback() -> Response:
    """Speak the last kind sentence, without touching anything that may be down."""
    carrier = line()
    return _xml(twiml.document(carrier.settings, UNAVAILABLE))


def _xml(text: str) -> Response:
    return Response(text, mimetype="text/xml")
