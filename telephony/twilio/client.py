"""The way to the vendor: its own client over our transport, which can swap the address and always times out."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from core.settings import Settings
from telephony.line import NotTaken, OutcomeUnknown, TryLater

CONNECT_S = 3.05
READ_S = 10.0
_silent = logging.getLogger("tingmin.telephony.wire")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class Transport(HttpClient):  # type: ignore[misc]
    """Carry requests to the vendor, or to whoever speaks its protocol at another address."""

    def __init__(self, base_url: str = "", *, read_s: float = READ_S) -> None:
        super().__init__(_silent, False, read_s)
        self.base = urlsplit(base_url) if base_url else None
        self._local = threading.local()

    def address(self, url: str) -> str:
        """Return the address to use for the vendor's."""
        if self.base is None:
            return url
        parts = urlsplit(url)
        path = self.base.path.rstrip("/") + parts.path
        return urlunsplit((self.base.scheme, self.base.netloc, path, parts.query, ""))

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request; a lost answer is told apart from one never asked."""
        try:
            answer = self._session().request(
                method.upper(),
                self.address(uri),
                params=params,  # type: ignore[arg-type]
                data=data,
                headers=headers,
                auth=auth,
                timeout=(CONNECT_S, timeout or self.timeout or READ_S),
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise TryLater("not-reached") from error
        except requests.ConnectionError as error:
            raise (TryLater("not-reached") if _never_left(error) else OutcomeUnknown("cut-off")) from error
        except requests.RequestException as error:
            raise OutcomeUnknown("no-answer") from error
        return Response(int(answer.status_code), answer.text, answer.headers)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            if self.base is not None and self.base.hostname in ("127.0.0.1", "localhost"):
                session.trust_env = False  # the local carrier is never behind a proxy
        return session


def _never_left(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def client_from(settings: Settings, transport: HttpClient | None = None) -> Client:
    """Make the vendor's client with our transport, for this account."""
    return Client(
        settings.api_key,
        settings.api_secret,
        account_sid=settings.account,
        http_client=transport or Transport(settings.line_base_url),
        environment={"TINGMIN": "1"},  # never the machine's own credentials
    )


def fetch_sound(settings: Settings, recording: str) -> bytes:
    """Fetch the sound of a recording from the vendor's account."""
    path = f"/2010-04-01/Accounts/{settings.account}/Recordings/{recording}.mp3"
    address = Transport(settings.line_base_url).address(f"https://api.twilio.com{path}")
    with requests.Session() as session:
        session.trust_env = not settings.line_base_url
        try:
            answer = session.get(
                address, auth=(settings.api_key, settings.api_secret), timeout=(CONNECT_S, 30.0)
            )
        except requests.RequestException:
            raise TryLater("sound-not-reached") from None
    if answer.status_code != 200:
        raise NotTaken(f"sound-{answer.status_code}")
    return answer.content


@contextmanager
def asking() -> Iterator[None]:
    """Say in our words how a request went wrong; codes only, since messages may quote numbers."""
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        status = int(error.status)
        code = f"{status}/{error.code}"
        if status == 429:
            raise TryLater(code) from None
        if status >= 500:
            raise OutcomeUnknown(code) from None
        raise NotTaken(code) from None
    except (TwilioException, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise OutcomeUnknown(f"unreadable-{type(error).__name__}") from None


def optional(value: Any) -> Any:
    """Return a value for the client, which leaves out what is not set."""
    return values.unset if value is None else value
