import socket

import pytest

from transport import FULL, free_port, packet
from watchglass.model.errors import SourceError, TransferError
from watchglass.net.datagrams import DatagramAddress, Datagrams

PACKETS = [packet(256, n % 16, payload=FULL) for n in range(70)]


def rtp(sequence, payload, *, contributors=0, extension=b"", padding=0):
    first = 0x80 | contributors | (0x10 if extension else 0) | (0x20 if padding else 0)
    head = bytes([first, 33]) + sequence.to_bytes(2, "big") + bytes(8 + 4 * contributors)
    more = b"\xbe\xde" + (len(extension) // 4).to_bytes(2, "big") + extension if extension else b""
    return head + more + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def received(datagrams, scheme="udp", *, expected):
    """What came of datagrams that were sent to a port of this machine, and how many were lost."""
    port = free_port()
    listening = Datagrams(DatagramAddress(f"{scheme}://127.0.0.1:{port}"))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for each in datagrams:
                sender.sendto(each, ("127.0.0.1", port))
        data = b""
        while len(data) < expected:
            more = listening.backlog.take(5.0)
            assert more, "nothing came for five seconds"
            data += more
        return data, listening.lost
    finally:
        listening.close()


def sevens(packets):
    return [b"".join(packets[n : n + 7]) for n in range(0, len(packets), 7)]


def test_plain_datagrams():
    whole = b"".join(PACKETS)
    assert received(sevens(PACKETS), expected=len(whole)) == (whole, 0)


def test_what_is_out_of_step_is_not_taken_for_rtp():
    """A packet's middle may begin as a header of RTP does."""
    whole = bytes(7) + b"".join(packet(256, n % 16, payload=bytes([0x80 | n]) * 184) for n in range(70))
    sent = [whole[at : at + 1316] for at in range(0, len(whole), 1316)]
    assert any(each[0] & 0xC0 == 0x80 for each in sent)
    assert received(sent, expected=len(whole)) == (whole, 0)


def test_not_even_where_a_packet_seems_to_follow():
    whole = bytes(7) + b"".join(packet(256, n % 16, payload=bytes([0x80, 0x47] * 92)) for n in range(70))
    sent = [whole[at : at + 1316] for at in range(0, len(whole), 1316)]
    assert any(each[0] == 0x80 and each[13] == 0x47 for each in sent) or any(each[12] == 0x47 for each in sent)
    assert received(sent, expected=len(whole)) == (whole, 0)


def test_rtp_is_taken_apart():
    whole = b"".join(PACKETS)
    sent = [
        rtp(65_530 + n & 0xFFFF, each, contributors=n % 3, extension=b"abcd" * (n % 2), padding=4 * (n % 2))
        for n, each in enumerate(sevens(PACKETS))
    ]
    assert received(sent, "rtp", expected=len(whole)) == (whole, 0)


def test_rtp_counts_what_is_lost():
    sent = [rtp(n, each) for n, each in enumerate(sevens(PACKETS)) if n not in (3, 4, 7)]
    _, lost = received(sent, "rtp", expected=7 * 7 * 188)
    assert lost == 3


def test_a_group_is_joined():
    port = free_port()
    listening = Datagrams(DatagramAddress(f"udp://@239.255.77.77:{port}?localaddr=127.0.0.1"))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            sender.sendto(PACKETS[0], ("239.255.77.77", port))
        assert listening.backlog.take(5.0) == PACKETS[0]
    finally:
        listening.close()


@pytest.mark.parametrize(
    "text",
    [
        "udp://239.1.1.1",
        "udp://example.com:1234",
        "udp://1.2.3.4:99999",
        "udp://1.2.3.4:5/x",
        "rtp://:1?localaddr=here",
    ],
)
def test_what_is_no_address(text):
    with pytest.raises(SourceError, match=r"udp://|rtp://"):
        DatagramAddress(text)


def test_all_addresses_of_this_machine():
    assert str(DatagramAddress("udp://:5000").host) == "0.0.0.0"
    assert DatagramAddress.knows(" UDP://:5000")
    assert not DatagramAddress.knows("https://example.com")


def test_a_port_that_is_taken():
    port = free_port()
    first = Datagrams(DatagramAddress(f"udp://127.0.0.1:{port}"))
    try:
        with pytest.raises(TransferError, match="cannot be listened to"):
            Datagrams(DatagramAddress(f"udp://127.0.0.1:{port}"))
    finally:
        first.close()
