import numpy as np
import pytest

from watchglass.kernels.ceilings import agreed, votes


@pytest.mark.parametrize(
    ("crowding", "top", "spread", "expected"),
    [
        pytest.param(2.0, -6.0, 1.0, 0.9, id="samples crowd"),
        pytest.param(100.0, -6.0, 1.0, 2.0, id="no more than two"),
        pytest.param(1.0, -6.0, 1.0, 0.0, id="they do not"),
        pytest.param(2.0, -40.0, 1.0, 0.0, id="faint"),
        pytest.param(2.0, -6.0, 0.1, 0.0, id="a steady tone"),
    ],
)
def test_what_a_ledge_counts(crowding, top, spread, expected):
    assert votes(crowding, top, spread, -30.0) == pytest.approx(expected)
    assert votes(*map(np.array, ([crowding], [top], [spread])), -30.0) == pytest.approx([expected])


@pytest.mark.parametrize(
    ("cast", "ledges", "expected", "cut"),
    [
        pytest.param([1.0, 2.0, 0.5], [-6.0, -6.5, -5.5], 3.5, [True, True, True], id="one ceiling"),
        pytest.param([1.0, 1.0, 0.5], [-6.0, -6.5, -12.0], 1.5, [True, True, False], id="less those for others"),
        pytest.param([1.0, 0.0, 1.0], [-6.0, -6.0, -6.0], 2.0, [True, False, True], id="without a vote"),
        pytest.param([2.0, 0.5, 0.5], [-6.0, -9.0, -12.0], 0.0, [True, False, False], id="alone"),
        pytest.param([0.0, 0.0, 0.0], [-6.0, -6.0, -6.0], 0.0, [False, False, False], id="nobody votes"),
    ],
)
def test_where_frames_agree(cast, ledges, expected, cut):
    [agreement], [voted] = agreed(np.array([cast]), np.array([ledges]))
    assert agreement == pytest.approx(expected)
    assert voted.tolist() == cut


def test_no_window_no_agreement():
    agreement, cut = agreed(np.zeros((0, 10)), np.zeros((0, 10)))
    assert agreement.shape == (0,)
    assert cut.shape == (0, 10)
