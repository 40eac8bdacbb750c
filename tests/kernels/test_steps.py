import numpy as np
import pytest

from watchglass.kernels.steps import in_step


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        pytest.param([0.0], False, id="alone"),
        pytest.param([0.0, 0.5], False, id="two"),
        pytest.param([-0.5, 0.0, 0.5], True, id="in the middle"),
        pytest.param([0.0, 0.5, 1.0], True, id="the first of three"),
        pytest.param([-1.0, -0.5, 0.0], True, id="the last of three"),
        pytest.param([0.0, 0.5, 1.01], False, id="out of step"),
        pytest.param([0.0, 1.2, 2.4], False, id="slower than music"),
    ],
)
def test_in_step(moments, expected):
    assert in_step(np.array(moments)) is expected
