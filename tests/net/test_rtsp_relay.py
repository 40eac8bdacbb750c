"""The relay by itself: who may come, and servers that keep one waiting."""

import contextlib
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from peer_servers import Server, wait_for_end
from watchglass.net.guard import Guard
from watchglass.net.line import Patience
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtsp_messages import Message
from watchglass.net.rtsp_relay import RtspRelay

QUICK = {"silence": 0.3}


def relayed(server, patience):
    address = PeerAddress(f"rtsp://127.0.0.1:{server.port}/cam")
    return closing(RtspRelay(address, Guard([address.host]), patience=Patience(**patience)))


def answers(relay, url=None):
    """What a player gets that asks once, up to the end."""
    told = urlsplit(relay.url)
    with socket.create_connection((told.hostname, told.port), timeout=10.0) as player:
        player.sendall(Message(f"OPTIONS {url or relay.url} RTSP/1.0", [("CSeq", "1")]).coded())
        data = b""
        while more := player.recv(1000):
            data += more
    return data


def dripping(server):
    def serve(wire):
        while not server.is_over.wait(0.01):
            wire.sendall(b"$")

    return serve


def test_a_server_that_says_nothing():
    with Server(wait_for_end) as server, relayed(server, QUICK) as relay:
        assert answers(relay) == b""
    assert "nothing came for" in relay.failure


def test_a_server_that_stops_in_the_middle():
    def serve(wire):
        wire.recv(1000)
        wire.sendall(b"$\0\0\4data")
        wait_for_end(wire)

    with Server(serve) as server, relayed(server, QUICK) as relay:
        assert answers(relay) == b"$\0\0\4data"
    assert "nothing came for" in relay.failure


def test_a_server_that_drips():
    with Server(wait_for_end) as server:
        server._scripts = (dripping(server),)
        with relayed(server, {"silence": 5.0, "window": 0.3, "floor": 1000.0}) as relay:
            assert answers(relay) == b""
    assert "bytes a second" in relay.failure


def test_a_server_that_speaks_something_else():
    def serve(wire):
        wire.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        wait_for_end(wire)

    with Server(serve) as server, relayed(server, QUICK) as relay:
        assert answers(relay) == b""
    assert relay.failure == "not RTSP that can be read"


def test_only_who_knows_the_address_may_come():
    heard = []

    def serve(wire):
        heard.append(wire.recv(1000))

    with Server(serve) as server, relayed(server, QUICK) as relay:
        assert answers(relay, "rtsp://127.0.0.1/guessed") == b""
    assert "somebody else" in relay.failure
    assert b"".join(heard) == b""


@pytest.mark.parametrize("has_come", [False, True])
def test_another_thread_cuts_it(has_come):
    with Server(wait_for_end) as server, relayed(server, {"silence": 60.0}) as relay:
        told = urlsplit(relay.url)
        if has_come:
            with socket.create_connection((told.hostname, told.port), timeout=10.0) as player:
                relay.cut()
                with contextlib.suppress(ConnectionResetError):
                    assert player.recv(1) == b""
        else:
            relay.cut()
    assert not relay._thread.is_alive()


def test_what_the_player_asks_goes_to_the_server_by_its_own_name():
    heard = []

    def serve(wire):
        heard.append(wire.recv(1000).decode())
        wire.sendall(Message("RTSP/1.0 200 OK", [("CSeq", "1"), ("Public", "OPTIONS")]).coded())

    with Server(serve) as server, relayed(server, QUICK) as relay:
        assert answers(relay) == b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS\r\n\r\n"
    assert heard[0].startswith(f"OPTIONS rtsp://127.0.0.1:{server.port}/cam RTSP/1.0\r\n")
