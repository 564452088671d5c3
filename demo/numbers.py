"""Invented telephone numbers of the city, as a list a survey can draw from.

Mobile numbers begin with 145, a range of data cards that rings no telephone; landlines have an area code that
no real place has. Both pass every check of the numbering plan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from demo.chance import SEED, below, pick, uniform, uniforms
from demo.city import AREA_CODE, city

HEADER = ("号码", "县区", "乡镇", "城乡", "类型", "户内成年人数", "来源")
SOURCE = "示范号码（虚构）"
MOBILE_PREFIX = "145"
MOBILE, LANDLINE = "手机", "固话"
URBAN, RURAL = "城镇", "农村"

_BATCH = 65_536
_LANDLINE_SHARE = 0.25
_ADULTS_SHARES = (0.24, 0.47, 0.20, 0.09)
_ADULTS = np.array(("1", "2", "3", "4"), dtype=object)
# For a prime p where 3 does not divide p - 1, cubing modulo p meets every number below p once.
_MOBILE_PRIME = 99_999_989
_LANDLINE_PRIME = 6_999_989
_LANDLINE_FIRST = 2_000_000


Fields = tuple[str, str, str, str, str, str, str]


class Row(NamedTuple):
    """One frame number as it stands in the file; adults are empty for a mobile."""

    number: str
    county: str
    township: str
    area: str
    kind: str
    adults: str
    source: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A planted bad row: its line in the file (the header is line 1), what is wrong, what stands there."""

    line: int
    reason: str
    row: Row


def numbers(count: int = 200_000, seed: int = SEED) -> Iterator[Row]:
    """Give different numbers, spread over townships as adults are; a longer list begins with the shorter."""
    return map(Row._make, _tuples(count, seed))


def write_csv(
    path: Path, count: int = 200_000, seed: int = SEED, *, bad_rows: int = 0, encoding: str = "utf-8"
) -> list[BadRow]:
    """Write the list as CSV with bad rows planted among the good, and return the planted ones."""
    rows, planted = with_bad_rows(count, seed, bad_rows)
    with path.open("w", encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        file.write(",".join(HEADER) + "\n")
        # No field holds a comma or a quote, so joining is safe and much faster than the csv module.
        while block := list(islice(rows, _BATCH)):
            file.write("\n".join(map(",".join, block)) + "\n")
    return planted


def write_xlsx(path: Path, count: int = 200_000, seed: int = SEED, *, bad_rows: int = 0) -> list[BadRow]:
    """Write the list as a workbook of one sheet, numbers as text, and return the planted bad rows."""
    from openpyxl import Workbook

    if count + bad_rows > 1_048_575:
        raise ValueError("a sheet holds 1,048,575 rows below its header")
    rows, planted = with_bad_rows(count, seed, bad_rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("号码")
    for row in chain([HEADER], rows):
        sheet.append(list(row))
    book.save(path)
    return planted


def with_bad_rows(count: int, seed: int = SEED, bad_rows: int = 0) -> tuple[Iterator[Fields], list[BadRow]]:
    """Return the good rows with the bad ones among them, and what was planted on which line."""
    if bad_rows and count < 10:
        raise ValueError("bad rows are planted among at least ten good ones")
    if not bad_rows:
        return _tuples(count, seed), []
    total = count + bad_rows
    # The first lines stay good, so that a duplicate always follows its original.
    gap = (total - 10) // bad_rows
    spots = [10 + gap * index + below(gap, seed, "bad", index) for index in range(bad_rows)]
    originals = list(islice(numbers(count, seed), 10))
    planted = [
        BadRow(spot + 2, *_spoiled(originals[index % 10], index, seed)) for index, spot in enumerate(spots)
    ]
    return _merged(_tuples(count, seed), planted), planted


def _merged(good: Iterator[Fields], planted: Sequence[BadRow]) -> Iterator[Fields]:
    line = 2
    for bad in planted:
        yield from islice(good, bad.line - line)
        yield bad.row
        line = bad.line + 1
    yield from good


def _spoiled(row: Row, index: int, seed: int) -> tuple[str, Row]:
    """Return a reason (bad number, unknown area, duplicate in turn) and the row spoiled in that way."""
    spare = row._replace(number=f"147{index:08d}", kind=MOBILE, adults="")
    match index % 6:
        case 0:
            return "bad number", row._replace(number=row.number[:-3])
        case 1:
            return "unknown area", spare._replace(county="云中县")
        case 2:
            return "duplicate", row
        case 3:
            return "bad number", row._replace(number=f"144{index:08d}")
        case 4:
            return "unknown area", spare._replace(township="无名镇")
        case _:
            return "bad number", row._replace(number=pick(("无", "12345", "139-0000", "电话"), seed, index))


def _tuples(count: int, seed: int) -> Iterator[Fields]:
    if count > _LANDLINE_PRIME:
        raise ValueError(
            f"there are only {_LANDLINE_PRIME:,} numbers in the ranges, {count:,} were asked for"
        )
    return chain.from_iterable(_batches(count, seed))


def _batches(count: int, seed: int) -> Iterator[Iterator[Fields]]:
    places = city(seed).townships
    bounds = np.cumsum([each.adults for each in places]) / city(seed).adults
    names = np.array(
        [(each.county_name, each.name, URBAN if each.is_urban else RURAL) for each in places], dtype=object
    )
    for start in range(0, count, _BATCH):
        positions = np.arange(start, min(start + _BATCH, count), dtype=np.uint64)
        yield _rows(positions, seed, bounds, names)


def _rows(
    positions: NDArray[np.uint64], seed: int, bounds: NDArray[np.float64], names: NDArray[np.object_]
) -> Iterator[Fields]:
    where = np.minimum(
        np.searchsorted(bounds, uniforms(positions, seed, "place"), side="right"), len(bounds) - 1
    )
    landline = uniforms(positions, seed, "kind") < _LANDLINE_SHARE
    household = np.searchsorted(
        np.cumsum(_ADULTS_SHARES)[:-1], uniforms(positions, seed, "adults"), side="right"
    )
    lines = int(AREA_CODE + "0000000") + _scattered(positions, _LANDLINE_PRIME, seed) + _LANDLINE_FIRST
    mobiles = int(MOBILE_PREFIX + "00000000") + _scattered(positions, _MOBILE_PRIME, seed)
    digits = np.where(landline, lines, mobiles).tolist()
    return zip(
        [f"0{each}" if each < 10_000_000_000 else str(each) for each in digits],
        *(names[where, column].tolist() for column in range(3)),
        np.where(landline, LANDLINE, MOBILE).tolist(),
        np.where(landline, _ADULTS[household], "").tolist(),
        [SOURCE] * len(digits),
        strict=True,
    )


def _scattered(positions: NDArray[np.uint64], prime: int, seed: int) -> NDArray[np.int64]:
    """Map positions below the prime to different numbers below it, without visible order."""
    factor = 1 + int(uniform(seed, prime, "factor") * (prime - 1))
    offset = int(uniform(seed, prime, "offset") * prime)
    x = (positions.astype(np.int64) * factor + offset) % prime
    cubed: NDArray[np.int64] = (x * x % prime) * x % prime
    return cubed
