"""A transport stream sent as datagrams, each when its clock says so."""

import socket
import time
from collections.abc import Iterator, Sequence
from threading import Event, Thread

from watchglass.faults.live_fault import Scheduled, StallFault
from watchglass.faults.packets import TsPacket
from watchglass.kernels.ts import SIZE
from watchglass.model.errors import TransferError, WatchglassError
from watchglass.net.datagrams import DatagramAddress

AT_ONCE = 7 * SIZE
"""Bytes of a datagram, as they are usual: seven packets fit into a frame of Ethernet."""


class DatagramSender:
    """Sends in a thread of its own; a context manager.

    Args:
        packets: What to send, without end.
        address: Where to.
        scheduled: Of which stalls are made here.
    """

    def __init__(
        self, packets: Iterator[TsPacket], address: DatagramAddress, scheduled: Sequence[Scheduled] = ()
    ) -> None:
        self.failure: WatchglassError | None = None
        """Why it ended."""
        self.sent = 0
        """Bytes so far."""
        self._packets = packets
        self._address = address
        self._stalls = [given for given in scheduled if isinstance(given.fault, StallFault)]
        self._closing = Event()
        family = socket.AF_INET6 if address.host.version == 6 else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._thread = Thread(target=self._run, name="datagrams", daemon=True)

    def __enter__(self) -> "DatagramSender":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        try:
            self._send()
        except WatchglassError as error:
            self.failure = error
        except OSError as error:
            self.failure = TransferError(f"{self._address}: cannot be sent to ({error.strerror or error})")

    def _send(self) -> None:
        began, held = time.monotonic(), bytearray()
        for packet in self._packets:
            held += packet.data
            while len(held) >= AT_ONCE:
                late = sum(stall.seconds for stall in self._stalls if packet.time >= stall.start)
                if self._closing.wait(max(0.0, began + packet.time + late - time.monotonic())):
                    return
                try:
                    self.sent += self._socket.sendto(held[:AT_ONCE], (str(self._address.host), self._address.port))
                except ConnectionRefusedError:  # nobody listens yet, or no more
                    continue
                finally:
                    del held[:AT_ONCE]
