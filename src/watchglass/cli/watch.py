"""``watchglass watch``: a live stream, and what happens in it as it happens."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from rich.console import Console

from watchglass import __version__
from watchglass.cli.output import writable
from watchglass.cli.signals import handled
from watchglass.cli.trouble import Trouble
from watchglass.config.build import crew
from watchglass.config.examine import Plan, spare_collector
from watchglass.config.keep import keeper
from watchglass.media.source import Source, open_source
from watchglass.model.attention import Attention, Tier
from watchglass.model.errors import TransferError, WatchglassError
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import ClockAnchor, Item, NotWatched
from watchglass.model.report import Utc, WallClock
from watchglass.model.stored import End
from watchglass.monitor.context import Context
from watchglass.monitor.evidence import Evidence
from watchglass.monitor.promotion import Promotion
from watchglass.monitor.watch import Observation, watch
from watchglass.net.address import redact_target
from watchglass.reports import event, json_report, wording

PAUSES = (0.5, 1.5)
"""Seconds between the tries to open a stream."""
SIGN_OF_LIFE = 10.0
"""Seconds between two lines that say that watching goes on."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for beside the address."""

    plan: Plan
    json_lines: bool
    duration: float
    until_finding: bool
    fail_on: str
    readings: Path | None


def run(url: str, request: Request) -> int:
    """Watch until somebody stops us, ``duration`` is over or an alarm comes; the exit code."""
    spare_collector()
    if request.readings is not None:
        writable(request.readings, [url])
    with ExitStack() as keeping:  # left last, so that what was kept becomes a file
        plan = request.plan
        if request.readings is not None:
            from watchglass.store.binding import Binder

            plan = replace(plan, parts=keeping.enter_context(Binder(request.readings, __version__)).folder)
        worst = _watch(url, plan, request)
    fail_on = request.fail_on
    return int(fail_on != "never" and worst is not None and worst >= Severity[fail_on.upper()])


def _watch(url: str, plan: Plan, request: Request) -> Severity | None:
    """Watch, and the gravest that was told."""
    worst: Severity | None = None
    stop = Stop()
    evidence, context = Evidence(most=0), Context()
    attention = Attention() if plan.light else None
    with (
        handled(stop.by_signal),
        stop.after(request.duration),
        suppress(_StoppedEarlyError),
        opened(url, plan, stop, attention=attention) as source,
        _Notes(plan, url, stop) as notes,
    ):
        out = _Out(redact_target(url), evidence, json_lines=request.json_lines, run=notes.run)
        items = out.hearing(evidence.watching(notes.watching(source)))
        promotion = None if attention is None else Promotion(attention, tell=out.tier)
        try:
            for seen in observed(items, plan, context, is_stopped=stop.when_over, promotion=promotion):
                notes.add(seen)
                out.take(seen)
                if isinstance(seen, Finding):
                    worst = seen.severity if worst is None else max(worst, seen.severity)
                    if request.until_finding and seen.severity >= Severity.WARNING and seen.explained_by is None:
                        stop.now()
        finally:  # also where the source fails: what was open is not over
            for finding in context.unwatched(evidence.end):
                notes.add(finding)
                out.take(finding)
    if request.duration > 0.0 and not evidence.end and not stop.is_over:
        raise TransferError(f"{redact_target(url)}: nothing that can be watched came in {request.duration:g} s")
    return worst


class _Notes:
    """Keeps the readings, if that was asked for; and says why there are no more."""

    def __init__(self, plan: Plan, url: str, stop: "Stop") -> None:
        self.run = f"{time.time():.6f}"
        """Part of each finding's identity."""
        self._keeper = keeper(plan, redact_target(url), self.run)
        self._stop = stop

    def watching(self, items: Iterable[Item]) -> Iterable[Item]:
        return items if self._keeper is None else self._keeper.watching(items)

    def add(self, seen: Observation) -> None:
        if self._keeper is not None:
            self._keeper.add(seen)

    def __enter__(self) -> "_Notes":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._keeper is None:
            return
        why = str(error) if isinstance(error, WatchglassError) else None
        self._keeper.close(End(self._keeper.end, "ended" if self._stop.is_over else "unwatched", why))
        if self._keeper.error:
            sys.stderr.write(f"trouble: {wording.clean(self._keeper.error)}\n")


def observed(
    items: Iterable[Item],
    plan: Plan,
    context: Context,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    promotion: Promotion | None = None,
) -> Iterator[Observation]:
    """What the detectors of a plan say about the items of a source, weighed.

    Args:
        items: Of the source.
        plan: Says which detectors, and how they are set.
        context: Weighs.
        is_stopped: As for the loop.
        promotion: Decides between the tiers, if there are two.
    """
    weighed = context.weigh(watch(items, crew(plan.config, plan.detectors), is_stopped=is_stopped))
    return weighed if promotion is None else promotion.watching(weighed)


@contextmanager
def opened(
    url: str, plan: Plan, stop: "Stop", *, waits_after_end: bool = True, attention: Attention | None = None
) -> Iterator[Source]:
    """The source, after as many tries as ``PAUSES`` has pauses; a stream may be about to begin."""
    options = replace(plan.options(is_live=True, attention=attention), waits_after_end=waits_after_end)
    for pause in (*PAUSES, None):
        try:
            source = open_source(url, options)
            break
        except TransferError as error:
            if pause is None:
                raise
            sys.stderr.write(f"trouble: {wording.clean(str(error))}; trying again\n")
            if stop.waits(pause):
                raise _StoppedEarlyError from None
    with source:
        stop.ends(source)
        yield source


class _StoppedEarlyError(Exception):
    """Raised inside ``open_source`` when somebody stops us there."""


class Stop:
    """Ends the watching, whoever asks: a signal, a timer, an alarm."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._source: Source | None = None

    def ends(self, source: Source) -> None:
        """From now on this is what ends."""
        self._source = source
        if self.asked.is_set():
            source.stop()

    def when_over(self) -> bool:
        """Asked by the loop when nothing comes any more: True if it is we who ended it."""
        self.is_over = not self.asked.is_set()
        return not self.is_over

    is_over = False
    """True if the media came to their end."""

    def now(self) -> None:
        """End."""
        self.asked.set()
        if self._source is not None:
            self._source.stop()

    def waits(self, seconds: float) -> bool:
        """Wait; True if we are to end."""
        return self.asked.wait(seconds)

    def by_signal(self) -> None:
        """Stop cleanly; asked a second time, at once."""
        if self._source is None:
            raise _StoppedEarlyError
        if self._is_signalled:
            raise KeyboardInterrupt
        self._is_signalled = True
        # In a thread of its own: what the signal has interrupted may hold a lock that stopping needs.
        threading.Thread(target=self.now, daemon=True).start()

    _is_signalled = False

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

    def __init__(self, source: str, evidence: Evidence, *, json_lines: bool, run: str) -> None:
        self._source = source
        self._run = run
        self._evidence = evidence
        self._json = json_lines
        self._console = Console(highlight=False)
        self._clock = WallClock()
        self._spoke = time.monotonic()
        self._trouble = Trouble()
        self._began: dict[object, Utc] = {}
        """When what is open began, as it was told first: what is learnt of the clock later changes no ticket."""

    def hearing(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass the items of a source through, telling of trouble with it."""
        for item in items:
            line = self._trouble.line(item, time.monotonic())
            if line:
                sys.stderr.write(line + "\n")
                sys.stderr.flush()
            yield item

    def take(self, seen: Observation) -> None:
        """Tell what there is to tell."""
        if isinstance(seen, ClockAnchor):
            self._clock.set(seen)
        elif isinstance(seen, Finding):
            self._event(seen)
        elif isinstance(seen, NotWatched):
            sys.stderr.write(f"not watched: {wording.clean(seen.said())}\n")
        now = time.monotonic()
        if now - self._spoke >= SIGN_OF_LIFE:
            self._spoke = now
            self._sign_of_life()

    def tier(self, tier: Tier) -> None:
        """Tell how closely is watched from here on."""
        if self._json:
            line = json_report.tier_line(tier, source=self._source, clock=self._clock)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        else:
            how = "only key frames are decoded" if tier.is_light else "every picture is decoded"
            sys.stderr.write(f"{tier.name} from {wording.clock_time(tier.pts)} on, {how}: {wording.clean(tier.why)}\n")

    def _event(self, finding: Finding) -> None:
        utc = self._began.get(finding.key) or self._clock.at(finding.opened_at)
        if utc is not None:
            self._began[finding.key] = utc
        if finding.event is Event.CLOSED:
            self._began.pop(finding.key, None)
        if self._json:
            line = json_report.event_line(finding, source=self._source, run=self._run, clock=self._clock, began=utc)
            sys.stdout.write(line + "\n")
        elif self._console.is_terminal:
            event.show(finding, utc, self._console)
        else:
            sys.stdout.write(event.line(finding, utc) + "\n")
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
