"""Passwords: argon2id, checked in the same time whether or not the person exists."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.problems import Invalid
from core.terms import Words

SHORTEST = 10
LONGEST = 128
_hasher = PasswordHasher()
_nobody: str | None = None

_COMMON = ("password", "12345678", "qwerty", "tingmin", "abc123", "letmein", "iloveyou", "admin")


class WeakPassword(Invalid):
    """A password that would be guessed."""

    words = Words("密码太容易被猜到，没有更改", "The password would be guessed; nothing was changed")


def weakness(password: str, username: str) -> Words | None:
    """Say what is wrong with a new password, or None when it will do."""
    if len(password) < SHORTEST:
        return Words("密码至少 {n} 个字符", "At least {n} characters").filled(n=SHORTEST)
    if len(password) > LONGEST:
        return Words("密码最多 {n} 个字符", "At most {n} characters").filled(n=LONGEST)
    lower = password.lower()
    if username and username.lower() in lower:
        return Words("密码里不能有用户名", "It must not contain the user name")
    if len(set(lower)) < 5 or any(len(lower.replace(word, "")) < 4 for word in _COMMON if word in lower):
        return Words("密码太常见", "It is too common")
    return None


def hashed(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Check a password; for an unknown person the same work is done for nothing."""
    global _nobody
    if _nobody is None:
        _nobody = _hasher.hash("nobody has this password")
    try:
        found = _hasher.verify(password_hash or _nobody, password[: LONGEST * 4])
    except (VerificationError, InvalidHashError):
        return False
    return bool(found) and password_hash is not None
