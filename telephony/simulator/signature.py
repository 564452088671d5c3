"""Sign what the carrier sends, so that the application can tell it from a stranger."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(url: str, form: Mapping[str, str], auth_token: str) -> str:
    """Return the signature of a form posted to a URL (HMAC-SHA1 over URL and sorted fields, base64)."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()
