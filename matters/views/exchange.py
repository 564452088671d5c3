"""The partners' door: matters sent and asked for by a city hotline's programs, each proved by its token."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from core import clock
from core.db import reading, transaction
from core.permissions import open_to_all
from core.problems import Invalid, Problem, TooMany, Unavailable
from core.terms import Words
from core.throttle import count_try
from matters import exchange, exchange_answers, partners
from matters.exchange_document import PER_MINUTE, PROBLEM, document
from matters.partners import Partner

blueprint = Blueprint("public_exchange", __name__, url_prefix="/api/v1")
MOST_BYTES = 64 * 1024
WRONG_TOKENS = 30
MINUTE = timedelta(minutes=1)


class NoToken(Problem):
    """Nobody is known by this token."""

    status = 401
    words = Words("令牌缺失、错误或已停用", "The token is missing, wrong or revoked")


class NoKey(Problem):
    """A request that writes carries a key, so that it may be repeated."""

    words = Words(
        "缺少 Idempotency-Key，或超过 120 个字符", "Idempotency-Key is missing or longer than 120 characters"
    )


class NotJson(Problem):
    """The body must be JSON."""

    status = 415
    words = Words("正文须为 application/json", "The body must be application/json")


class TooLarge(Problem):
    """The body is longer than any matter."""

    status = 413
    words = Words("正文超过 64 KB", "The body is over 64 KB")


class UnderWay(Problem):
    """The same request is being answered at this moment."""

    status = 409
    words = Words("同一请求正在处理，请稍后重试", "The same request is under way; try again in a moment")


View = Callable[..., ResponseReturnValue]


def with_token(view: View) -> View:
    """Let in whoever has a token that holds, and not too often."""

    @wraps(view)
    def inside(**parts: str) -> ResponseReturnValue:
        at = clock.now()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with reading() as session:
            known = partners.recognise(session, token.strip() if scheme.lower() == "bearer" else "")
            whom, kind, limit = (str(known.id), "exchange", PER_MINUTE) if known else (
                request.remote_addr or "", "exchange.token", WRONG_TOKENS)  # fmt: skip
        with transaction() as session:
            is_free = count_try(session, kind, whom, limit=limit, within=MINUTE, at=at)
            if known is not None and is_free:
                partners.note_seen(session.get_one(Partner, known.id), at=at)
        if not is_free:
            raise TooMany
        if known is None:
            raise NoToken
        g.partner_id = known.id
        return view(**parts)

    return open_to_all(inside)


@blueprint.get("/openapi.json")
@open_to_all
def described() -> Response:
    """Describe the exchange to programs."""
    return _json(document(current_app.config["SETTINGS"].public_base_url), 200)


@blueprint.get("/matters")
@with_token
def listed() -> ResponseReturnValue:
    """List the partner's matters."""
    limit = request.args.get("limit", str(exchange.PER_PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= exchange.MOST):
        raise Invalid(fields={"limit": Words("1 到 200 的整数", "a whole number from 1 to 200")})
    with reading() as session:
        return _json(
            exchange.listed(
                session,
                session.get_one(Partner, g.partner_id),
                cursor=request.args.get("cursor", ""),
                limit=int(limit),
                reference=request.args.get("reference", ""),
                changed_since=_since(request.args.get("changed_since", "")),
            ),
            200,
        )


def _since(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+")) if text else None
    except ValueError:
        found = None
    if text and (found is None or found.tzinfo is None):
        raise Invalid(fields={"changed_since": Words("须为带时区的时刻", "a moment with its zone")})
    return found


@blueprint.get("/matters/<receipt>")
@with_token
def one(receipt: str) -> ResponseReturnValue:
    """Tell where one of the partner's matters stands."""
    with reading() as session:
        return _json(exchange.one(session, session.get_one(Partner, g.partner_id), receipt), 200)


@blueprint.post("/matters")
@with_token
def send() -> ResponseReturnValue:
    """Register a matter once, however often the request comes."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 0 < len(key) <= exchange_answers.LONGEST_KEY:
        raise NoKey
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge
    if request.mimetype != "application/json":
        raise NotJson
    data = request.get_data(cache=False)
    try:
        with transaction() as session:
            partner = session.get_one(Partner, g.partner_id)
            body = exchange_answers.given(session, partner, key, data)
            is_replay = body is not None
            if body is None:
                at = clock.now()
                record = exchange.take(session, partner, exchange.read_sent(data), at=at)
                body = json.dumps(exchange.shown(session, record), ensure_ascii=False)
                exchange_answers.keep(session, partner, key, data, body, at=at)
    except IntegrityError:
        raise UnderWay from None
    answer = Response(body, 201, mimetype="application/json")
    answer.headers["Location"] = f"/api/v1/matters/{json.loads(body)['receipt']}"
    if is_replay:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _json(content: dict[str, Any], status: int, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status, mimetype=mimetype)


@blueprint.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    kind = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(problem).__name__).strip("-")
    content: dict[str, Any] = {
        "type": f"/api/v1/openapi.json#{kind}",
        "title": problem.words.in_language("en"),
        "status": problem.status,
        "detail": problem.words.in_language("zh"),
    }
    if isinstance(problem, Invalid) and problem.fields:
        content["errors"] = [
            {"field": field, "detail": f"{words.en} {words.zh}"} for field, words in problem.fields.items()
        ]
    answer = _json(content, problem.status, PROBLEM)
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="tingmin"'
    if problem.status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer


@blueprint.errorhandler(HTTPException)
def _refused(error: HTTPException) -> Response:
    problem = Problem(Words("请求无法处理", error.name))
    problem.status = error.code or 500
    return _problem(problem)


@blueprint.errorhandler(OperationalError)
@blueprint.errorhandler(InterfaceError)
def _away(_error: Exception) -> Response:
    return _problem(Unavailable(Words("暂时不可用", "Away for a moment; nothing was changed")))
