"""The report in a real browser: it opens without a network or a complaint, draws, sorts, fits a phone, and goes dark.

Screenshots are kept in out/screenshots, to be looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from affectlab.report.figures import map_figure, save
from affectlab.report.html import render
from tests.report.a_study import study

pytestmark = pytest.mark.slow

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PHONE, DESK = (390, 844), (1280, 900)


def installed() -> str:
    """The browser of this machine. Without one there is nothing to test with, which continuous integration must see."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium is installed, and in CI it must be: apt-get install chromium")
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = installed()
    with sync_playwright() as playwright:
        # Chromium's own sandbox wants a user that is not root; the page is ours.
        started = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(study()), encoding="utf-8")
    return path


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
        self.page.screenshot(path=SCREENSHOTS / f"report-{name}.png", full_page=True)


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


@pytest.fixture(scope="module")
def desk(browser: Browser, report: Path) -> Iterator[Opened]:
    with opened(browser, report, DESK) as page:
        page.drawn()
        page.picture("desktop")
        yield page


def test_it_opens_without_a_network_or_a_complaint(desk: Opened, report: Path) -> None:
    assert desk.complaints == []
    assert [url for url in desk.asked if not url.startswith(("data:", "blob:"))] == [report.as_uri()]
    assert desk.page.title() == study().title


def test_figures_are_drawn(desk: Opened) -> None:
    plots = desk.page.locator(".plot")
    assert plots.count() == sum(len(blocks) for blocks in study().figures.values())
    for plot in plots.all():
        traces = plot.locator(".scatterlayer .trace, .heatmaplayer image")
        assert traces.count() > 0
        box = plot.locator(".main-svg").first.bounding_box()
        assert box is not None
        assert box["width"] > 500
        assert box["height"] > 200
    assert desk.page.locator("svg.strip").count() > 20


def test_a_click_on_a_heading_sorts_the_table(desk: Opened) -> None:
    def column(place: int) -> list[str]:
        cells = desk.page.locator(f"#claims-table tbody td:nth-child({place})").all()
        return [cell.get_attribute("data-by") or "" for cell in cells]

    heading = desk.page.locator("#claims-table th:nth-child(3)")
    before = column(3)
    heading.locator("button").click()
    found = column(3)
    numbers = [float(value) for value in found if value]
    assert found != before
    assert numbers == sorted(numbers, reverse=True)
    assert found[len(numbers) :] == [""] * (len(found) - len(numbers)) != []
    assert heading.get_attribute("aria-sort") == "descending"
    heading.locator("button").click()
    assert [float(value) for value in column(3) if value] == sorted(numbers)
    desk.page.locator("#claims-table th:nth-child(1) button").click()
    assert column(1) == sorted(column(1), key=str.lower)
    assert heading.get_attribute("aria-sort") == "none"


def test_the_contents_lead_to_their_sections(desk: Opened) -> None:
    desk.page.locator('#contents a[href="#map"]').click()
    # The page's policy forbids scripts made of strings, and with them Playwright's own waiting.
    for _ in range(50):
        desk.page.wait_for_timeout(100)
        if abs(float(desk.page.evaluate("document.getElementById('map').getBoundingClientRect().top"))) < 60:
            return
    pytest.fail("the section is not at the top of the window")


def test_a_phone_never_scrolls_sideways(browser: Browser, report: Path) -> None:
    with opened(browser, report, PHONE) as phone:
        phone.drawn()
        phone.picture("phone")
        phone.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert phone.page.evaluate("innerWidth") == PHONE[0]
        wide = phone.page.evaluate(
            "[...document.querySelectorAll('main *')].filter(one => !one.closest('.scroll, .command, .plot'))"
            ".filter(one => one.getBoundingClientRect().right > 391).map(one => one.outerHTML.slice(0, 80))"
        )
        assert wide == []
        assert phone.page.locator(".plot .main-svg").first.evaluate("one => one.getBoundingClientRect().height") == 280
        assert phone.complaints == []


def test_a_dark_system_gets_a_dark_page(browser: Browser, report: Path, desk: Opened) -> None:
    with opened(browser, report, DESK, "dark") as dark:
        dark.drawn()
        dark.picture("dark")
        for selector, name in (("body", "backgroundColor"), ("body", "color"), (".plot .xtick text", "fill")):
            assert dark.style(selector, name) != desk.style(selector, name)
        assert brightness(dark.style("body", "backgroundColor")) < 60 < brightness(dark.style("body", "color"))
        assert brightness(dark.style(".plot .xtick text", "fill")) > 120
        assert dark.complaints == []


def test_the_reader_can_choose(browser: Browser, report: Path) -> None:
    with opened(browser, report, DESK) as page:
        page.drawn()
        button = page.page.locator("#theme")
        light = page.style("body", "backgroundColor"), page.style(".plot .xtick text", "fill")
        assert button.text_content() == "dark"
        button.click()
        page.page.wait_for_timeout(400)
        assert brightness(page.style("body", "backgroundColor")) < 60
        assert brightness(page.style(".plot .xtick text", "fill")) > 120
        button.click()
        page.page.wait_for_timeout(400)
        assert (page.style("body", "backgroundColor"), page.style(".plot .xtick text", "fill")) == light


def test_names_of_points_stay_when_a_window_changes_its_size(browser: Browser, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    names = [f"word {place}" for place in range(150)]
    figure = map_figure(draw.normal(size=(150, 2)), names, draw.normal(size=150), title="x", axes=("", ""), shade="y")
    save(figure, tmp_path / "map.html")
    shown = "[...document.querySelectorAll('.textpoint text')].filter(one => one.textContent.trim()).length"
    with opened(browser, tmp_path / "map.html", DESK) as page:
        page.page.locator(".textpoint text").first.wait_for(state="attached")
        before = page.page.evaluate(shown)
        for width in (PHONE[0], DESK[0]) * 2:  # what is drawn for a phone names other points
            page.page.set_viewport_size({"width": width, "height": DESK[1]})
            page.page.wait_for_timeout(600)
        assert page.page.evaluate(shown) == before > 40


def brightness(colour: str) -> float:
    """The mean of red, green and blue of rgb(...), 0 to 255."""
    parts = colour[colour.index("(") + 1 : colour.index(")")].split(",")[:3]
    return sum(float(part) for part in parts) / 3
