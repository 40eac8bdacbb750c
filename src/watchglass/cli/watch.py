"""``watchglass watch``: a live stream, and what happens in it as it happens."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from watchglass.config.build import crew
from watchglass.config.examine import Plan
from watchglass.media.source import Source, open_source
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import ClockAnchor, NotWatched
from watchglass.model.report import WallClock
from watchglass.monitor.context import Context
from watchglass.monitor.evidence import Evidence
from watchglass.monitor.watch import Observation, watch
from watchglass.net.address import redact
from watchglass.reports import json_report, wording

SIGN_OF_LIFE = 10.0
"""Seconds between two lines that say that watching goes on."""


def run(url: str, plan: Plan, *, json_lines: bool, duration: float, until_finding: bool, fail_on: str) -> int:
    """Watch until the stream ends, somebody stops us, ``duration`` is over or an alarm comes; the exit code."""
    worst: Severity | None = None
    with open_source(url, plan.options(is_live=True)) as source:
        evidence, context = Evidence(most_pictures=0), Context()
        stop = _Stop(source)
        with stop.on_signals(), stop.after(duration):
            out = _Out(redact(url), evidence, json_lines=json_lines)
            watching = watch(evidence.watching(source), crew(plan.config, plan.detectors), is_stopped=stop.asked.is_set)
            for seen in context.weigh(watching):
                out.take(seen)
                if isinstance(seen, Finding):
                    worst = seen.severity if worst is None else max(worst, seen.severity)
                    if until_finding and seen.severity >= Severity.WARNING and seen.explained_by is None:
                        stop.now()
            for finding in context.unwatched(evidence.end):
                out.take(finding)
    return int(fail_on != "never" and worst is not None and worst >= Severity[fail_on.upper()])


class _Stop:
    """Ends the watching, whoever asks: a signal, a timer, an alarm."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.asked = threading.Event()

    def now(self) -> None:
        self.asked.set()
        self._source.stop()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop cleanly."""

        def handle(number: int, frame: FrameType | None) -> None:
            self.now()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def after(self, duration: float) -> Iterator[None]:
        """Stop after some seconds; 0 for never."""
        timer = threading.Timer(duration, self.now)
        if duration > 0:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            timer.cancel()


class _Out:
    """Writes events to stdout, and the rest to stderr."""

    def __init__(self, source: str, evidence: Evidence, *, json_lines: bool) -> None:
        self._source = source
        self._run = f"{time.time():.6f}"
        self._evidence = evidence
        self._json = json_lines
        self._clock = WallClock()
        self._spoke = time.monotonic()

    def take(self, seen: Observation) -> None:
        """Tell what there is to tell."""
        if isinstance(seen, ClockAnchor):
            self._clock.set(seen)
        elif isinstance(seen, Finding):
            self._event(seen)
        elif isinstance(seen, NotWatched):
            sys.stderr.write(f"not watched: {wording.clean(seen.reason)}\n")
        now = time.monotonic()
        if now - self._spoke >= SIGN_OF_LIFE:
            self._spoke = now
            self._sign_of_life()

    def _event(self, finding: Finding) -> None:
        if self._json:
            line = json_report.event_line(finding, source=self._source, run=self._run, clock=self._clock)
        else:
            utc = self._clock.at(finding.opened_at)
            when = f"{wording.utc_time(utc.seconds)}  " if utc else ""
            until = f" until {wording.clock_time(finding.closed_at)}" if finding.closed_at is not None else ""
            because = f" (explained by {finding.explained_by})" if finding.explained_by else ""
            event = "still open" if finding.event is Event.UNWATCHED else str(finding.event)
            line = (
                f"{when}{wording.clock_time(finding.opened_at)}{until}  {event:7}  {finding.severity!s:8}  "
                f"{finding.detector}  {wording.clean(finding.message)}{because}"
            )
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def _sign_of_life(self) -> None:
        position = self._evidence.end
        utc = self._clock.at(position)
        lag = time.time() - utc.seconds if utc else None
        if self._json:
            line = json_report.watching_line(
                source=self._source, position=position, lag=lag, frames=self._evidence.frames, clock=self._clock
            )
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        else:
            behind = f", {lag:.1f} s behind live" if lag is not None else ""
            sys.stderr.write(
                f"watching: {wording.clock_time(position)}{behind}, {self._evidence.frames} pictures measured\n"
            )
