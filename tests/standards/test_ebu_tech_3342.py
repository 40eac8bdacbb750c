"""EBU Tech 3342: loudness range, the cases that can be synthesised (5 and 6 are recordings)."""

import pytest

from listening import blocks, join, observe, readings, sine
from watchglass.detectors.audio.loudness import Loudness


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([-20, -30], 10.0, id="1"),
        pytest.param([-20, -15], 5.0, id="2"),
        pytest.param([-40, -20], 20.0, id="3"),
        pytest.param([-50, -35, -20, -35, -50], 15.0, id="4"),
    ],
)
def test_loudness_range(levels, expected):
    told = observe(Loudness, blocks(join(*(sine(20, level) for level in levels))))
    assert readings(told, "range")[-1] == pytest.approx(expected, abs=1.0)
