"""The addresses at which the vendor finds us; all below the configured public one."""

from __future__ import annotations

from urllib.parse import urlencode

from core.settings import Settings

PREFIX = "/line/hooks"

HOOKS = (
    "browser", "inbound", "input", "call", "room", "recording", "answerer", "text",
    "wait", "waited", "join", "picked-up", "quiet", "hold", "fallback", "probe",
)  # fmt: skip

# Where the vendor's telephone in the browser connects to; the simulated one speaks through this house alone.
SIGNALLING = ("wss://*.twilio.com", "https://*.twilio.com")


def path_of(hook: str) -> str:
    """Return a hook's path in the application."""
    if hook not in HOOKS:
        raise KeyError(hook)
    return f"{PREFIX}/{hook}"


def address_of(settings: Settings, hook: str, **query: str) -> str:
    """Return a hook's full address as the vendor is told it; queries hold keys and codes only."""
    tail = "?" + urlencode(query) if query else ""
    return f"{settings.public_base_url}{path_of(hook)}{tail}"


def hurried(address: str) -> str:
    """Return an address at which the vendor waits four seconds and then takes the fallback; never signed, never sent."""
    return f"{address}#ct=2000&rt=4000&rc=0"
