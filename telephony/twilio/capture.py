"""Capturing real webhooks into a file, numbers masked, so that they can be played again anywhere."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from core import clock
from core.settings import Settings

log = logging.getLogger("tingmin.telephony")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(\+?\d{3})\d{3,9}(\d{2})(?![0-9A-Za-z])")
_KEPT = re.compile(r"(Sid|SequenceNumber|Duration|Time|Timestamp|Version|Position|Size|Status\w*)$")
_SPOKEN = frozenset(
    {"Digits", "SpeechResult", "UnstableSpeechResult", "StableSpeechResult", "Body", "CallerName"}
)


def masked_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with numbers masked and everything that was said taken out."""
    return {name: _masked(name, value) for name, value in fields.items()}


def _masked(name: str, value: str) -> str:
    if name in _SPOKEN:
        return "*" * len(value)
    return value if _KEPT.search(name) else _NUMBER.sub(r"\1****\2", value)


def _marker(settings: Settings) -> Path:
    return settings.data_dir / "capturing"


@contextmanager
def capturing(settings: Settings, into: Path) -> Iterator[None]:
    """Capture into a file for as long as the block runs, in every process of this installation."""
    marker = _marker(settings)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(str(into.resolve()))
    try:
        yield
    finally:
        marker.unlink(missing_ok=True)


def capture(
    settings: Settings, hook: str, fields: Mapping[str, str], query: Mapping[str, str], at: datetime
) -> None:
    """Write one webhook down, if somebody is capturing."""
    marker = _marker(settings)
    if not marker.exists():
        return
    line = {"hook": hook, "at": at.isoformat(), "fields": masked_fields(fields), "query": dict(query)}
    try:
        with Path(marker.read_text()).open("a") as out:
            out.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
    except OSError:
        log.warning("a webhook could not be captured")


def read_captured(path: Path) -> Iterator[tuple[str, dict[str, str], dict[str, str], datetime]]:
    """Read what was captured: hook, fields, query, moment."""
    for text in path.read_text().splitlines():
        if text.strip():
            line = json.loads(text)
            at = datetime.fromisoformat(line["at"]) if line.get("at") else clock.now()
            yield line["hook"], dict(line["fields"]), dict(line["query"]), at
