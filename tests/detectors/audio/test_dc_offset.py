import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.dc_offset import DcOffset
from watchglass.model.finding import Finding, Severity

RATE = 48_000


def hear(sound, **options):
    return observe(DcOffset, blocks(sound, **options))


def shifted(sound, begin, end, by, channels=slice(None)):
    sound = sound.copy()
    sound[channels, round(begin * RATE) : round(end * RATE)] += np.float32(by)
    return sound


PROGRAMME = programme(12.0)
BASS = programme(12.0) + 0.3 * sine(12.0, 0.0, hertz=27.0)


@pytest.mark.parametrize("sound", [pytest.param(PROGRAMME, id="programme"), pytest.param(BASS, id="bass")])
@pytest.mark.parametrize("by", [0.2, 0.05, -0.1])
@pytest.mark.parametrize("channels", [slice(None), slice(1)], ids=["both", "one"])
def test_a_step_is_dated_to_where_it_was(sound, by, channels):
    [finding] = findings(hear(shifted(sound, 4.0, 8.0, by, channels)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((4.0, 8.0), abs=0.11)
    assert finding.severity is Severity.WARNING
    assert finding.reason == "step"
    assert finding.readings[0].value == pytest.approx(by, abs=0.03)


def gusts(seconds, seed=2):
    """Wind in a microphone: thumps of all sizes, to both sides."""
    rng = np.random.default_rng(seed)
    steps = np.repeat(rng.standard_normal(round(seconds * 10)) * 0.08, RATE // 10)
    return np.stack([steps, steps]).astype(np.float32)


def blows(seconds, seed=3):
    """Claps that push more than they pull, and rest at zero in between."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    claps = -np.abs(rng.standard_normal(n)) * 0.2 * np.exp(-(np.arange(n) % 4000) / 500.0)
    return np.stack([claps, claps]).astype(np.float32) + 0.01 * programme(seconds)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(join(PROGRAMME[:, : 4 * RATE], blows(8.0)), id="claps"),
        pytest.param(PROGRAMME, id="programme"),
        pytest.param(BASS, id="bass"),
        pytest.param(shifted(PROGRAMME, 4.0, 8.0, 0.01), id="hardly any"),
        pytest.param(shifted(PROGRAMME, 4.0, 4.3, 0.2), id="a thump"),
        pytest.param(programme(12.0) + gusts(12.0), id="wind"),
        pytest.param(sine(8.0, -1.0, hertz=3.0), id="swings slowly"),
        pytest.param(silence(5.0), id="silence"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_an_offset_that_was_always_there_is_information():
    [finding] = findings(hear(shifted(PROGRAMME, 0.0, 12.0, 0.3)))
    assert finding.severity is Severity.INFO
    assert finding.reason == "always"
    assert (finding.opened_at, finding.closed_at) == pytest.approx((0.0, 12.0), abs=0.01)


def test_a_step_further_is_a_warning():
    told = findings(hear(shifted(shifted(PROGRAMME, 0.0, 12.0, 0.3), 5.0, 9.0, 0.1)))
    [step] = [f for f in told if f.severity is Severity.WARNING]
    assert (step.opened_at, step.closed_at) == pytest.approx((5.0, 9.0), abs=0.11)
    assert told[0].reason == "always"
    assert told[0].closed_at == pytest.approx(5.0, abs=0.11)


def test_silence_with_an_offset_counts_and_lasts_to_the_end():
    assert spans(hear(shifted(join(PROGRAMME, silence(4.0)), 10.0, 16.0, 0.1))) == [
        pytest.approx((10.0, 16.0), abs=0.06)
    ]


def test_it_is_told_after_a_second():
    opened = next(f for f in hear(shifted(PROGRAMME, 4.0, 12.0, 0.1)) if isinstance(f, Finding))
    assert opened.told_at == pytest.approx(5.0, abs=0.1)


def test_the_mean_of_the_channel_that_is_off_is_told():
    told = readings(hear(shifted(programme(3.0, channels=6), 0.0, 3.0, 0.25, slice(4, 5))), "offset")
    assert len(told) == 60
    assert told == pytest.approx([0.25] * 60, abs=0.1)


OFF = shifted(PROGRAMME, 4.0, 8.0, 0.1)


@settings(max_examples=15)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(DcOffset, blocks(OFF, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx((4.0, 8.0), abs=0.21)
