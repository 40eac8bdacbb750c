"""Connections that the guard has vetted, that notice a server which drips, and that another thread can cut.

This is the only place where a TCP connection for HTTP begins; whatever spelling a URL had, the name that arrives here
is the one that is resolved, vetted and connected to.
"""

import contextlib
import functools
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import httpx

from watchglass.net.guard import Guard

_LONG, _LEAST = 60.0, 64 << 10
"""Seconds of waiting for an answer in which so many bytes must have come: a server may send headers for ever."""
_MOST_ADDRESSES = 4
"""Addresses of one host that are tried in turn; each may cost a whole connect timeout."""


@functools.cache
def tls() -> ssl.SSLContext:
    """TLS with whom we trust, made when it is needed first: reading the authorities takes a fifth of a second."""
    context = httpx.create_ssl_context(trust_env=True)  # SSL_CERT_FILE: a company's own authority
    context.set_alpn_protocols(["http/1.1"])
    return context


class Cutter:
    """Cuts all connections that were made with it, now and from now on."""

    def __init__(self) -> None:
        self.is_cut = threading.Event()
        self._wires: weakref.WeakSet[_Wire] = weakref.WeakSet()
        self._lock = threading.RLock()  # a signal may interrupt whoever holds it

    def hold(self, wire: "_Wire") -> None:
        """Remember a connection."""
        with self._lock:
            self._wires.add(wire)
        if self.is_cut.is_set():
            wire.cut()

    def cut(self) -> None:
        """Make every read that waits return at once."""
        self.is_cut.set()
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            wire.cut()


class GuardedTransport(httpx.HTTPTransport):
    """httpx over connections that the guard has vetted; no proxy, nothing from the environment but CA files.

    Args:
        guard: Vets every host.
        cutter: Cuts the connections.
        floor: Fewest bytes a second that an answer may bring.
        window: Seconds of waiting over which the floor is measured.
    """

    def __init__(self, guard: Guard, cutter: Cutter, floor: float, window: float) -> None:
        placeholder = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # see _Wire.start_tls
        super().__init__(verify=placeholder, trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=placeholder,
            max_connections=32,
            max_keepalive_connections=8,
            keepalive_expiry=30.0,
            network_backend=_GuardedBackend(guard, cutter, floor, window),
        )


class _GuardedBackend(httpcore.NetworkBackend):
    def __init__(self, guard: Guard, cutter: Cutter, floor: float, window: float) -> None:
        self._guard = guard
        self._cutter = cutter
        self._floor = floor
        self._window = window
        self._tcp = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("stopped")
        for address in self._guard.vetted(host, port)[:_MOST_ADDRESSES]:
            if self._cutter.is_cut.is_set():
                break
            try:
                stream = self._tcp.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _Wire(stream, self._cutter, self._floor, self._window)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.UnsupportedProtocol("nothing is fetched from a UNIX socket")


class _Wire(httpcore.NetworkStream):
    """One connection. Only time spent waiting in ``read`` counts as slowness: we may be slow ourselves."""

    def __init__(
        self,
        stream: httpcore.NetworkStream,
        cutter: Cutter,
        floor: float,
        window: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._cutter = cutter
        self._floor = floor
        self._window = window
        self._now = now
        self._waited = self._waited_in_all = 0.0
        self._received = self._received_in_all = 0
        cutter.hold(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        began = self._now()
        data = self._stream.read(max_bytes, timeout)
        waited = self._now() - began
        self._waited += waited
        self._waited_in_all += waited
        self._received += len(data)
        self._received_in_all += len(data)
        if self._waited_in_all >= _LONG and self._received_in_all < _LEAST:
            raise httpcore.ReadTimeout(f"only {self._received_in_all} bytes in {self._waited_in_all:.0f} s")
        if self._waited >= self._window:
            rate = self._received / self._waited
            if rate < self._floor:
                raise httpcore.ReadTimeout(f"only {rate:.0f} bytes a second over {self._waited:.0f} s")
            self._waited, self._received = 0.0, 0
        if not data and self._cutter.is_cut.is_set():
            raise httpcore.ReadError("stopped")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._waited, self._received = 0.0, 0  # a request begins
        self._waited_in_all, self._received_in_all = 0.0, 0
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(tls(), server_hostname, timeout)
        return _Wire(inner, self._cutter, self._floor, self._window, self._now)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def cut(self) -> None:
        """Wake whoever reads; the reader itself closes."""
        wire = self._stream.get_extra_info("socket")
        if isinstance(wire, socket.socket):
            with contextlib.suppress(OSError):
                # Past SSLSocket.shutdown, which would take the TLS state away under the reader.
                socket.socket.shutdown(wire, socket.SHUT_RDWR)
