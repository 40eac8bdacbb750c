import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.noise import Noise
from watchglass.model.finding import Severity

RATE = 48_000
PROGRAMME = programme(16.0, level=-27.0)


def hear(sound, **options):
    return observe(Noise, blocks(sound, **options))


def white(seconds, dbfs, *, rate=RATE, seed=4):
    """White noise, the same on both channels."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * rate)) * 10.0 ** (dbfs / 20.0)
    return np.tile(noise.astype(np.float32), (2, 1))


def with_noise(sound, start, end, dbfs=-32.0):
    """White noise on top of it, from ``start`` to ``end`` (seconds)."""
    sound = sound.copy()
    sound[:, round(start * RATE) : round(end * RATE)] += white(end - start, dbfs)
    return sound


def drums(seconds):
    """Strikes of white noise that ring for 20 ms."""
    rng, sound = np.random.default_rng(2), silence(seconds)
    for at in np.cumsum(rng.uniform(0.1, 0.5, int(2 * seconds))):
        room = sound[:, round(at * RATE) : round(at * RATE) + 4_800]
        room += (white(0.1, -10.0) * np.exp(-np.arange(4_800) / 960.0).astype(np.float32))[:, : room.shape[1]]
    return sound


def applause(seconds):
    """Three hundred hands a second."""
    rng, n = np.random.default_rng(3), round(seconds * RATE)
    strikes = np.zeros(n)
    strikes[rng.integers(0, n, int(300 * seconds))] = rng.exponential(1.0, int(300 * seconds))
    clap = rng.standard_normal(600) * np.exp(-np.arange(600) / 120.0)
    hands = np.convolve(strikes, clap)[:n]
    return np.tile((0.1 * hands / hands.std()).astype(np.float32), (2, 1))


def crowd(seconds):
    """Steady noise that falls by 6 dB an octave."""
    spectrum = np.fft.rfft(white(seconds, -20.0)[0])
    hertz = np.fft.rfftfreq(round(seconds * RATE), 1.0 / RATE)
    return np.tile(np.fft.irfft(spectrum / np.maximum(hertz / 1_000.0, 0.1)).astype(np.float32), (2, 1))


def test_hiss_begins_and_ends():
    [finding] = findings(hear(with_noise(PROGRAMME, 6.0, 12.0)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((6.0, 12.0), abs=0.25)
    assert (finding.severity, finding.reason) == (Severity.WARNING, "hiss")
    assert finding.message.startswith("hiss at -3")
    assert "risen by" in finding.message


def test_hiss_that_stays():
    [(opened, closed)] = spans(hear(with_noise(PROGRAMME, 6.0, 16.0)))
    assert (opened, closed) == pytest.approx((6.0, 16.0), abs=0.25)


@pytest.mark.parametrize("lasts", [0.06, 0.3, 1.5])
def test_a_burst(lasts):
    [finding] = findings(hear(with_noise(PROGRAMME, 6.0, 6.0 + lasts, dbfs=-16.0)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((6.0, 6.0 + lasts), abs=0.02)
    assert (finding.reason, finding.message) == ("burst", "a burst of noise")


def test_several_bursts_are_one_finding():
    sound = PROGRAMME
    for at in (5.0, 5.71, 6.93):
        sound = with_noise(sound, at, at + 0.12, dbfs=-16.0)
    [finding] = findings(hear(sound))
    assert finding.message == "3 bursts of noise"


def in_step():
    sound = PROGRAMME
    for at in np.arange(4.0, 12.0, 0.5):
        sound = with_noise(sound, at, at + 0.1, dbfs=-16.0)
    return sound


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(PROGRAMME, id="programme"),
        pytest.param(silence(8.0), id="silence"),
        pytest.param(with_noise(PROGRAMME, 0.0, 16.0), id="always there"),
        pytest.param(with_noise(PROGRAMME, 6.0, 12.0, dbfs=-62.0), id="not to be heard"),
        pytest.param(with_noise(PROGRAMME, 6.0, 6.02, dbfs=-16.0), id="a click"),
        pytest.param(join(programme(6.0), applause(6.0)), id="applause"),
        pytest.param(join(programme(6.0), crowd(6.0)), id="a crowd"),
        pytest.param(join(programme(6.0), sine(6.0, -20.0)), id="a tone"),
        pytest.param(join(silence(4.0), programme(8.0)), id="programme begins"),
        pytest.param(join(programme(4.0), drums(8.0)), id="drums"),
        pytest.param(in_step(), id="a drum machine"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_no_sound_to_speak_of():
    """Below some sample rate there is no band."""
    assert hear(silence(4.0, rate=2_000), rate=2_000, sizes=(200,)) == []


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100])
def test_other_rates(rate):
    sound = join(programme(5.0, rate=rate), programme(6.0, rate=rate) + white(6.0, -30.0, rate=rate))
    [(opened, _)] = spans(hear(sound, rate=rate, sizes=(rate // 10,)))
    assert opened == pytest.approx(5.0, abs=0.3)


def test_readings_are_few():
    assert len(readings(hear(PROGRAMME), "beneath")) <= 5 * 16


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_its_level_does_not_depend_on_how_many_channels_carry_it(channels):
    sound = np.tile(white(4.0, -30.0)[:1], (channels, 1))
    assert readings(hear(sound), "beneath")[-1] == pytest.approx(-30.0, abs=2.0)


HISS = with_noise(with_noise(PROGRAMME, 9.0, 15.0), 4.0, 4.2, dbfs=-14.0)


@settings(max_examples=6)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    found = spans(observe(Noise, blocks(HISS, sizes=sizes, start=start), start=start))
    assert len(found) == 2
    for (opened, closed), expected in zip(found, spans(hear(HISS)), strict=True):
        assert (opened - start, closed - start) == pytest.approx(expected, abs=1e-6)
