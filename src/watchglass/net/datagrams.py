"""Transport streams that arrive as datagrams: UDP and RTP, to one host or to a group (RFC 2250, RFC 3550).

Nothing is asked of anybody: a port of this machine is listened to, and a group is joined where one is named.
"""

import socket
import struct
import sys
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import parse_qsl, urlsplit

from watchglass.kernels.ts import SIZE, SYNC
from watchglass.model.errors import SourceError, TransferError
from watchglass.net.address import redact_reference
from watchglass.net.backlog import Backlog, Overrun

_BUFFER = 8 << 20
"""Bytes that the kernel is asked to keep for us."""
_LARGEST = 65_536
_AGAIN = 0.5
"""Seconds after which a wait looks whether it shall end."""
_VERSION_2, _HEADER = 0x80, 12
_SEQUENCES = 1 << 16
_SO_RXQ_OVFL = 40
"""Of Linux: have each datagram tell how many the kernel has dropped so far for want of room."""
_COUNT = struct.Struct("@I")


class DatagramAddress:
    """Where datagrams are expected: ``udp://[@]HOST:PORT`` or ``rtp://...``.

    The host is a group to join (``?localaddr=ADDRESS`` says through which address of this machine), or an address of
    this machine; nothing, or ``0.0.0.0``, means all of them.

    Args:
        text: The address, as typed.

    Raises:
        SourceError: If it cannot be one.
    """

    def __init__(self, text: str) -> None:
        told = urlsplit(text.strip())
        self._text = text.strip()
        try:
            port = told.port
            host = ip_address((told.hostname or "0.0.0.0").partition("%")[0])
        except ValueError as error:
            raise SourceError(
                f"{self}: the host must be an address such as 239.1.1.1, and the port a number up to 65535"
            ) from error
        if told.scheme not in ("udp", "rtp") or port is None or told.path not in ("", "/"):
            raise SourceError(f"{self}: is not of the form {told.scheme}://ADDRESS:PORT")
        self.host: IPv4Address | IPv6Address = host
        self.port = port
        self.is_rtp = told.scheme == "rtp"
        local = dict(parse_qsl(told.query)).get("localaddr")
        try:
            self.local = ip_address(local) if local else None
        except ValueError as error:
            raise SourceError(f"{self}: localaddr must be an address of this machine") from error

    @staticmethod
    def knows(text: str) -> bool:
        """Whether a text claims to be one."""
        return text.strip().lower().startswith(("udp://", "rtp://"))

    def __str__(self) -> str:
        return redact_reference(self._text)


class Datagrams:
    """Receives in a thread of its own, so that nothing is lost while pictures are looked at.

    Nobody is asked for anything, so there is no trouble but that nothing comes.

    Args:
        address: Where.

    Raises:
        TransferError: If nobody can listen there.
    """

    def __init__(self, address: DatagramAddress) -> None:
        self.name = str(address)
        self.trouble = ""
        self.waits_for = "datagrams"
        self.failure = ""
        self.is_intact = True
        self.lost = 0
        """Datagrams that RTP counted and that did not come."""
        self.backlog = Backlog()
        """What has come."""
        self._sequence: int | None = None
        self._dropped = 0
        self._is_rtp = address.is_rtp
        self._socket = _listening(address)
        self._socket.settimeout(_AGAIN)
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.backlog.close()
        self._socket.close()

    def _receive(self) -> None:
        while not self.backlog.is_closed:
            try:
                data, told, *_ = self._socket.recvmsg(_LARGEST, socket.CMSG_SPACE(_COUNT.size))
            except TimeoutError:
                continue
            except OSError:
                return  # closed
            self._look_at_drops(told)
            self.backlog.put(self._payload(data))

    def _look_at_drops(self, told: list[tuple[int, int, bytes]]) -> None:
        """Whether the kernel had no room for what came before, as we did not take it."""
        for _, kind, count in told:
            if kind == _SO_RXQ_OVFL and len(count) >= _COUNT.size:
                (dropped,) = _COUNT.unpack(count[: _COUNT.size])
                if dropped != self._dropped:
                    self._dropped, self._sequence = dropped, None
                    self.backlog.put(Overrun())

    def _payload(self, data: bytes) -> bytes:
        """Without the header of RTP, where there is one: a packet of a transport stream begins with another byte."""
        if len(data) < _HEADER or data[0] == SYNC or data[0] & 0xC0 != _VERSION_2:
            return data
        begin = _HEADER + 4 * (data[0] & 0x0F)
        if data[0] & 0x10 and len(data) >= begin + 4:
            begin += 4 + 4 * (data[begin + 2] << 8 | data[begin + 3])
        end = len(data) - (data[-1] if data[0] & 0x20 else 0)
        if not self._is_rtp and not _are_packets(data[begin:end]):
            return data  # the middle of a packet that looks like a header, in a stream that is out of step
        sequence = data[2] << 8 | data[3]
        if self._sequence is not None:
            missing = (sequence - self._sequence - 1) % _SEQUENCES
            self.lost += missing if missing < _SEQUENCES // 2 else 0
        self._sequence = sequence
        return data[begin:end]


def _are_packets(data: bytes) -> bool:
    return len(data) % SIZE == 0 and set(data[::SIZE]) == {SYNC}


def _listening(address: DatagramAddress) -> socket.socket:
    """A bound socket that has joined the group, if it is one."""
    host, is_v6 = address.host, address.host.version == 6
    listening = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        if sys.platform == "linux":
            listening.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        if host.is_multicast:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(host), address.port))
        if isinstance(host, IPv4Address) and host.is_multicast:
            where = address.local.packed if isinstance(address.local, IPv4Address) else IPv4Address(0).packed
            listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, host.packed + where)
        elif host.is_multicast:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, host.packed + struct.pack("@I", 0))
    except OSError as error:
        listening.close()
        raise TransferError(f"{address}: cannot be listened to ({error.strerror or error})") from error
    return listening
