"""What runs in the process of a stream: open its source, watch it with detectors, and tell the supervisor.

What goes wrong with the source is this process's own affair: it opens it again. What goes wrong with the process is the
supervisor's.
"""

import logging
import math
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection

from watchglass.config.build import chosen, crew
from watchglass.media.pulse import Pulse
from watchglass.media.source import Source, open_source
from watchglass.model.errors import TooLargeError, WatchglassError
from watchglass.model.finding import Finding, Reading
from watchglass.model.media import AudioBlock, ClockAnchor, Item, NotWatched, Stall, TimelineBreak, VideoFrame
from watchglass.model.minute import packed
from watchglass.model.report import WallClock
from watchglass.monitor.context import Context
from watchglass.monitor.rollup import Body, Rollup
from watchglass.monitor.watch import watch
from watchglass.net.address import redact
from watchglass.supervisor.attempts import Attempts
from watchglass.supervisor.board import Board, Phase
from watchglass.supervisor.clock import SteadyUtc
from watchglass.supervisor.late import Lateness
from watchglass.supervisor.process import give_back_memory, settle
from watchglass.supervisor.prover import Prover
from watchglass.supervisor.shelving import shelving
from watchglass.supervisor.spec import StreamSpec
from watchglass.supervisor.tiers import Tiers
from watchglass.supervisor.words import Ended, Failed, Fell, Minute, Missed, Told, Trouble, Watching, Word

log = logging.getLogger(__name__)

FELL = 70
"""Exit code of a process that ends for a fault of its own (``EX_SOFTWARE``)."""
_STUCK = 3.0
"""Seconds for which FFmpeg may be at work on one item: beyond that there is no sign of life until it has it."""
_PLAUSIBLE = 60.0
"""Seconds by which the clock of the media may differ from ours: beyond it what comes is dated by when it came."""


def run(spec: StreamSpec, pipe: Connection, board: Board) -> None:
    """Watch until the supervisor says stop, or is gone."""
    board.enter(Phase.STARTING)
    settle(spec.memory)
    with suppress(ConnectionError):  # nobody listens any more
        try:
            _Child(spec, pipe, board).run()
        except ConnectionError:
            raise
        except MemoryError:
            pipe.send(Fell(f"it wanted more than {spec.memory >> 20} MiB of memory"))
            sys.exit(FELL)
        except Exception as error:
            log.exception("%s", spec.name)
            pipe.send(Fell(f"watchglass failed on it ({redact(f'{type(error).__name__}: {error}')[:200]})"))
            sys.exit(FELL)


class _Child:
    def __init__(self, spec: StreamSpec, pipe: Connection, board: Board) -> None:
        self._spec, self._pipe, self._board = spec, pipe, board
        self._stop = threading.Event()
        self._source: Source | None = None
        self._attempts = Attempts()
        self._clock = SteadyUtc()
        self.pulse = Pulse()
        self._tiers = Tiers(is_light=spec.tier == "light", tell=self._say)

    def run(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if self._watch():
                    self._say(Ended())
                    return
                why, is_refused = "it has ended", False
            except TooLargeError as error:
                why, is_refused = str(error), True
            except WatchglassError as error:
                why, is_refused = str(error), False
            if self._stop.is_set():
                return
            pause = self._attempts.ended(time.monotonic() - began)
            self._say(Failed(why, pause, is_refused))
            self._rest(pause)

    def _rest(self, pause: float) -> None:
        self._board.enter(Phase.RESTING)
        until = time.monotonic() + pause
        while not self._stop.wait(max(0.0, min(1.0, until - time.monotonic()))) and time.monotonic() < until:
            self._board.beat()

    def _watch(self) -> bool:
        """Watch the source once; True if it was a recording, and is over."""
        self._board.enter(Phase.OPENING)
        self._tiers.begin()
        prover = self._prover()
        ring = None if prover is None else prover.ring
        self.pulse = Pulse()
        options = self._spec.plan.options(is_live=True, attention=self._tiers.attention, ring=ring, pulse=self.pulse)
        with open_source(self._spec.url, options) as source:
            self._source = source
            if self._stop.is_set():
                return False
            _Stretch(self._spec, source, self, prover).watch()
            self._source = None
            return not source.is_live and not self._stop.is_set()

    def _prover(self) -> Prover | None:
        if self._spec.evidence is None:
            return None
        plan = self._spec.plan
        names = chosen(plan.detectors or plan.config.watch)
        return Prover(self._spec.evidence, self._spec.name, names, lambda why: self._say(Trouble(why)))

    def _listen(self) -> None:
        """Hear what the supervisor says; when it is gone, end."""
        with suppress(EOFError, OSError):
            while (order := self._pipe.recv()) != "stop":
                self._tiers.order(order)
        self._stop.set()
        if self._source is not None:
            self._source.stop()

    def _say(self, word: Word) -> None:
        self._pipe.send(word)


class _Stretch:
    """One stretch of watching, from the first item to the last."""

    def __init__(self, spec: StreamSpec, source: Source, child: _Child, prover: Prover | None) -> None:
        self._spec, self._source, self._child, self._prover = spec, source, child, prover
        self._board, self._utc = child._board, child._clock
        self._run = f"{time.time():.6f}"
        self._anchors = WallClock()
        self._lateness = Lateness()
        self._rollup = Rollup()
        self._shelving = shelving(spec, self._run, child._clock.now(), child._say)
        self._arrived: float | None = None
        """UTC at which media time 0 would have reached us."""
        self._end = 0.0
        self._frames = 0
        self._began: dict[object, float] = {}
        """When what is open began, as it was told first: what is learnt of the clock later changes no incident."""

    def watch(self) -> None:
        spec = self._spec
        context = Context()
        hire = crew(spec.plan.config, spec.plan.detectors)
        items, keep = self._hearing(self._source), None
        if self._shelving is not None:
            items, keep = self._shelving.watching(items), self._shelving.add
        try:
            seen = watch(items, hire, is_stopped=self._child._stop.is_set)
            for observed in self._child._tiers.watching(context.weigh(seen)):
                if keep is not None:
                    keep(observed)
                if type(observed) is Reading:  # some hundred a media second; everything else is rare
                    self._measured(observed)
                elif isinstance(observed, Finding):
                    self._tell(observed)
                elif isinstance(observed, ClockAnchor):
                    self._anchors.set(observed)
                elif isinstance(observed, NotWatched):
                    text = f"not watched: {observed.said()}"
                    self._child._say(Missed(observed.duration, text) if observed.is_outrun else Trouble(text))
        finally:  # also where the source fails: what was open is not over
            self._board.reached(self._end, self._frames)
            for finding in context.unwatched(self._end):
                if keep is not None:
                    keep(finding)
                self._tell(finding)
            if self._shelving is not None:
                self._shelving.close(is_over=not self._child._stop.is_set())
            if self._prover is not None:
                self._prover.close()
            self._minutes(self._rollup.close())

    def _measured(self, reading: Reading) -> None:
        """Add it up; by when it arrived, as what the media say of their time may be anything."""
        if self._arrived is not None:
            self._rollup.add(reading, self._arrived + reading.pts)

    def _minutes(self, finished: Iterator[tuple[int, Body]]) -> None:
        for number, body in finished:
            self._child._say(Minute(number, packed(body)))
            give_back_memory()

    def _hearing(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass items through, and give signs of life."""
        for item in items:
            if self._child.pulse.stuck_for() < _STUCK:  # the other renditions go on, and say nothing of it
                self._board.beat()
            if isinstance(item, VideoFrame | AudioBlock):
                if item.reach > self._end:
                    self._end = item.reach
                    self._reached()
                if isinstance(item, VideoFrame):
                    self._frames += 1
            elif isinstance(item, Stall):
                self._stood_still()
                if self._prover is not None:
                    self._prover.reached(self._end, item.waited)
                if item.is_trouble:
                    self._child._say(Trouble(item.reason))
            elif isinstance(item, TimelineBreak) or (isinstance(item, NotWatched) and item.is_outrun):
                self._stood_still()
            yield item

    def _stood_still(self) -> None:
        self._lateness.stood_still()
        self._board.stands_still()

    def _reached(self) -> None:
        now = self._utc.now()
        if self._arrived is None:
            self._arrived = now - self._end
            self._board.enter(Phase.WATCHING)
            self._child._say(Watching(self._run))
        utc = self._anchors.at(self._end)
        behind = self._lateness.reached(self._end, now) if self._source.is_live else 0.0
        self._board.late(now - utc.seconds if utc else math.nan, behind)
        self._board.reached(self._end, self._frames)
        if self._prover is not None:
            self._prover.reached(self._end)
        self._minutes(self._rollup.finished())
        if self._shelving is not None:
            self._shelving.reached(now)

    def _tell(self, finding: Finding) -> None:
        began = self._began.get(finding.key)
        if began is None:
            began = self._began[finding.key] = self._utc_at(finding.opened_at, finding)
        over = None
        if finding.closed_at is not None:
            over = began + finding.closed_at - finding.opened_at
            self._began.pop(finding.key, None)
        self._child._say(Told(self._run, finding, began, over))
        if self._prover is not None:
            self._prover.take(finding, finding.identity(self._spec.name, self._run))

    def _utc_at(self, pts: float, finding: Finding) -> float:
        now = self._utc.now()
        by_arrival = now - (max(finding.told_at, self._end) - pts)
        utc = self._anchors.at(pts)
        return utc.seconds if utc is not None and abs(utc.seconds - by_arrival) < _PLAUSIBLE else by_arrival
