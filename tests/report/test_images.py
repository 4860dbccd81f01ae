"""Figures are drawn as images by the browser of this machine, and nothing is fetched for it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from affectlab.report.figures import depth_figure, save
from affectlab.report.figures.saving import IMAGE_WIDTH
from tests.report.browsing import installed

pytestmark = pytest.mark.slow


@pytest.fixture
def figure() -> go.Figure:
    installed()  # kaleido finds it by itself
    return depth_figure([0, 1, 2], {"at ease": [0.1, 0.3, 0.2]}, title="Where in depth")


class Listener:
    """A proxy that lets nothing through, and remembers for which servers it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # it was closed
                return
            with connection:
                self.asked.append(connection.recv(1024).decode(errors="replace").split("\r\n")[0])

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    found = Listener()
    monkeypatch.setenv("CHOREO_PROXY_SERVER", found.address)
    yield found
    found.close()


def test_an_svg_holds_its_texts_as_text_and_nothing_is_fetched_for_it(
    figure: go.Figure, listener: Listener, tmp_path: Path
) -> None:
    save(figure, tmp_path / "depth.svg")
    # A browser may look for news of its own when it starts; scripts come from such servers.
    assert [server for server in listener.asked if "cdn" in server] == []
    root = ElementTree.parse(tmp_path / "depth.svg").getroot()
    assert root.tag.endswith("svg")
    assert (root.get("width"), root.get("height")) == (str(2 * IMAGE_WIDTH), str(2 * figure.layout.height))
    texts = {"".join(one.itertext()) for one in root.iter() if one.tag.endswith("text")}
    assert {"Where in depth", "at ease", "layer"} <= texts


def test_a_png_is_drawn_for_screens_of_twice_the_pixels(figure: go.Figure, tmp_path: Path) -> None:
    save(figure, tmp_path / "depth.png")
    found = (tmp_path / "depth.png").read_bytes()
    assert found[:8] == b"\x89PNG\r\n\x1a\n"
    size = tuple(int.from_bytes(found[start : start + 4]) for start in (16, 20))
    assert size == (2 * IMAGE_WIDTH, 2 * figure.layout.height)
    assert len(found) > 10_000  # an empty page of this size takes less
