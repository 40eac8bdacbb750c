"""The manifest of a DASH stream, loaded again when it says that it may have changed."""

import threading
from dataclasses import dataclass

from watchglass.media import mpd_reader
from watchglass.media.dash_clock import ServerClock
from watchglass.media.dash_origin import DashOrigin
from watchglass.media.hls_schedule import Clock
from watchglass.media.mpd import Mpd
from watchglass.media.mpd_history import ManifestHistory
from watchglass.media.segment_origin import Place
from watchglass.model.transport import ManifestCheck
from watchglass.net.address import StreamUrl

_LEAST = 0.5
"""Seconds between two loads, whatever a manifest says."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A manifest as it was loaded."""

    place: Place
    """Where it was found: its references are relative to that."""
    mpd: Mpd
    number: int
    """How many were loaded before."""


class Manifest:
    """Loads and keeps a manifest; safe to share between threads.

    Args:
        place: A URL, or a local file.
        origin: Loads it.
        clock: Ours.

    Raises:
        PlaylistError: If it cannot be followed.
        TransferError: If it is not delivered.
        AddressRefusedError: If the guard does not let us.
        NotFoundError: If there is no such local file.
    """

    def __init__(self, place: Place, origin: DashOrigin, clock: Clock) -> None:
        self.origin = origin
        self.clock = ServerClock(clock, origin)
        self._history = ManifestHistory()
        self._first = place
        self._next = place
        self._ours = clock
        self._lock = threading.Lock()
        self._loaded_at = 0.0
        self._copy = self._load(0)

    @property
    def latest(self) -> Copy:
        """As it was loaded last."""
        return self._copy

    def current(self, least: float = _LEAST) -> Copy:
        """The manifest, loaded anew where it may have changed.

        Args:
            least: Seconds between two loads.

        Raises:
            WatchglassError: As the first load.
        """
        with self._lock:
            period = self._copy.mpd.minimum_update_period
            may_change = self._copy.mpd.is_dynamic and period is not None and isinstance(self._first, StreamUrl)
            if may_change and self._ours.now() - self._loaded_at >= max(period or 0.0, least, _LEAST):
                self._copy = self._load(self._copy.number + 1)
            return self._copy

    def refresh(self) -> None:
        """Begin at the first address again.

        Raises:
            WatchglassError: As the first load.
        """
        with self._lock:
            self._next = self._first
            if self._ours.now() - self._loaded_at >= _LEAST:
                self._copy = self._load(self._copy.number + 1)

    def _load(self, number: int) -> Copy:
        began = self._ours.now()
        document = self.origin.document(self._next)
        mpd = mpd_reader.parse(document.data, str(self._next))
        self._loaded_at = began
        self.origin.aside.append(ManifestCheck(0.0, "dash", "manifest", self._history.breaks(mpd)))
        if mpd.is_dynamic and isinstance(document.place, StreamUrl):
            self.clock.learn(mpd.timings, document)
            if mpd.locations:
                self._next = self.origin.place(document.place, mpd.locations[0])
        return Copy(document.place, mpd, number)
