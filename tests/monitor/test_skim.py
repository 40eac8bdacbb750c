"""What is judged quickly is judged the same: with every reading shown, and with most of them passed over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readings import MAKERS, Stretch, batches, readings, track_of
from watchglass.config.settings import PROFILES
from watchglass.detectors import CATALOGUE, load
from watchglass.model.skimming import Skims
from watchglass.monitor.skim import Judging

PROFILE = PROFILES["ebu-r128"]
SKIMMING = [name for name in CATALOGUE if issubclass(load(name), Skims)]

stretches = st.lists(
    st.builds(
        Stretch,
        kind=st.sampled_from(["dull", "dull", "edge", "bad"]),
        count=st.sampled_from([1, 3, 10, 40, 90, 400, 700]),
        pause=st.sampled_from([0.0, 0.0, 0.0, 0.7, 5.0, -0.3]),
    ),
    min_size=1,
    max_size=7,
)


def one_by_one(name, told, limits=None):
    """The second half alone, as a loop would run it."""
    detector = load(name)(limits, track_of(name), PROFILE)
    found = [(order, finding) for order, reading in enumerate(told, 1) for finding in detector.judge(reading)]
    return [*found, *((0, finding) for finding in detector.finish(told[-1].end))]


def quickly(name, told, sizes, limits=None, *, skims=True):
    judging = Judging(load(name)(limits, track_of(name), PROFILE), skims=skims)
    found = [each for columns in batches(told, sizes) for each in judging.judge(columns)]
    found += judging.rest()
    return [*found, *((0, finding) for finding in judging.detector.finish(told[-1].end))]


def test_there_are_readings_for_every_detector():
    assert set(MAKERS) == set(CATALOGUE)


@pytest.mark.parametrize("skims", [True, False])
@pytest.mark.parametrize("name", CATALOGUE)
@settings(max_examples=6, derandomize=True)
@given(stretches=stretches, seed=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=3))
def test_it_finds_what_is_found_one_by_one(name, skims, stretches, seed, sizes):
    told = readings(name, stretches, seed)
    assert quickly(name, told, sizes, skims=skims) == one_by_one(name, told)


@pytest.mark.parametrize("name", SKIMMING)
@settings(max_examples=5, derandomize=True)
@given(stretches=stretches, seed=st.integers(0, 2**32), data=st.data())
def test_whatever_the_settings(name, stretches, seed, data):
    defaults = load(name).settings_type()
    factors = {key: data.draw(st.sampled_from([1.0, 0.6, 1.7]), label=key) for key in type(defaults).model_fields}
    dumped = defaults.model_dump().items()
    values = {
        key: type(value)(value * factors[key]) if isinstance(value, int | float) else value for key, value in dumped
    }
    limits = type(defaults).model_construct(**values)
    told = readings(name, stretches, seed)
    assert quickly(name, told, [1000], limits) == one_by_one(name, told, limits)


@pytest.mark.parametrize("name", SKIMMING)
def test_what_is_dull_is_passed_over(name, monkeypatch):
    """Else the above would hold of nothing."""
    shown = []
    kind = load(name)
    judge = kind.judge
    monkeypatch.setattr(kind, "judge", lambda self, reading: (shown.append(reading), judge(self, reading))[1])
    told = readings(name, [Stretch("dull", 3000), Stretch("bad", 100), Stretch("dull", 3000)], 3)
    found = quickly(name, told, [2500])
    assert len(shown) < 0.4 * len(told)
    assert any(finding.told_at > 0.0 for _, finding in found)


@pytest.mark.parametrize("name", SKIMMING)
def test_it_says_what_it_rests_on(name):
    detector = load(name)
    assert detector.decided_by
    assert detector.memory >= 1
    assert detector.memory_at_least <= detector.memory
    assert not detector.noted & set(detector.decided_by)
