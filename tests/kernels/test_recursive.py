from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import sosfilt

from watchglass.kernels.loudness import k_weighting
from watchglass.kernels.recursive import Recursive

NOISE = np.random.default_rng(5).standard_normal((3, 5000)).astype(np.float32) + np.float32(0.3)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 192_000])
def test_the_same_as_sample_by_sample(rate):
    sections = k_weighting(rate)
    assert Recursive(sections, 3)(NOISE) == pytest.approx(sosfilt(sections, NOISE.astype(np.float64)), abs=1e-9)


@given(cuts=st.lists(st.integers(0, 5000), max_size=8))
def test_the_cut_does_not_matter(cuts):
    edges = [0, *sorted(cuts), 5000]
    recursive = Recursive(k_weighting(48_000), 3)
    pieces = [recursive(NOISE[:, a:b]) for a, b in pairwise(edges)]
    assert np.allclose(np.concatenate(pieces, axis=1), Recursive(k_weighting(48_000), 3)(NOISE), atol=1e-9)
