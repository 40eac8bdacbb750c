import numpy as np
import pytest

from watchglass.model.turn import turned_at


@pytest.mark.parametrize("at", [0, 1, 7, 19])
def test_a_clear_step(at):
    assert turned_at([0.0] * at + [1.0] * (20 - at), 0.0, 1.0) == at


def test_a_step_in_noise():
    rng = np.random.default_rng(4)
    values = np.repeat([0.2, -0.6], 30) + 0.3 * rng.standard_normal(60)
    assert abs(turned_at(values, 0.2, -0.6) - 30) <= 1


def test_one_stray_value_before_is_not_the_step():
    assert turned_at([0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0], 0.0, 1.0) == 4
