import io
import os
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, observe, programme, readings, silence, sine, spans
from watchglass.config.examine import check
from watchglass.detectors.audio.clipping import Clipping
from watchglass.model.finding import Event, Finding, Severity

RATE = 48_000
CORPUS = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere"))


def hear(sound, **options):
    return observe(Clipping, blocks(sound, **options))


def overloaded(sound, begin, end, gain=12.0, ceiling=1.0):
    """Amplified until it hits the ceiling."""
    sound = sound.copy()
    part = slice(round(begin * RATE), round(end * RATE))
    loud = sound[:, part] * 10 ** (gain / 20) * 0.7 / np.abs(sound).max()
    sound[:, part] = np.clip(loud, -ceiling, ceiling)
    return sound


def coded(sound, share=0.03, seed=3):
    """Like a lossy codec: noise that follows the level in steps of 20 ms, so that no top stays flat."""
    rng = np.random.default_rng(seed)
    steps = sound[:, : sound.shape[1] // 960 * 960].reshape(len(sound), -1, 960)
    noise = rng.standard_normal(steps.shape) * steps.std(axis=2, keepdims=True) * share
    return (steps + noise).reshape(len(sound), -1).astype(np.float32)


PROGRAMME = programme(14.0)


@pytest.mark.parametrize("ceiling", [1.0, 0.7, 0.3])
@pytest.mark.parametrize("gain", [8.0, 12.0, 20.0])
def test_flat_tops_at_any_ceiling(gain, ceiling):
    [finding] = findings(hear(overloaded(PROGRAMME, 4.0, 9.0, gain, ceiling)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((4.0, 9.0), abs=0.7 if gain == 8.0 else 0.25)
    assert finding.severity is Severity.WARNING
    assert finding.reason == "flat_tops"


@pytest.mark.parametrize("gain", [14.0, 20.0])
def test_squarer_than_before_where_a_codec_rippled_the_tops(gain):
    [finding] = findings(hear(coded(overloaded(PROGRAMME, 5.0, 10.0, gain))))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((5.0, 10.0), abs=0.4)
    assert finding.reason == "squashed"
    assert finding.confidence < 0.9


def beats(sound, begin, end, every):
    """Overloaded for a moment, time and again."""
    for at in np.arange(begin, end, every):
        sound = overloaded(sound, at, at + 0.1, gain=14.0, ceiling=0.4)
    return sound


@pytest.mark.parametrize(("begin", "is_cut"), [(1.0, False), (6.0, True)])
def test_a_ceiling_that_was_there_before_is_the_sound_of_it(begin, is_cut):
    sound = beats(beats(PROGRAMME * 0.3, begin, 8.0, every=1.0), 8.0, 11.0, every=0.3)
    assert bool(findings(hear(coded(sound)))) == is_cut


def through(codec, sound):
    """Encoded and decoded again, by the real thing."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream(codec, rate=RATE, layout="stereo")
        stream.bit_rate = 128_000
        for at in range(0, sound.shape[1] // 960 * 960, 960):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + 960]), "fltp", "stereo")
            frame.sample_rate, frame.pts = RATE, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as coded:
        return np.concatenate([frame.to_ndarray() for frame in coded.decode(audio=0)], axis=1)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus"])
@pytest.mark.parametrize(("gain", "ceiling"), [(18.0, 1.0), (24.0, 1.0), (18.0, 0.5), (14.0, 0.3)])
def test_behind_a_lossy_codec(codec, gain, ceiling):
    [finding] = findings(hear(through(codec, overloaded(PROGRAMME, 5.0, 8.0, gain, ceiling))))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((5.0, 8.0), abs=0.3)
    assert finding.reason == "squashed"


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus"])
def test_loud_after_faint_is_not_clipped_behind_a_lossy_codec(codec):
    other = programme(6.0, seed=7)
    sound = np.concatenate([PROGRAMME[:, : 6 * RATE] * 0.1, other * 0.98 / np.abs(other).max()], axis=1)
    assert findings(hear(through(codec, sound))) == []


def with_overs(sound):
    """Mastered loud: a few peaks a second touch full scale."""
    return np.clip(sound / np.quantile(np.abs(sound), 0.99999), -1.0, 1.0).astype(np.float32)


def synthesiser(seconds, seed=1):
    """Chords of three square waves, filtered, each note dying away."""
    rng, t = np.random.default_rng(seed), np.arange(round(seconds * RATE)) / RATE
    note, into = (t // 0.3).astype(int), t % 0.3
    sound = np.zeros(t.size)
    for _ in range(3):
        hertz = 110.0 * 2.0 ** (rng.integers(0, 24, note.max() + 1)[note] / 12.0)
        sound += np.sign(np.sin(2.0 * np.pi * np.cumsum(hertz) / RATE))
    sound = np.convolve(sound * np.exp(-6.0 * into), np.exp(-np.arange(60) / 5.0))[: t.size]
    return np.tile(0.9 * sound / np.abs(sound).max(), (2, 1)).astype(np.float32)


def rain(seconds, seed=2):
    rng = np.random.default_rng(seed)
    drops = rng.standard_normal((2, round(seconds * RATE))) * (rng.random((2, round(seconds * RATE))) < 0.02)
    return (0.1 * drops).astype(np.float32)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(PROGRAMME[:, : 6 * RATE], synthesiser(6.0), id="a synthesiser after programme"),
        pytest.param(rain(6.0), synthesiser(6.0, seed=3), id="a synthesiser after rain"),
        pytest.param(rain(6.0), with_overs(PROGRAMME), id="loud programme after rain"),
    ],
)
def test_what_was_not_comparable_before_is_not_clipped(codec, before, after):
    assert findings(hear(through(codec, np.concatenate([before, after], axis=1)))) == []


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus"])
@pytest.mark.parametrize("hertz", [440, 1000, 3000])
def test_a_tone_of_full_scale_is_not_clipped_behind_a_lossy_codec(codec, hertz):
    tone = np.sin(2 * np.pi * hertz * np.arange(4 * RATE) / RATE).astype(np.float32)
    assert findings(hear(through(codec, np.stack([tone, tone])))) == []


def test_clipped_throughout():
    assert spans(hear(overloaded(PROGRAMME, 0.0, 14.0))) == [pytest.approx((0.0, 14.0), abs=0.3)]


def quantised(sound, steps):
    return (np.round(sound * steps) / steps).astype(np.float32)


def square(seconds, hertz):
    return np.sign(sine(seconds, 0.0, hertz=hertz)) * np.float32(0.5)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(PROGRAMME, id="programme"),
        pytest.param(coded(PROGRAMME), id="coded programme"),
        pytest.param(silence(5.0), id="silence"),
        pytest.param(quantised(0.9 * sine(5.0, 0.0, hertz=40.0), 32_767), id="a bass note of 16 bits"),
        pytest.param(quantised(PROGRAMME * 0.01, 32_767), id="faint, of 16 bits"),
        pytest.param(quantised(PROGRAMME / np.abs(PROGRAMME).max(), 16), id="few bits"),
        pytest.param(square(5.0, 220.0), id="square wave"),
        pytest.param(with_overs(PROGRAMME), id="naturally clipped peaks"),
        pytest.param(np.concatenate([PROGRAMME, sine(4.0, -6.0)], axis=1), id="a tone after programme"),
        pytest.param(np.concatenate([PROGRAMME * 0.1, PROGRAMME], axis=1), id="louder, not squarer"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_it_is_told_within_a_second():
    told = hear(overloaded(PROGRAMME, 4.0, 9.0))
    opened = next(f for f in told if isinstance(f, Finding))
    assert opened.event is Event.OPENED
    assert opened.told_at - opened.opened_at <= 1.0


def test_one_channel_is_enough():
    sound = programme(10.0, channels=6)
    sound[2] = overloaded(sound[2:3], 4.0, 9.0)[0]
    assert spans(hear(sound)) == [pytest.approx((4.0, 9.0), abs=0.3)]


def test_the_signs_are_told_ten_times_a_second():
    told = hear(sine(2.0, -20.0))
    assert readings(told, "top") == pytest.approx([-20.0] * 20, abs=0.01)
    assert readings(told, "tail") == pytest.approx([0.0] * 20, abs=0.02)
    assert readings(told, "spread") == pytest.approx([0.0] * 20, abs=0.02)
    assert readings(told, "squareness") == pytest.approx([4.0] * 20, abs=0.4)
    assert readings(told, "flat_share") == [0.0] * 20


CLIPPED = overloaded(programme(8.0, channels=1), 3.0, 6.0)


@settings(max_examples=15)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(1000, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(Clipping, blocks(CLIPPED, sizes=sizes, start=start), start=start))
    assert [(opened - start, closed - start)] == [pytest.approx(spans(hear(CLIPPED))[0], abs=1e-6)]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="WATCHGLASS_CORPUS names no folder of real clips")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("MTG__essentia-audio--distorted.flac", ["flat_tops"], id="distorted music"),
        pytest.param("MTG__essentia-audio--cat_purrrr.flac", [], id="naturally clipped peaks"),
        pytest.param("MTG__essentia-audio--dubstep.ogg", [], id="square synthesisers"),
        pytest.param("rajmic__declipping2020_codes--a16_clarinet.flac", [], id="a clarinet, square by nature"),
        pytest.param("iver56__audiomentations--hens.ogg", [], id="rumble under hens"),
        pytest.param("Zulko__moviepy--rain_0s_34.7s.mp3", [], id="thunder beneath a limiter"),
        pytest.param("librosa__data--glacier-bay-humpback.ogg", [], id="a song after near silence"),
    ],
)
def test_real_clips(name, expected):
    report = check(str(CORPUS / "av" / name), detectors=["audio.clipping"])
    assert [f.reason for f in report.findings] == expected
    assert all(f.opened_at == pytest.approx(0.0, abs=0.2) for f in report.findings)
