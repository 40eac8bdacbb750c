import cv2
import numpy as np
import pytest

from looking import findings, frames, moving, observe, scene, spans, still
from spoiling import angular, blurred, dissolved, spoilt, stepped
from watchglass.detectors.video.blur import Blur
from watchglass.model.finding import Severity


def soft(picture):
    return blurred(picture, 7)


def fuzzy(picture):
    return blurred(picture, 3)


def half(picture):
    mixed = picture.copy()
    mixed[:, :80] = blurred(picture)[:, :80]
    return mixed


def pulled(seconds):
    """A lens that goes out of focus little by little."""
    picture, count = angular(), round(25 * seconds)
    return still(1.5, picture) + [cv2.GaussianBlur(picture, (0, 0), 0.3 + 3.0 * n / count) for n in range(count)]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(4.0), [], id="motion"),
        pytest.param(spoilt(blurred, picture=angular()), [(2.0, 4.0)], id="blur, dated back"),
        pytest.param(spoilt(soft, picture=angular()), [(2.0, 4.0)], id="less of it"),
        pytest.param(spoilt(blurred, after=0.0, picture=angular()), [(2.0, 4.0)], id="to the end"),
        pytest.param(spoilt(blurred, during=0.16, picture=angular()), [], id="too briefly"),
        pytest.param(spoilt(half, picture=angular()), [], id="half of the picture"),
        pytest.param(pulled(2.0), [], id="a lens takes its time"),
        pytest.param(still(4.0, blurred(angular())), [], id="from the beginning"),
        pytest.param(still(2.0, angular()) + still(2.0, blurred(angular(8))), [], id="with a cut"),
        pytest.param(still(2.0, angular(), noise=15.0) + still(2.0, angular()), [], id="noise that ends"),
        pytest.param(
            spoilt(blurred, during=3.0, after=0.0, picture=angular()) + still(2.0, angular(8)),
            [(2.0, 5.0)],
            id="until the next cut",
        ),
        pytest.param(
            still(2.0, angular(8)) + spoilt(blurred, before=0.0, picture=angular()),
            [(3.7, 4.0)],
            id="it came with a cut, and ends in the middle of a shot",
        ),
        pytest.param(
            still(2.0, angular(8)) + spoilt(blurred, before=0.0, during=0.16, picture=angular()),
            [],
            id="an encoder that settles after a cut",
        ),
    ],
)
def test_spans(clip, expected):
    assert spans(observe(Blur, frames(clip))) == [pytest.approx(span, abs=0.2) for span in expected]


def test_what_is_told():
    [finding] = findings(observe(Blur, frames(spoilt(blurred, picture=angular()))))
    assert finding.severity is Severity.WARNING
    assert "lurred" in finding.message


def test_a_pan_that_begins_is_none():
    wide = np.concatenate([angular(seed) for seed in range(4)], axis=1)
    smear = np.mean([wide[:, n : n + 400].astype(float) for n in range(6)], axis=0).astype(np.uint8)
    clip = still(2.0, wide[:, :160]) + [smear[:, 6 * n : 6 * n + 160] for n in range(40)]
    assert spans(observe(Blur, frames(clip))) == []


def test_noise_that_ends_leaves_all_as_it_was():
    picture = scene(9)
    clip = still(2.0, picture, noise=0.8) + still(2.0, picture, noise=12.0) + still(2.0, picture, noise=0.8)
    assert spans(observe(Blur, frames(clip))) == []


@pytest.mark.parametrize(
    ("spoil", "keys", "expected"),
    [
        pytest.param(fuzzy, (0, 25, 50, 75, 100), [], id="one that was due"),
        pytest.param(fuzzy, (0, 40, 50, 90), [(2.0, 4.0)], id="one that it called for"),
        pytest.param(blurred, (0, 25, 50, 75, 100), [(2.0, 4.0)], id="far too much for one that was due"),
    ],
)
def test_with_a_key_frame(spoil, keys, expected):
    clip = spoilt(spoil, picture=angular())
    assert spans(observe(Blur, frames(clip, keys=keys))) == [pytest.approx(each, abs=0.1) for each in expected]


def brighter(clip, by=25.0):
    """A shot into which light comes, so many code values a second."""
    return [np.clip(each + by * n / 25.0, 0.0, 255.0).astype(np.uint8) for n, each in enumerate(clip)]


def test_light_that_comes_does_not_hide_it():
    dim = (0.4 * angular()).astype(np.uint8)
    assert spans(observe(Blur, frames(brighter(spoilt(blurred, picture=dim))))) == [pytest.approx((2.0, 4.0), abs=0.1)]
    assert spans(observe(Blur, frames(brighter(still(4.0, dim))))) == []


def test_banding_that_ends_is_none():
    smooth = cv2.GaussianBlur(scene(9, width=640, height=360), (0, 0), 3.0)
    assert spans(observe(Blur, frames(spoilt(stepped, picture=smooth)))) == []


@pytest.mark.parametrize(
    ("before", "after", "power"),
    [
        pytest.param(angular(), cv2.GaussianBlur(angular(8), (0, 0), 6.0), 2.0, id="its end"),
        pytest.param(cv2.GaussianBlur(angular(8), (0, 0), 6.0), angular(4), 0.5, id="its beginning"),
    ],
)
def test_a_dissolve_is_none(before, after, power):
    assert spans(observe(Blur, frames(dissolved(before, after, 10, power)))) == []
