import contextlib
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.model.errors import TransferError
from watchglass.net.rtsp_messages import Login, Message, Splitter

REPLY = Message("RTSP/1.0 200 OK", [("CSeq", "3"), ("Session", "abc;timeout=60")], b"v=0\r\n")
FRAME = b"$\2\0\4data"


def parts(data, sizes=(1 << 20,)):
    """What comes of the bytes, fed in pieces of these sizes over and over."""
    splitter, at, n, found = Splitter(), 0, 0, []
    while at < len(data):
        size = sizes[n % len(sizes)]
        found += splitter.feed(data[at : at + size])
        at, n = at + size, n + 1
    return found


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5))
@settings(max_examples=30)
def test_however_it_is_cut_it_is_the_same(sizes):
    [message, frame, again] = parts(REPLY.coded() + FRAME + b"\r\n" + REPLY.coded(), sizes)
    assert (message.first, message.body, message.get("cseq")) == (REPLY.first, REPLY.body, "3")
    assert frame == FRAME
    assert again.first == REPLY.first


@given(st.binary(max_size=300))
def test_nonsense_is_an_error_of_ours(data):
    with contextlib.suppress(TransferError):
        parts(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="another protocol"),
        pytest.param(b"x" * 70_000, id="a head that does not end"),
        pytest.param(b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * 300 + b"\r\n", id="too many fields"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n", id="too long a body"),
        pytest.param(b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", id="less than nothing"),
    ],
)
def test_what_is_not_read(data):
    with pytest.raises(TransferError, match="RTSP"):
        parts(data)


def test_no_line_can_be_smuggled_into_a_field():
    [message] = parts(b"RTSP/1.0 200 OK\r\nA: b\rLocation: rtsp://h/\r\n\r\n")
    assert message.coded() == b"RTSP/1.0 200 OK\r\nA: b Location: rtsp://h/\r\n\r\n"


def test_a_digest_is_what_the_standard_has():
    # RFC 7616, 3.9.1: the example with MD5.
    login = Login("Mufasa", "Circle of Life")
    challenge = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf", opaque="FQhe"'
    assert login.challenged(Message("RTSP/1.0 401 Unauthorized", [("WWW-Authenticate", challenge)]))
    told = login.applied(Message("GET /dir/index.html RTSP/1.0", [])).get("Authorization")
    given_ = dict(re.findall(r'(\w+)="?([^",]*)"?', told))
    mine = hashlib.md5(b"Mufasa:http-auth@example.org:Circle of Life").hexdigest()
    wanted = hashlib.md5(b"GET:/dir/index.html").hexdigest()
    both = f"{mine}:7ypf:00000001:{given_['cnonce']}:auth:{wanted}"
    assert given_["response"] == hashlib.md5(both.encode()).hexdigest()
    assert (given_["nc"], given_["qop"], given_["opaque"]) == ("00000001", "auth", "FQhe")


@pytest.mark.parametrize("challenge", ["", "Negotiate abc", 'Digest realm="x", nonce="y", algorithm=SHA-512-256'])
def test_what_cannot_be_answered(challenge):
    login = Login("me", "password")
    assert not login.challenged(Message("RTSP/1.0 401 Unauthorized", [("WWW-Authenticate", challenge)]))
    assert login.applied(REPLY) == REPLY
