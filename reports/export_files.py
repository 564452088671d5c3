"""Data files of one set of columns: CSV, SPSS, Stata, Parquet, each with its labels and always the same bytes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from core.export import safe_cell
from core.terms import Term, Words
from reports.export_columns import Column, ColumnKind, Measure

LABEL_BYTES = {"sav": (250, 118), "dta": (300, 3000)}
"""How many bytes of UTF-8 a program keeps of a variable's label and of a value's."""


class FileFormat(Term):
    """In what form the respondents go out; CSV always goes along, as the R script reads it."""

    SAV = "sav", "SPSS 数据文件（.sav）", "SPSS data file (.sav)"
    DTA = "dta", "Stata 数据文件（.dta）", "Stata data file (.dta)"
    PARQUET = "parquet", "Parquet 列式文件（.parquet）", "Parquet file (.parquet)"


NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
"""What may begin with a minus."""


def csv_bytes(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a plain table at full precision, without a mark; words that an office program would run are guarded."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(c) for c in row] for row in rows)
    return out.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if np.isnan(value) else repr(float(value))
    text = str(value)
    return text if NUMBER.fullmatch(text) else str(safe_cell(text))


def columns_csv(columns: Sequence[Column]) -> bytes:
    """Write columns as a table: codes as whole numbers, empty where there is no value."""
    texts = [
        ["" if np.isnan(v) else str(int(v)) if c.is_whole else repr(v) for v in c.values.tolist()]
        for c in columns
    ]
    return csv_bytes([c.name for c in columns], zip(*texts, strict=True))


def written(folder: Path, form: FileFormat, columns: Sequence[Column], *, language: str, title: str) -> bytes:
    """Write the columns in one form, with the labels of one language, and return the file's bytes."""
    path = folder / f"interviews.{form.value}"
    match form:
        case FileFormat.SAV:
            _write_sav(path, columns, language, title)
        case FileFormat.DTA:
            _write_dta(path, columns, language, title)
        case FileFormat.PARQUET:
            _write_parquet(path, columns, language, title)
    data = path.read_bytes()
    path.unlink()
    return undated(form, data)


def undated(form: FileFormat, data: bytes) -> bytes:
    """Put a fixed moment where a program writes the time at which the file was made."""
    if form is FileFormat.SAV:
        # Header of a system file: date at byte 92 (9 long), time at 101 (8 long).
        return data[:92] + b"01 Jan 80" + b"00:00:00" + data[109:]
    if form is FileFormat.DTA:
        mark = b"<timestamp>"
        at = data.index(mark) + len(mark)
        moment = b"01 Jan 1980 00:00"
        if data[at] != len(moment):
            raise ValueError("the head of the Stata file is not as it was")
        return data[: at + 1] + moment + data[at + 1 + len(moment) :]
    return data


def cut(text: str, most: int) -> str:
    """Shorten a label to so many bytes of UTF-8, never in the middle of a character."""
    raw = text.encode("utf-8")
    if len(raw) <= most:
        return text
    return raw[: most - 3].decode("utf-8", "ignore").rstrip() + "…"


def _labels(
    columns: Sequence[Column], language: str, sizes: tuple[int, int]
) -> dict[str, dict[int | float, str]]:
    return {
        c.name: {n: cut(w.in_language(language), sizes[1]) for n, w in c.labels.items()}
        for c in columns
        if c.labels
    }


def _write_sav(path: Path, columns: Sequence[Column], language: str, title: str) -> None:
    import pandas
    import pyreadstat

    sizes = LABEL_BYTES["sav"]
    pyreadstat.write_sav(
        pandas.DataFrame({c.name: c.values for c in columns}),
        path,
        file_label=cut(title, 60),
        column_labels=[cut(c.words.in_language(language), sizes[0]) for c in columns],
        variable_value_labels=_labels(columns, language, sizes),
        variable_measure={c.name: c.measure.value for c in columns},
        variable_format={c.name: "F12.0" if c.is_whole else "F16.6" for c in columns},
    )


def _write_dta(path: Path, columns: Sequence[Column], language: str, title: str) -> None:
    import pandas
    import pyreadstat

    sizes = LABEL_BYTES["dta"]
    pyreadstat.write_dta(
        pandas.DataFrame({c.name: c.values for c in columns}),
        path,
        file_label=cut(title, 75),
        column_labels=[cut(c.words.in_language(language), sizes[0])[:80] for c in columns],
        version=14,
        variable_value_labels=_labels(columns, language, sizes),
    )


def _write_parquet(path: Path, columns: Sequence[Column], language: str, title: str) -> None:
    arrays, fields = [], []
    for c in columns:
        missing: NDArray[np.bool_] = np.isnan(c.values)
        kind = pyarrow.int64() if c.is_whole else pyarrow.float64()
        values = np.where(missing, 0, c.values).astype(np.int64) if c.is_whole else c.values
        arrays.append(pyarrow.array(values, type=kind, mask=missing))
        labels = {str(n): w.in_language(language) for n, w in c.labels.items()}
        about = {
            "label": c.words.in_language(language),
            "value_labels": json.dumps(labels, ensure_ascii=False),
            "measure": c.measure.value,
            "kind": c.kind.value,
        }
        fields.append(pyarrow.field(c.name, kind, metadata=about))
    schema = pyarrow.schema(fields, metadata={"title": title, "language": language})
    pyarrow.parquet.write_table(pyarrow.table(arrays, schema=schema), path, compression="zstd")


def replicate_columns(weights: NDArray[np.float64]) -> list[Column]:
    """Return replicate weights (rows, r) as columns repw_1 … repw_r."""
    return [
        Column(
            f"repw_{r}",
            ColumnKind.REPLICATE,
            Words(f"复制权数 {r}", f"Replicate weight {r}"),
            weights[:, r - 1],
            {},
            Measure.SCALE,
        )
        for r in range(1, weights.shape[1] + 1)
    ]
