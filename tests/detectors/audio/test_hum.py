import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.hum import Hum
from watchglass.model.finding import Severity

RATE = 48_000
WEIGHTS = (1.0, 0.5, 0.4, 0.1, 0.2)


def hear(sound, **options):
    return observe(Hum, blocks(sound, **options))


def humming(sound, begin, end, dbfs=-32.0, mains=50.0):
    """Mains and its harmonics, with so many dBFS RMS in all."""
    sound, t = sound.copy(), np.arange(sound.shape[1]) / RATE
    wave = sum(w * np.sin(2 * np.pi * k * mains * t + k) for k, w in enumerate(WEIGHTS, 1))
    part = slice(round(begin * RATE), round(end * RATE))
    sound[:, part] += (10 ** (dbfs / 20) * wave / wave.std()).astype(np.float32)[part]
    return sound


PROGRAMME = programme(12.0)


@pytest.mark.parametrize("dbfs", [-26.0, -36.0])
@pytest.mark.parametrize("mains", [50.0, 60.0, 49.94, 60.05])
def test_it_begins_under_a_programme(mains, dbfs):
    [finding] = findings(hear(humming(PROGRAMME, 4.0, 10.0, dbfs, mains)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((4.0, 10.0), abs=1.0)
    assert finding.severity is Severity.WARNING
    assert finding.reason == "began"
    assert f"{mains:.0f} Hz" in finding.message


def bass(seconds, hertz):
    """A line of notes, each of half a second, with its harmonics."""
    t = np.arange(round(seconds * RATE)) / RATE
    pitch = np.array(hertz)[(t / 0.5).astype(int) % len(hertz)]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = (np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.3 * np.sin(3 * phase)) * np.exp(-2.0 * (t % 0.5))
    return np.tile(0.2 * wave, (2, 1)).astype(np.float32)


def notes_in_step(seconds):
    """A machine's notes of 100 Hz in three of four fifths of a second, each with the same phase, over a faint room."""
    t = np.arange(round(seconds * RATE)) / RATE
    strike, into = (t / 0.2).astype(int), t % 0.2
    wave = sum(w * np.sin(2 * np.pi * 100.0 * k * into + k) for k, w in ((1, 1.0), (2, 0.5), (3, 0.3), (4, 0.2)))
    struck = 0.2 * wave * np.exp(-into * 8.0) * (strike % 4 < 3)
    return (struck + 1e-3 * np.random.default_rng(3).standard_normal((2, t.size))).astype(np.float32)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(PROGRAMME, id="programme"),
        pytest.param(silence(8.0), id="silence"),
        pytest.param(humming(PROGRAMME, 4.0, 5.5), id="too short"),
        pytest.param(humming(PROGRAMME, 4.0, 10.0, -60.0), id="not to be heard"),
        pytest.param(PROGRAMME + 0.2 * sine(12.0, 0.0, hertz=49.0), id="a note of 49 Hz that is held"),
        pytest.param(join(programme(4.0), 0.2 * sine(8.0, 0.0, hertz=50.0)), id="one line alone"),
        pytest.param(join(programme(4.0), bass(8.0, [49.0, 50.0, 61.74, 55.0, 60.0])), id="bass"),
        pytest.param(join(programme(4.0), notes_in_step(8.0)), id="notes in step with the hops"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_a_recording_that_always_hummed_is_information():
    [finding] = findings(hear(humming(PROGRAMME, 0.0, 12.0)))
    assert finding.severity is Severity.INFO
    assert finding.reason == "always"
    assert (finding.opened_at, finding.closed_at) == pytest.approx((0.0, 12.0), abs=0.01)


def test_more_of_it_is_another_hum():
    always = humming(programme(14.0, level=-30.0), 0.0, 14.0, -44.0)
    first, second = findings(hear(humming(always, 5.0, 11.0, -26.0)))
    assert (first.reason, second.reason) == ("always", "began")
    assert second.severity is Severity.WARNING
    assert second.opened_at == pytest.approx(5.0, abs=0.5)


def test_readings_tell_how_steady_and_how_loud():
    told = hear(humming(silence(4.0), 0.0, 4.0, -30.0))
    assert len(readings(told, "steady_50")) == len(readings(told, "level_60")) == 13
    assert min(readings(told, "steady_50")) > 3.0
    assert readings(told, "level_50") == pytest.approx([-30.0] * 13, abs=0.3)


HUM = humming(PROGRAMME, 4.0, 10.0)


@settings(max_examples=10)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(Hum, blocks(HUM, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx(spans(hear(HUM))[0], abs=1e-6)
