"""The bundle of a weight set: data, weights, figures, script and papers in one ZIP, always the same bytes."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from core.terms import Words
from reports.definitions import Definition, versions
from reports.estimates import Figures, figures_of
from reports.export_design import category_label
from reports.export_differences import DIFFERENCE_HEAD, differences
from reports.export_figures import FIGURE_HEAD, PART_HEAD, published
from reports.export_files import FileFormat, columns_csv, csv_bytes, replicate_columns, written
from reports.export_papers import (
    Contents,
    aggregates,
    codebook_csv,
    codebook_text,
    provenance,
    read_me,
)
from reports.export_replicates import REPLICATES, Replicated, ReplicateMethod, replicated
from reports.export_respondents import Respondents, respondents_of
from survey.waves import Wave
from survey.weighting import WeightSet

SCRIPT = Path(__file__).with_name("reproduce.R")
EPOCH = (1980, 1, 1, 0, 0, 0)
Progress = Callable[[int, int, Words], None]
STEPS = (
    Words("核对权数，取出受访者", "Checking the weights, reading respondents"),
    Words("抽取复制权数并逐个校准", "Drawing replicate weights and raking each"),
    Words("汇总公布的数字", "Gathering the published figures"),
    Words("写文件", "Writing files"),
    Words("打包", "Packing"),
)


@dataclass(frozen=True)
class Made:
    """What went into a bundle."""

    interviews: int
    columns: int
    replicates: int
    rare: int
    blanked: int
    files: tuple[str, ...]


def bundle(
    session: Session,
    made: WeightSet,
    path: Path,
    *,
    formats: Iterable[FileFormat] = tuple(FileFormat),
    language: str = "zh",
    method: ReplicateMethod = ReplicateMethod.BOOTSTRAP,
    count: int = REPLICATES,
    progress: Progress | None = None,
) -> Made:
    """Write the bundle of a weight set to a path; the same set gives the same bytes.

    `Moved` where the data are no longer those that were weighed; nothing is written then.
    """
    tell = progress or (lambda done, total, words: None)
    total = len(STEPS)
    tell(0, total, STEPS[0])
    estimated = figures_of(session, made)
    definition = _definition(session, estimated)
    people = respondents_of(session, made, definition)
    tell(1, total, STEPS[1])
    drawn = replicated(people.design, people.margins, method, count=count)
    tell(2, total, STEPS[2])
    figures = published(session, made, people, estimated, definition)
    apart, missing = differences(people, drawn, figures)
    wave = session.get_one(Wave, made.wave_id)
    contents = Contents(made, wave, people, drawn, figures, missing, definition)
    tell(3, total, STEPS[3])
    facts = provenance(session, contents)
    repeated = replicate_columns(drawn.replicates.weights)
    whole = [*people.columns, *repeated]
    files = {
        "interviews.csv": columns_csv(people.columns),
        "replicate_weights.csv": columns_csv(repeated),
        "replication.csv": _replication(drawn),
        "margins.csv": _margins(people),
        "indices.csv": csv_bytes(
            PART_HEAD,
            [[key, column, share] for key, parts in people.parts.items() for column, share in parts],
        ),
        "published.csv": csv_bytes(FIGURE_HEAD, [p.cells for p in figures]),
        "differences.csv": csv_bytes(DIFFERENCE_HEAD, [d.cells for d in apart]),
        "aggregates.json": aggregates(facts, contents),
        "provenance.json": _json(facts),
        "codebook.csv": codebook_csv(people.columns),
        "codebook.md": codebook_text(people.columns, language),
        "reproduce.R": SCRIPT.read_bytes(),
    }
    title = f"{wave.name} {made.starts_on}–{made.ends_on}"
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for form in formats:
            name = f"interviews.{form.value}"
            files[name] = written(Path(folder), form, whole, language=language, title=title)
    names = [*files, "README.zh.md", "README.en.md"]
    for code in ("zh", "en"):
        files[f"README.{code}.md"] = read_me(contents, names, len(whole), code)
    tell(4, total, STEPS[4])
    _pack(path, files)
    found = people.disclosure
    return Made(
        people.size,
        len(whole),
        len(repeated),
        int(found.rare.sum()),
        int(found.blanked.sum()),
        tuple(sorted(files)),
    )


def _definition(session: Session, estimated: Figures | None) -> Definition | None:
    """Return the definition under which a set was estimated for bulletins, if it was."""
    if estimated is None:
        return None
    return next((d for d in versions(session) if d.version == estimated.made.definition_version), None)


def _replication(drawn: Replicated) -> bytes:
    scales = drawn.replicates
    rows = [[f"repw_{r}", scales.scale, float(v)] for r, v in enumerate(scales.rscales.tolist(), start=1)]
    return csv_bytes(("column", "scale", "rscale"), rows)


def _margins(people: Respondents) -> bytes:
    rows: list[list[object]] = []
    for margin in people.margins:
        for n, (category, size) in enumerate(
            zip(margin.categories, margin.totals.tolist(), strict=True), start=1
        ):
            words = category_label(people.margin_words.get(margin.name, {}), category)
            rows.append([f"margin_{margin.name}", n, category, words.zh, words.en, size])
    return csv_bytes(("column", "code", "category", "label_zh", "label_en", "total"), rows)


def _json(facts: object) -> bytes:
    return (json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _pack(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, files[name], compresslevel=6)
