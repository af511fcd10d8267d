"""A real browser: Debian's Chromium, headless, through Playwright."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page


class Watched:
    """A page in the browser, and what it should not have done."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", self._note_request)

    def _note_request(self, request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.complaints.append(f"request: {request.url}")

    def open(self, path: Path) -> Page:
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#map-classes tbody tr", state="attached")
        self.settled()
        return self.page

    def open_table(self, path: Path) -> Page:
        """Open the page with its table of classes, the rarest first."""
        page = self.open(path)
        page.check("input[value=table]")
        page.select_option("#order", "count")
        return page

    def settled(self) -> None:
        """Wait until every picture asked for is drawn."""
        self.page.wait_for_selector("main[aria-busy=false]")


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert watched.complaints == []
