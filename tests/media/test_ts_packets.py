import numpy as np
import pytest

from transport import FULL, packet
from watchglass.media.ts_packets import PacketCutter

STREAM = [packet(100, n % 16, payload=FULL) for n in range(40)]


def cut(data, size):
    """All packets as bytes, and how many bytes were lost before each piece."""
    cutter, packets, lost = PacketCutter(), [], []
    for at in range(0, len(data), size):
        for piece in cutter.feed(data[at : at + size]):
            packets += [each.tobytes() for each in piece.packets]
            lost.append(piece.lost)
    return packets, [each for each in lost if each], cutter.lost


@pytest.mark.parametrize("size", [188, 100, 1316, 5000, 100_000])
def test_a_stream_in_pieces(size):
    packets, lost, left = cut(b"".join(STREAM), size)
    assert (packets, lost, left) == (STREAM, [], 0)


@pytest.mark.parametrize("size", [188, 1316, 100_000])
def test_bytes_between_packets_are_skipped(size):
    packets, lost, _ = cut(b"".join(STREAM[:20]) + b"\0" * 500 + b"".join(STREAM[20:]), size)
    assert lost == [500]
    assert packets == STREAM


@pytest.mark.parametrize("size", [188, 1316, 100_000])
def test_one_wrong_byte_is_a_packet_all_the_same(size):
    wrong = [*STREAM]
    wrong[20] = b"\0" + wrong[20][1:]
    packets, lost, _ = cut(b"".join(wrong), size)
    assert (packets, lost) == (wrong, [])


def test_what_is_no_stream_is_lost():
    noise = np.random.default_rng(3).integers(72, 256, 50_000).astype(np.uint8).tobytes()
    packets, _, left = cut(noise, 4096)
    assert packets == []
    assert left >= 49_000
