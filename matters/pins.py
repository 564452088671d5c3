"""PINs: the short secret beside a receipt, told once to the resident and kept only as a slow hash."""

from __future__ import annotations

import secrets as random_source

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from core import secrets

DIGITS = 6
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_EASY = {"000000", "123456", "654321", "111111", "666666", "888888", "123123", "112233"}


def new_pin() -> str:
    """Make a PIN that is none of those that people try first."""
    while True:
        pin = f"{random_source.randbelow(10**DIGITS):0{DIGITS}}"
        if pin not in _EASY and len(set(pin)) > 2:
            return pin


def _peppered(receipt: str, pin: str) -> str:
    # A PIN is short, so a copy of the database alone must not be enough to try them all.
    return secrets.keyring().blind_index(f"pin {receipt} {pin}").hex()


def hashed(receipt: str, pin: str) -> str:
    """Return what is stored of a PIN."""
    return _hasher.hash(_peppered(receipt, pin))


def fits(pin_hash: str, receipt: str, pin: str) -> bool:
    """Say whether a PIN belongs to a receipt, in constant time."""
    try:
        return _hasher.verify(pin_hash, _peppered(receipt, pin))
    except (VerifyMismatchError, InvalidHashError):
        return False
