"""One headless browser for the engines' comparison."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SCRIPTS = Path(__file__).parents[3] / "web" / "static" / "js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
ORIGIN = "http://questionnaire.test"


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(ORIGIN).lstrip("/")
    if name:
        route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")


@pytest.fixture(scope="package")
def engine() -> Iterator[Page]:
    """Open an empty page from which the browser's modules can be imported; nothing leaves the machine."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium: the browser's engine was not compared")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page()
        page.route("**/*", _serve)
        page.goto(ORIGIN + "/")
        yield page
        browser.close()
