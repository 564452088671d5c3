"""A real house for a real browser: a live server, Chromium, axe, and pictures where SCREENSHOTS says."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from core import clock, secrets
from core.db import Database, transaction, using
from core.people import Staff
from core.settings import Settings
from core.signing_in import admit
from migrations.tables import every_table
from tests.made_once import empty_sqlite
from web.app import create_app

AXE = Path(__file__).resolve().parent.parent / "reference" / "axe" / "axe.min.js"
AXE_AT = "/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
expect.set_options(timeout=20_000)  # a busy machine answers late, and that is not what a journey tests
OFFICE = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


class QuietHandler(WSGIRequestHandler):
    """A request handler that does not tell of every file it hands out."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def served(app: Flask, *, port: int = 0) -> BaseWSGIServer:
    """Make a server of an application on this machine, with axe beside it: a browser compiles it once, not per page."""
    beside = SharedDataMiddleware(app, {AXE_AT: str(AXE)})
    return make_server("127.0.0.1", port, beside, threaded=True, request_handler=QuietHandler)


@dataclass
class House:
    """A running installation: its address, application and database."""

    url: str
    app: Flask
    database: Database


def house_settings(where: Path, **changes: Any) -> Settings:
    """Make the settings of a house in a folder of its own."""
    values: dict[str, Any] = {
        "database_url": f"sqlite:///{where / 'house.db'}",
        "secret_key": "j" * 40,
        "data_dir": where,
        "keys_file": where / "keys.json",
        "public_base_url": "http://127.0.0.1",
        "secure_cookies": False,
        "is_demo": True,
    }
    return Settings(**{**values, **changes})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of the house; a journey may override this fixture."""
    return house_settings(tmp_path)


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """A house that answers on a free port of this machine, over an empty SQLite database."""
    every_table()
    ring = secrets.keyring()
    database = empty_sqlite(settings.database_url)
    app = create_app(settings, database=database)
    server = served(app)
    thread = threading.Thread(target=server.serve_forever, name="house", daemon=True)
    thread.start()
    try:
        with using(database):
            yield House(f"http://127.0.0.1:{server.server_port}", app, database)
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
        database.close()
        secrets.use(ring)


@pytest.fixture
def context(browser: Browser, house: House) -> Iterator[BrowserContext]:
    """A fresh browser profile, Chinese, at an office PC's size; a failing script fails the test."""
    made = browser.new_context(base_url=house.url, viewport=OFFICE, locale="zh-CN")  # type: ignore[arg-type]
    wrong: list[str] = []
    made.on("weberror", lambda error: wrong.append(str(error.error)))
    made.on(
        "console",
        lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None,
    )
    yield made
    made.close()
    assert not wrong, wrong


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One page of the browser."""
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    return opened


def sign_in(page: Page, staff: Staff, house: House, *, language: str = "") -> None:
    """Sign someone in without typing: the session is opened in the database, the cookie set."""
    with using(house.database), transaction() as session:
        person = session.get_one(Staff, staff.id)
        if language:
            person.language = language
        token = admit(session, person, at=clock.now(), browser="Chromium")
    page.context.add_cookies([{"name": "tingmin", "value": token, "url": house.url}])


LOAD_AXE = """(where) => "axe" in window || new Promise((told) => {
  const script = Object.assign(document.createElement("script"), {src: where});
  script.onload = () => told(true);
  script.onerror = () => told(false);
  document.head.append(script);
})"""
RUN_AXE = """([only, without]) => axe.run(
  {exclude: without}, {runOnly: only, resultTypes: ["violations"], preload: false},
)"""


def assert_accessible(page: Page, *, without: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> None:
    """Run axe over the page; any breach of WCAG 2.2 A or AA (or of `only` these rules) fails with element and rule."""
    page.wait_for_load_state()
    if not page.evaluate(LOAD_AXE, AXE_AT):  # out of reach, as for a page whose connection is cut
        page.evaluate(AXE.read_text(encoding="utf-8"))
    chosen = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": RULES}
    found = page.evaluate(RUN_AXE, [chosen, list(without)])
    told = [
        f"{breach['id']}: {node['target']} {node['failureSummary']}"
        for breach in found["violations"]
        for node in breach["nodes"]
    ]
    assert not told, f"{page.url}\n" + "\n".join(told)


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture of the page in the folder that SCREENSHOTS names; without it, do nothing."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


def no_sideways_scroll(page: Page) -> None:
    """Fail when the page is wider than its window."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{page.url} is {wide} px wide in a window of {window} px"
