import os
from pathlib import Path

import numpy as np
import pytest

from looking import findings, frames, moving, observe, painted, plain, scene, spans, still
from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.detectors.video.flash import Flash, FlashSettings
from watchglass.media.source import open_source
from watchglass.model.finding import Finding
from watchglass.monitor.watch import watch

DARK, BRIGHT = 60, 200
AROUND = 40


def code_value(luminance):
    """Luma of a grey of this relative luminance."""
    signal = 1.055 * luminance ** (1 / 2.4) - 0.055 if luminance > 0.0031308 else 12.92 * luminance
    return round(16 + 219 * signal)


def picture(value, share=1.0):
    """One value in a rectangle in the middle that takes a share of the picture, something dark around it."""
    made = np.full((90, 160), AROUND, np.uint8)
    height, width = round(90 * share**0.5), round(160 * share**0.5)
    top, left = (90 - height) // 2, (160 - width) // 2
    made[top : top + height, left : left + width] = value
    return made


def flashing(rate, seconds, *, low=DARK, high=BRIGHT, share=1.0, fps=25, phase=0.0):
    """So many flashes a second."""
    states = [int((n / fps + phase) * 2.0 * rate + 1e-6) % 2 for n in range(round(seconds * fps))]
    return [picture(high if state else low, share) for state in states]


def told(clip, limits=None, fps=25):
    return spans(observe(Flash, frames(clip, rate=fps), settings=limits))


def pulses(count, seconds=1.0, before=1.0):
    """So many flashes of two pictures, spread over ``seconds``."""
    clip = [picture(DARK)] * round(25 * (before + seconds + 1.0))
    for number in range(count):
        at = round(25 * (before + number * seconds / count))
        clip[at : at + 2] = [picture(BRIGHT)] * 2
    return clip


@pytest.mark.parametrize(("count", "is_bad"), [(1, False), (2, False), (3, False), (4, True), (5, True)])
def test_more_than_three_in_a_second(count, is_bad):
    assert bool(told(pulses(count))) == is_bad


def test_four_in_more_than_a_second():
    assert told(pulses(4, 1.6)) == []


@pytest.mark.parametrize("fps", [24, 25, 30, 30000 / 1001, 50, 60])
@pytest.mark.parametrize("phase", [0.0, 0.013, 0.07])
def test_three_and_four_hertz(fps, phase):
    assert told(flashing(3, 4.0, fps=fps, phase=phase), fps=fps) == []
    assert len(told(flashing(4, 3.0, fps=fps, phase=phase), fps=fps)) == 1


@pytest.mark.parametrize(("share", "is_bad"), [(0.2, False), (0.24, False), (0.26, True), (0.4, True)])
def test_more_than_a_quarter_of_the_picture(share, is_bad):
    assert bool(told(flashing(6, 2.0, share=share))) == is_bad


@pytest.mark.parametrize("base", [0.02, 0.2, 0.5, 0.68])
@pytest.mark.parametrize(("step", "is_bad"), [(0.09, False), (0.11, True)])
def test_a_tenth_of_the_greatest_luminance(base, step, is_bad):
    clip = flashing(6, 2.0, low=code_value(base), high=code_value(base + step))
    assert bool(told(clip)) == is_bad


@pytest.mark.parametrize(("low", "is_bad"), [(0.77, True), (0.83, False)])
def test_the_darker_state_is_below_four_fifths(low, is_bad):
    assert bool(told(flashing(6, 2.0, low=code_value(low), high=code_value(low + 0.15)))) == is_bad


def test_it_is_dated_back_to_the_first_and_ends_with_the_last():
    clip = [picture(DARK)] * 50 + flashing(5, 2.0, low=BRIGHT, high=DARK) + [picture(DARK)] * 50
    assert told(clip) == [pytest.approx((2.0, 3.96), abs=0.1)]


def test_up_to_the_end():
    assert told([picture(DARK)] * 25 + flashing(5, 2.0, low=BRIGHT, high=DARK)) == [pytest.approx((1.0, 3.0), abs=0.15)]


def test_slow_and_soft_flashes_count_too():
    """A change may be spread over some pictures."""
    wave = 0.5 - 0.5 * np.cos(2.0 * np.pi * 5.0 * np.arange(150) / 50.0)
    base = scene().astype(float)
    clip = [(16 + (base - 16) * (0.3 + 0.7 * part)).astype(np.uint8) for part in wave]
    assert len(told(clip, fps=50)) == 1


def test_two_lamps_in_turn():
    left, right = picture(AROUND), picture(AROUND)
    left[:, :60], right[:, 100:] = BRIGHT, BRIGHT
    assert len(told(([left] * 2 + [right] * 2) * 12)) == 1


def test_a_camera_that_flashes_over_a_scene():
    clip = moving(3.0)
    for n in range(20, 60, 4):
        clip[n] = np.minimum(clip[n].astype(int) + 90, 235).astype(np.uint8)
    assert len(told(clip)) == 1


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(moving(4.0, speed=6), id="a pan"),
        pytest.param([np.roll(scene(contrast=90.0), 40 * n, axis=1) for n in range(75)], id="a fast pan over contrast"),
        pytest.param([np.random.default_rng(n).integers(16, 235, (90, 160), np.uint8) for n in range(75)], id="snow"),
        pytest.param([scene(n // 8, contrast=60.0) for n in range(100)], id="three cuts a second"),
        pytest.param(still(4.0, noise=6.0), id="noise"),
        pytest.param((plain(1.0, 16) + plain(0.08, 235)) * 3, id="a flash a second"),
        pytest.param([scene() // (1 + (n // 25) % 2) for n in range(100)], id="a light goes on and off"),
    ],
)
def test_no_flashes(clip):
    assert told(clip) == []


def red_and(other, red=(1.0, 0.0, 0.0), rate=5, share=1.0):
    """Red and another colour in turn, in the left part of the picture."""
    clip = []
    for n in range(75):
        made = np.full((90, 160, 3), 0.1, np.float32)
        made[:, : round(160 * share)] = red if int(n / 25 * 2 * rate + 1e-6) % 2 else other
        clip.append(made)
    return painted(clip)


@pytest.mark.parametrize(
    ("clip", "reasons"),
    [
        pytest.param(red_and((0.0, 0.0, 0.6)), {"general"}, id="red and blue, of other luminance"),
        pytest.param(red_and((0.36, 0.36, 0.36), red=(0.75, 0.0, 0.0)), {"red"}, id="red and a grey as bright"),
        pytest.param(red_and((0.36, 0.36, 0.36), red=(0.75, 0.0, 0.0), rate=3), set(), id="three a second"),
        pytest.param(red_and((0.36, 0.36, 0.36), red=(0.75, 0.0, 0.0), share=0.23), set(), id="in a small part"),
        pytest.param(red_and((0.5, 0.4, 0.4), red=(0.6, 0.35, 0.35)), set(), id="not saturated"),
        pytest.param(red_and((0.2, 0.0, 0.0), red=(0.27, 0.0, 0.0)), set(), id="dark, and less than the step"),
    ],
)
def test_red(clip, reasons):
    assert {finding.reason for finding in findings(observe(Flash, clip))} == reasons


def test_red_is_found():
    [finding] = findings(observe(Flash, red_and((0.36, 0.36, 0.36), red=(0.75, 0.0, 0.0))))
    assert finding.reason == "red"
    assert finding.message.startswith("It flashes red more than 3 times a second")


def test_other_limits():
    limits = FlashSettings(flashes=5, open_at=0.5)
    assert told(flashing(5, 2.0), limits) == []
    assert told(flashing(8, 2.0, share=0.4), limits) == []
    assert len(told(flashing(8, 2.0, share=0.6), limits)) == 1


CORPUS = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere")) / "av"
IRIS = {  # what IRIS says, by its published results
    "2Hz_5s": False,
    "2Hz_6s": False,
    "GradualRedIncrease": False,
    "extendedFLONG": False,
    "flashStripes": True,
    "gray": False,
}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="WATCHGLASS_CORPUS names no folder of real clips")
@pytest.mark.parametrize(("name", "fails"), IRIS.items())
def test_what_iris_says(name, fails):
    path = CORPUS / f"electronicarts__IRIS--{name}.mp4"
    with open_source(str(path)) as source:
        seen = [told for told in watch(source, crew(Config(), ["video.flash"])) if isinstance(told, Finding)]
    assert bool(seen) == fails
