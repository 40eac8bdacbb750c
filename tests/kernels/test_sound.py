from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.kernels.sound import HIGHEST, Framer, dbfs, hops, tame

RAMP = np.arange(20_000, dtype=np.float32)[None]


def test_levels_by_hop():
    samples = np.concatenate([np.full((2, 2400), 0.5), np.full((2, 2400), -0.25)], axis=1).astype(np.float32)
    levels = hops(samples, 48_000)
    assert levels.seconds == pytest.approx(0.05)
    assert levels.peak == pytest.approx(np.array([[0.5, 0.25]] * 2))
    assert levels.power == pytest.approx(np.array([[0.25, 0.0625]] * 2))
    assert levels.mean == pytest.approx(np.array([[0.5, -0.25]] * 2))


def test_dbfs():
    assert dbfs(1.0) == 0.0
    assert dbfs(0.1) == pytest.approx(-20.0)
    assert dbfs(0.0) == -200.0


@given(cuts=st.lists(st.integers(0, 20_000), max_size=20), rate=st.sampled_from([8_000, 11_025, 44_100]))
def test_frames_do_not_depend_on_the_blocks(cuts, rate):
    edges = [0, *sorted(cuts), 20_000]
    framer = Framer()
    frames = [f for a, b in pairwise(edges) for f in framer.cut(a / rate, RAMP[:, a:b], rate)]
    whole = list(Framer().cut(0.0, RAMP, rate))
    assert [f.samples[0, 0] for f in frames] == [f.samples[0, 0] for f in whole]
    assert all(np.array_equal(f.samples, w.samples) for f, w in zip(frames, whole, strict=True))
    assert [f.pts for f in frames] == pytest.approx([f.pts for f in whole], abs=1e-6)
    assert [f.is_first for f in frames] == [i == 0 for i in range(len(frames))]


def test_a_gap_starts_over():
    framer = Framer()
    frames = [*framer.cut(0.0, RAMP[:, :1200], 8_000), *framer.cut(5.0, RAMP[:, :1600], 8_000)]
    assert [(f.pts, f.is_first) for f in frames] == [(0.0, True), (5.0, True), (pytest.approx(5.1), False)]


def test_a_timestamp_that_is_rounded_is_no_gap():
    framer = Framer()
    frames = [*framer.cut(0.0, RAMP[:, :1200], 8_000), *framer.cut(0.153, RAMP[:, 1200:2400], 8_000)]
    assert [f.samples[0, 0] for f in frames] == [0.0, 800.0, 1600.0]
    assert not any(f.is_first for f in frames[1:])


def test_another_format_starts_over():
    framer = Framer()
    frames = [*framer.cut(0.0, RAMP[:, :1200], 8_000), *framer.cut(0.15, np.tile(RAMP[:, :800], (2, 1)), 8_000)]
    assert [f.is_first for f in frames] == [True, True]
    assert frames[1].samples.shape == (2, 800)


def test_sound_that_is_a_number_is_not_touched():
    quiet = RAMP[:, :60] / 60
    assert tame(quiet) is quiet
    assert tame(quiet[:, :0]).shape == (1, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_sound_is_taken_out(bad):
    broken = np.zeros((2, 10), np.float32)
    broken[1, 4] = bad
    assert np.isfinite(tame(broken)).all()
    assert np.abs(tame(broken)).max() <= HIGHEST
    assert not tame(broken)[0].any()


def test_hardly_any_samples():
    assert hops(RAMP[:, :0], 48_000).power.shape == (1, 0)
    assert hops(RAMP[:, :1], 1).power.shape == (1, 1)
    assert list(Framer().cut(0.0, RAMP, 50)) == []
