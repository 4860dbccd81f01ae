"""The report in a real browser: it opens without a network or a complaint, draws, sorts, fits a phone, and goes dark.

Screenshots are kept in out/screenshots, to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from affectlab.report.figures import map_figure, save
from affectlab.report.html import render
from tests.report.a_study import study
from tests.report.browsing import (
    DESK,
    PHONE,
    Opened,
    bare_figures,
    chromium,
    looked_at,
    opened,
    standing_out,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(study()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def desk(browser: Browser, report: Path) -> Iterator[Opened]:
    with looked_at(browser, report, "report-desktop", DESK) as page:
        yield page


def test_it_opens_without_a_network_or_a_complaint(desk: Opened) -> None:
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
    with looked_at(browser, report, "report-phone", PHONE) as phone:
        assert phone.page.locator(".plot .main-svg").first.evaluate("one => one.getBoundingClientRect().height") == 280


def test_what_is_wrong_with_a_page_is_found(browser: Browser, tmp_path: Path) -> None:
    head = '<meta name="viewport" content="width=device-width">'
    page = head + '<main><p style="width: 500px">wide</p>{}</main>'
    plot = '<div class="plot" aria-label="bare"><svg class="main-svg" width="300" height="{}">{}</svg></div>'
    path = tmp_path / "wrong.html"
    for shown, bare in (
        (plot.format(100, ""), ["bare"]),
        (plot.format(20, '<g class="trace"></g>'), ["bare"]),
        (plot.format(100, '<g class="trace"></g>'), []),
    ):
        path.write_text(page.format(shown), encoding="utf-8")
        with opened(browser, path, PHONE) as phone:
            assert bare_figures(phone) == bare
            assert [part[:8] for part in standing_out(phone)] == ["the page", "<p style"]


def test_a_dark_system_gets_a_dark_page(browser: Browser, report: Path, desk: Opened) -> None:
    with looked_at(browser, report, "report-dark", DESK, "dark") as dark:
        for selector, name in (("body", "backgroundColor"), ("body", "color"), (".plot .xtick text", "fill")):
            assert dark.style(selector, name) != desk.style(selector, name)
        assert brightness(dark.style("body", "backgroundColor")) < 60 < brightness(dark.style("body", "color"))
        assert brightness(dark.style(".plot .xtick text", "fill")) > 120


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
