import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import TRACK as PICTURE
from looking import findings, readings, spans
from watchglass.detectors.sync.timestamps import Timestamps, TimestampsSettings
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.media import AudioBlock, Damage, TimelineBreak, Track, Tracks, VideoFrame
from watchglass.monitor.watch import watch

SOUND = Track("audio:0", "audio", "pcm")
GREY = np.full((4, 4), 128, np.uint8)
QUIET = np.zeros((1, 800), np.float32)


def observe(items, track, *, limits=None):
    def hire(each):
        return [Timestamps(limits, each)] if each else []

    seen = watch([Tracks(0.0, (track,)), *items], hire)
    return [told for told in seen if isinstance(told, Reading | Finding)]


def pictures(times, rate=25):
    return [VideoFrame(track="video:0", pts=pts, duration=1 / rate, luma=GREY) for pts in times]


def cadence(begin, end, rate=25):
    return [begin + n / rate for n in range(round((end - begin) * rate))]


def sound(begin, end, stretch=1.0, tenths=1):
    """Blocks of so many tenths of a second; each comes ``stretch`` times its length after the one before."""
    block, count = 0.1 * tenths, round((end - begin) * 10 / tenths)
    samples = np.tile(QUIET, tenths)
    return [
        AudioBlock(track="audio:0", pts=begin + n * block * stretch, samples=samples, rate=8000) for n in range(count)
    ]


def jump(pts, *, announced=False, cause="discontinuity", track="audio:0"):
    return TimelineBreak(track, pts, cause, raw_before=pts, raw_after=pts + 900.0, announced=announced)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(sound(0, 10), [], id="without a break"),
        pytest.param(sound(0, 5) + sound(5.3, 10), [(5.0, 5.4)], id="a hole"),
        pytest.param(sound(0, 5) + sound(5.03, 10), [], id="a hole, but a small one"),
        pytest.param(sound(0, 5) + sound(4.8, 10), [(4.8, 4.9)], id="an overlap"),
        pytest.param(sound(0, 5) + sound(5.3, 6) + sound(6.3, 10), [(5.0, 6.4)], id="two, shortly after one another"),
        pytest.param([*sound(0, 5), jump(5.0), *sound(5.0, 10)], [(5.0, 5.0)], id="a step to another clock"),
        pytest.param([*sound(0, 5), jump(5.0, announced=True), *sound(5.3, 10)], [], id="a step that was announced"),
        pytest.param([*sound(0, 5), jump(5.0, cause="wrap"), *sound(5.0, 10)], [], id="a clock of 33 bits goes round"),
    ],
)
def test_sound(items, expected):
    assert spans(observe(items, SOUND)) == [pytest.approx(span, abs=0.11) for span in expected]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param(cadence(0, 8), [], id="without a break"),
        pytest.param(cadence(0, 4) + cadence(4.5, 8), [(4.0, 4.54)], id="a hole"),
        pytest.param(cadence(0, 4) + cadence(4.08, 8), [], id="two pictures are missing"),
        pytest.param(cadence(0, 0.6) + cadence(1.4, 8), [], id="before the cadence is known"),
        pytest.param(cadence(0, 4) + cadence(3.7, 8), [(3.7, 3.74)], id="an overlap"),
    ],
)
def test_pictures(times, expected):
    assert spans(observe(pictures(times), PICTURE)) == [pytest.approx(span, abs=0.06) for span in expected]


@pytest.mark.parametrize("shortest", [pytest.param(0.01, id="a screen recording"), pytest.param(0.03, id="a phone")])
def test_a_variable_frame_rate_is_no_defect(shortest):
    times = np.cumsum(np.random.default_rng(3).choice([shortest, 0.1, 0.7], 300)).tolist()
    assert spans(observe(pictures(times), PICTURE)) == []


def test_small_errors_of_sound_add_up_to_a_drift():
    told = observe(sound(0, 40, stretch=1.005), SOUND)  # half a millisecond a block
    assert max(readings(told, "drift")) == pytest.approx(0.2, abs=0.005)
    [finding] = findings(told)
    assert finding.opened_at == pytest.approx(4.0, abs=0.3)  # where it was more than rounding
    assert "drifted by +0.1" in finding.message


def test_a_clock_that_is_badly_wrong_is_no_row_of_holes():
    [finding] = findings(observe(sound(0, 3) + sound(3, 9, stretch=1.1, tenths=4), SOUND))
    assert finding.opened_at == pytest.approx(3.0, abs=0.5)
    assert "drifted" in finding.message


def test_rounding_of_a_container_is_no_drift():
    coarse = sound(0, 30)
    for n, block in enumerate(coarse):
        block.pts += (0.0, 0.001, -0.001)[n % 3]  # Matroska writes whole milliseconds
    assert spans(observe(coarse, SOUND)) == []


def test_the_first_moments_are_information_only():
    [finding] = findings(observe(sound(0, 0.2) + sound(0.4, 5), SOUND))
    assert finding.severity is Severity.INFO
    [finding] = findings(observe(sound(0, 3) + sound(3.3, 5), SOUND))
    assert finding.severity is Severity.WARNING


def test_messages_are_for_people():
    [hole] = findings(observe(sound(0, 5) + sound(5.3, 8), SOUND))
    assert hole.message == "Timestamps leave a hole of 0.300 s"
    [overlap] = findings(observe(sound(0, 5) + sound(4.8, 8), SOUND))
    assert overlap.message == "Timestamps overlap by 0.200 s"
    [step] = findings(observe([*sound(0, 5), jump(5.0), *sound(5, 8)], SOUND))
    assert step.message == "The clock jumps by +900.000 s to another time"


def test_another_limit():
    limits = TimestampsSettings(audio_error_at=0.5)
    assert spans(observe(sound(0, 5) + sound(5.3, 8), SOUND, limits=limits)) == []


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    [(opened, closed)] = spans(observe(sound(start, start + 5) + sound(start + 5.3, start + 8), SOUND))
    assert (opened - start, closed - start) == pytest.approx((5.0, 5.4), abs=0.01)


def test_what_damaged_packets_cost_is_no_drift():
    """A frame of AAC is lost now and then: five of them are a tenth of a second, and nobody's clock is wrong."""
    lost, blocks, pts = [9, 19, 29, 39, 49, 59], [], 0.0
    for number in range(700):
        if number // 10 in lost and number % 10 == 0:
            blocks.append(Damage("audio:0", pts, "packet"))
            pts += 1024 / 48_000
        blocks.append(AudioBlock(track="audio:0", pts=pts, samples=np.zeros((1, 800), np.float32), rate=8_000))
        pts += 0.1
    track = Track("audio:0", "audio", "aac")
    assert findings(observe(blocks, track)) == []
    assert findings(observe([block for block in blocks if isinstance(block, AudioBlock)], track)) != []
