"""What a client of ours makes of answers that are wrong, and what they are byte for byte."""

import socket
import struct
from threading import Event

import pytest

from watchglass.faults.mishaps import Mishaps
from watchglass.faults.playout import Canary
from watchglass.faults.schedule import LIVE_FAULTS, parse
from watchglass.faults.server import AT_ONCE, Answer, Server, missing, whole
from watchglass.model.errors import AddressRefusedError, TransferError, UsageError
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient, Timeouts

BODY = bytes(range(256)) * 600
QUICK = Timeouts(read=0.3, floor=2_000.0, window=0.3)


@pytest.fixture
def serve():
    """A server whose answers one fault spoils; gives the URL."""
    servers = []

    def start(text, body=BODY, canary=""):
        mishaps, closing = Mishaps([parse(text)], canary), Event()
        server = Server(lambda request: mishaps.segment(whole(body, "video/mp2t"), 0.0, 2.0, closing))
        servers.append((server.__enter__(), closing))
        return f"http://{server.place}/1.ts"

    yield start
    for server, closing in servers:
        closing.set()
        server.__exit__()


def fetched(url, most=1 << 20):
    place = StreamUrl(url)
    with HttpClient.towards(place, timeouts=QUICK) as client, client.get(place, max_bytes=most) as response:
        return response.read()


def test_a_good_answer_is_as_it_is(serve):
    assert fetched(serve("segment.404@5")) == BODY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segment.404@0", "HTTP 404"),
        ("segment.500@0", "HTTP 500"),
        ("segment.silent:30@0", "nothing arrived for 0.3 s"),
        ("segment.drip:100@0", "only .* bytes"),
        ("segment.cut:0.5@0", "ended early"),
        ("segment.reset:0.5@0", "reset"),
        ("segment.bomb:50@0", "more than 100-fold"),
        ("segment.endless@0", "larger than"),
    ],
)
def test_it_is_told_what_is_wrong(serve, text, said):
    with pytest.raises(TransferError, match=said):
        fetched(serve(text))


def test_half_of_it(serve):
    assert fetched(serve("segment.truncated:0.25@0")) == BODY[: len(BODY) // 4]


def test_more_than_was_promised_is_not_read(serve):
    assert fetched(serve("segment.overrun:0.5@0")) == BODY[: len(BODY) // 2]


def test_a_page(serve):
    assert fetched(serve("segment.page@0")).startswith(b"<!doctype html")


def test_slow_is_whole_in_the_end(serve):
    body = BODY[:2000]
    assert fetched(serve("segment.slow:0.2@0", body)) == body


def test_nobody_goes_to_the_canary(serve):
    with Canary() as canary:
        with pytest.raises(AddressRefusedError):
            fetched(serve("segment.redirect@0", canary=canary.url))
        assert canary.visitors() == 0
        assert canary.url.endswith("/canary")


def test_the_canary_counts():
    with Canary() as canary:
        if canary.url.endswith(":9/canary"):
            pytest.skip("this machine has no 127.0.0.2")
        port = int(canary.url.rpartition(":")[2].partition("/")[0])
        socket.create_connection(("127.0.0.2", port)).close()
        assert canary.visitors() == 1


def test_a_connection_lives_on_after_good_answers():
    with Server(lambda request: whole(request.path.encode(), "text/plain")) as server, _connected(server) as connection:
        for path in (b"/a", b"/b"):
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: here\r\n\r\n")
            assert _until(connection, path).endswith(b"\r\n\r\n" + path)


def test_a_reset_is_a_reset():
    answer = Answer("text/plain", [b"half"], 8, ends="reset")
    with Server(lambda request: answer) as server, _connected(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            _until(connection, b"the end")


def test_what_is_not_there():
    with Server(lambda request: missing()) as server, pytest.raises(TransferError, match="404"):
        fetched(f"http://{server.place}/")


def test_a_place_that_is_taken_is_refused():
    with Server(lambda request: missing()) as server:
        port = int(server.place.rpartition(":")[2])
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: cannot be listened on"):
            Server(lambda request: missing(), ("127.0.0.1", port))


def test_a_client_that_hangs_up_is_no_trouble():
    hung_up = Event()

    def body():
        yield b"first"
        hung_up.wait(20)
        for _ in range(64):
            yield bytes(AT_ONCE)

    with Server(lambda request: Answer("text/plain", body(), None)) as server:
        with _connected(server) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            _until(connection, b"first")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        hung_up.set()
        with _connected(server) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert b"200" in _until(connection, b"first")


def test_every_fault_of_answers_is_tried_here():
    tried = {"404", "500", "silent", "drip", "cut", "reset", "bomb", "endless", "truncated", "overrun", "page", "slow"}
    assert {name.partition(".")[2] for name in LIVE_FAULTS if name.startswith("segment.")} == tried | {"redirect"}


def _connected(server):
    host, _, port = server.place.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def _until(connection, mark):
    data = b""
    while mark not in data.partition(b"\r\n\r\n")[2]:
        piece = connection.recv(1024)
        assert piece, data
        data += piece
    return data
