"""Expected failures, named where they happen and turned into pages in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.terms import Words


class Problem(Exception):
    """Something a person can understand and act on: what happened, what was kept, what to do."""

    status = 400
    words = Words("请求无法处理", "The request cannot be handled")
    keeps_typed = False
    """Its page gives back what was written, to be put right and sent again; a form that comes back itself need not."""

    def __init__(self, words: Words | None = None, *, hint: Words | None = None, **facts: object) -> None:
        self.words = words or type(self).words
        if facts:
            self.words = self.words.filled(**facts)
        self.hint = hint
        self.facts = facts
        super().__init__(self.words.in_language("en"))


class Refused(Problem):
    """The record's present state does not allow it 当前状态不可执行."""

    status = 409
    words = Words("当前状态不可执行此操作", "This can't be done in the record's present state")


class Invalid(Problem):
    """What was given can't be accepted; `fields` holds a sentence per field."""

    status = 422
    words = Words("填写的内容有误", "Something in the form is not right")

    def __init__(
        self,
        words: Words | None = None,
        *,
        fields: dict[str, Words] | None = None,
        hint: Words | None = None,
        **facts: object,
    ) -> None:
        super().__init__(words, hint=hint, **facts)
        self.fields = fields or {}


class Missing(Problem):
    """There is no such record, or it may not be known of."""

    status = 404
    words = Words("没有找到", "Not found")


class Forbidden(Problem):
    """The door is shut to this role."""

    status = 403
    words = Words("您的角色不能打开这一页", "Your role does not open this page")


class TooMany(Problem):
    """Too many tries in too short a time."""

    status = 429
    words = Words("尝试次数过多，请稍后再试", "Too many tries; please wait and try again")


class Unavailable(Problem):
    """Something this needs is away for the moment; nothing was lost."""

    status = 503
    words = Words(
        "服务暂时不可用，您填写的内容已保留", "The service is away for a moment; what you typed is kept"
    )


@contextmanager
def keeping_typed() -> Iterator[None]:
    """Let the page of whatever is refused in here give back what was written."""
    try:
        yield
    except Problem as problem:
        problem.keeps_typed = True
        raise
