"""The drill: the house burns down and comes back from its backup, on both databases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from core import db, dump, journal, secrets
from core.backup import DATABASE, KEYS, MANIFEST, NotEmpty, NotRestorable, back_up, restore
from core.commands import alembic_config
from core.people import Staff
from core.permissions import Role
from core.problems import Refused
from core.secrets import Keyring, key_file
from core.settings import Settings
from survey.frame import FrameNumber
from tests.factories import a_city, a_frame, a_staff
from tests.made_once import migrate_once
from tests.web.conftest import some_settings

STEPS = ScriptDirectory.from_config(alembic_config(""))
KNOWN = {script.revision for script in STEPS.walk_revisions()}
HEAD = str(STEPS.get_current_head())


@pytest.fixture
def house(database: db.Database, tmp_path: Path, now: datetime) -> Iterator[Settings]:
    """An installation with people, sealed numbers, a chained journal and uploads, all tables by migration."""
    before = secrets.keyring()
    migrate_once(database)
    settings = some_settings(tmp_path / "house")
    secrets.use(key_file(settings.keys_file))
    settings.uploads.mkdir()
    (settings.uploads / "token").write_bytes(b"a workbook")
    with db.transaction() as session:
        someone = a_staff(session, Role.ADMINISTRATOR, username="wang")
        someone.totp_secret = "SECRET"
        a_frame(session, a_city(session), each=20)
        journal.write(session, "staff.taken_on", someone, by=someone, at=now)
    with db.transaction() as session:
        journal.chain_up(session, settled_before=now.replace(year=now.year + 1))
    yield settings
    secrets.use(before)


def contents(database: db.Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, bytes as they lie there."""
    found = {}
    metadata = sa.MetaData()
    metadata.reflect(database.engine)
    with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(sa.select(*(sa.type_coerce(c, c.type) for c in table.columns)))
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def burn_down(database: db.Database, settings: Settings) -> None:
    """Lose the machine: nothing is left but the backup."""
    database.close()
    if database.is_sqlite:
        for path in Path(database.url.database or "").parent.glob("tingmin.db*"):
            path.unlink()
    else:
        standing = sa.MetaData()
        standing.reflect(database.engine)
        standing.drop_all(database.engine)
    shutil.rmtree(settings.data_dir)
    secrets.use(key_file(settings.keys_file))  # a fresh machine makes itself fresh keys


def saved(
    database: db.Database, settings: Settings, where: Path, at: datetime, *, with_keys: bool = True
) -> Path:
    """Make a backup."""
    folder = where / "backup"
    back_up(database, settings, folder, with_keys=with_keys, at=at)
    return folder


def test_everything_comes_back_after_a_fire(
    database: db.Database, house: Settings, tmp_path: Path, now: datetime
) -> None:
    before = contents(database)
    assert len(before["frame_number"]) == 120
    folder = saved(database, house, tmp_path, now)
    assert (folder / KEYS).stat().st_mode & 0o077 == 0
    burn_down(database, house)
    manifest = restore(database, house, folder, replace=False, known=KNOWN)
    assert manifest.revision == HEAD
    assert contents(database) == before
    assert (house.uploads / "token").read_bytes() == b"a workbook"
    with db.reading() as session:
        assert session.scalars(sa.select(Staff)).one().totp_secret == "SECRET"
        numbers = session.scalars(sa.select(FrameNumber)).all()
        ring = secrets.keyring()
        assert all(n.fingerprint == ring.blind_index(n.number) for n in numbers)
        assert journal.first_break(session) is None
    with db.transaction() as session:
        a_staff(session, username="li")  # the counters of ids came along


def test_a_backup_is_taken_while_somebody_writes(
    database: db.Database, house: Settings, tmp_path: Path, now: datetime
) -> None:
    before = contents(database)
    with db.transaction() as session:
        a_staff(session, username="unfinished")
        folder = saved(database, house, tmp_path, now)
    restore(database, house, folder, replace=True, known=KNOWN)
    assert contents(database) == before


def test_what_stands_is_not_overwritten_unless_told(
    database: db.Database, house: Settings, tmp_path: Path, now: datetime
) -> None:
    folder = saved(database, house, tmp_path, now)
    with db.transaction() as session:
        a_staff(session, username="later")
    with pytest.raises(NotEmpty, match="database, uploads"):
        restore(database, house, folder, replace=False, known=KNOWN)
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 2
    restore(database, house, folder, replace=True, known=KNOWN)
    with db.reading() as session:
        assert session.scalars(sa.select(Staff.username)).all() == ["wang"]


@pytest.mark.parametrize("name", [DATABASE, KEYS, "uploads/token"])
def test_a_changed_file_is_refused_before_anything_is_touched(
    database: db.Database, house: Settings, tmp_path: Path, now: datetime, name: str
) -> None:
    folder = saved(database, house, tmp_path, now)
    before = contents(database)
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(NotRestorable, match=name):
        restore(database, house, folder, replace=True, known=KNOWN)
    path.unlink()
    with pytest.raises(NotRestorable, match=name):
        restore(database, house, folder, replace=True, known=KNOWN)
    assert contents(database) == before


def test_a_backup_of_a_newer_program_is_refused(
    database: db.Database, house: Settings, tmp_path: Path, now: datetime
) -> None:
    folder = saved(database, house, tmp_path, now)
    with pytest.raises(NotRestorable, match="newer than this program"):
        restore(database, house, folder, replace=True, known=KNOWN - {HEAD})


def test_an_older_backup_comes_back_as_it_was(
    database: db.Database, house: Settings, tmp_path: Path, now: datetime
) -> None:
    """The revision travels with the tables, so that `flask db upgrade` goes on from there."""

    def stand_at(number: str) -> None:
        with database.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :n"), {"n": number})

    newest = dump.revision(database)
    assert newest is not None
    stand_at("0000")
    before = contents(database)
    folder = saved(database, house, tmp_path, now)
    stand_at(newest)
    assert restore(database, house, folder, replace=True, known={*KNOWN, "0000"}).revision == "0000"
    assert dump.revision(database) == "0000"
    assert contents(database) == before


def test_keys_kept_apart_must_be_there_and_be_the_right_ones(
    sqlite: db.Database, tmp_path: Path, now: datetime
) -> None:
    command.stamp(alembic_config(str(sqlite.url)), "head")
    settings = some_settings(tmp_path / "house")
    ring = key_file(settings.keys_file)
    folder = saved(sqlite, settings, tmp_path, now, with_keys=False)
    assert not (folder / KEYS).exists()
    assert "key" not in json.loads((folder / MANIFEST).read_text())["files"]
    elsewhere = replace(settings, keys_file=tmp_path / "new" / "keys.json")
    with pytest.raises(NotRestorable, match="key file"):
        restore(sqlite, elsewhere, folder, replace=True, known=KNOWN)
    key_file(elsewhere.keys_file)
    with pytest.raises(NotRestorable, match="key file"):
        restore(sqlite, elsewhere, folder, replace=True, known=KNOWN)
    elsewhere.keys_file.write_text(ring.as_json())
    restore(sqlite, elsewhere, folder, replace=True, known=KNOWN)


def test_other_keys_found_in_place_are_set_aside(sqlite: db.Database, tmp_path: Path, now: datetime) -> None:
    before = secrets.keyring()
    command.stamp(alembic_config(str(sqlite.url)), "head")
    settings = some_settings(tmp_path / "house")
    old = key_file(settings.keys_file)
    folder = saved(sqlite, settings, tmp_path, now)
    settings.keys_file.write_text(Keyring.fresh().as_json())
    other = settings.keys_file.read_text()
    restore(sqlite, settings, folder, replace=True, known=KNOWN)
    assert Keyring.from_json(settings.keys_file.read_text()) == old
    assert settings.keys_file.with_name("keys.json.aside-1").read_text() == other
    secrets.use(before)


def test_a_backup_is_refused_where_it_would_mix_or_hold_nothing(tmp_path: Path, now: datetime) -> None:
    empty = db.Database(f"sqlite:///{tmp_path / 'empty.db'}")
    settings = some_settings(tmp_path)
    with pytest.raises(Refused, match="no tables"):
        saved(empty, settings, tmp_path, now)
    command.upgrade(alembic_config(str(empty.url)), "head")
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "other").write_text("")
    with pytest.raises(Refused, match="not empty"):
        saved(empty, settings, tmp_path, now)
    with pytest.raises(NotRestorable, match="no backup"):
        restore(empty, settings, tmp_path / "backup", replace=True, known=KNOWN)
    empty.close()
