"""Setting a page of a bulletin as PDF: real type, drawn charts, nothing fetched from anywhere."""

from __future__ import annotations

from typing import Any

from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from reports.paper import Paper


class _Drawer(URLFetcher):  # type: ignore[misc]
    """Draws the charts that a page names; nothing outside the page is ever asked for."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(allowed_protocols=(), fail_on_errors=True)
        self._paper = paper

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """Draw one chart."""
        if not url.startswith("chart:"):
            raise ValueError("a bulletin fetches nothing")
        drawn = self._paper.picture(url) or b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"
        return URLFetcherResponse(url, drawn, {"Content-Type": "image/svg+xml"})


def pdf(text: str, paper: Paper) -> bytes:
    """Set a page; nothing in the file tells when it was made."""
    identifier = bytes.fromhex(paper.bulletin.digest[:32])
    return bytes(HTML(string=text, url_fetcher=_Drawer(paper)).write_pdf(pdf_identifier=identifier) or b"")
