import ipaddress
from collections.abc import Sequence

import pytest

from refused_hosts import REFUSED_HOSTS
from watchglass.model.errors import AddressRefusedError, SourceError, TransferError, UsageError
from watchglass.net.address import StreamUrl
from watchglass.net.guard import Guard, parse_networks, reserved_for
from watchglass.net.http import HttpClient


def vetted(text: str) -> tuple[str, ...]:
    url = StreamUrl(text)
    return Guard(["origin.example"]).vetted(url.origin.host, url.origin.port)


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_nothing_private_is_reached_by_any_spelling(host: str) -> None:
    # Some spellings are no URL for us, or no host for the resolver: also well, as long as nobody connects.
    with pytest.raises((AddressRefusedError, SourceError, TransferError)):
        vetted(f"http://{host}/x")


def test_there_are_enough_spellings() -> None:
    assert len(REFUSED_HOSTS) >= 60


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8",
     "64:ff9b::808:808", "2002:808:808::1", "2a00:1450:4001::200e"],
)  # fmt: skip
def test_the_public_internet_is_reached(address: str) -> None:
    assert reserved_for(ipaddress.ip_address(address)) is None


def test_all_addresses_of_the_typed_host_are_trusted() -> None:
    guard = Guard(["Origin.Example."], resolve=lambda host, port: ["10.0.0.5", "fd00::5"])
    assert guard.vetted("origin.example", 80) == ("10.0.0.5", "fd00::5")


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    guard = Guard(resolve=lambda host, port: ["93.184.216.34", "10.0.0.5"])
    with pytest.raises(AddressRefusedError, match=r"10\.0\.0\.5.*private.*--allow-private 10\.0\.0\.5/32"):
        guard.vetted("cdn.example", 80)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_a_network_may_be_allowed(address: str) -> None:
    guard = Guard(allow_private=parse_networks(["10.0.0.0/8", "fd00::/8"]), resolve=lambda host, port: [address])
    assert guard.vetted("cdn.example", 80) == (address,)
    with pytest.raises(AddressRefusedError):
        Guard(allow_private=parse_networks(["10.1.0.0/24"]), resolve=lambda h, p: [address]).vetted("cdn.example", 80)


@pytest.mark.parametrize("text", ["ten", "10.0.0.0/33", "", "10.0.0.0-10.0.0.9"])
def test_a_network_that_is_none_is_a_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="--allow-private"):
        parse_networks([text])


def test_a_host_without_addresses_says_so() -> None:
    with pytest.raises(TransferError, match="no such host"):
        Guard(resolve=lambda host, port: []).vetted("nowhere.example", 80)


def test_a_name_server_that_changes_its_mind_is_asked_once_per_connection() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) > 1 else ["10.0.0.1"]

    client = HttpClient(Guard(resolve=rebinding))
    with client, pytest.raises(AddressRefusedError, match=r"http://cdn\.example/x: cdn\.example, which is 10\.0\.0\.1"):
        client.get(StreamUrl("http://cdn.example/x"))
    assert asked == ["cdn.example"]


LOOPBACK = {"localhost": ["::1", "127.0.0.1"], "evil.example": ["127.0.0.1"], "typed.example": ["127.0.0.1"]}


def local_guard(typed: str) -> Guard:
    return Guard([typed], resolve=lambda host, port: LOOPBACK.get(host, [host.strip("[]")]))


@pytest.mark.parametrize(
    ("typed", "asked", "reached"),
    [
        pytest.param("127.0.0.1", "localhost", ("127.0.0.1",), id="only the typed address of a name"),
        pytest.param("localhost", "127.0.0.1", ("127.0.0.1",), id="the number of a name"),
        pytest.param("localhost", "::1", ("::1",), id="the other number of a name"),
        pytest.param("[::1]", "localhost", ("::1",), id="version 6"),
        pytest.param("127.0.0.2", "127.0.0.2", ("127.0.0.2",), id="what was typed"),
        pytest.param("127.0.0.1", "evil.example", ("127.0.0.1",), id="what could have been named anyway"),
    ],
)
def test_another_name_of_the_typed_loopback_address_is_reached(
    typed: str, asked: str, reached: tuple[str, ...]
) -> None:
    assert local_guard(typed).vetted(asked, 80) == reached


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "::1"),
        ("localhost", "127.0.0.2"),
        ("localhost", "10.0.0.1"),
        ("localhost", "169.254.169.254"),
        ("[::1]", "127.0.0.1"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("127.0.0.1", "0.0.0.0"),
        ("10.0.0.1", "127.0.0.1"),
        ("typed.example", "127.0.0.1"),
        ("typed.example", "localhost"),
    ],
)
def test_the_rest_of_loopback_stays_closed(typed: str, asked: str) -> None:
    with pytest.raises(AddressRefusedError):
        local_guard(typed).vetted(asked, 80)
