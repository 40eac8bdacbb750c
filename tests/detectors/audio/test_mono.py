import numpy as np
import pytest

from listening import blocks, findings, observe, programme, readings, silence, spans
from watchglass.config.settings import PROFILES
from watchglass.detectors.audio.mono import Mono
from watchglass.model.finding import Severity

RATE = 48_000
PROFILE = PROFILES["ebu-r128"]


def hear(sound, delivery=PROFILE):
    return observe(Mono, blocks(sound), delivery=delivery)


def narrowed(sound, begin, end, gain=1.0):
    """The right side becomes the left one."""
    sound = sound.copy()
    part = slice(round(begin * RATE), round(end * RATE))
    sound[1, part] = gain * sound[0, part]
    return sound


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_the_same_on_both_sides_is_a_fact(gain):
    [finding] = findings(hear(narrowed(programme(15.0), 4.0, 11.0, gain)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((4.0, 11.0), abs=0.15)
    assert finding.severity is Severity.INFO


def test_throughout():
    assert spans(hear(narrowed(programme(8.0), 0.0, 8.0))) == [pytest.approx((0.0, 8.0), abs=0.01)]


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(programme(8.0), id="stereo"),
        pytest.param(programme(8.0, channels=1), id="one channel"),
        pytest.param(narrowed(programme(12.0), 4.0, 7.0), id="too short"),
        pytest.param(narrowed(programme(10.0), 0.0, 10.0, -1.0), id="opposite"),
        pytest.param(silence(8.0), id="silence"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_without_a_profile_it_only_measures():
    told = hear(narrowed(programme(8.0), 0.0, 8.0), delivery=None)
    assert findings(told) == []
    assert len(readings(told, "likeness")) > 100
    assert Mono(None, None, None).thresholds() == {}
    assert not Mono(None, None, None).judges


def test_a_pause_does_not_end_it():
    faint = np.repeat([1.0, 1e-3, 1.0], 4 * RATE).astype(np.float32)
    assert len(findings(hear(narrowed(programme(12.0) * faint, 0.0, 12.0)))) == 1
