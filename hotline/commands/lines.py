"""What is done with the lines at the keyboard: set them up, print what the carrier keeps, look for lost calls."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.problems import Invalid
from hotline.fallback import keep_documents, standing_document
from hotline.line_setup import Terms, language_keys, languages_set, set_line
from hotline.lines import LineKind, line_of
from hotline.reconciling import reconcile_lines
from telephony.line import LineTrouble

KINDS = click.Choice([kind.value for kind in LineKind])


@click.command("set-line")
@click.argument("kind", type=KINDS)
@click.option("--number", help="The public number, in international form.")
@click.option("--owner", help="The account that owns what nobody else owns.")
@click.option(
    "--duty-phone", "duty_phones", multiple=True, help="Rung when the application is down; in order."
)
@click.option("--no-duty-phones", is_flag=True, help="Take the duty telephones away.")
@click.option("--longest-wait", type=int, help="Seconds after which a message is taken.")
@click.option("--answer-within", type=int, help="Seconds within which callers should be answered.")
@click.option(
    "--language", "languages", multiple=True, help='A key and two names: "4 彝语 Yi"; all of them, once each.'
)
@click.option("--no-languages", is_flag=True, help="Ask callers for no language any more.")
@click.option("--language-wait", type=int, help="Seconds a caller is left to who speaks their language.")
@click.option(
    "--recorded/--not-recorded",
    default=None,
    help="Whether the talks of callers who don't object are recorded.",
)
@with_appcontext
def set_line_up(
    kind: str, number: str | None, owner: str | None, duty_phones: tuple[str, ...], no_duty_phones: bool,
    longest_wait: int | None, answer_within: int | None, languages: tuple[str, ...], no_languages: bool,
    language_wait: int | None, recorded: bool | None,
) -> None:  # fmt: skip
    """Set a line up, or change what is given and leave the rest."""
    which = LineKind.of(kind)
    try:
        with transaction() as session:
            row = line_of(session, which)
            person = (
                session.scalars(sa.select(Staff).where(Staff.username == owner)).first() if owner else None
            )
            if owner is None and row is not None:
                person = row.owner
            kept = list(row.duty_phones) if row is not None and not no_duty_phones else []
            spoken = languages_set(session, row) if row is not None and not no_languages else []
            waits = (
                language_wait
                if language_wait is not None
                else (row.language_wait_s if row is not None else 60)
            )
            terms = Terms(
                number=number or (row.number if row is not None else ""),
                duty_phones=list(duty_phones) or kept,
                longest_wait_s=longest_wait or (row.longest_wait_s if row is not None else 900),
                answer_within_s=answer_within or (row.answer_within_s if row is not None else 20),
                languages=language_keys(languages) or spoken, language_wait_s=waits,
                is_recorded=recorded if recorded is not None else (row.is_recorded if row is not None else False),
            )  # fmt: skip
            set_line(session, which, terms, owner=person, by=None, at=clock.now())
    except Invalid as wrong:
        raise click.ClickException(
            "; ".join(f"{name}: {words.in_language('en')}" for name, words in wrong.fields.items())
        ) from None
    keep_documents(current_app.config["SETTINGS"])
    click.echo(f"{which.en}: {terms.number}, owner {person.username if person else ''}, "
               f"{len(terms.duty_phones)} duty telephones")  # fmt: skip


@click.command("fallback")
@click.option("--line", "kind", type=KINDS, required=True)
@with_appcontext
def fallback(kind: str) -> None:
    """Print the document that the carrier keeps for a line, to be entered there as the number's fallback."""
    with reading() as session:
        row = line_of(session, LineKind.of(kind))
        if row is None:
            raise click.ClickException(f"the {kind} line is not set up: flask hotline set-line {kind} …")
        try:
            text = standing_document(row)
        except LineTrouble:
            raise click.ClickException("the line in use keeps no documents") from None
        if not row.duty_phones:
            click.echo("no duty telephone is set: callers can only leave a message", err=True)
    click.echo(text)


@click.command("reconcile")
@with_appcontext
def reconcile() -> None:
    """Go through the carrier's list of calls and write down those that nobody knows of."""
    found = reconcile_lines()
    click.echo(
        f"looked at {found.looked_at}, written down {found.written}, of them waiting {found.waiting}, "
        f"messages {found.messages}, not readable {found.failed}"
    )
    if found.failed:
        raise SystemExit(1)


COMMANDS = (set_line_up, fallback, reconcile)
