"""Threads that are at work in FFmpeg, told from those that wait; the clock is ours, and nothing is timed."""

import io
import threading
from contextlib import contextmanager

import pytest

from making import clip, noise
from origin import Origin
from segments import rendition
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.pulse import Pulse
from watchglass.media.source import SourceOptions, open_source
from watchglass.media.timeline import Timeline
from watching import serve


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Held(io.BytesIO):
    """A file that stops in one of its methods until it is let go."""

    def __init__(self, data: bytes, where: str, after: int = 0, spins: bool = False) -> None:
        super().__init__(data)
        self.where, self.after, self.spins = where, after, spins
        self.is_held, self.free = threading.Event(), threading.Event()

    def _pass(self, where: str) -> None:
        if where == self.where:
            self.after -= 1
            if self.after < 0 and not self.free.is_set():
                self.is_held.set()
                while self.spins and not self.free.is_set():
                    pass
                self.free.wait()

    def read(self, n: int | None = -1) -> bytes:
        self._pass("read")
        return super().read(n)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._pass("seek")
        return super().seek(offset, whence)


@contextmanager
def watched(file, pulse: Pulse):
    """Converts in a thread."""
    converter = Converter(DecodeOptions(pulse=pulse), Timeline())
    thread = threading.Thread(target=lambda: list(converter.items(file, label="a")))
    thread.start()
    try:
        yield
    finally:
        file.free.set()
        thread.join()


@pytest.fixture
def data(tmp_path) -> bytes:
    return clip(tmp_path / "a.mp4", seconds=2.0, size=(320, 240), audio=("aac",)).read_bytes()


@pytest.mark.parametrize("after", [0, 2])
def test_who_waits_for_bytes_is_not_stuck_however_long(data, after):
    clock = Clock()
    pulse, file = Pulse(clock), Held(data, "read", after)
    with watched(file, pulse):
        file.is_held.wait()
        clock.now = 1e6
        assert pulse.stuck_for() == 0.0
    assert pulse.stuck_for() == 0.0


def test_who_spins_inside_ffmpeg_is_stuck(data):
    clock = Clock()
    pulse, file = Pulse(clock), Held(data, "seek", spins=True)
    with watched(file, pulse):
        file.is_held.wait()
        clock.now = 12.5
        assert pulse.stuck_for() == 12.5
    assert pulse.stuck_for() == 0.0


def test_who_has_handed_over_an_item_is_not_stuck(data):
    clock = Clock()
    pulse = Pulse(clock)
    items = Converter(DecodeOptions(pulse=pulse), Timeline()).items(io.BytesIO(data), label="a")
    for _ in items:
        clock.now += 100.0
        assert pulse.stuck_for() == 0.0


def test_the_longest_of_several_threads_counts():
    clock = Clock()
    pulse, began, free = Pulse(clock), threading.Barrier(2), threading.Event()

    def work() -> None:
        pulse.works()
        began.wait()
        free.wait()
        pulse.waits()

    thread = threading.Thread(target=work)
    thread.start()
    began.wait()
    clock.now = 2.0
    pulse.works()
    clock.now = 5.0
    assert pulse.stuck_for() == 5.0
    free.set()
    thread.join()
    assert pulse.stuck_for() == 3.0
    pulse.waits()
    assert pulse.stuck_for() == 0.0


def test_a_loop_that_raises_is_not_stuck():
    clock = Clock()
    pulse = Pulse(clock)

    def breaks():
        yield 1
        1 / 0  # noqa: B018

    items = pulse.at_work(breaks())
    next(items)
    with pytest.raises(ZeroDivisionError):
        next(items)
    clock.now = 5.0
    assert pulse.stuck_for() == 0.0


def test_packets_that_ffmpeg_itself_fetches_are_waited_for():
    clock = Clock()
    pulse = Pulse(clock)

    def fetched():
        for number in range(3):
            clock.now += 100.0
            assert pulse.stuck_for() == 0.0
            yield number

    pulse.works()
    for _ in pulse.at_rest(fetched()):
        began = clock.now
        clock.now += 1.0
        assert pulse.stuck_for() == clock.now - began
    pulse.waits()


@pytest.mark.parametrize("is_path", [True, False])
def test_a_source_is_watched_as_ever(tmp_path, is_path):
    pulse = Pulse()
    with Origin() as origin:
        path = clip(tmp_path / "a.mp4", seconds=2.0, picture=noise())
        target = str(path) if is_path else serve(origin, rendition(2.0))
        with open_source(target, SourceOptions(decode=DecodeOptions(pulse=pulse))) as source:
            assert sum(1 for _ in source) > 50
    assert pulse.stuck_for() == 0.0
