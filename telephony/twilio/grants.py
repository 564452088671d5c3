"""Grants: what the line allows, and the signed pass with which one browser speaks as one operator for an hour."""

from __future__ import annotations

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from core.settings import Settings
from telephony.line import Capabilities
from telephony.twilio.addresses import SIGNALLING

SECONDS = 3600


def access_token(settings: Settings, identity: str, *, seconds: int = SECONDS) -> str:
    """Return the pass for an identity: it may call our application and be rung by it."""
    token = AccessToken(
        settings.account, settings.api_key, settings.api_secret, identity=identity, ttl=seconds
    )
    token.add_grant(VoiceGrant(outgoing_application_sid=settings.voice_app, incoming_allow=True))
    return str(token.to_jwt())


def abilities(settings: Settings) -> Capabilities:
    """Return what the line can do, at the vendor or simulated."""
    is_simulated = settings.line == "simulator"
    return Capabilities(
        provider=settings.line,
        is_simulated=is_simulated,
        creates_per_second=None if is_simulated else 1.0,
        browser_connects_to=() if is_simulated else SIGNALLING,
    )
