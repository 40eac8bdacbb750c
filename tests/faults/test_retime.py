"""Clocks and times in packets, against those that the parser reads."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transport import FULL, VIDEO, array, clean, packet, pcr_field, pes
from watchglass.faults import retime
from watchglass.kernels.ts import NONE, WRAP, headers, timestamps

TICKS = 1 << 33


def read(data):
    """The clock and the presentation time of one packet."""
    packets = array(data)
    told = headers(packets)
    return int(told.pcr[0]), int(timestamps(packets, told)[0])


@given(clock=st.integers(0, WRAP - 1), pts=st.integers(0, TICKS - 1), step=st.integers(-TICKS, 3 * TICKS))
def test_moved_modulo_the_wrap(clock, pts, step):
    data = packet(VIDEO, payload=pes(pts), begins=True, adaptation=pcr_field(clock))
    assert read(data) == (clock, pts)
    assert read(retime.shifted(data, step)) == ((clock + 300 * step) % WRAP, (pts + step) % TICKS)
    assert retime.shifted(retime.shifted(data, step), -step) == data


def test_decoding_times_move_along():
    both = bytearray(pes(90_000))
    both[7:9] = 0xC0, 10
    both[9] |= 0x10
    later = bytearray(pes(45_000)[9:14])
    later[0] = later[0] & 0x0F | 0x10
    data = packet(VIDEO, payload=bytes(both + later), begins=True)
    moved = retime.shifted(data, 1000)
    assert read(moved)[1] == 91_000
    assert moved[-5:] == bytes([later[0] & 0xF0 | pes(46_000)[9] & 0x0F]) + pes(46_000)[10:14]


@given(clock=st.integers(0, WRAP - 1))
def test_left_out(clock):
    data = packet(VIDEO, 5, payload=pes(90_000), begins=True, adaptation=pcr_field(clock))
    assert read(retime.without_clock(data)) == (NONE, 90_000)
    at = 5 + data[4]
    assert read(retime.without_times(data, at)) == (clock, NONE)
    assert len(retime.without_times(data, at)) == len(retime.without_clock(data)) == 188


def test_what_has_no_times_stays_as_it_is():
    for data in (packet(VIDEO, payload=FULL), packet(VIDEO, payload=FULL, begins=True)):
        assert retime.shifted(data, 1234) == data
        assert retime.without_times(data, 4) == data


def test_a_whole_stream_moves(tmp_path):
    packets = clean(1.0)
    before, after = headers(array(*packets)), headers(array(*(retime.shifted(each, 90_000) for each in packets)))
    is_told = before.pcr != NONE
    assert (after.pcr[is_told] - before.pcr[is_told] == 27_000_000).all()
    assert np.array_equal(before.counter, after.counter)
