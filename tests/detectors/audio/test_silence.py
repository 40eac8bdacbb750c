import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.silence import Silence, SilenceSettings
from watchglass.model.finding import Event, Finding, Severity

SPEECH = programme(4.0)


def noise(seconds, dbfs, channels=2):
    rng = np.random.default_rng(3)
    return (10 ** (dbfs / 20) * rng.standard_normal((channels, round(seconds * 48_000)))).astype(np.float32)


def hear(sound, **options):
    return observe(Silence, blocks(sound, **options))


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        pytest.param(SPEECH, [], id="programme"),
        pytest.param(join(SPEECH, silence(1.9), SPEECH), [], id="a pause, but too short"),
        pytest.param(join(SPEECH, silence(3.0), SPEECH), [(4.0, 7.0)], id="dated back to its start"),
        pytest.param(join(SPEECH, silence(3.0)), [(4.0, 7.0)], id="ends with the media"),
        pytest.param(silence(5.0), [(0.0, 5.0)], id="silent throughout"),
        pytest.param(join(SPEECH, noise(3.0, -70), SPEECH), [(4.0, 7.0)], id="a noise floor is silence too"),
        pytest.param(join(SPEECH, noise(3.0, -50), SPEECH), [], id="a room that can be heard is not"),
    ],
)
def test_spans(sound, expected):
    found = spans(hear(sound))
    assert len(found) == len(expected)
    for span, wanted in zip(found, expected, strict=True):
        assert span == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize(
    ("floor", "reason", "least_sure"), [(-200.0, "digital", 1.0), (-80.0, "quiet", 0.8), (-67.0, "quiet", 0.5)]
)
def test_what_is_left_tells_why(floor, reason, least_sure):
    [finding] = findings(hear(join(SPEECH, noise(3.0, floor), SPEECH)))
    assert finding.reason == reason
    assert finding.confidence >= least_sure
    assert finding.severity is Severity.WARNING


def test_a_quiet_scene_is_information_until_it_lasts_too_long():
    told = [f for f in hear(join(SPEECH, noise(8.0, -63), SPEECH)) if isinstance(f, Finding)]
    assert [(f.event, f.severity) for f in told] == [
        (Event.OPENED, Severity.INFO),
        (Event.CHANGED, Severity.WARNING),
        (Event.CLOSED, Severity.WARNING),
    ]
    assert told[1].told_at == pytest.approx(10.0, abs=0.1)
    [short] = findings(hear(join(SPEECH, noise(3.0, -63), SPEECH)))
    assert short.severity is Severity.INFO


def test_a_click_does_not_end_it():
    gap = silence(5.0)
    gap[:, 3 * 48_000 : 3 * 48_000 + 40] = 0.5
    assert spans(hear(join(SPEECH, gap, SPEECH))) == [pytest.approx((4.0, 9.0), abs=0.1)]


def test_it_is_told_when_it_has_lasted_long_enough():
    [opened] = [f for f in hear(join(SPEECH, silence(10.0))) if isinstance(f, Finding) and f.event is Event.OPENED]
    assert opened.told_at == pytest.approx(6.0, abs=0.1)


def test_the_bass_channel_is_not_a_programme():
    sound = silence(4.0, channels=6)
    sound[3] = sine(4.0, -6, hertz=40.0, channels=1)[0]
    assert spans(hear(sound)) == [pytest.approx((0.0, 4.0), abs=0.1)]
    sound[2] = sine(4.0, -30, channels=1)[0]
    assert spans(hear(sound)) == []


def test_the_level_is_always_told():
    levels = readings(hear(join(sine(1.0, -20), silence(1.0))), "level")
    assert len(levels) == 40
    assert levels[:20] == pytest.approx([-23.01] * 20, abs=0.05)
    assert levels[20:] == [-200.0] * 20


def test_another_threshold():
    settings = SilenceSettings(open_below=-40.0, close_above=-38.0, open_after=1.0)
    sound = join(SPEECH, noise(1.5, -50), SPEECH)
    assert spans(observe(Silence, blocks(sound), settings=settings)) == [pytest.approx((4.0, 5.5), abs=0.1)]


@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=5))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    sound = join(programme(2.0, channels=1), silence(3.0, channels=1), programme(1.0, channels=1))
    [(opened, closed)] = spans(observe(Silence, blocks(sound, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx((2.0, 5.0), abs=0.11)
