import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, plain, readings, scene, spans, still
from spoiling import blurred, grainy, spoilt
from watchglass.detectors.video.noise import Noise
from watchglass.model.finding import Severity


def grain(sigma):
    rng = np.random.default_rng(4)
    return lambda picture: grainy(picture, sigma, seed=int(rng.integers(1 << 30)))


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(4.0), [], id="motion"),
        pytest.param(still(4.0, noise=12.0), [], id="grain from the beginning"),
        pytest.param(spoilt(grain(12.0)), [(2.0, 4.0)], id="noise, dated back"),
        pytest.param(spoilt(grain(12.0), after=0.0), [(2.0, 4.0)], id="to the end"),
        pytest.param(spoilt(grain(12.0), during=0.2), [], id="too briefly"),
        pytest.param(spoilt(grain(1.5)), [], id="hardly any"),
        pytest.param(still(2.0, scene(9)) + still(3.0, scene(4), noise=12.0), [], id="with a cut: a look"),
        pytest.param(
            still(2.0, scene(4)) + spoilt(grain(12.0), before=0.0),
            [(2.0, 4.0)],
            id="it came with a cut, and ends in the middle of a shot",
        ),
        pytest.param(
            still(2.0, scene(4)) + spoilt(grain(12.0), before=0.0, during=0.8),
            [],
            id="for a moment after a cut",
        ),
        pytest.param(spoilt(grain(12.0), before=0.0), [(0.1, 2.0)], id="from the beginning, and it ends"),
        pytest.param(spoilt(blurred), [], id="another defect"),
        pytest.param(plain(2.0, 16) + still(2.0, noise=12.0), [], id="out of black"),
        pytest.param([grainy(scene(9), n / 10, seed=n) for n in range(150)], [], id="little by little"),
        pytest.param([picture[:8] for picture in spoilt(grain(12.0))], [], id="too small"),
    ],
)
def test_spans(clip, expected):
    assert spans(observe(Noise, frames(clip))) == [pytest.approx(span, abs=0.2) for span in expected]


@pytest.mark.parametrize("lasts", [0.1, 0.2, 0.3, 0.4, 0.5])
def test_noise_that_ends_soon_after_a_hole(lasts):
    after = frames(spoilt(grain(12.0), before=0.0, during=lasts), start=9.0)
    assert spans(observe(Noise, [*frames(still(2.0, scene(9))), *after])) == []


def test_what_is_told():
    [finding] = findings(observe(Noise, frames(spoilt(grain(12.0)))))
    assert finding.severity is Severity.WARNING
    assert "Noise of 1" in finding.message


def test_eight_looks_a_second_whatever_the_rate():
    for rate in (12.5, 25, 50, 60):
        assert 11 <= len(readings(observe(Noise, frames(moving(2.0, rate=rate), rate=rate)), "grain")) <= 17


def test_ten_bits():
    deep = [picture.astype(np.uint16) << 2 for picture in spoilt(grain(12.0))]
    [span] = spans(observe(Noise, frames(deep, bit_depth=10, chroma=(512, 512))))
    assert span == pytest.approx((2.0, 4.0), abs=0.2)


@settings(max_examples=5, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    [(opened, closed)] = spans(observe(Noise, frames(spoilt(grain(12.0)), start=float(start)), start=float(start)))
    assert (opened - start, closed - start) == pytest.approx((2.0, 4.0), abs=0.3)


def test_light_that_comes_does_not_hide_it():
    dim = (0.5 * scene(9)).astype(np.uint8)
    lit = [each + np.uint8(n) for n, each in enumerate(spoilt(grain(12.0), picture=dim))]
    assert spans(observe(Noise, frames(lit))) == [pytest.approx((2.0, 4.0), abs=0.2)]


def test_over_a_night_scene():
    night = 16 + (scene(9) - 16.0).clip(0, None) * 0.12
    assert spans(observe(Noise, frames(spoilt(grain(25.0), picture=night.astype(np.uint8))))) == [
        pytest.approx((2.0, 4.0), abs=0.2)
    ]
