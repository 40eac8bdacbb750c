"""RTMP, watched."""

from collections.abc import Callable, Iterator

from watchglass.media.flv_runs import FlvRuns
from watchglass.media.peer_live import Run
from watchglass.model.errors import TransferError
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtmp import RtmpPlay
from watchglass.net.rtmp_chunks import Message


class RtmpSession:
    """One connection that plays.

    Args:
        address: What to play.
        guard: Vets where it is.
        arrived: Is told when media arrive.
    """

    def __init__(self, address: PeerAddress, guard: Guard, arrived: Callable[[], None]) -> None:
        self.failure = ""
        self._play = RtmpPlay(address, guard, arrived)

    def runs(self) -> Iterator[Run]:
        """An FLV for as long as its tracks stay what they are."""
        for run in FlvRuns(self._messages()):
            yield Run(run, "flv")

    def _messages(self) -> Iterator[Message]:
        """A connection that breaks is the end of a file to the demuxer, which so gives what it still has."""
        try:
            yield from self._play.messages()
        except TransferError as error:
            self.failure = str(error)

    def cut(self) -> None:
        """End it soon, from any thread."""
        self._play.cut()

    def close(self) -> None:
        """Leave."""
        self._play.close()
