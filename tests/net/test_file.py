import io
import random
from collections.abc import Iterator

import pytest

from origin import Answer, Origin, Request
from watchglass.model.errors import TransferError
from watchglass.net.address import StreamUrl
from watchglass.net.file import HttpFile
from watchglass.net.http import HttpClient

BODY = random.Random(7).randbytes(3_000_000)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def client(origin: Origin) -> Iterator[HttpClient]:
    with HttpClient.towards(StreamUrl(origin.url("/"))) as client:
        yield client


def open_file(client: HttpClient, origin: Origin) -> HttpFile:
    return HttpFile(client, StreamUrl(origin.url("/a.mp4")))


def test_reading_and_seeking_is_as_in_a_file(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a.mp4"] = BODY
    local, rng = io.BytesIO(BODY), random.Random(1)
    with open_file(client, origin) as file:
        for _ in range(40):
            whence, size = rng.choice([0, 1, 2]), rng.choice([1, 100, 40_000])
            offset = {0: rng.randrange(len(BODY)), 1: rng.randrange(500_000), 2: -rng.randrange(len(BODY))}[whence]
            assert file.seek(offset, whence) == local.seek(offset, whence)
            got = file.read(size)
            assert got == local.read(len(got))
            assert got or file.tell() >= len(BODY)


def test_reading_from_the_front_takes_one_request(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a.mp4"] = BODY
    with open_file(client, origin) as file:
        assert file.seekable()
        assert file.size == len(BODY)
        assert file.read() == BODY
        assert file.read(10) == b""
    assert len(origin.requests) == 1


def test_a_server_without_ranges_is_read_from_the_front(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a.mp4"] = Answer(BODY, ranges=False)
    with open_file(client, origin) as file:
        assert not file.seekable()
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)
        assert file.read() == BODY


def test_a_connection_that_breaks_is_resumed(origin: Origin, client: HttpClient) -> None:
    def breaking(_: Request) -> Answer:
        return Answer(BODY, truncate_at=None if len(origin.requests) > 3 else 500_000)

    origin.routes["/a.mp4"] = breaking
    with open_file(client, origin) as file:
        assert file.read() == BODY
    assert len(origin.requests) == 4


def test_a_file_that_changes_is_an_error(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a.mp4"] = lambda _: BODY if len(origin.requests) == 1 else BODY[:-1]
    with open_file(client, origin) as file, pytest.raises(TransferError, match="changed while it was read"):
        file.seek(2_000_000) and file.read(10)


def test_nothing_there_is_an_error_with_a_status(origin: Origin, client: HttpClient) -> None:
    with pytest.raises(TransferError, match="HTTP 404"):
        open_file(client, origin)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_look_ahead_takes_nothing_away(origin: Origin, client: HttpClient, ranges: bool) -> None:
    origin.routes["/a.mp4"] = Answer(BODY, ranges=ranges)
    with open_file(client, origin) as file:
        assert file.peek(1024) == BODY[:1024]
        assert file.read() == BODY
