"""What the administrator does with the line at the keyboard: examine, simulate, capture, replay, reconcile."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import with_appcontext

from core import clock
from core.db import transaction
from core.settings import Settings
from telephony.advice import advice, standing_documents
from telephony.events import take_in
from telephony.line import line
from telephony.outbox import send_due
from telephony.reconciler import reconcile as reconcile_once
from telephony.simulator.config import CarrierConfig, config_from
from telephony.simulator.faults import BAD_WEATHER, FAIR_WEATHER
from telephony.simulator.server import run_carrier
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import address_of, hurried, path_of
from telephony.twilio.capture import capturing, read_captured
from telephony.twilio.doctor import Verdict, addresses, look
from telephony.twilio.translate import translate


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@click.group()
def telephony() -> None:
    """Look after the telephone line."""


@telephony.command()
@with_appcontext
def doctor() -> None:
    """Print what to configure at the vendor and what will not work; exit 1 when something is wrong."""
    settings = _settings()
    click.echo(f"line: {settings.line}")
    if settings.line == "manual":
        click.echo("The manual line needs nothing: people dial on their desk telephones.")
        return
    carried = line()
    for place, address in addresses(settings):
        click.echo(f"  {place.in_language('en')} / {place.in_language('zh')}\n    POST {address}")
    for place, told in advice(settings):
        click.echo(f"  {place.in_language('en')} / {place.in_language('zh')}\n    {told}")
    bad = 0
    for finding in look(settings, carried if isinstance(carried, TwilioLine) else None):
        bad += finding.verdict == Verdict.BAD
        click.echo(
            f"[{finding.verdict.en}] {finding.words.in_language('en')}\n       {finding.words.in_language('zh')}"
        )
    if bad:
        raise SystemExit(1)


def carrier_config(settings: Settings, *, seed: int = 1) -> CarrierConfig:
    """Return the simulated carrier's configuration for an installation; refuses a real line."""
    plain = config_from(settings, client_path=path_of("browser"), inbound_path=path_of("inbound"), seed=seed)
    return replace(
        plain,
        inbound_url=hurried(plain.inbound_url),
        line_status_url=address_of(settings, "call"),
        fallback_url=address_of(settings, "fallback"),
        standing=standing_documents(settings),
    )


@telephony.command()
@click.option("--speed", default=1.0, show_default=True, help="How many times as fast as real people.")
@click.option("--seed", default=1, show_default=True, help="Which residents live behind the numbers.")
@click.option("--bad-weather", is_flag=True, help="Repeat, delay and refuse some of the reports.")
@with_appcontext
def simulate(speed: float, seed: int, bad_weather: bool) -> None:
    """Run the simulated carrier where TINGMIN_LINE_BASE_URL says, until stopped."""
    settings = _settings()
    config = carrier_config(settings, seed=seed)
    where = urlsplit(settings.line_base_url)
    click.echo(f"the simulated line listens at {settings.line_base_url}")
    run_carrier(
        config,
        port=where.port or 80,
        host=where.hostname or "127.0.0.1",
        speed=speed,
        start=clock.now(),
        faults=BAD_WEATHER if bad_weather else FAIR_WEATHER,
    )


@telephony.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seconds", default=600, show_default=True, help="How long to capture.")
@with_appcontext
def capture(file: Path, seconds: int) -> None:
    """Write every webhook of the next minutes into FILE, numbers masked, spoken words left out."""
    with capturing(_settings(), file):
        click.echo(f"capturing for {seconds} s into {file}; Ctrl-C ends it")
        try:
            time.sleep(seconds)
        except KeyboardInterrupt:
            click.echo("stopped")
    lines = file.read_text().count("\n") if file.exists() else 0
    click.echo(f"{lines} webhooks in {file}")


@telephony.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def replay(file: Path) -> None:
    """Play captured webhooks again through translation and reduction; those heard before change nothing."""
    told = replay_file(file, provider=_settings().line, at=clock.now())
    click.echo(", ".join(f"{name} {count}" for name, count in told.items()))


def replay_file(file: Path, *, provider: str, at: datetime) -> dict[str, int]:
    """Take every captured webhook in, each in its own transaction; return what came of them."""
    counts = {"webhooks": 0, "events": 0, "new": 0}
    for hook, fields, query, moment in read_captured(file):
        counts["webhooks"] += 1
        with transaction() as session:
            events = translate(hook, fields, query, at=moment, provider=provider)
            counts["events"] += len(events)
            counts["new"] += len(take_in(session, events, at=at))
    return counts


@telephony.command()
@with_appcontext
def reconcile() -> None:
    """Send what is due and look once for every call whose answer or report was lost."""
    click.echo(f"sent {send_due()}")
    found = reconcile_once()
    click.echo(
        f"taken back {found.stale}, found {found.found}, lost {found.lost}, "
        f"asked after {found.asked}, heard again {found.heard}"
    )


GROUPS = [telephony]
