"""A file as a live stream with faults on a schedule: an HLS origin, or datagrams."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Protocol

from watchglass.faults.broadcast import Broadcast
from watchglass.faults.codec_names import attributes
from watchglass.faults.datagram_sender import DatagramSender
from watchglass.faults.listing import Segment
from watchglass.faults.live_fault import AnswerFault, ListingFault, Scheduled, SegmentFault, StallFault
from watchglass.faults.loop import survey
from watchglass.faults.mishaps import Mishaps
from watchglass.faults.notices import Announcer, Notice
from watchglass.faults.origin import AT_ONCE, Hold, Origin
from watchglass.model.errors import UsageError, WatchglassError
from watchglass.net.datagrams import DatagramAddress

FIRST_SEQUENCE = 1000
"""Media sequence number of the first segment: a stream has been there before."""
_NOWHERE = "http://127.0.0.2:9/canary"


@dataclass(frozen=True, slots=True)
class Playing:
    """What is to be played."""

    source: Path
    scheduled: Sequence[Scheduled] = ()
    segment_seconds: float = 2.0
    start_pts: float | None = None
    """Seconds at which presentation times begin."""
    seed: int = 0


class _Sender(Protocol):
    failure: WatchglassError | None


class OnAir:
    """A stream that is on the air."""

    def __init__(self, url: str, encodes: Sequence[str], sender: _Sender, canary: "Canary | None") -> None:
        self.url = url
        self.encodes = encodes
        """Kinds of tracks that are encoded anew."""
        self._sender = sender
        self._canary = canary

    @property
    def visitors(self) -> int:
        """How many came to where nobody should."""
        return 0 if self._canary is None else self._canary.visitors()

    def stay(self, stop: Event, seconds: float) -> None:
        """Wait until somebody stops it, or so many seconds are over (0 for never).

        Raises:
            WatchglassError: It cannot go on.
        """
        left = seconds or float("inf")
        while left > 0.0 and not stop.wait(min(0.2, left)):
            left -= 0.2
            if self._sender.failure is not None:
                raise self._sender.failure


@contextmanager
def as_hls(playing: Playing, listen: tuple[str, int], told: Callable[[Notice], None]) -> Iterator[OnAir]:
    """Publish it as HLS.

    Args:
        playing: What.
        listen: Address and port; port 0 for any that is free.
        told: Hears what happens, in other threads.

    Raises:
        UsageError: A fault cannot be had with this file, or nobody can listen there.
        SourceError: The file cannot be sent.
    """
    scheduled = playing.scheduled
    broadcast = _broadcast(playing, at_once=AT_ONCE)
    announcer = Announcer(scheduled, told)
    in_media = [given for given in scheduled if not isinstance(given.fault, ListingFault | AnswerFault | StallFault)]

    def served(segment: Segment) -> None:
        for given in in_media:
            if segment.end > given.start + broadcast.head:
                announcer.met(given)

    with ExitStack() as stack:
        canary = stack.enter_context(Canary())
        segments = broadcast.segments()
        first = next(segments)
        origin = Origin(
            chain([first], segments),
            broadcast.longest,
            holds=[
                Hold(given.start + broadcast.head, given.seconds, is_made_up=False)
                for given in scheduled
                if isinstance(given.fault, StallFault)
            ],
            served=served,
            attributes=attributes(first.data),
            folder="stream",
            listen=listen,
            first_sequence=FIRST_SEQUENCE,
            mishaps=Mishaps(scheduled, canary.url, announcer.met),
        )
        stack.enter_context(origin)
        stack.enter_context(announcer)
        yield OnAir(origin.url, broadcast.encodes, origin, canary)


@contextmanager
def as_datagrams(playing: Playing, address: DatagramAddress, told: Callable[[Notice], None]) -> Iterator[OnAir]:
    """Send it as a transport stream over UDP.

    Raises:
        UsageError: A fault is one of HLS, or cannot be had with this file.
        SourceError: The file cannot be sent.
    """
    for given in playing.scheduled:
        if isinstance(given.fault, ListingFault | AnswerFault | SegmentFault):
            raise UsageError(f"{given.fault.name}: is a fault of HLS, and not of what is sent to {address}")
    broadcast = _broadcast(playing)
    sender = DatagramSender(broadcast.packets(), address, playing.scheduled)
    with Announcer(playing.scheduled, told), sender:
        yield OnAir(str(address), broadcast.encodes, sender, None)


def _broadcast(playing: Playing, at_once: int = 0) -> Broadcast:
    return Broadcast(
        survey(playing.source),
        playing.scheduled,
        segment_seconds=playing.segment_seconds,
        at_once=at_once,
        start_pts=playing.start_pts,
        seed=playing.seed,
    )


class Canary:
    """Listens on another loopback address, where nobody should come; a context manager.

    Where the machine has no such address, nobody listens: what leads there leads nowhere.
    """

    def __init__(self) -> None:
        self.url = _NOWHERE
        self._count = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> "Canary":
        with suppress(OSError):
            self._socket = socket.create_server(("127.0.0.2", 0))
            self._socket.setblocking(False)
            self.url = f"http://127.0.0.2:{self._socket.getsockname()[1]}/canary"
        return self

    def __exit__(self, *exc: object) -> None:
        if self._socket is not None:
            self._socket.close()

    def visitors(self) -> int:
        """How many came so far."""
        with suppress(OSError):
            while self._socket is not None:
                self._socket.accept()[0].close()
                self._count += 1
        return self._count
