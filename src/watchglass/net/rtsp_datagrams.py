"""The two ports at which media of one track arrive as datagrams, and the frames that they become.

Source: RFC 2326, 10.12 (interleaved frames), 12.39 (Transport); RFC 3550, 11 (an even port, and the next one).
"""

import contextlib
import re
import socket
from collections.abc import Iterator, Sequence

from watchglass.model.errors import TransferError

_TRIES = 50
_BUFFER = 4 << 20
"""Bytes that the kernel is asked to keep for us."""
_AT_A_TIME = 64
"""Datagrams that are read from one port before the others have their turn."""
_LARGEST = 65_535
_OPENS_WAY = bytes([0x80, 0x00]) + bytes(10), bytes([0x80, 201, 0, 1]) + bytes(4)
"""An empty packet and an empty report, which let a firewall between us expect answers."""


class Pair:
    """Ports for media and reports of one track, between us and one address of the server.

    Args:
        own: The address of this machine, as a literal.
        peer: The server's, as a literal: what comes from others is dropped, and nothing is sent to them.
        channel: The number of the frames of media; those of reports have the next.

    Raises:
        TransferError: If there are no two ports in a row.
    """

    def __init__(self, own: str, peer: str, channel: int) -> None:
        self._peer = peer
        self._channel = channel
        self._theirs: tuple[int, int] | None = None
        self.sockets = _two_in_a_row(own)

    @property
    def ports(self) -> str:
        """Both, as they are told to the server."""
        return "-".join(str(each.getsockname()[1]) for each in self.sockets)

    def agreed(self, transport: str, channels: str) -> str:
        """What the player is told instead of what the server says of its ports.

        Raises:
            TransferError: If the server wants something else.
        """
        ports = re.search(r"server_port=(\d{1,5})(?:-(\d{1,5}))?", transport)
        if "multicast" in transport.lower() or "tcp" in transport.lower().split(";")[0]:
            raise TransferError("the server does not send datagrams to us; without --rtsp-transport udp it need not")
        if ports is not None:
            first = int(ports[1])
            self._theirs = first, int(ports[2] or first + 1)
            for wire, port, data in zip(self.sockets, self._theirs, _OPENS_WAY, strict=True):
                self._send(wire, port, data)
        return f"RTP/AVP/TCP;unicast;interleaved={channels}"

    def frames(self, ready: Sequence[socket.socket]) -> Iterator[bytes]:
        """What has come, as frames."""
        for number, wire in enumerate(self.sockets):
            if wire not in ready:
                continue
            for _ in range(_AT_A_TIME):
                try:
                    data, sender = wire.recvfrom(_LARGEST)
                except OSError:
                    break
                if sender[0] == self._peer and data:
                    yield b"$" + bytes([self._channel + number]) + len(data).to_bytes(2, "big") + data

    def send(self, frame: bytes) -> bool:
        """A report of the player; False if it is not about this track."""
        number = frame[1] - self._channel
        if number not in (0, 1):
            return False
        if self._theirs is not None:
            self._send(self.sockets[number], self._theirs[number], frame[4:])
        return True

    def close(self) -> None:
        """Give the ports back."""
        for each in self.sockets:
            each.close()

    def _send(self, wire: socket.socket, port: int, data: bytes) -> None:
        if 1024 <= port <= _LARGEST:  # nobody sends media from the ports of other services
            with contextlib.suppress(OSError):
                wire.sendto(data, (self._peer, port))


def _two_in_a_row(own: str) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in own else socket.AF_INET
    for _ in range(_TRIES):
        first, second = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        try:
            first.bind((own, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((own, port + 1))
                for each in (first, second):
                    each.setblocking(False)
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise TransferError("there are no two ports in a row left to take datagrams at")
