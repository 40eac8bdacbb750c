import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.monitor.plots import Binner


def test_values_are_found_in_their_bins():
    binner = Binner(limit=100, step=1.0)
    binner.add([0.0, 0.5, 2.0], [0.5, 0.5, 1.0], [1.0, 3.0, 7.0])
    bins = binner.bins()
    assert (bins.begin, bins.step) == (0.0, 1.0)
    np.testing.assert_array_equal(bins.low, [1.0, np.nan, 7.0])
    np.testing.assert_array_equal(bins.high, [3.0, np.nan, 7.0])
    np.testing.assert_array_equal(bins.mean, [2.0, np.nan, 7.0])


def test_a_long_value_fills_the_bins_that_it_touches():
    binner = Binner(limit=100, step=1.0)
    binner.add([10.0], [3.5], [5.0])
    bins = binner.bins()
    assert bins.begin == 10.0
    np.testing.assert_array_equal(bins.mean, [5.0] * 4)


def test_frames_of_a_steady_rate_leave_no_gap():
    binner = Binner()
    pts = np.arange(100_000) * 1001 / 30_000
    binner.add(pts, np.full(pts.size, 1001 / 30_000), np.ones(pts.size))
    assert not np.isnan(binner.bins().mean).any()


def test_a_gap_stays_a_gap_when_bins_are_merged():
    binner = Binner(limit=10, step=1.0)
    pts = np.array([*range(8), *range(24, 40)], float)
    binner.add(pts, np.ones(pts.size), pts)
    bins = binner.bins()
    assert bins.step == 4.0
    np.testing.assert_array_equal(np.isnan(bins.mean), [0, 0, 1, 1, 1, 1, 0, 0, 0, 0])
    assert bins.high[-1] == 39.0


def test_what_is_not_finite_was_not_measured():
    binner = Binner(step=1.0)
    binner.add([0.0, 1.0, 2.0], [1.0] * 3, [np.nan, np.inf, 4.0])
    np.testing.assert_array_equal(binner.bins().mean, [4.0])


def test_nothing_measured():
    binner = Binner()
    binner.add([], [], [])
    assert binner.bins().mean.size == 0


def test_a_value_from_before_the_first_counts_in_the_first_bin():
    binner = Binner(step=1.0)
    binner.add([5.0], [1.0], [1.0])
    binner.add([4.9], [0.0], [9.0])
    assert binner.bins().high[0] == 9.0


@given(
    lengths=st.lists(st.floats(0.001, 40.0), min_size=1, max_size=60),
    batch=st.integers(1, 60),
    start=st.floats(0.0, 1e5),
)
def test_extremes_and_reach_survive_any_length_and_any_batches(lengths, batch, start):
    pts = start + np.cumsum([0.0, *lengths[:-1]])
    values = np.sin(pts) * 100
    binner = Binner(limit=16, step=0.02)
    for first in range(0, len(lengths), batch):
        part = slice(first, first + batch)
        binner.add(pts[part], lengths[part], values[part])
    bins = binner.bins()
    assert bins.mean.size <= 16
    assert np.nanmin(bins.low) == pytest.approx(values.min(), rel=1e-6)
    assert np.nanmax(bins.high) == pytest.approx(values.max(), rel=1e-6)
    assert bins.begin + bins.step * bins.mean.size >= pts[-1] + lengths[-1] - 1e-3 * bins.step - 1e-6
    assert (bins.low <= bins.mean + 1e-3).all()
    assert (bins.mean <= bins.high + 1e-3).all()
