import threading
from collections.abc import Iterator

import pytest

from origin import Origin
from segments import rendition
from watchglass.media.segment_ahead import Ahead, Transfer
from watchglass.media.source import open_source
from watchglass.model.errors import TransferError
from watchglass.model.transport import SegmentArrival


class Ticks:
    """A clock that somebody turns."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time


def arriving(ticks: Ticks, *waits: float) -> Iterator[bytes]:
    for number, wait in enumerate(waits):
        ticks.time += wait
        yield bytes([number])


def test_only_waiting_counts() -> None:
    ticks = Ticks()
    transfer = Transfer(arriving(ticks, 1.0, 2.0, 0.5), ticks.now)
    assert transfer.seconds == 0.0
    read = b""
    for chunk in transfer:
        read += chunk
        ticks.time += 100.0  # whoever reads takes their time
    assert read == bytes(range(3))
    assert transfer.seconds == 3.5


def test_waiting_for_what_never_comes_counts_too() -> None:
    ticks = Ticks()

    def broken() -> Iterator[bytes]:
        yield from arriving(ticks, 1.0)
        ticks.time += 5.0
        raise TransferError("the answer ended early")

    transfer = Transfer(broken(), ticks.now)
    with pytest.raises(TransferError):
        list(transfer)
    assert transfer.seconds == 6.0


def test_what_went_wrong_ahead_is_raised_to_the_reader() -> None:
    def broken(error: Exception) -> Iterator[bytes]:
        yield b"a"
        raise error

    for error, said in (
        (TransferError("HTTP 503"), "HTTP 503"),
        (KeyError("x"), r"watchglass itself failed .*KeyError"),
    ):
        ahead = Ahead(Transfer(broken(error), Ticks().now), None, lambda: False)
        chunks = iter(ahead)
        assert next(chunks) == b"a"
        with pytest.raises(TransferError, match=said):
            next(chunks)
        assert ahead.done.is_set()


def test_it_waits_for_the_one_before_and_ends_when_nobody_reads() -> None:
    before, is_stopped = threading.Event(), threading.Event()
    ahead = Ahead(Transfer(iter([b"a"]), Ticks().now), before, is_stopped.is_set)
    assert not ahead.done.is_set()
    before.set()
    assert list(ahead) == [b"a"]
    late = Ahead(Transfer(iter([b"a"]), Ticks().now), threading.Event(), is_stopped.is_set)
    is_stopped.set()
    assert late.done.wait(20.0)
    with pytest.raises(TransferError, match="stopped"):
        list(late)


def test_the_time_that_a_segment_took_is_told_also_when_it_was_fetched_ahead() -> None:
    media = rendition()
    with Origin() as origin:
        for name, data in media.files.items():
            origin.routes[f"/{name}"] = data
        origin.routes["/media.m3u8"] = media.playlist.encode()
        with open_source(origin.url("/media.m3u8")) as source:
            took = [item.fetch_seconds for item in source if isinstance(item, SegmentArrival)]
    assert len(took) == 4
    assert min(took) > 0.0
