"""Signatures: whether a webhook truly comes from the line, checked on the configured public address."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest

from twilio.request_validator import (
    HMAC_SHA1,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from werkzeug.datastructures import MultiDict

from core.settings import Settings

__all__ = ["SIGNATURE_HEADER", "SIGNATURE_SETTINGS_HEADER", "is_signed", "sign"]


def is_signed(
    settings: Settings,
    *,
    method: str,
    path: str,
    query: str,
    form: MultiDict[str, str],
    body: bytes,
    headers: Mapping[str, str],
) -> bool:
    """Say whether the line signed this request for our public address.

    `query` is the raw query; `body` the raw body of a request that is no form (it is bound to the
    address by its fingerprint, so without one it proves nothing).
    """
    given = headers.get(SIGNATURE_HEADER, "")
    if not given or not settings.auth_token:
        return False
    url = settings.public_base_url + path + (f"?{query}" if query else "")
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER, ""))
    params: MultiDict[str, str] | str = MultiDict()
    if method == "POST":
        params = form
        if body and not form:
            if "bodySHA256=" not in query:
                return False
            try:
                params = body.decode()
            except UnicodeDecodeError:
                return False
    validator = RequestValidator(settings.auth_token)
    if algorithm == HMAC_SHA1 and not isinstance(params, str):
        # Nearly every request is signed for the address as it is written; the validator would also sign
        # it with a port each time, before it compares.
        expected = str(validator.compute_signature(url, params, algorithm))
        if compare_digest(expected.encode(), given.encode()):
            return True
    return bool(validator.validate(url, params, given, algorithm))


def sign(settings: Settings, path: str, form: Mapping[str, str], *, query: str = "") -> str:
    """Sign a request as the line would; for the health probe and for tests."""
    url = settings.public_base_url + path + (f"?{query}" if query else "")
    return str(RequestValidator(settings.auth_token).compute_signature(url, dict(form)))
