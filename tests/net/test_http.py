import collections
import threading
from collections.abc import Iterator

import pytest

from origin import Answer, Canary, Origin, Request
from watchglass.model.errors import AddressRefusedError, TransferError
from watchglass.net.address import StreamUrl
from watchglass.net.guard import parse_networks
from watchglass.net.http import ByteRange, HttpClient, Timeouts


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def client(origin: Origin) -> Iterator[HttpClient]:
    with client_of(origin) as client:
        yield client


@pytest.fixture
def impatient(origin: Origin) -> Iterator[HttpClient]:
    with client_of(origin, timeouts=Timeouts(connect=5.0, read=0.3, floor=1_000.0, window=0.2)) as client:
        yield client


def client_of(origin: Origin, **options: object) -> HttpClient:
    return HttpClient.towards(StreamUrl(origin.url("/")), **options)  # type: ignore[arg-type]


def fetch(client: HttpClient, url: str, **options: object) -> bytes:
    with client.get(StreamUrl(url), **options) as response:  # type: ignore[arg-type]
        return response.read()


def test_a_body_arrives_whole(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = bytes(range(256)) * 4_000
    assert fetch(client, origin.url("/a")) == bytes(range(256)) * 4_000


@pytest.mark.parametrize("knows_ranges", [True, False])
@pytest.mark.parametrize("wanted", [ByteRange(10, 5), ByteRange(0, 3), ByteRange(90), ByteRange(99, 1)])
def test_a_byte_range_is_what_was_asked_for(
    origin: Origin, client: HttpClient, wanted: ByteRange, knows_ranges: bool
) -> None:
    body = bytes(range(100))
    origin.routes["/a"] = Answer(body, ranges=knows_ranges)
    end = None if wanted.length is None else wanted.offset + wanted.length
    assert fetch(client, origin.url("/a"), byte_range=wanted) == body[wanted.offset : end]


def test_a_byte_range_that_is_not_all_there_is_an_error(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = bytes(100)
    with pytest.raises(TransferError, match="10 bytes of the byte range are missing"):
        fetch(client, origin.url("/a"), byte_range=ByteRange(90, 20))


def test_another_byte_range_than_asked_is_an_error(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = Answer(bytes(5), status=206, headers={"Content-Range": "bytes 0-4/100"})
    with pytest.raises(TransferError, match="another byte range"):
        fetch(client, origin.url("/a"), byte_range=ByteRange(10, 5))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 416, 429, 500, 503])
def test_an_error_has_its_status_and_no_secret(origin: Origin, client: HttpClient, status: int) -> None:
    origin.routes["/a"] = Answer(b"no", status=status)
    with pytest.raises(TransferError, match=f"HTTP {status}") as caught:
        fetch(client, origin.url("/a?token=SECRET"))
    assert caught.value.status == status
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("body", [b"#EXTM3U\n" * 300, b"", b"x"])
def test_gzip_is_undone(origin: Origin, client: HttpClient, body: bytes) -> None:
    origin.routes["/a"] = Answer(body, gzip=True)
    assert fetch(client, origin.url("/a")) == body


def test_a_gzip_bomb_is_not_unfolded(origin: Origin, client: HttpClient) -> None:
    origin.routes["/bomb"] = Answer(bytes(50_000_000), gzip=True)
    with client.get(StreamUrl(origin.url("/bomb"))) as response:
        chunks = response.chunks()
        with pytest.raises(TransferError, match="100-fold"):
            collections.deque(chunks, maxlen=0)


def test_an_unknown_encoding_is_refused(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = Answer(b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(TransferError, match="not asked for"):
        fetch(client, origin.url("/a"))


def test_compressed_garbage_is_an_error(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = Answer(b"this is not gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(TransferError, match="not compressed as it says"):
        fetch(client, origin.url("/a"))


def test_an_endless_body_is_left(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = Answer(endless=True)
    with pytest.raises(TransferError, match="larger than 5 MB"):
        fetch(client, origin.url("/a"), max_bytes=5_000_000)


def test_a_body_that_ends_early_is_an_error(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = Answer(bytes(1_000), truncate_at=400)
    with pytest.raises(TransferError, match="ended early"):
        fetch(client, origin.url("/a"))


def test_silence_ends(origin: Origin, impatient: HttpClient) -> None:
    origin.routes["/a"] = Answer(b"x", silent=(over := threading.Event()))
    with pytest.raises(TransferError, match=r"nothing arrived for 0\.3 s"):
        fetch(impatient, origin.url("/a"))
    over.set()


def test_a_drip_ends(origin: Origin, impatient: HttpClient) -> None:
    origin.routes["/a"] = Answer(bytes(10_000), drip=(over := threading.Event()))
    with pytest.raises(TransferError, match=r"only .* bytes a second"):
        fetch(impatient, origin.url("/a"))
    over.set()


def test_a_refused_connection_says_so(client: HttpClient, origin: Origin) -> None:
    with Canary(origin.host) as canary:
        url = canary.url()
    with pytest.raises(TransferError, match="refused"):
        fetch(client, url)


def test_redirects_are_followed_and_counted(origin: Origin, client: HttpClient) -> None:
    for number in range(7):
        origin.routes[f"/{number}"] = Answer(status=302, headers={"Location": f"/{number + 1}"})
    origin.routes["/7"] = b"here"
    with client.get(StreamUrl(origin.url("/2"))) as response:
        assert (response.read(), response.url.full_text) == (b"here", origin.url("/7"))
    with pytest.raises(TransferError, match="more than 5 redirects"):
        fetch(client, origin.url("/1"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_into_the_house_never_connects(origin: Origin, client: HttpClient, status: int) -> None:
    with Canary() as canary:
        origin.routes["/a"] = Answer(status=status, headers={"Location": canary.url()})
        with pytest.raises(AddressRefusedError, match=r"127\.0\.0\.2.*--allow-private 127\.0\.0\.2/32"):
            fetch(client, origin.url("/a"))
        assert canary.connects == 0


def test_the_same_redirect_is_followed_where_it_is_allowed(origin: Origin) -> None:
    with Origin("127.0.0.2") as other, client_of(origin, allow_private=parse_networks(["127.0.0.2"])) as client:
        origin.routes["/a"] = Answer(status=302, headers={"Location": other.url("/b")})
        other.routes["/b"] = b"allowed"
        assert fetch(client, origin.url("/a")) == b"allowed"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://h/x", "data:,x", "gopher://h/", "http://a\\@b/"])
def test_a_redirect_to_no_web_address_is_not_followed(origin: Origin, client: HttpClient, target: str) -> None:
    origin.routes["/a"] = Answer(status=302, headers={"Location": target})
    with pytest.raises(TransferError, match=r"redirects to what is not followed|absolute URLs"):
        fetch(client, origin.url("/a"))


def test_headers_and_userinfo_are_for_the_typed_origin_only(origin: Origin) -> None:
    secret = {"Authorization": "Bearer SECRET", "X-Key": "SECRET", "Cookie": "sid=SECRET", "Host": "elsewhere"}
    networks = parse_networks(["127.0.0.0/8"])
    with Origin("127.0.0.2") as other, client_of(origin, headers=secret, allow_private=networks) as client:
        origin.routes["/a"] = Answer(status=302, headers={"Location": other.url("/b"), "Set-Cookie": "sid=SECRET"})
        other.routes["/b"] = b"x"
        fetch(client, origin.url("/a"))
    assert [origin.requests[0].headers[name] for name in ("authorization", "x-key")] == ["Bearer SECRET", "SECRET"]
    assert "SECRET" not in str(other.requests)
    assert origin.requests[0].headers["host"] == f"127.0.0.1:{origin.port}"


def test_userinfo_becomes_credentials(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = b"x"
    fetch(client, origin.url("/a").replace("//", "//me:pw@"))
    assert origin.requests[0].headers["authorization"] == "Basic bWU6cHc="


def test_a_cookie_comes_back_to_who_set_it(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = Answer(b"x", headers={"Set-Cookie": "session=1; Path=/"})
    fetch(client, origin.url("/a"))
    fetch(client, origin.url("/a"))
    assert origin.requests[1].headers["cookie"] == "session=1"


def test_no_proxy_is_taken_from_the_environment(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    with Canary() as canary:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, canary.url(""))
        origin.routes["/a"] = b"x"
        with client_of(origin) as client:
            assert fetch(client, origin.url("/a")) == b"x"
        assert canary.connects == 0


def test_another_thread_can_stop_a_read_that_waits(origin: Origin) -> None:
    arrived = threading.Event()

    def hang(_: Request) -> Answer:
        arrived.set()
        return Answer(b"x", silent=over)

    over = threading.Event()
    origin.routes["/a"] = hang
    patient = HttpClient.towards(StreamUrl(origin.url("/")), timeouts=Timeouts(read=60.0))
    stopper = threading.Thread(target=lambda: (arrived.wait(10), patient.stop()))
    stopper.start()
    with patient, pytest.raises(TransferError):
        fetch(patient, origin.url("/a"))
    with pytest.raises(TransferError, match="stopped"):
        fetch(patient, origin.url("/a"))
    over.set()
    stopper.join()


def test_a_text_is_bounded_and_has_no_byte_order_mark(origin: Origin, client: HttpClient) -> None:
    origin.routes["/a"] = "\ufeff#EXTM3U".encode()
    assert client.text(StreamUrl(origin.url("/a")), max_bytes=100)[1] == "#EXTM3U"
    with pytest.raises(TransferError, match="larger than 5 bytes"):
        client.text(StreamUrl(origin.url("/a")), max_bytes=5)


def test_a_server_that_sets_ever_more_cookies_does_not_choke_on_them(origin: Origin, client: HttpClient) -> None:
    for number in range(100):
        origin.routes["/a"] = Answer(b"x", headers={"Set-Cookie": f"c{number}={'y' * 200}"})
        with client.get(StreamUrl(origin.url("/a"))) as response:
            assert response.read() == b"x"
    assert max(len(request.headers.get("cookie", "")) for request in origin.requests) < 16_000
