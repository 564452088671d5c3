"""What a request asks for, read from its form, and how lists are told page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from telephony.simulator.leg import Subscription

Values = dict[str, str]
T = TypeVar("T")


class NotTaken(Exception):
    """A well-formed request that can't be done, with the vendor's code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def missing(what: str) -> NotTaken:
    """Say that a thing asked for is not there."""
    return NotTaken(404, 20404, f"The requested resource {what} was not found")


class Asked:
    """A request's form, read by kind."""

    def __init__(self, path: str, form: Mapping[str, str | Sequence[str]]) -> None:
        self.path = path
        self._form = {name: [v] if isinstance(v, str) else list(v) for name, v in form.items()}

    def text(self, name: str) -> str | None:
        """Return a field's text, None when absent."""
        values = self._form.get(name)
        return values[0] if values else None

    def need(self, name: str) -> str:
        """Return a field the contract requires."""
        return self._form[name][0]

    def flag(self, name: str) -> bool | None:
        """Return a claim, None when absent."""
        value = self.text(name)
        return None if value is None else value.lower() == "true"

    def whole(self, name: str, default: int) -> int:
        """Return a whole number."""
        value = self.text(name)
        return default if value is None else int(value)

    def subscription(self, name: str, default: str) -> Subscription | None:
        """Return where callbacks go and which were asked for; this carrier only posts."""
        if self.text(f"{name}Method") == "GET":
            raise NotTaken(400, 20001, f"{name}Method: this carrier only posts")
        url = self.text(name)
        words = self._form.get(f"{name}Event") or default.split()
        return Subscription(url, frozenset(w for word in words for w in word.split())) if url else None

    def covers(self, name: str, at: datetime | None) -> bool:
        """Tell whether a moment fits the list's filters on it: the day itself, before (<) or after (>)."""
        for sign in ("", "<", ">"):
            wanted = self.text(name + sign)
            if wanted is None:
                continue
            if at is None:
                return False
            is_day = len(wanted) == 10
            limit = datetime.fromisoformat(wanted.replace("Z", "+00:00"))
            moment = at.replace(hour=0, minute=0, second=0, microsecond=0) if is_day else at
            limit = limit.replace(tzinfo=moment.tzinfo) if limit.tzinfo is None else limit
            fits = {"": moment == limit, "<": moment <= limit, ">": moment >= limit}[sign]
            if not fits:
                return False
        return True

    def page(self, key: str, items: Sequence[T], tell: Callable[[T], dict[str, object]]) -> dict[str, object]:
        """Tell one page of a list, with the ways to the others."""
        size, page = self.whole("PageSize", 50), self.whole("Page", 0)
        start = page * size
        shown = items[start : start + size]
        kept = {name: values[0] for name, values in self._form.items() if name not in ("Page", "PageToken")}

        def uri(number: int) -> str:
            return f"{self.path}?{urlencode(kept | {'PageSize': str(size), 'Page': str(number)})}"

        return {
            key: [tell(item) for item in shown],
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start, start + len(shown) - 1),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(page - 1) if page else None,
            "next_page_uri": uri(page + 1) if start + size < len(items) else None,
        }
