"""Join the carrier and the application inside one process, without any network, for tests on virtual time."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from telephony.simulator.transport import Reply

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier


class InProcess(HttpClient):  # type: ignore[misc]
    """Carry the vendor's client's requests to a carrier in the same process."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(None, False, None)
        self._carrier = carrier

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request, with everything written as it would be on the wire."""
        parts = urlsplit(uri)
        query = {**parse_qs(parts.query), **_written(params or {})}
        form = query if method.upper() == "GET" else _written(data or {})
        known = "Basic " + b64encode(":".join(auth).encode()).decode() if auth else None
        status, answer = self._carrier.rest.handle(method, parts.path, form, known)
        return Response(status, "" if answer is None else json.dumps(answer))


def _written(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    written: dict[str, list[str]] = {}
    for name, value in fields.items():
        values = value if isinstance(value, list | tuple) else [value]
        # Claims stay as the vendor's client leaves them: Python's True is sent as "True".
        written[name] = [str(each) for each in values if each is not None]
    return written


class _Client(Protocol):
    def post(self, path: str, *, data: Any, headers: Any) -> Any:
        """Post a form."""


class PostToClient:
    """Carry the carrier's webhooks to a Flask test client that stands for the public address."""

    def __init__(self, client: _Client, public_base_url: str) -> None:
        self._client = client
        self._base = public_base_url.rstrip("/")

    def __call__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Post the form."""
        if not url.startswith(self._base):
            raise ConnectionRefusedError(f"nobody answers outside {self._base}")
        answer = self._client.post(url[len(self._base) :], data=dict(form), headers=dict(headers))
        return int(answer.status_code), str(answer.get_data(as_text=True))
