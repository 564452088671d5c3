"""Problem pages: what happened, what was kept, what to do; never a stack trace, never a bare "error"."""

from __future__ import annotations

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from core.problems import Forbidden, Invalid, Missing, Problem, TooMany, Unavailable
from core.terms import Words
from web.kept import fields_typed, is_written

HINTS: dict[int, Words] = {
    403: Words(
        "如果您的工作需要这一页，请管理员给您相应的角色。没有任何改动。",
        "If your work needs this page, ask the administrator for the role. Nothing was changed.",
    ),
    404: Words(
        "请检查地址，或从首页重新进入；记录可能已被合并或不对您开放。",
        "Check the address or start from the first page; the record may be merged or not open to you.",
    ),
    405: Words(
        "请从首页或上面的入口重新进入。没有任何改动。",
        "Start again from the first page or one of the doors above. Nothing was changed.",
    ),
    409: Words("请返回并刷新，看看它现在的状态。", "Go back and reload to see where it stands now."),
    413: Words(
        "请返回，换一个小一些的文件，或把它分成几份。没有任何改动。",
        "Go back and choose a smaller file, or split it. Nothing was changed.",
    ),
    422: Words(
        "您填写的内容还在：返回上一页改正后再提交。",
        "What you typed is still there: go back, put it right and send it again.",
    ),
    429: Words("请过几分钟再试；没有任何改动。", "Wait a few minutes; nothing was changed."),
    500: Words(
        "这一步没有写入任何内容，此前保存的都在。请再试一次；仍不行，把下面的时间告诉管理员。",
        "Nothing of this step was written; all saved before is safe. Try again; if it fails again, tell "
        "the administrator the time below.",
    ),
    503: Words(
        "数据库暂时连不上。您填写的内容留在本页：过一会儿点“再试一次”。",
        "The database is away for a moment. What you typed is kept on this page: press “Try again” shortly.",
    ),
}

GIVEN_BACK = Words(
    "您写的在下面，没有丢：可以在这里改好再提交，也可以复制了回到上一页。",
    "What you wrote is below: put it right and send it from here, or copy it and go back.",
)

BY_STATUS: dict[int, Words] = {
    400: Words("浏览器发来的内容读不懂，没有任何改动", "The request can't be read; nothing was changed"),
    405: Words("这一页不能这样打开", "This page can't be used that way"),
    413: Words("文件太大，没有收下", "The file is too large and was not taken"),
    500: Words("程序出错了", "The program failed"),
}


class Stale(Problem):
    """A form from a page that is no longer good to send."""

    status = 400
    words = Words("这一页放得太久，没有提交", "This page is too old to be sent; nothing was changed")


def prepare(app: Flask) -> None:
    """Turn every failure into a page."""
    app.register_error_handler(Problem, problem_answer)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError):
        app.register_error_handler(kind, _database_away)
    app.register_error_handler(Exception, _unexpected)


def problem_answer(problem: Problem) -> ResponseReturnValue:
    """Answer with a page, or with problem+json when a script asks."""
    from web.guard import wants_json

    hint = problem.hint or (GIVEN_BACK if problem.keeps_typed else HINTS.get(problem.status))
    if wants_json() or "X-Live" in request.headers:
        body = {"type": "about:blank", "status": problem.status, "title": str(problem.words)}
        if hint is not None:
            body["detail"] = str(hint)
        if isinstance(problem, Invalid) and problem.fields:
            body["fields"] = {name: str(words) for name, words in problem.fields.items()}
        answer = jsonify(body)
        answer.mimetype = "application/problem+json"
        answer.status_code = problem.status
        return answer
    is_kept = problem.keeps_typed or problem.status in (400, 500, 503)
    fields = fields_typed() if request.method == "POST" and is_kept else []
    page = render_template(
        "web/problem.html",
        problem=problem,
        status=problem.status,
        hint=hint,
        fields=problem.fields if isinstance(problem, Invalid) else {},
        kept=fields,
        to_mend=problem.keeps_typed,
        is_written=is_written,
        path=request.full_path.rstrip("?"),
        had_files=bool(request.files) if fields else False,
    )
    return page, problem.status


def _stale(_error: CSRFError) -> ResponseReturnValue:
    return problem_answer(
        Stale(
            hint=Words(
                "您填写的内容留在本页：点“再试一次”即可提交。",
                "What you typed is kept on this page: press “Try again” to send it.",
            )
        )
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    known: dict[int, type[Problem]] = {403: Forbidden, 404: Missing, 429: TooMany, 503: Unavailable}
    problem = known[status]() if status in known else Problem(BY_STATUS.get(status, BY_STATUS[400]))
    problem.status = status
    return problem_answer(problem)


def _database_away(error: DBAPIError) -> ResponseReturnValue:
    current_app.logger.error("the database is away: %s", type(error.orig).__name__)
    return problem_answer(Unavailable())


def _unexpected(error: Exception) -> ResponseReturnValue:
    # The trace names code, never the request's content: pages carry residents' words.
    current_app.logger.error("unexpected failure at %s", request.endpoint, exc_info=error)
    if current_app.testing:
        raise error
    problem = Problem(BY_STATUS[500])
    problem.status = 500
    return problem_answer(problem)
