from contextlib import contextmanager
from io import StringIO

import pytest
from rich.console import Console

from watchglass.cli.demo import INTERRUPTED, demo
from watchglass.faults.plan import plan
from watchglass.model.errors import UsageError
from watchglass.model.finding import Event, Finding
from watchglass.model.media import ClockAnchor

SIZE = (96, 54)


def run(watching, duration=30.0, seed=3):
    written = StringIO()
    code = demo(duration, seed, watching=watching, console=Console(file=written, width=200), size=SIZE)
    return code, written.getvalue()


def watcher(*observations):
    """One that says the same whatever is on air."""

    @contextmanager
    def watching(url):
        yield iter(observations)

    return watching


def all_knowing(seed, duration, *more):
    """One that reports each fault of the plan at once."""

    @contextmanager
    def watching(url):
        def tell():
            for truth in (fault.truth for fault in plan(duration, seed)):
                yield finding(truth.detector, truth.start)
            yield from more

        yield tell()

    return watching


def finding(detector, start):
    message = "told by [a] test"
    return Finding(
        event=Event.OPENED, detector=detector, track=None, opened_at=start, told_at=start + 1, message=message
    )


def test_a_watcher_that_sees_everything_passes():
    code, said = run(all_knowing(3, 30.0))
    assert code == 0
    assert "passed" in said
    assert "--seed 3" in said
    assert "told by [a] test" in said


def test_a_watcher_that_sees_nothing_fails():
    code, said = run(watcher())
    assert code == 1
    assert "failed: 0 of" in said


def test_a_watcher_that_sees_too_much_fails():
    code, said = run(all_knowing(3, 30.0, finding("audio.imbalance", 27.0)))
    assert code == 1
    assert "FALSE" in said
    assert "1 false alarm" in said


def test_an_interrupted_drill_tells_what_it_saw():
    @contextmanager
    def watching(url):
        def tell():
            yield ClockAnchor(pts=0.0, utc=0.0, source="arrival")
            raise KeyboardInterrupt

        yield tell()

    code, said = run(watching)
    assert code == INTERRUPTED
    assert "stopped" in said


def test_too_short_is_said_before_anything_is_encoded():
    with pytest.raises(UsageError, match="at least"):
        run(watcher(), duration=5.0)


@pytest.mark.slow
def test_the_ordinary_path_reports_a_fault_and_nothing_else():
    """The whole of it, live: origin, loader, decoder, detectors, context."""
    written = StringIO()
    code = demo(20.0, 8, console=Console(file=written, width=160), size=(320, 180))
    assert code == 0, written.getvalue()
