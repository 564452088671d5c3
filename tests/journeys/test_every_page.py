"""Every page of the house, in both languages: complete, accessible, and in the language it claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.routing import Rule

from core import clock
from core.db import transaction, using
from core.people import Staff
from core.permissions import OPENS, Permission, Role
from core.signing_in import admit
from tests.journeys.city import City
from tests.journeys.city import city as city
from tests.journeys.conftest import OFFICE, PHONE, assert_accessible, no_sideways_scroll, picture

pytestmark = pytest.mark.browser

HAN = re.compile(r"[\u3400-\u9fff]")
SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z’']+\b[ ,]+){3,}[A-Za-z]")
ELSEWHERE = {
    "hooks.report": "the line's own door, which asks for a signature",
    "hooks.fallback": "the line's own door, which asks for a signature",
    "line.simulated_leg": "a leg of a call going on: tests/journeys/test_softphone.py",
    "designer_frames.rejects": "of a frame whose import rejected rows: tests/journeys/test_designer.py",
    "public_exchange.described": "for partners' programs: tests/matters/test_exchange.py",
    "public_exchange.listed": "for partners' programs, who show a token",
    "public_exchange.one": "for partners' programs, who show a token",
    "residents_report.places": "the form's next list, as data: tests/matters/test_web_reports.py",
    "unit_files.own": "files that units sent: tests/matters/test_attachments.py",
    "unit_files.at_desk": "files that units sent: tests/matters/test_attachments.py",
    "unit_calls.standing": "a unit's call going on: tests/journeys/test_unit.py",
    "operator_matter.show": "the form of a call going on: tests/journeys/test_hotline_operator.py",
    "consulting.colleagues": "of a call going on: tests/hotline/test_switchboard.py",
    "messages.listed": "of a caller's message, as data: tests/hotline/test_switchboard.py",
    "messages.sound": "of a caller's message: tests/hotline/test_switchboard.py",
    "purpose.show": "asked of an old recorded talk: tests/hotline/test_counsel_rooms.py",
    "recordings.sound": "of a recorded talk: tests/hotline/test_recording_talks.py",
    "reviewer.sound": "of a recorded talk: tests/hotline/test_recording_talks.py",
    "help_lines.fallback": "a document for the carrier: tests/hotline/test_switchboard.py",
    "centre_appraisal.one": "of a county centre: tests/reports/test_appraisal_pages.py",
    "bulletins.document": "PDF and Word: tests/reports/test_bulletin_pages.py",
    "static": "files",
    "healthz": "for machines",
}

NARROWER = {
    "jobs.one": Permission.JOB_READ,
    "jobs.as_json": Permission.JOB_READ,
    "jobs.progress": Permission.JOB_READ,
    "custodian.listed": Permission.VAULT_OPEN,
    "custodian.one": Permission.VAULT_OPEN,
    "custodian_review.review": Permission.VAULT_OPEN,
}
"""Doors that everyone passes, to find there only what is theirs."""

NOT_FOR = {"appraisal_schemes.changing": Role.SUPERVISOR}
"""Who passes the door and finds nothing: the supervisor makes the field's schemes, and this one is the units'."""

OF_WORDS = (
    "aria-command-name", "aria-input-field-name", "aria-toggle-field-name", "button-name", "document-title",
    "html-has-lang", "html-lang-valid", "image-alt", "input-button-name", "label", "label-content-name-mismatch",
    "link-name", "select-name", "summary-name", "svg-img-alt", "target-size", "valid-lang",
)  # fmt: skip
"""The rules that another language could break: the markup, the same in both, is held to all of them in Chinese."""
OF_COLOURS = ("color-contrast",)
"""What the dark could break: Chinese pages are looked at by daylight, English ones in the dark."""

TEXTS = """() => {
  const found = [];
  const skipped = "script, style, template, code, kbd, pre, .mono, [hidden]";
  const language = (e) => e.closest("[lang]").lang.slice(0, 2);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode())
    if (n.data.trim() && !n.parentElement.closest(skipped)) found.push([language(n.parentElement), n.data.trim()]);
  for (const e of document.querySelectorAll("[title], [aria-label], [placeholder], [alt], [data-label]"))
    for (const name of ["title", "aria-label", "placeholder", "alt", "data-label"])
      if (e.getAttribute(name)) found.push([language(e), e.getAttribute(name)]);
  found.push([document.documentElement.lang.slice(0, 2), document.title]);
  return found;
}"""


def address(city: City, rule: Rule) -> str:
    """Fill an address with ids that are there; a new kind of part must be named here."""
    names = dict(city.ids)
    if rule.endpoint.startswith("designer_frame_files.checked"):
        names["job_id"] = city.ids["check"]
    if rule.rule.startswith("/handling/"):
        names["receipt"] = city.ids["own_receipt"]
    if rule.rule.startswith("/own-appraisal/"):
        names["round_id"] = city.ids["own_round_id"]
    if rule.rule.startswith("/counselling/"):
        names["token"] = city.ids["contact"]
    missing = rule.arguments - set(names)
    assert not missing, f"name an id for {missing} of {rule.rule} in furnished()"
    with city.house.app.test_request_context():
        return str(city.house.app.url_for(rule.endpoint, **{name: names[name] for name in rule.arguments}))


def pages(city: City, role: Role | None = None) -> list[tuple[str, Permission | None]]:
    """List every address that answers GET, with the permission that opens it; for a role, without what it can't find."""
    app = city.house.app
    return [
        (
            address(city, rule),
            NARROWER.get(rule.endpoint, getattr(app.view_functions[rule.endpoint], "permission", None)),
        )
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and rule.endpoint not in ELSEWHERE
        and (role is None or NOT_FOR.get(rule.endpoint) is not role)
    ]


def opened_first_by(permission: Permission) -> Role:
    """Return the role that walks through the pages behind a permission."""
    return next((role for role in Role if permission in OPENS[role]), Role.ADMINISTRATOR)


Arrive = Callable[[Role | None, str], Page]


@pytest.fixture(scope="module")
def arrive(browser: Browser, city: City) -> Iterator[Arrive]:
    """Give the page of a browser in which someone has just signed in (or nobody); one browser a language."""
    contexts: dict[str, BrowserContext] = {}

    def open_page(role: Role | None, language: str) -> Page:
        if language not in contexts:
            locale = "en-GB" if language == "en" else "zh-CN"
            contexts[language] = browser.new_context(
                base_url=city.house.url,
                locale=locale,
                viewport=OFFICE,  # type: ignore[arg-type]
                color_scheme="dark" if language == "en" else "light",
            )
        context = contexts[language]
        context.clear_cookies()
        if role is not None:
            with using(city.house.database), transaction() as session:
                person = session.get_one(Staff, city.people[role].id)
                person.language = language
                token = admit(session, person, at=clock.now(), browser="Chromium")
            context.add_cookies([{"name": "tingmin", "value": token, "url": city.house.url}])
        for page in context.pages:
            page.close()
        return context.new_page()

    yield open_page
    for context in contexts.values():
        context.close()


def foreign(city: City, page: Page, language: str) -> list[str]:
    """Find words that are not in the page's language and are no data."""
    wrong = []
    for spoken, text in page.evaluate(TEXTS):
        if spoken != language:
            continue
        rest = text
        for own in city.data:
            rest = rest.replace(own, "")
        if (HAN if language == "en" else SENTENCE).search(rest) and not (
            language == "zh" and HAN.search(rest)
        ):
            wrong.append(f"not in {language}: {text[:120]}")
    return wrong


def faults(city: City, page: Page, language: str) -> list[str]:
    """Look at a page as a careful person would; return what is wrong."""
    wrong = foreign(city, page, language)
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} first headings")
    if not page.title().split(" · ")[0].strip():
        wrong.append("no title")
    rules = () if language == "zh" else OF_WORDS + OF_COLOURS
    for check in (partial(assert_accessible, only=rules), no_sideways_scroll):
        try:
            check(page)
        except AssertionError as fault:
            wrong.append(str(fault))
    return wrong


def look_at(city: City, page: Page, addresses: list[str], language: str, name: str) -> list[str]:
    """Open page after page; return everything that is wrong with them."""
    said: list[str] = []
    page.on("console", lambda line: said.append(f"console: {line.text}") if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"script: {error}"))
    wrong = []
    for where in addresses:
        answer = page.goto(where)
        assert answer is not None
        if page.locator("[data-chart]").count():
            page.wait_for_selector(".main-svg", state="attached", timeout=15_000)  # it may be folded away
        told = faults(city, page, language) + said
        if answer.status != 200:
            told.append(f"status {answer.status}")
        said.clear()
        wrong += [f"{where}: {fault}" for fault in told]
        picture(page, f"{name}{where.replace('/', '-').rstrip('-')}-{language}")
    return wrong


KINDS: dict[str, bool] = {}
"""What each address answers with, once known: a whole page or not."""


def opens(client: FlaskClient, where: str) -> None:
    """Hold that an address answers, and remember whether with a whole page (not a file, a fragment or data)."""
    answer = client.get(where, follow_redirects=True)
    assert answer.status_code == 200, f"{where}: status {answer.status_code}"
    is_html = answer.mimetype == "text/html"
    KINDS[where] = is_html and "<!doctype" in answer.get_data(as_text=True)[:40].lower()
    answer.close()


def without_a_window(city: City, page: Page) -> FlaskClient:
    """Give a client with the page's own sign-in, for what only has to open."""
    client = city.house.app.test_client()
    for cookie in page.context.cookies():
        client.set_cookie(cookie["name"], cookie["value"])
    return client


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", list(Role))
def test_every_page_of_a_role_holds(city: City, arrive: Arrive, role: Role, language: str) -> None:
    page = arrive(role, language)
    client = without_a_window(city, page)
    shown = {"/doors": None}
    for where, permission in pages(city, role):
        if permission is None or not city.people[role].may(permission):
            continue
        is_first = opened_first_by(permission) is role
        # Others' pages only have to open; whoever opens them first in the list of roles looks at them.
        if where not in KINDS or (language == "zh" and not is_first):
            opens(client, where)
        if is_first and KINDS[where] and where != "/":
            shown[where] = None
    wrong = look_at(city, page, list(shown), language, role.value)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_for_a_phone_hold(city: City, arrive: Arrive, language: str) -> None:
    wrong = []
    for role, addresses in (
        (None, ["/sign-in", "/status/", "/report/"]),
        (Role.LEADER, ["/", "/doors", "/account/", "/about"]),
    ):
        page = arrive(role, language)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        wrong += look_at(city, page, addresses, language, "phone")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_for_whoever_is_not_signed_in_hold(city: City, arrive: Arrive, language: str) -> None:
    addresses = [where for where, permission in pages(city) if permission is None]
    wrong = look_at(city, arrive(None, language), addresses, language, "nobody")
    assert not wrong, "\n".join(wrong)
