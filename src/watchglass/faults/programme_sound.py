"""The sound of the channel: music, speech and rooms, in step with the rundown of the pictures.

Stereo at 48 kHz, about -23 LUFS, peaks below -3 dBFS, and two seconds of quiet that are no fault: room tone at
about -58 dBFS that sinks to -63 dBFS for a second and a half.
"""

import numpy as np
from numpy.typing import NDArray

from watchglass.faults.pictures import DARK, LOOP_SECONDS

RATE = 48_000
QUIET = (27.5, 29.5)
"""Seconds of the loop."""

Stereo = NDArray[np.float32]
"""(2, n) float32, 1.0 is full scale."""
Mono = NDArray[np.float64]

_VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
    (500, 1500, 2500),
)
"""First three formants in Hz (Peterson and Barney 1952, men; the last is the neutral vowel)."""
_CHORDS = ((57, 60, 64, 69), (53, 57, 60, 65), (48, 55, 60, 64), (55, 59, 62, 67))
"""MIDI notes: A minor, F, C, G."""


def loop(seed: int = 0) -> Stereo:
    """The sound of the whole loop: (2, 1,920,000) float32, the same for the same seed."""
    rng = np.random.default_rng([seed, 2])
    sound = np.zeros((2, LOOP_SECONDS * RATE))
    _lay(sound, 0.0, 8.3, _music(rng, 8.3, beat=0.5), 0.056)
    _lay(sound, 0.0, 8.2, _room(rng, 8.2, slope=1.0), 0.004)
    _lay(sound, 8.0, 15.3, _talk(rng, 7.3, pitch=118.0), 0.058)
    _lay(sound, 7.8, 15.5, _room(rng, 7.7, slope=0.9), 0.0015)
    _lay(sound, 15.0, 25.2, _music(rng, 10.2, beat=0.4), 0.056)
    _lay(sound, 24.9, 31.2, _street(rng, 6.3), 0.035)
    _lay(sound, 31.0, 40.0, _crowd(rng, 9.0), 0.026)
    _lay(sound, 31.3, 39.7, _talk(rng, 8.4, pitch=150.0), 0.049)
    _hush(rng, sound)
    return sound.astype(np.float32)


def _lay(sound: NDArray[np.float64], start: float, end: float, part: NDArray[np.float64], gain: float) -> None:
    """Add a part with unit deviation at ``gain``, faded over 0.2 s at either end."""
    first, n = round(start * RATE), round((end - start) * RATE)
    part = part[:, :n]
    ramp = np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.2 * RATE)
    sound[:, first : first + n] += gain * part / part.std() * np.clip(ramp, 0, 1)


def _hush(rng: np.random.Generator, sound: NDArray[np.float64]) -> None:
    """The two quiet seconds: everything sinks into room tone within 0.15 s."""
    first, last = (round(t * RATE) for t in QUIET)
    n = last - first
    edge = np.minimum(np.arange(n), np.arange(n)[::-1]) / RATE
    sound[:, first:last] *= np.clip(1 - edge / 0.15, 0, 1) ** 2
    depth = np.where(edge < 0.25, -58.0, -63.0)
    tone = _room(rng, n / RATE, slope=0.5)[:, :n]
    sound[:, first:last] += tone / tone.std() * 10 ** (depth / 20)


def _noise(rng: np.random.Generator, seconds: float, slope: float, low: float, high: float) -> Mono:
    """Noise whose amplitude falls with f**slope between two frequencies (Hz); unit deviation."""
    n = round(seconds * RATE)
    f = np.fft.rfftfreq(n, 1 / RATE)
    shape = np.where((f >= low) & (f <= high), np.maximum(f, low) ** -slope, 0.0)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * shape, n)
    return np.asarray(noise / noise.std())


def _room(rng: np.random.Generator, seconds: float, slope: float) -> NDArray[np.float64]:
    """A room: the same air on both sides, and a little of its own on each."""
    middle = _noise(rng, seconds, slope, 60, 12_000)
    return np.stack([middle + 0.6 * _noise(rng, seconds, slope, 60, 12_000) for _ in range(2)])


def _street(rng: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    """A street at night: a low bed of sound, and cars that pass from side to side."""
    bed = _room(rng, seconds, 1.1)
    t = np.arange(bed.shape[1]) / RATE
    for at, side in ((1.1, 1), (5.2, -1)):
        near = 1 / (1 + ((t - at) / 0.5) ** 2)
        tyre = _noise(rng, seconds, 0.8, 80, 5_000)[: t.size] * near
        left = 0.5 + 0.3 * side * np.tanh(t - at)
        bed += 2.0 * np.stack([tyre * left, tyre * (1 - left)])
    return bed


def _crowd(rng: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    """A stadium: noise in the band of voices that swells and falls."""
    sides = np.stack([_noise(rng, seconds, 0.7, 150, 7_000) for _ in range(2)])
    t = np.arange(sides.shape[1]) / RATE
    return np.asarray((sides + 0.5 * sides[::-1]) * (1 + 0.35 * np.sin(0.9 * t) + 0.2 * np.sin(2.3 * t + 1)))


def _music(rng: np.random.Generator, seconds: float, beat: float) -> NDArray[np.float64]:
    """Chords, a bass, a tune and percussion; ``beat`` in seconds."""
    n = round(seconds * RATE)
    music = np.zeros((2, n))
    for number in range(int(seconds / beat)):
        start = round(number * beat * RATE)
        chord = _CHORDS[(number // 4) % len(_CHORDS)]
        if number % 4 == 0:
            for voice, note in enumerate(chord):
                _strike(music, start, _note(note, 4.4 * beat, 9, 1.4), 0.5, 0.3 + 0.13 * voice)
        if number % 2 == 0:
            _strike(music, start, _note(chord[0] - 12, 1.8 * beat, 6, 0.6), 0.75, 0.5)
        tune = chord[int(rng.integers(1, 4))] + 12
        if rng.random() < 0.75:
            _strike(music, start, _note(tune, 1.3 * beat, 5, 0.35), 0.42, 0.62)
        _drums(rng, music, start, number, beat)
    return music


def _drums(rng: np.random.Generator, music: NDArray[np.float64], start: int, number: int, beat: float) -> None:
    t = np.arange(round(0.22 * RATE)) / RATE
    if number % 2 == 0:
        _strike(music, start, np.sin(2 * np.pi * (48 * t + 3.2 * (1 - np.exp(-t * 32)))) * np.exp(-t * 16), 0.85, 0.5)
    else:
        _strike(music, start, _noise(rng, 0.22, 0.2, 300, 9_000)[: t.size] * np.exp(-t * 26), 0.22, 0.46)
    for half in (0.0, 0.5):
        hat = _noise(rng, 0.06, -0.3, 5_000, 14_000)
        hat = hat * np.exp(-np.arange(hat.size) / RATE * 75)
        _strike(music, start + round(half * beat * RATE), hat, 0.07, 0.6)


def _note(midi: int, seconds: float, partials: int, decay: float) -> Mono:
    """A plucked or struck string: partials that fall off and die away; ``decay`` in seconds."""
    t = np.arange(round(seconds * RATE)) / RATE
    f = 440.0 * 2 ** ((midi - 69) / 12)
    tone = np.zeros_like(t)
    for k in range(1, partials + 1):
        tone += np.sin(2 * np.pi * k * f * t * (1 + 0.0004 * k)) / k**1.3 * np.exp(-t * (0.6 + 0.4 * k) / decay)
    return np.asarray(tone * np.clip(t / 0.008, 0, 1) * np.clip((seconds - t) / 0.03, 0, 1))


def _strike(music: NDArray[np.float64], start: int, tone: Mono, gain: float, right: float) -> None:
    """Add a tone, ``right`` saying where it stands (0 left, 1 right)."""
    tone = tone[: max(0, music.shape[1] - start)]
    music[0, start : start + tone.size] += gain * np.cos(right * np.pi / 2) * tone
    music[1, start : start + tone.size] += gain * np.sin(right * np.pi / 2) * tone


def _talk(rng: np.random.Generator, seconds: float, pitch: float) -> NDArray[np.float64]:
    """Speech-like sound: phrases of syllables (a consonant, then a vowel), pauses for breath between them."""
    voice = np.zeros(round(seconds * RATE))
    at = 0.1
    while at < seconds - 0.5:
        melody = pitch * rng.uniform(0.95, 1.15)
        for syllable in range(int(rng.integers(5, 10))):
            length = float(rng.uniform(0.13, 0.24))
            falling = melody * (1.08 - 0.025 * syllable) * rng.uniform(0.95, 1.06)
            _add(voice, at, _consonant(rng))
            _add(voice, at + 0.045, _vowel(rng, falling, length))
            at += length + float(rng.uniform(0.04, 0.08))
        at += float(rng.uniform(0.25, 0.6))
    return np.stack([voice, 0.94 * voice])


def _add(voice: Mono, at: float, sound: Mono) -> None:
    start = round(at * RATE)
    sound = sound[: max(0, voice.size - start)]
    voice[start : start + sound.size] += sound


def _vowel(rng: np.random.Generator, pitch: float, seconds: float) -> Mono:
    """Harmonics of a gliding pitch, each as loud as the formants between two vowels make it."""
    t = np.arange(round(seconds * RATE)) / RATE
    glide = t / seconds
    phase = 2 * np.pi * np.cumsum(pitch * (1.04 - 0.08 * glide + 0.01 * np.sin(35 * t))) / RATE
    before, after = (np.asarray(_VOWELS[int(i)], float) for i in rng.integers(0, len(_VOWELS), 2))
    tone = np.zeros_like(t)
    for k in range(1, int(4_000 / pitch)):
        loud = sum(
            gain / (1 + ((k * pitch - (a + (b - a) * glide)) / width) ** 2)
            for a, b, gain, width in zip(before, after, (1.0, 0.5, 0.25), (90, 110, 160), strict=True)
        )
        tone += (loud + 0.02) * np.sin(k * phase + 0.7 * k * k) / k**0.4
    return np.asarray(tone * np.clip(t / 0.03, 0, 1) * np.clip((seconds - t) / 0.05, 0, 1) * rng.uniform(0.7, 1.1))


def _consonant(rng: np.random.Generator) -> Mono:
    """A hiss or a burst of 60 ms."""
    hiss = _noise(rng, 0.06, 0.0, float(rng.uniform(1_500, 3_500)), float(rng.uniform(5_000, 9_000)))
    return np.asarray(0.12 * hiss * np.hanning(hiss.size) * rng.uniform(0.4, 1.0))


assert DARK[0] < QUIET[0] < QUIET[1] < DARK[1], "the quiet belongs to the night"
