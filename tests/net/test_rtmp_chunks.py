import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.model.errors import TransferError
from watchglass.net.rtmp_chunks import ABORT, AUDIO, SET_CHUNK_SIZE, VIDEO, ChunkReader, Message, chunked


def messages(data):
    """What is in the bytes, up to their end."""
    read = io.BytesIO(data)

    def take(n):
        taken = read.read(n)
        if len(taken) < n:
            raise EOFError
        return taken

    chunks, found = ChunkReader(take), []
    with contextlib.suppress(EOFError):
        while True:
            found.append(chunks.message())
    return found


MESSAGES = st.builds(
    Message, st.sampled_from([AUDIO, VIDEO]), st.integers(0, 0xFFFFFE), st.integers(0, 9), st.binary(max_size=600)
)


@given(st.lists(st.tuples(MESSAGES, st.integers(2, 63)), max_size=6))
@settings(max_examples=50)
def test_what_is_sent_is_read(sent):
    data = b"".join(chunked(message, number) for message, number in sent)
    assert messages(data) == [message for message, _ in sent]


@given(st.binary(max_size=3000))
def test_nonsense_is_an_error_of_ours(data):
    with contextlib.suppress(TransferError):
        messages(data)


def test_short_headers_go_on_with_the_last_one():
    data = b"\x04\0\0\x0a\0\0\2\x08\1\0\0\0ab" + b"\x44\0\0\5\0\0\1\x09c" + b"\x84\0\0\7d" + b"\xc4e"
    assert messages(data) == [
        Message(8, 10, 1, b"ab"),
        Message(9, 15, 1, b"c"),
        Message(9, 22, 1, b"d"),
        Message(9, 29, 1, b"e"),
    ]


def test_times_beyond_24_bits():
    data = b"\x04\xff\xff\xff\0\0\1\x08\0\0\0\0\1\0\0\0a" + b"\x44\xff\xff\xff\0\0\1\x08\1\0\0\0b"
    assert [each.time for each in messages(data)] == [1 << 24, 1 << 25]


def test_messages_come_between_the_chunks_of_others():
    first, second = Message(VIDEO, 1, 1, bytes(200)), Message(AUDIO, 2, 1, b"x" * 10)
    whole = chunked(first, 4)
    data = whole[: 12 + 128] + chunked(second, 5) + whole[12 + 128 :]
    assert messages(data) == [second, first]


def test_a_larger_chunk_size_is_followed():
    size = Message(SET_CHUNK_SIZE, 0, 0, (4096).to_bytes(4, "big"))
    head = b"\x04\0\0\0" + (1000).to_bytes(3, "big") + b"\x09\1\0\0\0"
    assert messages(chunked(size, 2) + head + bytes(1000))[-1].body == bytes(1000)


def test_what_is_aborted_is_forgotten():
    head = chunked(Message(VIDEO, 1, 1, bytes(200)), 4)[: 12 + 128]
    aborted = chunked(Message(ABORT, 0, 0, (4).to_bytes(4, "big")), 2)
    again = Message(VIDEO, 3, 1, b"new")
    assert messages(head + aborted + chunked(again, 4))[-1] == again


def test_longer_numbers_of_chunk_streams():
    body = b"\0\0\1\0\0\1\x08\1\0\0\0"
    assert [each.body for each in messages(b"\0\x10" + body + b"a" + b"\1\x10\1" + body + b"b")] == [b"a", b"b"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xc4abc", id="goes on with nothing"),
        pytest.param(chunked(Message(SET_CHUNK_SIZE, 0, 0, bytes(4)), 2), id="chunks of no bytes"),
        pytest.param(
            b"\x04\0\0\0\0\1\0\x08\0\0\0\0" + bytes(128) + b"\x04\0\0\0\0\1\0\x08\0\0\0\0", id="within another"
        ),
    ],
)
def test_what_is_not_read(data):
    with pytest.raises(TransferError, match="RTMP"):
        messages(data)


def test_messages_that_never_end_have_a_limit():
    most = (1 << 24) - 1
    size = chunked(Message(SET_CHUNK_SIZE, 0, 0, (most - 1).to_bytes(4, "big")), 2)
    begun = b"".join(
        bytes([n]) + bytes(3) + most.to_bytes(3, "big") + b"\x08" + bytes(4) + bytes(most - 1) for n in (4, 5, 6)
    )
    with pytest.raises(TransferError, match="do not end"):
        messages(size + begun)


def test_chunk_streams_have_a_limit():
    begun = b"".join(b"\0" + bytes([n]) + bytes(3) + b"\0\1\0\x08" + bytes(4) + bytes(128) for n in range(65))
    with pytest.raises(TransferError):
        messages(begun)
