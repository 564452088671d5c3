"""The supervisor's rates: all of AAPOR's with their formulas, filtered by the address, and as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.db import reading
from core.doors import Door
from core.export import csv_text
from core.people import Staff, StaffRole
from core.permissions import Permission, Role, require
from core.phone import NumberKind
from core.places import counties
from core.problems import Invalid, Missing
from core.terms import Words, labels
from survey.field_rates import Breakdown, Cells, KnownShare, Selection, tabulate
from survey.methods.rates import CELLS, Eligibility
from survey.rate_words import FAMILIES, RATES
from survey.views.supervisor import chosen_wave
from survey.waves import Wave

blueprint = Blueprint("field_rates", __name__, url_prefix="/field/rates")
DOORS: list[Door] = []


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    selection: Selection
    by: Breakdown
    known: KnownShare
    weighted: bool


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        words = Words("日期应写成 2026-11-18", "The date should look like 2026-11-18")
        raise Invalid(fields={name: words}) from error


def asked() -> Asked:
    """Read the filters of the address; a strange code is no filter."""
    args = request.args
    return Asked(
        Selection(
            county_id=args.get("county", type=int),
            kind=NumberKind.found(args.get("kind")),
            staff_id=args.get("interviewer", type=int),
            starts_on=_day("since"),
            ends_on=_day("until"),
        ),
        Breakdown.found(args.get("by")) or Breakdown.COUNTY,
        KnownShare.found(args.get("e")) or KnownShare.CALCULATOR,
        args.get("weights") == "base",
    )


def _interviewers(session: Session) -> dict[int, str]:
    query = (
        sa.select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == Role.INTERVIEWER)
        .order_by(Staff.name)
    )
    return {s.id: s.name for s in session.scalars(query).unique()}


@blueprint.get("/")
@require(Permission.FIELD_WATCH)
def show() -> str:
    """Show the rates in all, by each way to have e, and by group."""
    wants = asked()
    with reading() as session:
        wave, waves = chosen_wave(session)
        if wave is None:
            return render_template("supervisor/no_wave.html")
        whole, groups = tabulate(session, wave, wants.selection, wants.by)
        return render_template(
            "supervisor/rates.html",
            wave=wave,
            waves=waves,
            asked=wants,
            whole=whole,
            cells=[(cell, whole.total(), whole.total(weighted=True), name) for cell, name in CELLS.items()],
            overall=_overall(whole),
            groups=[(g, g.rates(wants.known.method, weighted=wants.weighted)) for g in groups],
            families=[(words, [r for r in RATES if r.key.startswith(key)]) for words, key in FAMILIES],
            rates=RATES,
            knowns=list(KnownShare),
            choices={
                "by": labels(Breakdown),
                "e": labels(KnownShare),
                "kind": labels(NumberKind),
                "county": {p.id: p.label for p in counties(session)},
                "interviewer": _interviewers(session),
            },
        )


def _overall(whole: Cells) -> dict[str, list[float | None]]:
    """Give each rate (and e) six times: unweighted by the three ways to have e, then base-weighted."""
    columns = [whole.rates(e, weighted=w) for w in (False, True) for e in Eligibility]
    names = ["e", *(r.key for r in RATES)]
    return {name: [getattr(c, name) for c in columns] for name in names}


@blueprint.get("/table.csv")
@require(Permission.FIELD_WATCH)
def table() -> ResponseReturnValue:
    """Give the breakdown as a file: every group by each way to have e, unweighted and base-weighted."""
    wants = asked()
    with reading() as session:
        wave, _ = chosen_wave(session)
        if wave is None:
            raise Missing
        text = _csv(session, wave, wants)
    headers = {"Content-Disposition": f'attachment; filename="rates-{wants.by.value}.csv"'}
    return Response(text, mimetype="text/csv", headers=headers)


def _csv(session: Session, wave: Wave, wants: Asked) -> str:
    whole, groups = tabulate(session, wave, wants.selection, wants.by)
    head = [wants.by.value, "weights", "e_rule", *CELLS, "e", *(r.key for r in RATES)]
    rows = []
    for cells in (whole, *groups):
        for weighted in (False, True):
            counts = cells.total(weighted=weighted)
            for e in Eligibility:
                rates = cells.rates(e, weighted=weighted)
                figures = [getattr(rates, name) for name in ("e", *(r.key for r in RATES))]
                sums = [getattr(counts, name) for name in CELLS.values()]
                shown = ["no data" if v is None else repr(v) for v in figures]
                rows.append([cells.label, "base" if weighted else "none", e.value, *sums, *shown])
    return csv_text(head, rows)
