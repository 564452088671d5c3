"""The designer's closer look at weight sets: two beside each other, the interviews that move an index, and files."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from core.dates import day_words
from core.db import reading
from core.export import csv_text
from core.permissions import Permission, require
from core.places import Place, counties
from core.problems import Missing
from core.terms import language, t
from survey.edition_import import questionnaire_of
from survey.indices import CITY, WORDS
from survey.views.designer_margins import NAMES
from survey.views.designer_weights import category_words, one_set
from survey.waves import Wave
from survey.weight_charts import before_raking, by_class, changes, concentration, overlaid
from survey.weight_comparison import Comparison, comparable, compare
from survey.weight_influence import LEAST, Class, Influence, influence_of
from survey.weight_publishing import spread_of
from survey.weight_replay import Moved
from survey.weight_tables import Table, of_comparison, of_influence, of_set
from survey.weighting import WeightSet

blueprint = Blueprint("designer_weight_readings", __name__, url_prefix="/design/weights")


def _other(session: Session, made: WeightSet) -> tuple[WeightSet | None, list[WeightSet]]:
    """Return the set asked for, or the first that suits, and all one may ask for."""
    sets = comparable(session, made)
    asked = request.args.get("with", type=int)
    if asked is None:
        return (sets[0] if sets else None), sets
    other = one_set(session, asked)
    return (None if other.id == made.id else other), sets


def set_name(made: WeightSet) -> str:
    """Name a set by its period and the moment it was made, as there may be several of one period."""
    a, b = day_words(made.starts_on), day_words(made.ends_on)
    return t("{a}至 {b}，第 {n} 套", "{a} to {b}, no. {n}", a=a, b=b, n=made.id)


@blueprint.get("/<int:set_id>/compare")
@require(Permission.WEIGHT_MAKE)
def comparison(set_id: int) -> str:
    """Show two weight sets beside each other."""
    with reading() as session:
        made = one_set(session, set_id)
        other, sets = _other(session, made)
        options = {s.id: set_name(s) for s in sets}
        shown = {
            "made": made,
            "other": other,
            "options": options,
            "wave": session.get_one(Wave, made.wave_id),
        }
        if other is None:
            return render_template("designer/weight_compare.html", **shown, found=None)
        found, words = compare(session, made, other), category_words(session)
        names = (set_name(made), set_name(other))
        places = {p.code: p.label for p in counties(session)}
        labels = [f"{places.get(c.county, c.county)} · {c.kind.label}" for c in found.classes]
        return render_template(
            "designer/weight_compare.html",
            **shown,
            found=found,
            set_names=names,
            names=NAMES,
            category=words,
            labels=labels,
            places=_domains(session),
            index_words={**_questions(session, made), **WORDS},
            spread=overlaid(found, names),
            charts={name: before_raking(lines, words, names) for name, lines in found.margins.items()},
            moved=changes(found.classes, labels),
        )


@blueprint.get("/<int:set_id>/influence")
@require(Permission.WEIGHT_MAKE)
def influence(set_id: int) -> str:
    """Show which weighting classes and weights move the city's indices, and what trimming would do."""
    with reading() as session:
        made = one_set(session, set_id)
        wave = session.get_one(Wave, made.wave_id)
        try:
            found = influence_of(session, made)
        except Moved as problem:
            return render_template(
                "designer/weight_influence.html", made=made, wave=wave, found=None, problem=problem
            )
        places = {p.code: p.label for p in counties(session)}
        labels = {i: [_class_words(c.of, places) for c in f.classes] for i, f in found.items()}
        return render_template(
            "designer/weight_influence.html",
            made=made,
            wave=wave,
            found=found,
            least=LEAST,
            index_words=WORDS,
            labels=labels,
            cases={i: [_class_words(c.of, places) for c in f.cases] for i, f in found.items()},
            parts={i: by_class(f, labels[i]) for i, f in found.items()},
            curves={i: concentration(f) for i, f in found.items()},
        )


@blueprint.get("/<int:set_id>/table.csv")
@require(Permission.WEIGHT_MAKE)
def table(set_id: int) -> Response:
    """Give one table of a set as a file: its spread, margins or design effects."""
    with reading() as session:
        made = one_set(session, set_id)
        return _file(of_set(made, spread_of(session, made)), f"weights-{set_id}")


@blueprint.get("/<int:set_id>/compare.csv")
@require(Permission.WEIGHT_MAKE)
def comparison_table(set_id: int) -> Response:
    """Give one table of a comparison as a file."""
    with reading() as session:
        made = one_set(session, set_id)
        other, _ = _other(session, made)
        if other is None:
            raise Missing
        found: Comparison = compare(session, made, other)
        return _file(of_comparison(found), f"weights-{set_id}-{other.id}")


@blueprint.get("/<int:set_id>/influence.csv")
@require(Permission.WEIGHT_MAKE)
def influence_table(set_id: int) -> Response:
    """Give one table of the influential weights as a file."""
    with reading() as session:
        found = influence_of(session, one_set(session, set_id))
        index = request.args.get("index", next(iter(found), ""))
        if index not in found:
            raise Missing
        chosen: Influence = found[index]
        return _file(of_influence(chosen), f"influence-{set_id}-{index}")


def _file(tables: dict[str, Table], name: str) -> Response:
    part = request.args.get("part", next(iter(tables)))
    if part not in tables:
        raise Missing
    headers = {"Content-Disposition": f'attachment; filename="{name}-{part}.csv"'}
    return Response(csv_text(tables[part].head, tables[part].rows), mimetype="text/csv", headers=headers)


def _domains(session: Session) -> dict[str, str]:
    places: list[Place] = list(counties(session))
    return {CITY: t("全市", "The city"), **{p.code: p.label for p in places}}


def _questions(session: Session, made: WeightSet) -> dict[str, str]:
    edition = session.get_one(Wave, made.wave_id).edition
    form = questionnaire_of(edition) if edition else None
    return {q.name: q.label.within(language()).replace("**", "") for q in form.questions} if form else {}


def _class_words(of: Class, places: dict[str, str]) -> str:
    if of is None:
        return t("人数太少的各类", "Classes too small to name")
    return f"{places.get(of[0], of[0])} · {of[1].label}"
