"""A file on the web: what is opened is closed, and who waits can be stopped."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from making import clip
from origin import Answer, Origin
from watchglass.media.source import open_source
from watchglass.model.errors import TransferError
from watchglass.model.media import VideoFrame
from watchglass.net.http import HttpClient


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[HttpClient]:
    """The clients that were closed; they close all the same."""
    clients: list[HttpClient] = []
    close = HttpClient.close
    monkeypatch.setattr(HttpClient, "close", lambda client: (clients.append(client), close(client))[1])
    return clients


def test_what_is_opened_is_closed(origin: Origin, tmp_path: Path, closed: list[HttpClient]) -> None:
    origin.routes["/clip.ts"] = clip(tmp_path / "clip.ts").read_bytes()
    with open_source(origin.url("/clip.ts")) as source:
        assert sum(isinstance(item, VideoFrame) for item in source) == 25
        assert not closed
    assert len(closed) == 1


def test_what_cannot_be_opened_is_closed(origin: Origin, closed: list[HttpClient]) -> None:
    with pytest.raises(TransferError, match="HTTP 404"):
        open_source(origin.url("/gone.ts"))
    assert len(closed) == 1


def test_a_read_that_waits_is_woken(origin: Origin, tmp_path: Path) -> None:
    over, seen = threading.Event(), threading.Event()
    data = clip(tmp_path / "clip.ts").read_bytes()
    origin.routes["/clip.ts"] = lambda request: Answer(data, ranges=False, truncate_at=len(data) // 2, hold=over)
    with open_source(origin.url("/clip.ts")) as source:
        ended = threading.Thread(target=lambda: (seen.set(), list(source)))
        ended.start()
        assert seen.wait(10.0)
        source.stop()
        ended.join(10.0)
        assert not ended.is_alive()
    over.set()


def test_a_transport_stream_that_can_only_be_read_from_the_front_is_not_sought_in(origin, tmp_path, capfd) -> None:
    """The damage makes the demuxer want to go back."""
    data = bytearray(clip(tmp_path / "clip.ts", audio=("aac",)).read_bytes())
    data[20_000:24_000] = bytes(4_000)
    origin.routes["/clip.ts"] = Answer(bytes(data), ranges=False)
    with open_source(origin.url("/clip.ts")) as source:
        assert any(isinstance(item, VideoFrame) for item in source)
    assert "Traceback" not in capfd.readouterr().err
