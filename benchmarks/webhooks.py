"""Take the line's reports in, signed, in one process: how many a second, and how long the slowest take.

    python -m benchmarks.webhooks --reports 3000
    python -m benchmarks.webhooks --reports 3000 --database postgres

Each call reports four times (initiated, ringing, answered, completed), as the real line does. The reports are
handed to the application itself, as a server hands them, so that no client's work is counted; `cpu_ms` is the
processor time of one report, all threads together, which a busy machine falsifies less than the wall's time.
"""

from __future__ import annotations

import argparse
import json
import secrets as random_source
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.throwaway_postgres import throwaway_postgres
from core import clock
from core.db import Base, Database, transaction
from core.people import Staff
from core.settings import Settings
from telephony import errands
from telephony.calls import Call, Direction, Party
from telephony.rooms import Purpose, open_room
from telephony.signals import LegState
from telephony.twilio.addresses import path_of
from telephony.twilio.signature import SIGNATURE_HEADER, sign
from web.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

AT = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
STORY = (("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3))


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reports", type=int, default=3000)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres (thrown away), or a URL")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = given.database
        if url == "sqlite":
            url = f"sqlite:///{folder / 'line.db'}"
        elif url == "postgres":
            url = stack.enter_context(throwaway_postgres())
        print(json.dumps(measure(url, folder, given.reports)))


def measure(url: str, folder: Path, reports: int) -> dict[str, object]:
    """Post the reports one after another and time each."""
    settings = settings_in(folder, url)
    database = Database(url)
    app = create_app(settings, database=database)
    Base.metadata.create_all(database.engine)
    keys = [random_source.token_hex(16) for _ in range(max(1, reports // len(STORY)))]
    write_calls(keys)
    path = path_of("call")
    requests = []
    for key in keys:
        leg = "CA" + random_source.token_hex(16)
        for state, order in STORY:
            form = report(settings, leg, state, order)
            requests.append(request(path, f"k={key}", form, sign(settings, path, form, query=f"k={key}")))
    took, statuses = [], []
    with clock.frozen(AT):
        began, worked = time.perf_counter(), time.process_time()
        for environ in requests:
            start = time.perf_counter()
            _, status, _ = run_wsgi_app(app, environ)
            statuses.append(status)
            took.append(time.perf_counter() - start)
        errands.finish()  # what the reports left behind is their work too
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
    if set(statuses) != {"200 OK"}:
        sys.exit(f"reports were answered with {sorted(set(statuses))}")
    with database.engine.connect() as connection:
        ended = connection.scalar(sa.select(sa.func.count()).where(Call.state == LegState.ENDED))
    took.sort()
    database.close()
    return {
        "database": database.url.get_backend_name(),
        "reports": len(requests),
        "seconds": round(seconds, 2),
        "per_second": round(len(requests) / seconds),
        "cpu_ms": round(1000 * worked / len(requests), 2),
        "p95_ms": round(took[int(len(took) * 0.95)] * 1000, 2),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 2),
        "calls_ended": ended,
        "calls": len(keys),
    }


def request(path: str, query: str, form: dict[str, str], signature: str) -> WSGIEnvironment:
    """Return one report as a server hands it to the application."""
    builder = EnvironBuilder(
        path, method="POST", query_string=query, data=form, headers={SIGNATURE_HEADER: signature}
    )
    return builder.get_environ()


def settings_in(folder: Path, url: str) -> Settings:
    """Return the settings of an installation whose carrier is never asked."""
    return Settings(
        database_url=url,
        secret_key="k" * 40,
        data_dir=folder,
        keys_file=folder / "keys.json",
        public_base_url="https://tingmin.example",
        line="simulator",
        caller_number="+862161000000",
        account="AC" + "1" * 32,
        auth_token="a-token-that-signs-webhooks",
        api_key="SK" + "2" * 32,
        api_secret="a-secret-that-signs-grants",
        voice_app="AP" + "3" * 32,
        line_base_url="http://127.0.0.1:9",
    )


def write_calls(keys: list[str]) -> None:
    """Write the calls that the reports are about: dialled, each into a room of its own."""
    with transaction() as session:
        for number, key in enumerate(keys):
            who = Staff(username=f"s{number}", name="某人", password_hash="!", created_at=AT)
            session.add(who)
            session.flush()
            room = open_room(session, owner=who, purpose=Purpose.SURVEY, at=AT)
            session.add(
                Call(
                    request_key=key,
                    room_id=room.id,
                    direction=Direction.OUTBOUND,
                    party=Party.RESIDENT,
                    created_at=AT,
                    checked_at=AT,
                )
            )


def report(settings: Settings, leg: str, state: str, order: int) -> dict[str, str]:
    """Return one report as the line writes it."""
    moment = AT + timedelta(seconds=order)
    form = {
        "CallSid": leg,
        "AccountSid": settings.account,
        "From": settings.caller_number,
        "To": "+8614500000000",
        "CallStatus": state,
        "ApiVersion": "2010-04-01",
        "Direction": "outbound-api",
        "SequenceNumber": str(order),
        "Timestamp": moment.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "CallbackSource": "call-progress-events",
    }
    return form | (
        {"CallDuration": "3", "Duration": "1", "SipResponseCode": "200"} if state == "completed" else {}
    )


if __name__ == "__main__":
    main()
