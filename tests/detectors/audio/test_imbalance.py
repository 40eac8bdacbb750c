import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.imbalance import Imbalance
from watchglass.model.finding import Event, Finding, Severity


def hear(sound, **options):
    return observe(Imbalance, blocks(sound, **options))


def weakened(sound, channel, begin, end, decibels, rate=48_000):
    sound = sound.copy()
    sound[channel, round(begin * rate) : round(end * rate)] *= 10 ** (-decibels / 20)
    return sound


@pytest.mark.parametrize(
    ("decibels", "reason"), [pytest.param(200, "channel_silent"), pytest.param(30, "channel_low")], ids=str
)
@pytest.mark.parametrize("channel", [0, 1])
def test_a_side_goes_missing(channel, decibels, reason):
    [finding] = findings(hear(weakened(programme(15.0), channel, 5.0, 11.0, decibels)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((5.0, 11.0), abs=0.15)
    assert finding.severity is Severity.WARNING
    assert finding.reason == reason
    assert finding.message.startswith("FL" if channel == 0 else "FR")


def test_pauses_do_not_hide_a_channel_that_only_hisses():
    rng = np.random.default_rng(5)
    speech = programme(16.0)
    talking = np.repeat(np.tile([1.0, 1.0, 0.001], 11), 24_000)[: speech.shape[1]]
    speech = (speech * talking).astype(np.float32)
    lost = slice(5 * 48_000, 12 * 48_000)
    speech[1, lost] = 0.001 * rng.standard_normal(7 * 48_000)
    assert spans(hear(speech)) == [pytest.approx((5.0, 12.0), abs=0.6)]


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(programme(10.0), id="programme"),
        pytest.param(weakened(programme(12.0), 1, 5.0, 7.5, 200), id="too short"),
        pytest.param(weakened(programme(12.0), 1, 5.0, 12.0, 15), id="panned, not lost"),
        pytest.param(join(programme(5.0), silence(5.0)), id="both silent"),
        pytest.param(programme(10.0, channels=1), id="mono"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_one_sided_from_the_start_is_information():
    [finding] = findings(hear(weakened(programme(8.0), 1, 0.0, 8.0, 200)))
    assert finding.severity is Severity.INFO
    assert finding.reason == "one_sided"
    assert finding.opened_at == 0.0
    assert finding.closed_at == pytest.approx(8.0, abs=0.01)


def test_content_that_changes_sides_all_the_time_is_information_at_most():
    sound = programme(30.0)
    for i, begin in enumerate(np.arange(0.0, 20.0, 2.0)):
        sound = weakened(sound, i % 2, begin, begin + 2.0, 200)
    sound = weakened(sound, 0, 20.0, 28.0, 200)
    assert all(f.severity is Severity.INFO for f in findings(hear(sound)))


def test_the_past_may_lean_to_one_side():
    leaning = weakened(programme(16.0), 1, 0.0, 16.0, 18)
    assert findings(hear(leaning)) == []
    assert findings(hear(weakened(leaning, 1, 8.0, 14.0, 6))) == []
    [finding] = findings(hear(weakened(leaning, 1, 8.0, 14.0, 60)))
    assert finding.opened_at == pytest.approx(8.0, abs=0.15)


def test_surrounds_count_only_if_they_were_alike():
    sound = programme(12.0, channels=6)
    [finding] = findings(hear(weakened(sound, 5, 6.0, 12.0, 200)))
    assert finding.message.startswith("SR")
    assert findings(hear(weakened(sound, 5, 0.0, 12.0, 200))) == []
    assert findings(hear(weakened(weakened(sound, 2, 6.0, 12.0, 200), 3, 6.0, 12.0, 200))) == []


def test_it_is_told_in_time():
    opened = next(f for f in hear(weakened(programme(15.0), 0, 5.0, 15.0, 200)) if isinstance(f, Finding))
    assert opened.event is Event.OPENED
    assert opened.told_at == pytest.approx(8.2, abs=0.15)


def test_the_difference_is_left_over_right():
    sound = join(sine(1.0, -10), silence(0.0))
    sound[1] *= 0.1
    assert readings(hear(sound), "difference") == pytest.approx([20.0] * 20, abs=0.01)
    assert readings(hear(silence(1.0)), "difference") == []


LOST = weakened(programme(12.0), 1, 4.0, 10.0, 200)


@settings(max_examples=15)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(Imbalance, blocks(LOST, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx((4.0, 10.0), abs=0.21)
