"""Pages in a real browser: what they complain of, whether their figures are drawn, and whether they fit a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE, DESK = (390, 844), (1280, 900)
DRAWN = ".trace, .heatmaplayer image, .annotation"
"""What a figure holds when it is drawn: some are made of notes alone."""


def installed() -> str:
    """The browser of this machine. Without one there is nothing to test with, which continuous integration must see."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium is installed, and in CI it must be: apt-get install chromium")
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine, started."""
    path = installed()
    with sync_playwright() as playwright:
        # Chromium's own sandbox wants a user that is not root; the page is ours.
        started = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield started
        started.close()


class Opened:
    """A page with all that it complained of and asked for."""

    def __init__(self, page: Page, report: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda told: self.complaints.append(f"{told.type}: {told.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(report.as_uri())

    def drawn(self) -> None:
        """Go to every figure, and wait until it is there."""
        for plot in self.page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            plot.locator(".main-svg").first.wait_for()
        self.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")

    def style(self, selector: str, name: str) -> str:
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
        return str(self.page.evaluate(script, [selector, name]))

    def picture(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        # A whole report is some hundred screens high, which takes a busy machine its time.
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, timeout=180_000)


@contextmanager
def opened(browser: Browser, report: Path, size: tuple[int, int], scheme: str = "light") -> Iterator[Opened]:
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        is_mobile=phone,
        has_touch=phone,
        offline=True,
    )
    try:
        yield Opened(context.new_page(), report)
    finally:
        context.close()


@contextmanager
def looked_at(
    browser: Browser, report: Path, name: str, size: tuple[int, int], scheme: str = "light"
) -> Iterator[Opened]:
    """A report, after it was looked at: it drew every figure, fetched nothing and complained of nothing, at a phone's
    width nothing stands out of the page, and its picture is kept under this name."""
    with opened(browser, report, size, scheme) as page:
        page.drawn()
        assert page.complaints == []
        assert [url for url in page.asked if not url.startswith(("data:", "blob:"))] == [report.as_uri()]
        assert bare_figures(page) == []
        if size == PHONE:
            assert page.page.evaluate("innerWidth") == PHONE[0]
            assert standing_out(page) == []
        page.picture(name)
        yield page


def bare_figures(page: Opened) -> list[str]:
    """Descriptions of the figures of which nothing is to be seen, or that are no larger than a stamp."""
    script = """drawn => [...document.querySelectorAll(".plot")].filter(plot => {
        const box = plot.querySelector(".main-svg")?.getBoundingClientRect();
        return !plot.querySelector(drawn) || box.width < 250 || box.height < 80;
    }).map(plot => plot.getAttribute("aria-label"))"""
    return list(page.page.evaluate(script, DRAWN))


def standing_out(page: Opened) -> list[str]:
    """Parts of the page that stand out of it to the right, with everything unfolded; what scrolls in itself may."""
    page.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    script = """width => [document.documentElement.scrollWidth > width ? "the page" : "",
        ...[...document.querySelectorAll("main *")]
            .filter(one => !one.closest(".scroll, .command, .plot") && one.getBoundingClientRect().right > width + 1)
            .map(one => one.outerHTML.slice(0, 80))
    ].filter(told => told)"""
    return list(page.page.evaluate(script, PHONE[0]))
