"""One page of the headless browser for the engines' comparison."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

SCRIPTS = Path(__file__).parents[3] / "web" / "static" / "js"
ORIGIN = "http://questionnaire.test"


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(ORIGIN).lstrip("/")
    if name:
        route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")


@pytest.fixture(scope="package")
def engine(browser: Browser) -> Iterator[Page]:
    """Open an empty page from which the browser's modules can be imported; nothing leaves the machine."""
    page = browser.new_page()
    page.route("**/*", _serve)
    page.goto(ORIGIN + "/")
    yield page
    page.close()
