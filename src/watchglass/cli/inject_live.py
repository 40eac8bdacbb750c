"""``watchglass inject --live``: a file as a live stream that breaks by the clock, and the truth as it happens."""

import json
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from watchglass.cli.signals import handled
from watchglass.faults.notices import Notice
from watchglass.faults.playout import OnAir, Playing, as_datagrams, as_hls
from watchglass.faults.schedule import LIVE_FAULTS, parse
from watchglass.model.errors import SourceError, UsageError
from watchglass.model.phrases import utc_time
from watchglass.net.datagrams import DatagramAddress
from watchglass.reports import wording


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    source: Path
    faults: list[str]
    listen: str
    """Address and port of HLS."""
    to: str
    """Where datagrams go; empty for HLS."""
    duration: float
    json_lines: bool
    segment_seconds: float
    start_pts: float | None
    seed: int


def table() -> None:
    """Every fault of live streams, with what it does, its strength and how long it lasts unless told."""
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("with --live only")
    rows.add_column("unless told", justify="right", no_wrap=True)
    for fault in LIVE_FAULTS.values():
        strength = "" if fault.unit == "1" else f"{fault.strength:g} {fault.unit}"
        lasts = f"for {fault.seconds:g} s" if fault.seconds else "from then on"
        what = Group(Text(fault.name, "bold"), Padding(Text(fault.about), (0, 0, 0, 2)))
        rows.add_row(what, f"{strength}\n{lasts}")
    Console(highlight=False).print(rows)


def run(request: Request) -> int:
    """Play until somebody stops it or its time is over; the exit code.

    Raises:
        UsageError: Something that was asked for cannot be.
        SourceError: The file cannot be read or sent.
    """
    scheduled = [parse(text) for text in request.faults]
    for given in scheduled:
        if request.duration and given.start >= request.duration:
            end = f"--duration {request.duration:g}"
            raise UsageError(f"{given.fault.name}@{given.start:g}: would begin after the stream's end ({end})")
    playing = Playing(request.source, scheduled, request.segment_seconds, request.start_pts, request.seed)
    stop = threading.Event()
    teller = _Teller(stop, json_lines=request.json_lines)
    if request.to:
        stream = as_datagrams(playing, _target(request.to), teller.notice)
    else:
        stream = as_hls(playing, _place(request.listen), teller.notice)
    with handled(stop.set), stream as on_air:
        teller.begins(on_air, request.source)
        try:
            on_air.stay(stop, request.duration)
        finally:
            teller.ends(on_air)
    if teller.is_unheard:
        raise BrokenPipeError
    return 0


def _target(text: str) -> DatagramAddress:
    if not text.lower().startswith("udp://"):
        raise UsageError(f"--to {wording.clean(text)}: must be of the form udp://ADDRESS:PORT")
    try:
        return DatagramAddress(text)
    except SourceError as error:
        raise UsageError(f"--to {error}") from error


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"--listen {wording.clean(text)}: must be of the form HOST:PORT")
    return host.strip("[]"), int(port)


class _Teller:
    """Writes a line for everything that happens; called from several threads.

    Args:
        stop: Set when nobody reads what is written.
        json_lines: Whether lines are for programs.
    """

    def __init__(self, stop: threading.Event, *, json_lines: bool) -> None:
        self.is_unheard = False
        """Nobody reads any more."""
        self._stop = stop
        self._json = json_lines
        self._lock = threading.Lock()

    def begins(self, on_air: OnAir, source: Path) -> None:
        """The stream is on the air."""
        if on_air.encodes:
            kinds = {"video": "the picture", "audio": "the sound"}
            sys.stderr.write(f"{' and '.join(kinds[kind] for kind in on_air.encodes)} is encoded anew\n")
        facts: dict[str, object] = {"event": "serving", "url": on_air.url, "source": source.name}
        self._say({**facts, "utc": utc_time(time.time())}, f"{source.name} is live at {on_air.url} (Ctrl-C stops)")

    def notice(self, notice: Notice) -> None:
        """Something happened to a fault."""
        fault = notice.given.fault
        strength = "" if fault.unit == "1" else f" ({notice.given.strength:g} {fault.unit})"
        said = f"{fault.name}: {fault.about}{strength}" if notice.event == "began" else fault.name
        self._say(notice.line(), f"{utc_time(notice.utc)}  {notice.at:7.2f} s  {notice.event:5}  {said}")

    def ends(self, on_air: OnAir) -> None:
        """It is over; and whether somebody came to where nobody should."""
        visitors = on_air.visitors
        if visitors or self._json:
            self._say({"event": "stopped", "canary": visitors}, f"{visitors} came to the canary's address")

    def _say(self, facts: dict[str, object], sentence: str) -> None:
        with self._lock:
            if self.is_unheard:
                return
            try:
                sys.stdout.write((json.dumps(facts) if self._json else sentence) + "\n")
                sys.stdout.flush()
            except BrokenPipeError:
                self.is_unheard = True
                self._stop.set()
