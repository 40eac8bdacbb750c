"""Segments that are missing, too long or misdated, and clocks that begin anew, wrap, or are another encoder's."""

from dataclasses import replace

import numpy as np
import pytest

from transport import VIDEO, array, clean
from watchglass.faults.bad_encoders import FAULTS, WRAPS_AT, begin_at
from watchglass.faults.listing import Segment
from watchglass.faults.packets import PacketReader
from watchglass.faults.recipe import Order
from watchglass.kernels.ts import CLOCK, NONE, headers, timestamps
from watchglass.media.ts import TransportStream

BY_NAME = {fault.name: fault for fault in FAULTS}


def segments(count=10):
    return iter([Segment(n, 2.0 * n, 2.0, bytes([n])) for n in range(count)])


def made(name, start, seconds, strength=None):
    fault = BY_NAME[name]
    order = Order(start, start + seconds, fault.strength if strength is None else strength)
    return list(fault.apply(segments(), order))


def test_segments_are_missing():
    assert [each.number for each in made("encoder.gap", 6.0, 4.0)] == [0, 1, 2, 5, 6, 7, 8, 9]
    assert [each.number for each in made("encoder.gap", 6.0, 10.0, 3.0)] == [0, 1, 2, 4, 5, 7, 8, 9]


def test_segments_become_one():
    told = made("encoder.long", 6.0, 4.0, 3.0)
    assert [(each.number, each.start, each.duration) for each in told[2:6]] == [
        (2, 4.0, 2.0), (3, 6.0, 6.0), (6, 12.0, 2.0), (7, 14.0, 2.0),
    ]  # fmt: skip
    assert b"".join(each.data for each in told) == bytes(range(10))


def test_nothing_is_lost_at_the_end():
    assert b"".join(each.data for each in made("encoder.long", 16.0, 9.0, 3.0)) == bytes(range(10))


def test_misdated():
    assert [each.misdated for each in made("encoder.clock", 6.0, 4.0, -60.0)] == [0] * 3 + [-60.0] * 2 + [0] * 5


def sent(apply, order, seconds=8.0):
    """A stream in segments of 2 s, with what was done to it."""
    packets = PacketReader().read([b"".join(clean(seconds, ticks=50 * CLOCK))])
    return list(apply((replace(each, part=int(each.time + 1e-6) // 2) for each in packets), order))


def clocks(packets):
    told = headers(array(*(packet.data for packet in packets)))
    return told.pcr[told.pcr != NONE] / CLOCK


def raised(packets):
    stream = TransportStream()
    checks = [*stream.feed(b"".join(packet.data for packet in packets)), *stream.feed(b"", is_last=True)]
    counts = ("continuity", "pcr_discontinuity", "sync_loss", "crc", "programme")
    return {name for each in checks for name in counts if each.values.get(name)}


@pytest.mark.parametrize("start", [0.0, 0.5, 10.0, WRAPS_AT - 3.0, WRAPS_AT + 60.0])
def test_a_stream_may_begin_anywhere(start):
    packets = sent(begin_at, Order(0.0, 0.0, start))
    data = array(*(packet.data for packet in packets))
    pts = timestamps(data, headers(data))
    pts = pts[(pts != NONE) & (headers(data).pid == VIDEO)] / 90_000
    steps = np.diff(pts) % WRAPS_AT
    assert pts[0] == pytest.approx(start % WRAPS_AT, abs=1e-4)
    assert steps.max() < 0.1
    assert raised(packets) == set()
    assert not any(packet.is_break for packet in packets)


@pytest.mark.parametrize("name", ["encoder.restart", "encoder.restart:untagged", "encoder.wrap"])
def test_from_the_next_segment_on(name):
    packets = sent(BY_NAME[name].apply, Order(2.5, 2.5, 7.0))
    before, after = ([each for each in packets if (each.part >= 2) is late] for late in (False, True))
    assert clocks(before) == pytest.approx(clocks(sent(lambda packets, order: packets, None))[: len(clocks(before))])
    first = {"encoder.wrap": WRAPS_AT - 7.0}.get(name, 7.0)
    assert clocks(after)[0] == pytest.approx(first - 0.1, abs=1e-3)  # presentation is 0.1 s after the clock
    assert [each.part for each in packets if each.is_break] == ([] if "untagged" in name else [2])
    assert raised(packets) == ({"pcr_discontinuity", "continuity"} if "untagged" in name else set())
