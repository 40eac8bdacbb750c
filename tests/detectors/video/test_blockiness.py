import cv2
import numpy as np
import pytest

from looking import findings, frames, judged, moving, observe, scene, spans, still
from spoiling import angular, blocky, blurred, dissolved, spoilt, stepped
from watchglass.detectors.video.blockiness import Blockiness
from watchglass.model.finding import Severity

SOFT = cv2.GaussianBlur(scene(9), (0, 0), 4.0)
SLOPE = np.add.outer(np.arange(90) // 2, 50 + np.arange(160)).astype(np.uint8)


def large(picture):
    return blocky(picture, 16)


def faintly(picture):
    return cv2.addWeighted(picture, 0.92, blocky(picture), 0.08, 0.0)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(4.0), [], id="motion"),
        pytest.param(spoilt(blocky, picture=SOFT), [(2.0, 4.0)], id="blocks, dated back"),
        pytest.param(spoilt(large, picture=SLOPE), [(2.0, 4.0)], id="large blocks"),
        pytest.param(spoilt(blocky, after=0.0, picture=SOFT), [(2.0, 4.0)], id="to the end"),
        pytest.param(spoilt(blocky, during=0.2, picture=SOFT), [], id="too briefly"),
        pytest.param(still(4.0, blocky(scene(9))), [], id="from the beginning"),
        pytest.param(still(2.0, scene(9)) + still(3.0, blocky(scene(4))), [], id="with a cut"),
        pytest.param(
            still(2.0, scene(4)) + spoilt(blocky, before=0.0, picture=SOFT),
            [(2.0, 4.0)],
            id="it came with a cut, and ends in the middle of a shot",
        ),
        pytest.param(
            still(2.0, scene(4)) + spoilt(blocky, before=0.0, during=1.2, picture=SOFT),
            [],
            id="an encoder finds its pace after a cut",
        ),
        pytest.param(spoilt(faintly, picture=SOFT), [(2.0, 4.0)], id="a faint grid that stays"),
        pytest.param(spoilt(faintly, during=0.6, picture=SOFT), [], id="and one that does not"),
        pytest.param(spoilt(blurred, picture=angular()), [], id="blur"),
        pytest.param(spoilt(stepped), [], id="steps"),
    ],
)
def test_spans(clip, expected):
    assert spans(observe(Blockiness, frames(clip))) == [pytest.approx(span, abs=0.2) for span in expected]


def test_what_is_told():
    [finding] = findings(observe(Blockiness, frames(spoilt(blocky, picture=SOFT))))
    assert finding.severity is Severity.WARNING
    assert "grid of blocks" in finding.message


def test_an_encoder_that_starves_while_it_moves_is_none():
    clip = still(2.0, scene(1), noise=0.8) + [blocky(each) for each in moving(1.5, speed=4)]
    assert spans(observe(Blockiness, frames(clip))) == []


def look(grid, moved, likeness, back=0.0):
    """How much of a grid there is, how much moves, how alike it is, and how much leaps back."""
    told = {"likeness": (likeness, "1"), "moved": (moved, "code values")}
    if back:
        told |= {"back_at_once": (back, "octaves"), "back_noise_gone": (0.0, "code values")}
    return {**told, "grid": (grid, "times")}


RESTS = [look(1.3, 4.7, 0.98)] * 20 + [look(3.2, 90.0, 0.1)] + [look(3.3, 4.7, 0.98)] * 80
MELTS = [
    look(grid, moved, 0.88)
    for grid, moved in ((3.1, 5.8), (3.0, 7.7), (2.8, 8.4), (2.6, 10.1), (2.3, 11.0), (2.3, 12.8))
]


@pytest.mark.parametrize(
    ("looks", "count"),
    [
        pytest.param([*RESTS, look(1.4, 4.7, 0.98, 1.1), *[look(1.4, 4.7, 0.98)] * 10], 1, id="they go"),
        pytest.param(
            [*RESTS, *MELTS, look(1.4, 11.6, 0.93, 1.1), *[look(1.3, 10.0, 0.94)] * 10], 0, id="motion melts them"
        ),
    ],
)
def test_blocks_that_go(looks, count):
    assert len(spans(judged(Blockiness, looks))) == count


def test_noise_that_ends_leaves_all_as_it_was():
    picture = scene(9)
    clip = still(2.0, picture, noise=0.8) + still(2.0, picture, noise=12.0) + still(2.0, picture, noise=0.8)
    assert spans(observe(Blockiness, frames(clip))) == []


def test_light_that_comes_does_not_hide_it():
    dim = (0.5 * SOFT).astype(np.uint8)
    lit = [each + np.uint8(n) for n, each in enumerate(spoilt(blocky, picture=dim))]
    assert spans(observe(Blockiness, frames(lit))) == [pytest.approx((2.0, 4.0), abs=0.2)]
    assert spans(observe(Blockiness, frames([dim + np.uint8(n) for n in range(100)]))) == []


def test_a_dissolve_into_a_scene_with_blocks_is_none():
    clip = dissolved(cv2.GaussianBlur(angular(8), (0, 0), 6.0), blocky(angular(4)), 8, 0.5)
    assert spans(observe(Blockiness, frames(clip))) == []


@pytest.mark.parametrize(("before", "count"), [pytest.param([], 1, id="once"), pytest.param([25, 75], 0, id="again")])
def test_a_grid_that_comes_and_goes_while_the_camera_sweeps_is_how_it_is_coded(before, count):
    on = {n for start in before for n in range(start, start + 3)} | set(range(100, 150))
    soft = [cv2.GaussianBlur(picture, (0, 0), 4.0) for picture in moving(8.0, speed=6)]
    clip = [cv2.addWeighted(each, 0.8, blocky(each), 0.2, 0.0) if n in on else each for n, each in enumerate(soft)]
    assert len(spans(observe(Blockiness, frames(clip)))) == count
