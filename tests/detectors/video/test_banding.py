import numpy as np
import pytest

from looking import findings, frames, judged, moving, observe, scene, spans, still
from spoiling import angular, blurred, spoilt, stepped
from watchglass.detectors.video.banding import Banding
from watchglass.model.finding import Severity


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(4.0), [], id="motion"),
        pytest.param(spoilt(stepped), [(2.0, 4.0)], id="sixteen levels, dated back"),
        pytest.param(spoilt(lambda picture: stepped(picture, 8)), [(2.0, 4.0)], id="thirty-two levels"),
        pytest.param(spoilt(stepped, after=0.0), [(2.0, 4.0)], id="to the end"),
        pytest.param(spoilt(stepped, during=0.2), [], id="too briefly"),
        pytest.param(spoilt(lambda picture: stepped(picture, 2)), [], id="half of the levels"),
        pytest.param(still(4.0, stepped(scene(9))), [], id="from the beginning"),
        pytest.param(still(2.0, scene(9)) + still(3.0, stepped(scene(4))), [], id="with a cut"),
        pytest.param(
            still(2.0, scene(4)) + spoilt(stepped, before=0.0),
            [(2.0, 4.0)],
            id="it came with a cut, and ends in the middle of a shot",
        ),
        pytest.param(spoilt(blurred, picture=angular()), [], id="another defect"),
    ],
)
def test_spans(clip, expected):
    assert spans(observe(Banding, frames(clip))) == [pytest.approx(span, abs=0.2) for span in expected]


def test_what_is_told():
    [finding] = findings(observe(Banding, frames(spoilt(stepped))))
    assert finding.severity is Severity.WARNING
    assert "steps" in finding.message


def test_noise_that_ends_leaves_all_as_it_was():
    picture = scene(9)
    clip = still(2.0, picture, noise=0.8) + still(2.0, picture, noise=12.0) + still(2.0, picture, noise=0.8)
    assert spans(observe(Banding, frames(clip))) == []


def test_light_that_comes_does_not_hide_it():
    dim = (0.5 * scene(9)).astype(np.uint8)
    lit = [each + np.uint8(n) for n, each in enumerate(spoilt(stepped, picture=dim))]
    assert spans(observe(Banding, frames(lit))) == [pytest.approx((2.0, 4.0), abs=0.2)]


def look(steps, moved=0.0, *, comes=0.0, goes=0.0):
    """How many steps there are, how much moves, and how many come or go at once."""
    told = {"moved": (moved, "code values")} if moved else {}
    for way, by in (("", comes), ("back_", goes)):
        if by:
            told |= {f"{way}at_once": (by, "1"), f"{way}noise_gone": (0.0, "code values")}
    return {**told, "steps": (steps, "1")}


@pytest.mark.parametrize(("moved", "count"), [(20.0, 1), (33.0, 0)], ids=["motion", "text that rolls by"])
def test_steps_that_come_and_go(moved, count):
    looks = [look(0.04, moved)] * 20 + [look(0.24, moved, comes=0.2)] + [look(0.24, moved)] * 10
    assert len(spans(judged(Banding, [*looks, *[look(0.04, moved)] * 20]))) == count


@pytest.mark.parametrize(("left", "count"), [(0.1, 1), (0.24, 0)], ids=["they end", "an encoder mends a still"])
def test_steps_of_a_still_that_end(left, count):
    looks = [look(0.39)] * 30 + [look(left, goes=0.39 - left)] + [look(left)] * 20
    assert len(spans(judged(Banding, looks))) == count
