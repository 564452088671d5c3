"""Grants: a signed pass with which one browser speaks as one operator for an hour."""

from __future__ import annotations

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from core.settings import Settings

SECONDS = 3600


def access_token(settings: Settings, identity: str, *, seconds: int = SECONDS) -> str:
    """Return the pass for an identity: it may call our application and be rung by it."""
    token = AccessToken(
        settings.account, settings.api_key, settings.api_secret, identity=identity, ttl=seconds
    )
    token.add_grant(VoiceGrant(outgoing_application_sid=settings.voice_app, incoming_allow=True))
    return str(token.to_jwt())
