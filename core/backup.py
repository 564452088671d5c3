"""Backups: the database, the uploads and the keys in one folder with their fingerprints, and the way back."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core import dump, secrets
from core.db import Database
from core.problems import Refused
from core.secrets import Keyring
from core.settings import Settings
from core.terms import Words

FORM = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
KEYS = "keys.json"
UPLOADS = "uploads"


class NotRestorable(Refused):
    """This folder can't be restored here as it is."""

    words = Words("{folder} 里没有备份", "There is no backup in {folder}")


class NotEmpty(Refused):
    """Something stands where a backup would go."""

    words = Words(
        "这里已有数据（{what}），没有恢复任何内容。确实要覆盖，请停止网页与后台进程后加 --replace",
        "There are data here already ({what}); nothing was restored. To overwrite them, stop web and "
        "workers and add --replace",
    )


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: each file's SHA-256, the database's kind and revision, the marks of its keys."""

    form: int
    made_at: str
    database: str
    revision: str
    keys: list[str]
    files: dict[str, str]


def back_up(
    database: Database, settings: Settings, folder: Path, *, with_keys: bool, at: datetime
) -> Manifest:
    """Write a backup into a new folder while the house goes on working; a half-written one is never left whole."""
    revision = dump.revision(database)
    if revision is None:
        raise Refused(
            Words(
                "数据库还没有建表，没有可备份的内容。先运行 flask db upgrade",
                "The database has no tables yet; there is nothing to back up. Run flask db upgrade first",
            )
        )
    if folder.exists() and any(folder.iterdir()):
        raise Refused(
            Words(
                "{folder} 不是空的，没有备份。请给一个新的文件夹",
                "{folder} is not empty; nothing was backed up. Name a new folder",
            ),
            folder=folder,
        )
    work = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)
    dump.dump(database, work / DATABASE)
    if with_keys:
        _copy_secret(settings.keys_file, work / KEYS)
    if settings.uploads.is_dir():
        shutil.copytree(settings.uploads, work / UPLOADS)
    files = {p.relative_to(work).as_posix(): fingerprint(p) for p in sorted(work.rglob("*")) if p.is_file()}
    ring = Keyring.from_json(settings.keys_file.read_text())
    manifest = Manifest(FORM, at.isoformat(), _kind(database), revision, marks(ring), files)
    (work / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    work.replace(folder)
    return manifest


def restore(
    database: Database, settings: Settings, folder: Path, *, replace: bool, known: set[str]
) -> Manifest:
    """Make database, uploads and keys what a backup says, after every check has passed."""
    manifest = read_manifest(folder)
    _check(manifest, database, settings, folder, known)
    standing = [
        name
        for name, is_there in (
            ("database", bool(dump.tables(database))),
            ("uploads", settings.uploads.is_dir() and any(settings.uploads.iterdir())),
        )
        if is_there
    ]
    if standing and not replace:
        raise NotEmpty(what=", ".join(standing))
    if KEYS in manifest.files:
        _take_keys(folder / KEYS, settings.keys_file)
    shutil.rmtree(settings.uploads, ignore_errors=True)
    if (folder / UPLOADS).is_dir():
        shutil.copytree(folder / UPLOADS, settings.uploads)
        settings.uploads.chmod(0o700)
    dump.load(database, folder / DATABASE)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read what a folder says it holds."""
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**raw)
    except (OSError, ValueError, TypeError) as error:
        raise NotRestorable(folder=folder) from error
    if manifest.form != FORM:
        raise NotRestorable(
            Words(
                "备份格式 {form} 无法读取，请更新程序",
                "The backup's form {form} can't be read; update the program",
            ),
            form=manifest.form,
        )
    return manifest


def _check(manifest: Manifest, database: Database, settings: Settings, folder: Path, known: set[str]) -> None:
    if manifest.database != _kind(database):
        raise NotRestorable(
            Words(
                "备份来自 {theirs}，这里用的是 {ours}，没有恢复任何内容",
                "The backup is of {theirs}, this installation uses {ours}; nothing was restored",
            ),
            theirs=manifest.database,
            ours=_kind(database),
        )
    if manifest.revision not in known:
        raise NotRestorable(
            Words(
                "备份的版本 {theirs} 比程序新，没有恢复任何内容。请先更新程序",
                "The backup's revision {theirs} is newer than this program; nothing was restored. Update first",
            ),
            theirs=manifest.revision,
        )
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {MANIFEST}
    wrong = sorted(here ^ set(manifest.files)) or [
        name for name, digest in manifest.files.items() if fingerprint(folder / name) != digest
    ]
    if wrong or DATABASE not in manifest.files:
        raise NotRestorable(
            Words(
                "备份不完整或被改动过（{name}），没有恢复任何内容",
                "The backup is not whole or was changed ({name}); nothing was restored",
            ),
            name=wrong[0] if wrong else DATABASE,
        )
    keys = folder / KEYS if KEYS in manifest.files else settings.keys_file
    if not keys.is_file() or not set(manifest.keys) <= set(marks(Keyring.from_json(keys.read_text()))):
        raise NotRestorable(
            Words(
                "密钥文件打不开这份备份中的密封内容，没有恢复任何内容。请先把当时的密钥文件放到 {keys}",
                "The key file can't open what is sealed in this backup; nothing was restored. Put the key "
                "file of that time at {keys} first",
            ),
            keys=settings.keys_file,
        )
    dump.check(database, folder / DATABASE)


def marks(ring: Keyring) -> list[str]:
    """Name the keys of a ring so that two rings can be compared; nothing of a key can be told from its mark."""
    keys = [
        (f"{p}:{i}", key)
        for p, ring_keys in sorted(ring.keys.items())
        for i, key in sorted(ring_keys.items())
    ]
    return [
        f"{name}:{hashlib.sha256(b'mark of a key: ' + key).hexdigest()[:16]}"
        for name, key in [*keys, ("index:0", ring.index_key)]
    ]


def fingerprint(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kind(database: Database) -> str:
    return str(database.url.get_backend_name())


def _copy_secret(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_bytes(source.read_bytes())


def _take_keys(source: Path, target: Path) -> None:
    """Put the keys in place; other keys found there are set aside, never thrown away."""
    if target.is_file() and target.read_bytes() != source.read_bytes():
        n = 1
        while (aside := target.with_name(f"{target.name}.aside-{n}")).exists():
            n += 1
        target.replace(aside)
    _copy_secret(source, target)
    secrets.use(Keyring.from_json(target.read_text()))
