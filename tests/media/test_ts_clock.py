import numpy as np
import pytest

from watchglass.kernels.ts import NONE, WRAP
from watchglass.media.ts_clock import PacketClock

SECOND = 27_000_000


def timed(ticks, *, cut=1000, each=10, clock=None):
    """Times of packets, of which every tenth has a clock reference, told in pieces of so many."""
    clock = clock or PacketClock()
    pcr = np.full(len(ticks) * each, NONE, np.int64)
    pcr[::each] = np.asarray(ticks) % WRAP
    pid = np.full(len(pcr), 256, np.uint16)
    return np.concatenate([clock.times(pid[n : n + cut], pcr[n : n + cut]) for n in range(0, len(pcr), cut)])


STEADY = [n * SECOND // 25 for n in range(50)]


@pytest.mark.parametrize("cut", [1000, 10, 7])
@pytest.mark.parametrize("start", [0, WRAP - SECOND], ids=["from nothing", "over the wrap"])
def test_packets_are_spaced_evenly_between_references(cut, start):
    times = timed([start + ticks for ticks in STEADY], cut=cut)
    assert (np.diff(times) >= 0.0).all()
    assert times[-1] - times[100] == pytest.approx(0.004 * (len(times) - 101), abs=0.005)


@pytest.mark.parametrize("jump", [-3600, -0.5, 0.3, 5, 3600])
def test_time_goes_on_where_the_clock_jumps(jump):
    ticks = STEADY[:25] + [each + round(jump * SECOND) for each in STEADY[25:]]
    times = timed(ticks)
    assert times[-1] - times[0] == pytest.approx(2.0, abs=0.1)


def test_a_reference_that_is_missing_is_no_jump():
    times = timed([0, 1, 2, 3, 4], each=200)  # nonsense at first
    assert (np.diff(times) >= 0.0).all()
    pcr = np.full(500, NONE, np.int64)
    pcr[[0, 10, 20, 30, 120, 130]] = np.array([0, 10, 20, 30, 120, 130]) * SECOND // 250
    times = PacketClock().times(np.full(500, 256, np.uint16), pcr)
    assert times[130] == pytest.approx(0.52, abs=0.04)


def test_other_references_are_other_clocks():
    pid = np.array([256, 257] * 40, np.uint16)
    pcr = np.where(pid == 256, np.arange(80) * SECOND // 250, 7)
    assert PacketClock().times(pid, pcr)[-1] == pytest.approx(79 / 250, abs=0.01)
