import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, readings, spans, still
from watchglass.detectors.video.stutter import Stutter, StutterSettings
from watchglass.model.finding import Severity

CLIP = moving(14.0)


def watch(clip, **options):
    return observe(Stutter, frames(clip, **options))


def places(begin, end, count, seed=2):
    rng = np.random.default_rng(seed)
    spread = (np.arange(count) + 0.7 * rng.uniform(size=count)) / count
    return [round(25 * (begin + share * (end - begin))) for share in spread]


def dropped(clip, at, pictures=2):
    """From each place on, the picture before is held for so many, and then the motion leaps."""
    shown = list(clip)
    for place in at:
        shown[place : place + pictures] = [shown[place - 1]] * len(shown[place : place + pictures])
    return shown


def pulled_down(clip, every=5):
    """Each so-manyth picture twice, as film at 30 pictures a second."""
    return [each for n, picture in enumerate(clip) for each in [picture] * (1 + (n % (every - 1) == 0))]


def repeated(clip, at, late=2):
    """From each place on, all are late by one picture, until one is left out."""
    shown = list(clip)
    for place in at:
        shown[place : place + late] = clip[place - 1 : place - 1 + late]
    return shown


def twice(clip, at):
    """Each of these is shown twice, and all that follow are later for it."""
    return [each for n, picture in enumerate(clip) for each in [picture] * (1 + (n in at))]


def rolled(seconds, speed):
    """A drawn page that moves by whole pixels only."""
    page = np.where(np.random.default_rng(4).random((800, 160)) < 0.3, 235, 16).astype(np.uint8)
    return [np.roll(page, -int(n * speed), axis=0)[:90] for n in range(round(25 * seconds))]


def beside(before, after, pictures):
    """One dissolves into the other."""
    mixed = [
        np.rint(before[-1] + (after[n] - before[-1].astype(float)) * n / pictures).astype(np.uint8)
        for n in range(pictures)
    ]
    return before + mixed + after[pictures:]


JERKS = places(6.0, 10.0, 6)

AT_ONCE = dropped(moving(8.0, seed=7), places(0.1, 4.0, 24, 0), 1)


def test_pictures_are_dropped():
    [finding] = findings(watch(dropped(CLIP, JERKS)))
    assert finding.opened_at == pytest.approx(JERKS[0] / 25, abs=0.01)
    assert finding.closed_at == pytest.approx(JERKS[-1] / 25 + 0.08, abs=0.01)
    assert finding.severity is Severity.WARNING
    assert re.search("[56] times", finding.message)  # one may be in step by chance


def test_pictures_are_missing():
    lost = {place + n for place in JERKS for n in range(2)}
    kept = [n for n in range(len(CLIP)) if n not in lost]
    [finding] = findings(watch([CLIP[n] for n in kept], times=[n / 25 for n in kept]))
    assert finding.opened_at == pytest.approx(JERKS[0] / 25, abs=0.01)


def test_a_step_that_begins_in_the_midst_of_a_shot():
    shown = dropped(CLIP, range(150, 250, 5), 1)
    [finding] = findings(watch(shown))
    assert finding.opened_at == pytest.approx(6.0, abs=0.01)


def test_two_long_holds_after_which_the_motion_leaps():
    columns = np.arange(160)
    waves = [np.tile(128 + 100 * np.sin((columns + 2 * n) / 25.0), (90, 1)).astype(np.uint8) for n in range(350)]
    [finding] = findings(watch(dropped(waves, [150, 200], 8)))
    assert finding.opened_at == pytest.approx(6.0, abs=0.01)


@pytest.mark.parametrize(
    ("clip", "begin"),
    [
        pytest.param(repeated(CLIP, JERKS), JERKS[0] / 25, id="shown twice, and others left out"),
        pytest.param(
            dropped(pulled_down(moving(14.0, speed=1)), JERKS, 4), JERKS[0] / 25, id="longer than film at 30 holds"
        ),
        pytest.param(twice(CLIP, places(6.0, 9.0, 8)), 6.0, id="shown twice in a shot that was smooth for long"),
        pytest.param(moving(3.0) + still(4.0) + AT_ONCE, 8.5, id="as soon as a shot begins"),
        pytest.param(still(5.0) + dropped(CLIP, places(0.5, 3.5, 6))[:150], 5.5, id="just after a rest"),
        pytest.param(dropped(CLIP, places(0.5, 13.0, 18)), 1.3, id="from the beginning, and long"),
    ],
)
def test_it_jerks(clip, begin):
    found = findings(watch(clip))
    assert found
    assert found[0].opened_at == pytest.approx(begin, abs=0.3)


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(CLIP, id="motion"),
        pytest.param(pulled_down(CLIP), id="film at 30"),
        pytest.param([picture for picture in CLIP for _ in range(2)], id="animation on twos"),
        pytest.param(pulled_down(CLIP, 25), id="24 pictures shown as 25"),
        pytest.param(dropped(CLIP, JERKS[:2], 1), id="twice"),
        pytest.param(dropped(pulled_down(CLIP), JERKS, 1), id="in film at 30"),
        pytest.param(dropped(CLIP, places(0.5, 13.0, 40), 1), id="it always does"),
        pytest.param(dropped(pulled_down(CLIP), [201], 1), id="one picture out of step in film at 30"),
        pytest.param(beside(CLIP[:150], rolled(6.0, 0.75), 40), id="whole pixels, all of a sudden"),
        pytest.param(dropped(still(14.0), JERKS), id="a still"),
        pytest.param(moving(6.0) + still(3.0) + moving(1.0) + still(2.0) + moving(2.0), id="rests"),
    ],
)
def test_nothing_to_tell(clip):
    assert findings(watch(clip)) == []


def test_what_was_told_is_not_told_again():
    found = findings(watch(moving(3.0) + still(4.0) + AT_ONCE))
    assert len({finding.opened_at for finding in found}) == len(found)


def test_another_patience():
    limits = StutterSettings(open_at=30.0)
    assert findings(observe(Stutter, frames(dropped(CLIP, JERKS)), settings=limits)) == []


def test_readings_are_few():
    assert len(readings(watch(CLIP), "motion")) <= 15


@settings(max_examples=5)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    clip = dropped(CLIP, JERKS)
    [(opened, closed)] = spans(observe(Stutter, frames(clip, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx(spans(watch(clip))[0], abs=1e-6)
