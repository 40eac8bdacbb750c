"""RTSP, watched: FFmpeg plays what a relay of ours passes on, and connects to nobody but that."""

from collections.abc import Callable, Iterator

from watchglass.media.opening import Remote
from watchglass.media.peer_live import Run
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtsp_relay import RtspRelay

_PATIENCE = 30
"""Seconds after which FFmpeg gives up the relay, should that ever fail to hang up."""
_REORDERED = 64
"""Datagrams that wait for one that is late."""


class RtspSession:
    """One connection that plays.

    Args:
        address: What to play.
        guard: Vets where it is.
        over_udp: Have media sent as datagrams.
        arrived: Is told when media arrive.
    """

    def __init__(self, address: PeerAddress, guard: Guard, over_udp: bool, arrived: Callable[[], None]) -> None:
        self._relay = RtspRelay(address, guard, arrived, over_udp=over_udp)
        self._over_udp = over_udp

    @property
    def failure(self) -> str:
        """Why it ended."""
        return self._relay.failure

    def runs(self) -> Iterator[Run]:
        """One: what tracks there are is told once, at its beginning."""
        options = {"rtsp_transport": "tcp", "timeout": str(_PATIENCE * 1_000_000)}
        if self._over_udp:
            options["reorder_queue_size"] = str(_REORDERED)
        yield Run(Remote(self._relay.url, "tcp", options), "rtsp")

    def cut(self) -> None:
        """End it soon, from any thread."""
        self._relay.cut()

    def close(self) -> None:
        """Leave."""
        self._relay.close()
