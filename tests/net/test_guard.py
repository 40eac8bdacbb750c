import ipaddress
from collections.abc import Sequence

import pytest

from watchglass.model.errors import AddressRefusedError, SourceError, TransferError, UsageError
from watchglass.net.address import StreamUrl
from watchglass.net.guard import Guard, parse_networks, reserved_for
from watchglass.net.http import HttpClient

REFUSED_HOSTS = [
    # loopback, in every spelling that a resolver or a parser may know
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.255.255.254", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "2130706433",
    "017700000001", "0177.1", "0x7f.0x0.0x0.0x1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.",
    "127。0。0。1", "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[64:ff9b:1::7f00:1]",
    # this host, private, shared, link-local and the metadata services of clouds
    "0.0.0.0", "0", "0.1.2.3", "[::]", "10.0.0.1", "10.255.255.255", "0x0a000001", "012.0.0.1", "172.16.0.1",
    "172.31.255.254", "192.168.0.1", "192.168.1.1", "3232235777", "100.64.0.1", "100.127.255.254", "169.254.169.254",
    "169.254.169.253", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[fd00:ec2::254]", "[fc00::1]", "[fe80::1]",
    "[fe80::1%25lo]", "[fec0::1]", "192.0.0.192",
    # documentation, benchmarks, multicast, reserved, broadcast
    "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "[ff02::1]", "240.0.0.1",
    "255.255.255.255", "[2001:db8::1]", "[100::1]", "[::2]", "[2001:10::1]", "[2a00::5efe:10.0.0.1]",
    # what stands before the host, and what only looks like one
    "public.example@127.0.0.1", "public.example:80@10.0.0.1", "public.example%40@[::1]",
]  # fmt: skip


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
