"""A connection to servers that keep one waiting in every way there is."""

import socket
import threading
from contextlib import closing

import pytest

from certificates import certified
from peer_servers import Server, wait_for_end
from transport import free_port
from watchglass.model.errors import TransferError
from watchglass.net import line
from watchglass.net.guard import Guard
from watchglass.net.line import Line, Patience
from watchglass.net.peer_address import PeerAddress


def connected(server, patience=None):
    address = PeerAddress(f"rtmp://127.0.0.1:{server.port}/live/x")
    return closing(Line.connect(address, Guard([address.host]), patience))


def drip(server):
    def serve(wire):
        while not server.is_over.wait(0.01):
            wire.sendall(b"x")

    return serve


def everything(connection):
    with connection as wire:
        while wire.read(1000):
            pass


def test_a_server_that_says_nothing():
    with Server(wait_for_end) as server, pytest.raises(TransferError, match="nothing came for"):
        everything(connected(server, Patience(silence=0.2)))


def test_a_server_that_stops_in_the_middle():
    def serve(wire):
        wire.sendall(bytes(50_000))
        wait_for_end(wire)

    with Server(serve) as server, pytest.raises(TransferError, match="nothing came for"):
        everything(connected(server, Patience(silence=0.2)))


def test_a_server_that_drips():
    with Server(wait_for_end) as server:
        server._scripts = (drip(server),)
        with pytest.raises(TransferError, match=r"only \d+ bytes a second"):
            everything(connected(server, Patience(silence=5.0, window=0.3, floor=1000.0)))


def test_a_server_that_takes_nothing():
    def serve(wire):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.is_over.wait(30.0)

    with (
        Server(serve) as server,
        connected(server, Patience(silence=0.2)) as wire,
        pytest.raises(TransferError, match="was not taken"),
    ):
        wire.write(bytes(64 << 20))


def test_a_server_that_breaks_it_off():
    def serve(wire):
        wire.recv(1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with Server(serve) as server, connected(server) as wire:
        wire.write(b"x")
        with pytest.raises(TransferError, match="broke"):
            wire.read(1)


def test_nobody_there():
    address = PeerAddress(f"rtmp://127.0.0.1:{free_port()}/live/SECRET")
    with pytest.raises(TransferError, match=r"/live/\*\*\*: cannot be connected to"):
        Line.connect(address, Guard([address.host]))


def test_a_server_whose_tls_never_ends(monkeypatch):
    monkeypatch.setattr("watchglass.net.line.CONNECT", 0.3)
    with Server(wait_for_end) as server:
        address = PeerAddress(f"rtmps://127.0.0.1:{server.port}/live/x")
        with pytest.raises(TransferError, match="no TLS within"):
            Line.connect(address, Guard([address.host]))


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """A TLS server for studio.example, whose certificate only this test trusts; it says a word."""
    context = certified("studio.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    line._tls.cache_clear()

    def serve(wire):
        with context.wrap_socket(wire, server_side=True) as secured:
            secured.sendall(b"hello")
            wait_for_end(secured)

    with Server(serve) as server:
        yield server
    line._tls.cache_clear()


@pytest.mark.parametrize(("name", "is_trusted"), [("studio.example", True), ("other.example", False)])
def test_a_certificate_is_checked_against_the_name(secure, name, is_trusted):
    address = PeerAddress(f"rtmps://{name}:{secure.port}/live/x")
    guard = Guard([name], resolve=lambda host, port: ["127.0.0.1"])
    if is_trusted:
        with closing(Line.connect(address, guard)) as wire:
            assert wire.read(10) == b"hello"
    else:
        with pytest.raises(TransferError, match="certificate is not trusted"):
            Line.connect(address, guard)


def test_another_thread_cuts_it():
    with Server(wait_for_end) as server, connected(server) as wire:
        threading.Timer(0.05, wire.cut).start()
        assert wire.read(1) == b""


def test_the_name_is_resolved_once_and_its_literal_is_connected_to():
    with Server(wait_for_end) as server:
        asked = []

        def resolve(host, port):
            asked.append(host)
            return ["127.0.0.1"]

        address = PeerAddress(f"rtmp://studio.example:{server.port}/live/x")
        with closing(Line.connect(address, Guard([address.host], resolve=resolve))) as wire:
            assert wire.peer == "127.0.0.1"
        assert asked == ["studio.example"]
