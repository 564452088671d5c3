"""How one simulated carrier is set up, and the rule that it never stands beside a real line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.settings import Settings


class RealLine(RuntimeError):
    """The settings name a real line, where invented residents have no place."""


@dataclass(frozen=True)
class CarrierConfig:
    """Account, secrets, and where the application answers for each number and for browsers.

    `seed` fixes the residents; `run` tells the calls of one run from those of the next, so that an
    application which remembers yesterday's events never takes today's for repeats.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    api_key_sid: str = ""
    api_key_secret: str = field(default="", repr=False)
    application_sid: str = ""
    client_url: str = ""
    inbound_url: str = ""
    inbound_urls: Mapping[str, str] = field(default_factory=dict)
    fallback_url: str = ""
    standing: Path | None = None
    """A folder of documents the carrier keeps by itself, one a number, for when the application is away."""
    line_status_url: str = ""
    seed: int = 1
    run: str = ""
    media_base_url: str = "https://api.twilio.com"
    longest_call_s: float = 14_400.0
    creates_per_second: float | None = None
    latency_s: float = 0.02
    checks_answers: bool = True

    def standing_document(self, number: str) -> str | None:
        """Return the document the carrier keeps for calls to a number, read anew each time."""
        digits = number.removeprefix("+")
        if self.standing is None or not digits.isdecimal():
            return None
        kept = self.standing / f"{digits}.xml"
        return kept.read_text(encoding="utf-8") if kept.is_file() else None

    def url_for(self, number: str) -> str:
        """Return the page that answers calls to a number."""
        return self.inbound_urls.get(number, self.inbound_url)


def refuse_real_line(settings: Settings) -> None:
    """Raise RealLine unless the settings name the simulated line."""
    if settings.line != "simulator":
        raise RealLine(
            f"TINGMIN_LINE is {settings.line!r}: the simulated carrier runs only when it is 'simulator'"
        )


def config_from(settings: Settings, *, client_path: str, inbound_path: str, seed: int = 1) -> CarrierConfig:
    """Set the carrier up for an installation, refusing a real line."""
    refuse_real_line(settings)
    return CarrierConfig(
        account_sid=settings.account,
        auth_token=settings.auth_token,
        api_key_sid=settings.api_key,
        api_key_secret=settings.api_secret,
        application_sid=settings.voice_app,
        client_url=settings.public_base_url + client_path,
        inbound_url=settings.public_base_url + inbound_path,
        seed=seed,
    )
