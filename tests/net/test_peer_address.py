import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.model.errors import SourceError
from watchglass.net.peer_address import PeerAddress


@pytest.mark.parametrize(
    ("text", "shown", "host", "port"),
    [
        ("rtmp://h.example/live/SECRET", "rtmp://h.example/live/***", "h.example", 1935),
        ("RTMPS://h.example/live/SECRET?t=SECRET", "RTMPS://h.example/live/***?t=***", "h.example", 443),
        ("rtsp://me:SECRET@10.0.0.7/cam/1?u=SECRET", "rtsp://***@10.0.0.7/cam/1?u=***", "10.0.0.7", 554),
        ("rtsps://[fd00::7]:1322/cam", "rtsps://[fd00::7]:1322/cam", "fd00::7", 1322),
        (
            "srt://h.example:9000?streamid=#!::r=SECRET,m=request",
            "srt://h.example:9000?streamid=***",
            "h.example",
            9000,
        ),
        ("srt://:9000?mode=listener&passphrase=SECRETSECRET", "srt://:9000?mode=***&passphrase=***", "", 9000),
        ("rist://239.1.1.1:5000", "rist://239.1.1.1:5000", "239.1.1.1", 5000),
    ],
)
def test_addresses(text, shown, host, port):
    address = PeerAddress(text)
    assert PeerAddress.knows(text)
    assert (str(address), address.host, address.port) == (shown, host, port)
    assert "SECRET" not in f"{address} {address!r} {[address]}"


@pytest.mark.parametrize(
    "text",
    [
        "rtmp:///live/x", "rtsp://", "srt://h.example", "rist://:port", "rtsp://h.example:99999/x", "rtmp://a b/live/x",
        "rtsp://h.example/a\\b", "rtsp://h.example/\r\nSETUP", "rtsp://me:SEC/RET@h.example/x", "srt://[::1",
        "rtsp://me:12/34SECRET@h.example/x", "srt://h_\u00e9\ud800:1", "rtsp://h.example/" + 5000 * "x",
        "rtsp://me:SECRET#1@h.example/x",
    ],
)  # fmt: skip
def test_what_is_no_address_is_said_without_its_secrets(text):
    with pytest.raises(SourceError, match=r"^[a-z]+://") as raised:
        PeerAddress(text)
    assert "SEC" not in str(raised.value)


@pytest.mark.parametrize("text", ["https://h.example/x", "udp://1.2.3.4:5", "srt", "rtmpt://h/x/y", "file.srt"])
def test_others_are_not_ours(text):
    assert not PeerAddress.knows(text)


def test_what_somebody_else_says_is_told_without_its_secrets():
    address = PeerAddress("rtsp://me:pa%20ss@h.example/x?token=TOKEN")
    assert (
        address.hide("pa ss of me at TOKEN: pa%20ss, rtsp://u:p@other/x") == "*** of me at ***: ***, rtsp://***@other/x"
    )


@given(st.text(max_size=60))
def test_nothing_but_an_error_of_ours_comes_of_nonsense(text):
    with contextlib.suppress(SourceError):
        assert "\n" not in str(PeerAddress(f"rtsp://{text}"))
