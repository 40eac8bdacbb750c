import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine
from watchglass.detectors.audio.true_peak import TruePeak
from watchglass.model.detector import Delivery

R128 = Delivery("EBU R 128", loudness=-23.0, loudness_tolerance=1.0, true_peak=-1.0)


def hear(sound, **options):
    return observe(TruePeak, blocks(sound), **options)


def test_without_a_profile_it_measures_and_judges_nothing():
    told = hear(sine(2.0, 0.0))
    assert findings(told) == []
    assert readings(told, "true_peak")[3] == pytest.approx(0.0, abs=0.05)


def test_above_the_maximum_of_the_profile():
    sound = join(sine(2.0, -6.0), sine(1.0, -0.2), sine(3.0, -6.0))
    [finding] = findings(hear(sound, delivery=R128))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((2.0, 3.1), abs=0.11)
    assert "EBU R 128" in finding.message


def test_at_the_maximum_is_allowed():
    assert findings(hear(sine(3.0, -1.0), delivery=R128)) == []


def test_peaks_between_the_samples_count():
    n = np.arange(96_000)
    fade = np.minimum(1.0, np.minimum(n, n[::-1]) / 480)
    wave = (fade * np.sin(np.pi * n / 2 + np.pi / 4)).astype(np.float32)[None]  # no sample is above -3 dBFS
    assert np.abs(wave).max() < 0.71
    assert len(findings(hear(wave, delivery=R128))) == 1


def test_nothing_for_nothing():
    assert readings(hear(silence(1.0)), "true_peak") == [-200.0] * 10


SPEECH = programme(3.0)
WHOLE = readings(hear(SPEECH), "true_peak")


@settings(max_examples=10)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(1000, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    told = observe(TruePeak, blocks(SPEECH, sizes=sizes, start=start), start=start)
    assert readings(told, "true_peak") == pytest.approx(WHOLE, abs=1e-9)
