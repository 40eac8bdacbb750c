import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import httpcore
import pytest

from certificates import certified
from origin import Answer, Origin
from watchglass.model.errors import TransferError
from watchglass.net import wire
from watchglass.net.address import StreamUrl
from watchglass.net.guard import Guard, parse_networks
from watchglass.net.http import HttpClient

LOOPBACK = parse_networks(["127.0.0.0/8"])


@pytest.fixture
def secure_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """An https origin for cdn.example, whose certificate only this test trusts."""
    context = certified("cdn.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    wire.tls.cache_clear()
    with Origin(tls=context) as origin:
        yield origin
    wire.tls.cache_clear()


def client_to(origin: Origin) -> HttpClient:
    return HttpClient(Guard(allow_private=LOOPBACK, resolve=lambda host, port: [origin.host]))


def test_a_vetted_address_is_asked_by_its_name() -> None:
    with Origin() as origin, client_to(origin) as client:
        origin.routes["/a"] = b"here"
        with client.get(StreamUrl(f"http://cdn.example:{origin.port}/a")) as response:
            assert response.read() == b"here"
    assert origin.requests[0].headers["host"] == f"cdn.example:{origin.port}"


def test_a_certificate_is_checked_against_the_name(secure_origin: Origin) -> None:
    secure_origin.routes["/a"] = b"secret"
    with client_to(secure_origin) as client:
        with client.get(StreamUrl(f"https://cdn.example:{secure_origin.port}/a")) as response:
            assert response.read() == b"secret"
        with pytest.raises(TransferError, match="certificate"):
            client.get(StreamUrl(f"https://other.example:{secure_origin.port}/a"))


def test_a_stranger_s_certificate_is_not_trusted(secure_origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    wire.tls.cache_clear()
    with client_to(secure_origin) as client, pytest.raises(TransferError, match="certificate"):
        client.get(StreamUrl(f"https://cdn.example:{secure_origin.port}/a"))


def test_the_next_address_is_tried_when_one_refuses() -> None:
    with Origin("127.0.0.3") as origin:
        origin.routes["/a"] = b"here"
        guard = Guard(allow_private=LOOPBACK, resolve=lambda host, port: ["127.0.0.4", origin.host])
        with HttpClient(guard) as client, client.get(StreamUrl(f"http://cdn.example:{origin.port}/a")) as response:
            assert response.read() == b"here"


def test_a_cut_connection_cannot_be_made_again() -> None:
    cutter = wire.Cutter()
    cutter.cut()
    backend = wire._GuardedBackend(Guard(["127.0.0.1"]), cutter, 1.0, 1.0)
    with Origin() as origin, pytest.raises(Exception, match="stopped"):
        backend.connect_tcp(origin.host, origin.port, 1.0)


def test_no_unix_socket_is_opened() -> None:
    backend = wire._GuardedBackend(Guard(), wire.Cutter(), 1.0, 1.0)
    with pytest.raises(Exception, match="UNIX"):
        backend.connect_unix_socket("/var/run/docker.sock")


def test_stop_wakes_a_read_over_tls(secure_origin: Origin) -> None:
    arrived, over = threading.Event(), threading.Event()

    def hang(_: object) -> Answer:
        arrived.set()
        return Answer(b"x", silent=over)

    secure_origin.routes["/a"] = hang
    with client_to(secure_origin) as client:
        stopper = threading.Thread(target=lambda: (arrived.wait(10), client.stop()))
        stopper.start()
        with pytest.raises(TransferError):
            client.get(StreamUrl(f"https://cdn.example:{secure_origin.port}/a"))
        over.set()
        stopper.join()


class Hints(httpcore.NetworkStream):
    """Headers come for ever, fast enough for the floor."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b"x" * 900

    def get_extra_info(self, info: str) -> None:
        return None


def test_an_answer_that_hardly_comes_is_left_after_a_while() -> None:
    clock = itertools.count()
    hints = wire._Wire(Hints(), wire.Cutter(), 500.0, 10.0, now=lambda: float(next(clock)))
    for _ in range(59):
        hints.read(1024)
    with pytest.raises(httpcore.ReadTimeout, match="only 54000 bytes in 60 s"):
        hints.read(1024)
