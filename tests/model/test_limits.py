import numpy as np
import pytest

from watchglass.model.detector import Settings
from watchglass.model.limits import Bound, Limit


class Made(Settings):
    open_at: float = 20.0
    """How far
    it may go."""


@pytest.mark.parametrize(
    ("bad", "expected"),
    [("above", [(20.0, "above")]), ("below", [(20.0, "below")]), ("beyond", [(20.0, "above"), (-20.0, "below")])],
)
def test_a_bound_reads_its_setting(bad, expected):
    limits = Bound("open_at", bad).limits(Made())
    assert [(limit.value, limit.bad) for limit in limits] == expected
    assert {(limit.name, limit.meaning) for limit in limits} == {("open_at", "How far it may go.")}
    assert Bound("open_at").limits(Made(open_at=5.0))[0].value == 5.0


def test_the_threshold_itself_is_bad_and_no_number_is_not():
    values = [19.0, 20.0, 21.0, np.nan]
    assert list(Limit(20.0, "above", "x").is_reached_by(values)) == [False, True, True, False]
    assert list(Limit(20.0, "below", "x").is_reached_by(values)) == [True, True, False, False]
