"""A connection over TCP or TLS to a vetted address, that notices a server which says nothing, drips, or takes nothing.

For protocols that are not HTTP; whatever else a peer names, this is the one address that is connected to.
"""

import contextlib
import functools
import select
import socket
import ssl
import time
from collections.abc import Callable

import httpx

from watchglass.model.errors import TransferError
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress

CONNECT = 5.0
"""Seconds that a connection may take."""
SILENCE = 10.0
"""Seconds without a byte after which a peer is given up: it may have gone without a word."""
WINDOW, FLOOR = 10.0, 128.0
"""Seconds of waiting over which the fewest bytes a second are measured."""
_MOST_ADDRESSES = 4
"""Addresses of one host that are tried in turn; each may cost a whole connect timeout."""


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made when it is first needed: reading the authorities takes a fifth of a second."""
    return httpx.create_ssl_context(trust_env=True)  # SSL_CERT_FILE: a company's own authority


class Patience:
    """Counts how long one has waited for how little. Time in which we do something else is not the peer's fault.

    Args:
        silence: Seconds without a byte that are borne.
        window: Seconds of waiting over which the floor is measured.
        floor: Fewest bytes a second.
    """

    def __init__(self, silence: float = SILENCE, window: float = WINDOW, floor: float = FLOOR) -> None:
        self.silence = silence
        self._window = window
        self._floor = floor
        self._silent = self._waited = 0.0
        self._received = 0

    def waited(self, seconds: float, received: int) -> None:
        """So long for so many bytes.

        Raises:
            TransferError: If that is the end of it.
        """
        self._silent = 0.0 if received else self._silent + seconds
        self._waited += seconds
        self._received += received
        if self._silent >= self.silence:
            raise TransferError(f"nothing came for {self._silent:.0f} s")
        if self._waited >= self._window:
            rate = self._received / self._waited
            if rate < self._floor:
                raise TransferError(f"only {rate:.0f} bytes a second over {self._waited:.0f} s")
            self._waited, self._received = 0.0, 0


class Line:
    """One connection, which another thread may cut.

    Args:
        wire: Connected.
        patience: How long to wait for how little.
        now: Seconds.
    """

    def __init__(
        self, wire: socket.socket, patience: Patience | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._wire = wire
        self.patience = patience or Patience()
        wire.settimeout(self.patience.silence)
        self._now = now
        self._is_cut = False

    @classmethod
    def connect(cls, address: PeerAddress, guard: Guard, patience: Patience | None = None) -> "Line":
        """Resolve once, have all addresses vetted, and connect to one of them.

        Raises:
            AddressRefusedError: If the guard does not let us.
            TransferError: If nobody answers there.
        """
        failure: Exception = OSError("no address")
        for literal in guard.vetted(address.host, address.port)[:_MOST_ADDRESSES]:
            try:
                wire = socket.create_connection((literal, address.port), timeout=CONNECT)
            except OSError as error:
                failure = error
                continue
            try:
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if address.is_secure:
                    wire = _secured(wire, address.host)
                return cls(wire, patience)
            except OSError as error:
                wire.close()
                failure = error
        raise TransferError(f"{address}: cannot be connected to ({_words(failure)})") from failure

    @property
    def peer(self) -> str:
        """The address that is connected to, as a literal."""
        return str(self._wire.getpeername()[0])

    @property
    def own(self) -> str:
        """The address of this machine that it is connected from, as a literal."""
        return str(self._wire.getsockname()[0])

    def fileno(self) -> int:
        """For ``select``."""
        return self._wire.fileno()

    @property
    def has_more(self) -> bool:
        """True if there is something to read that ``select`` does not see."""
        return isinstance(self._wire, ssl.SSLSocket) and self._wire.pending() > 0

    def read(self, n: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            TransferError: If the peer keeps us waiting, or the connection breaks.
        """
        began, data = self._now(), b""
        try:
            data = self._wire.recv(n)
        except TimeoutError:
            raise TransferError(f"nothing came for {self.patience.silence:.0f} s") from None
        except OSError as error:
            if not self._is_cut:
                raise TransferError(f"the connection broke ({_words(error)})") from error
        self.patience.waited(self._now() - began, len(data))
        return data

    def write(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            TransferError: If the peer does not take it, or the connection breaks.
        """
        try:
            self._wire.sendall(data)
        except TimeoutError:
            raise TransferError(f"what is sent was not taken for {self.patience.silence:.0f} s") from None
        except OSError as error:
            if not self._is_cut:
                raise TransferError(f"the connection broke ({_words(error)})") from error

    def cut(self) -> None:
        """Wake whoever reads or writes; from any thread."""
        self._is_cut = True
        with contextlib.suppress(OSError):
            # Past SSLSocket.shutdown, which would take the TLS state away under the reader.
            socket.socket.shutdown(self._wire, socket.SHUT_RDWR)

    def close(self) -> None:
        """Only by whoever reads."""
        self._is_cut = True
        self._wire.close()


def _secured(wire: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS on top; all of the handshake has as long as a connection, also where it comes byte by byte."""
    secured = _tls().wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
    secured.settimeout(0.0)
    until = time.monotonic() + CONNECT
    try:
        while True:
            try:
                secured.do_handshake()
                return secured
            except ssl.SSLWantReadError:  # what we say of it fits into the buffer of the kernel
                if not select.select([secured.fileno()], [], [], max(0.0, until - time.monotonic()))[0]:
                    raise TimeoutError(f"no TLS within {CONNECT:.0f} s") from None
    except OSError:
        secured.close()
        raise


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
