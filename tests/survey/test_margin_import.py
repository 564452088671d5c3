"""Margins come in when they add up; else the import says where they don't and writes nothing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import Database, reading, transaction
from core.problems import Invalid
from demo.margins import write_margins
from survey.margin_import import current_margins, import_margins
from survey.margins import Margin, MarginCell

HEAD = "margin,category,label_zh,label_en,adults,source,as_of\n"
GOOD = HEAD + (
    "county,a,甲县,A,60,统计局,2025-12-31\ncounty,b,乙县,B,40,统计局,2025-12-31\n"
    "area,urban,城镇,Urban,55,统计局,2025-12-31\narea,rural,农村,Rural,45,统计局,2025-12-31\n"
)


def _count() -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(MarginCell)) or 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_tables_that_add_up_come_in(database: Database, now: datetime, encoding: str) -> None:
    with transaction() as session:
        margins = import_margins(session, GOOD.encode(encoding), by=None, at=now)
        assert {m.variable: sum(c.population for c in m.cells) for m in margins} == {
            "county": 100,
            "area": 100,
        }
        assert margins[0].cells[0].label == "甲县"
        assert (margins[0].source, margins[0].as_of) == ("统计局", date(2025, 12, 31))


def test_the_same_table_again_replaces_the_old(database: Database, now: datetime) -> None:
    for text in (GOOD, GOOD.replace("60", "70").replace("55", "65")):
        with transaction() as session:
            import_margins(session, text.encode(), by=None, at=now)
    assert _count() == 4
    with reading() as session:
        assert sum(c.population for c in current_margins(session)["county"].cells) == 110


def test_the_newest_table_of_a_variable_counts(sqlite: Database, now: datetime) -> None:
    for text in (GOOD.replace("2025", "2026"), GOOD):
        with transaction() as session:
            import_margins(session, text.encode(), by=None, at=now)
    with reading() as session:
        assert current_margins(session)["area"].as_of == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("45", "46"), "county adds up to 100; area adds up to 101"),
        (GOOD.replace("area,rural", "area,urban"), "Rows 4 and 5 are the same category"),
        (GOOD.replace(",60,", ",-60,"), "row 2: the population must be a positive whole number"),
        (GOOD.replace(",60,", ",六十,"), "row 2: the population"),
        (
            GOOD.replace("统计局,2025-12-31\narea,rural", ",2025-12-31\narea,rural"),
            "row 4: the source is missing",
        ),
        (GOOD.replace("2025-12-31", "31.12.2025", 1), "row 2: the date should look like"),
        (GOOD.replace("county,a", ",a"), "margin or category is empty"),
        (GOOD.replace("adults", "heads"), "Columns are missing: adults"),
        (HEAD, "no rows"),
        ("", "Columns are missing"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(
    sqlite: Database, now: datetime, text: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said), transaction() as session:
        import_margins(session, text.encode(), by=None, at=now)
    assert _count() == 0


def test_the_demonstration_s_margins_add_up(sqlite: Database, now: datetime, tmp_path: Path) -> None:
    write_margins(tmp_path / "m.csv")
    with transaction() as session:
        import_margins(session, (tmp_path / "m.csv").read_bytes(), by=None, at=now)
        assert session.scalar(sa.select(sa.func.count()).select_from(Margin)) == 4
