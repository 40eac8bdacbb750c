"""``watchglass demo``: a live channel of our own, faults in it, and how long the alarms took."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from watchglass.cli.watch import Stop, observed, opened
from watchglass.config.examine import Plan
from watchglass.config.settings import Config
from watchglass.faults.channel import Channel, Programme
from watchglass.faults.defects import Defect, Kind
from watchglass.faults.drill import Alarm, Drill, Outcome
from watchglass.faults.listing import Segment
from watchglass.faults.origin import AT_ONCE, Hold, Origin
from watchglass.faults.pictures import SIZE
from watchglass.faults.plan import plan as draw
from watchglass.model.finding import Severity
from watchglass.model.phrases import plural
from watchglass.monitor.context import Context
from watchglass.monitor.watch import Observation

SEGMENT_SECONDS = 2
GRACE = 15.0
"""Seconds after the end of the channel at which a watcher that still waits is stopped."""
INTERRUPTED = 130

_LEGEND = (
    "dated: how far off the alarm dates the beginning. after served: from the moment at which the fault could be seen "
    "(a stall: at which a segment was overdue), with the time that it must last. after decided: from the moment at "
    "which the media that decides had been served.\n"
)

Watching = Callable[[str], AbstractContextManager[Iterator[Observation]]]
"""Opens a URL and gives what ``watchglass watch`` would tell about it."""


@contextmanager
def ordinary(url: str) -> Iterator[Iterator[Observation]]:
    """The path of ``watchglass watch``: default settings, default detectors, nothing that knows of the drill."""
    plan = Plan(config=Config())
    with opened(url, plan, Stop(), waits_after_end=False) as source:
        yield observed(source, plan, Context())


def demo(
    duration: float = 60.0,
    seed: int | None = None,
    *,
    watching: Watching = ordinary,
    console: Console | None = None,
    size: tuple[int, int] = SIZE,
) -> int:
    """Broadcast, break, watch, and tell.

    Args:
        duration: Seconds of channel.
        seed: Draws the programme and the faults; drawn itself where it is None.
        watching: The path from a URL to observations.
        console: Where to tell it; the terminal by default.
        size: Width and height of the picture.

    Returns:
        0 if every fault was reported and nothing else, 1 if not, 130 if it was interrupted.

    Raises:
        UsageError: ``duration`` is too short for a fault.
    """
    console = console or Console()
    seed = secrets.randbelow(10_000) if seed is None else seed
    faults = draw(duration, seed)
    programme = Programme(seed, size)
    _prepare(programme, console)
    channel = Channel(programme, faults, segment_seconds=SEGMENT_SECONDS, seed=seed)
    segments = islice(channel.segments(), max(AT_ONCE, -(-int(duration) // SEGMENT_SECONDS)))
    commentary = Commentary(console, faults)
    holds = [Hold(fault.start, fault.seconds) for fault in faults if fault.kind is Kind.STALL]
    with Origin(segments, SEGMENT_SECONDS, holds=holds, told=commentary.aired) as origin:
        drill = Drill(faults, origin)
        commentary.begins(origin, duration, seed)
        try:
            with watching(origin.url) as observations:
                _listen(observations, drill, commentary, origin.opened_at + duration + GRACE)
        except KeyboardInterrupt:
            console.print("\nstopped; what was seen until now:")
            _tell(console, drill)
            return INTERRUPTED
        return _tell(console, drill)


def _prepare(programme: Programme, console: Console) -> None:
    """Encode the loop beforehand, so that the two cores are free for watching."""
    columns = (TextColumn("encoding the channel"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        programme.prepare(lambda share: progress.update(task, completed=share))


def _listen(observations: Iterator[Observation], drill: Drill, commentary: "Commentary", until: float) -> None:
    for observation in observations:
        now = time.monotonic()
        alarm = drill.note(observation, now)
        if alarm is not None:
            commentary.rang(alarm, drill)
        if now > until:
            commentary.gave_up()
            return


class Commentary:
    """Says what happens while it happens: faults as they go on air, alarms as they come.

    Args:
        console: Where to say it.
        faults: What goes wrong.
    """

    def __init__(self, console: Console, faults: list[Defect]) -> None:
        self._console = console
        self._faults = faults
        self._began = time.monotonic()

    def begins(self, origin: Origin, duration: float, seed: int) -> None:
        """The origin is up."""
        self._console.print(
            f"A live channel is on air for {duration:g} s at [bold]{origin.url}[/]\n"
            f"([bold]--seed {seed}[/] repeats it), watched the way `watchglass watch` does it.\n",
            highlight=False,
        )

    def aired(self, segment: Segment) -> None:
        """A segment was listed: say which faults begin in it (a stall: right after it)."""
        if segment.number == 0:
            self._began = time.monotonic()
        for fault in self._faults:
            ahead = segment.duration if fault.kind is Kind.STALL else 0.0
            if segment.start <= fault.start - ahead < segment.start + segment.duration:
                self._say("[bold yellow]FAULT[/]", f"{fault.sentence} [dim](at {fault.start:.2f} s of the channel)[/]")

    def rang(self, alarm: Alarm, drill: Drill) -> None:
        """An alarm came."""
        finding = alarm.finding
        colour = "red" if finding.severity >= Severity.CRITICAL else "magenta"
        told = f"[bold]{finding.detector}[/] ({finding.severity}): {_plain(finding.message)}"
        truth = drill.truth_of(alarm)
        word = "[bold red]FALSE[/]" if truth is None else f"[bold {colour}]ALARM[/]"
        self._say(word, f"{told} [dim](since {alarm.start:.2f} s)[/]")

    def gave_up(self) -> None:
        """The watcher did not come to an end by itself."""
        self._say("[bold red]ENDED[/]", "the channel is over, but the watcher was still waiting and was stopped")

    def _say(self, word: str, sentence: str) -> None:
        since = time.monotonic() - self._began
        line = Table.grid(padding=(0, 2))  # what is too long for the terminal goes on below itself
        line.add_column(no_wrap=True)
        line.add_column(no_wrap=True)
        line.add_column()
        line.add_row(f"[dim]{int(since // 60):02}:{since % 60:04.1f}[/]", word, sentence)
        self._console.print(line, highlight=False)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _tell(console: Console, drill: Drill) -> int:
    """The table, the verdict, and the exit code."""
    console.print(_table(drill.outcomes))
    console.print(_LEGEND, style="dim", highlight=False)
    for alarm in drill.false_alarms:
        console.print(
            f"[red]false alarm[/]: {alarm.finding.detector} at {alarm.start:.2f} s: {_plain(alarm.finding.message)}"
        )
    found = sum(outcome.alarm is not None for outcome in drill.outcomes)
    total, false = len(drill.outcomes), len(drill.false_alarms)
    clean = "; the fade, the slide, the night and the quiet passed without an alarm" if not false else ""
    if drill.is_passed:
        console.print(f"[bold green]passed[/]: {found} of {total} faults reported, nothing else{clean}")
        return 0
    console.print(f"[bold red]failed[/]: {found} of {total} faults reported, {plural(false, 'false alarm')}")
    return 1


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(
        title="\nWhat went wrong, and how long the alarm took",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
    )
    for heading, align in (("began", "right"), ("fault", "left"), ("alarm", "left")):
        table.add_column(heading, justify=align)  # type: ignore[arg-type]
    for heading in ("dated", "after served", "after decided"):
        table.add_column(heading, justify="right", max_width=9)
    for outcome in outcomes:
        truth = outcome.truth
        table.add_row(
            f"{truth.start:.2f} s",
            str(truth.kind),
            "[bold red]none[/]" if outcome.alarm is None else truth.detector,
            _seconds(outcome.onset_error, sign=True),
            _seconds(outcome.after_served),
            _seconds(outcome.after_decided),
        )
    return table


def _seconds(value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:+.2f} s" if sign else f"{value:.2f} s"
