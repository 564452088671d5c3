"""Sealing: numbers, reporters and notes are unreadable at rest, each under its own key."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets as random_source
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.types import TypeDecorator

PURPOSES = ("number", "reporter", "note", "staff", "caller", "counselling")


# A million numbers are sealed in one import: the cipher of a key is made once.
_cipher = lru_cache(maxsize=64)(AESGCM)


class Unsealable(Exception):
    """A sealed value that no key in the ring opens: wrong key file, or a value that was changed."""


@dataclass(frozen=True)
class Keyring:
    """Keys by purpose and id; the current id seals, every id opens; indexes have a key of their own."""

    keys: dict[str, dict[int, bytes]] = field(repr=False)
    current: dict[str, int]
    index_key: bytes = field(repr=False)

    def seal(self, purpose: str, text: str) -> bytes:
        """Seal text under the purpose's current key: key id, nonce, ciphertext with tag."""
        key_id = self.current[purpose]
        nonce = os.urandom(12)
        sealed = _cipher(self.keys[purpose][key_id]).encrypt(nonce, text.encode(), purpose.encode())
        return bytes([key_id]) + nonce + sealed

    def open(self, purpose: str, sealed: bytes) -> str:
        """Open what was sealed for the same purpose."""
        key = self.keys[purpose].get(sealed[0])
        if key is None:
            raise Unsealable(f"no key {sealed[0]} for {purpose}")
        try:
            return _cipher(key).decrypt(sealed[1:13], sealed[13:], purpose.encode()).decode()
        except InvalidTag as error:
            raise Unsealable(f"a {purpose} does not open with key {sealed[0]}") from error

    def blind_index(self, value: str) -> bytes:
        """Return the keyed fingerprint by which equal values find each other (16 bytes)."""
        return hmac.digest(self.index_key, value.encode(), "sha256")[:16]

    def as_json(self) -> str:
        """Return the key file's text."""
        ring = {
            p: {str(i): base64.b64encode(k).decode() for i, k in ks.items()} for p, ks in self.keys.items()
        }
        return json.dumps(
            {"keys": ring, "current": self.current, "index": base64.b64encode(self.index_key).decode()},
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Keyring:
        """Read a key file's text."""
        raw = json.loads(text)
        keys = {p: {int(i): base64.b64decode(k) for i, k in ks.items()} for p, ks in raw["keys"].items()}
        return cls(keys, {p: int(i) for p, i in raw["current"].items()}, base64.b64decode(raw["index"]))

    @classmethod
    def fresh(cls) -> Keyring:
        """Make new random keys."""
        keys = {p: {1: random_source.token_bytes(32)} for p in PURPOSES}
        return cls(keys, dict.fromkeys(PURPOSES, 1), random_source.token_bytes(32))


def key_file(path: Path) -> Keyring:
    """Read the key file, making it first (readable by its owner only) where there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(Keyring.fresh().as_json())
    ring = Keyring.from_json(path.read_text())
    missing = [purpose for purpose in PURPOSES if purpose not in ring.keys]
    if missing:  # an older key file: new purposes get keys of their own, the old ones stay as they are
        for purpose in missing:
            ring.keys[purpose] = {1: random_source.token_bytes(32)}
            ring.current[purpose] = 1
        _replace(path, ring.as_json())
    return ring


def _replace(path: Path, text: str) -> None:
    """Write a file anew so that either the old or the new one is there, readable by its owner only."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


_ring: Keyring | None = None


def use(ring: Keyring) -> None:
    """Make this the process's key ring."""
    global _ring
    _ring = ring


def keyring() -> Keyring:
    """Return the key ring in use."""
    if _ring is None:
        raise RuntimeError("no key ring in use: call core.secrets.use() first")
    return _ring


class SealedText(TypeDecorator[str]):
    """A column whose text is sealed under its purpose's key."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        """Seal on the way in."""
        return None if value is None else keyring().seal(self.purpose, value)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:
        """Open on the way out."""
        return None if value is None else keyring().open(self.purpose, bytes(value))
