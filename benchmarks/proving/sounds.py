"""Sound without end: speech with its pauses, music, crowds, rooms, drums, masters that are loud and intact."""

import io
import shutil
import subprocess
import wave
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

from watchglass.faults import programme_sound

RATE = 48_000
Rng = np.random.Generator
Stereo = NDArray[np.float64]
"""(2, n), 1.0 is full scale."""
VOICES = ("en", "en+f2", "en+m3", "en-us", "en+f4", "de", "fr", "es")
TALK = (
    "The ferries run again after the storm, and the harbour is open.",
    "Good evening. These are the headlines at eight o'clock.",
    "I never said that; what I said was something else entirely!",
    "Seventeen, forty two, ninety nine.",
    "She opened the door slowly. Nobody was there.",
    "And now the weather: rain in the north, sunshine in the south.",
    "Stop! Listen. Did you hear it, too?",
)


VOICE = "espeak-ng" if shutil.which("espeak-ng") else "synthetic"
"""Who speaks: `espeak-ng`, or the channel's own voice where it is not installed: that is another programme."""


@cache
def _spoken(voice: str, text: str) -> NDArray[np.float64]:
    """One sentence, without the silence around it, which would make a pause longer."""
    if VOICE == "espeak-ng":
        said = subprocess.run(
            ["espeak-ng", "-v", voice, "--stdout", text], capture_output=True, check=True, timeout=30
        ).stdout
        with wave.open(io.BytesIO(said)) as file:
            rate, data = file.getframerate(), file.readframes(10**9)
        samples = np.frombuffer(data[: len(data) // 2 * 2], np.int16).astype(np.float64) / 32768.0
        samples = resample_poly(samples, RATE // 150, rate // 150)
    else:
        samples = programme_sound._talk(np.random.default_rng(len(text)), 4.0, 120.0)[0]
    heard = np.flatnonzero(np.abs(samples) > 1e-3)
    return np.asarray(samples[heard[0] : heard[-1] + 1])


def speech(rng: Rng, seconds: float) -> Stereo:
    """Sentences with pauses of up to 1.5 s, over the air of a room."""
    n = round(seconds * RATE)
    voice = np.zeros(n)
    at = int(rng.uniform(0.0, 0.4) * RATE)
    speaker = str(rng.choice(VOICES))
    while at < n:
        sentence = _spoken(speaker, str(rng.choice(TALK)))[: n - at]
        voice[at : at + sentence.size] += sentence
        at += sentence.size + int(rng.uniform(0.1, 1.5 if rng.random() < 0.2 else 0.6) * RATE)
    return np.stack([voice, voice * rng.uniform(0.85, 1.0)]) + _air(rng, n, float(rng.choice([-72.0, -62.0, -52.0])))


def _air(rng: Rng, n: int, level: float) -> Stereo:
    noise = lfilter([0.2], [1.0, -0.8], rng.standard_normal((2, n)))
    return np.asarray(noise / noise.std() * 10.0 ** (level / 20.0))


def music(rng: Rng, seconds: float) -> Stereo:
    """Chords, bass, tune, percussion; sometimes with an ending that dies away."""
    sound = programme_sound._music(rng, seconds, beat=float(rng.uniform(0.3, 0.6)))
    if rng.random() < 0.2:
        n = min(sound.shape[1], int(1.5 * RATE))
        sound[:, -n:] *= np.linspace(1.0, 0.0, n) ** 2
    return sound


def drums(rng: Rng, seconds: float) -> Stereo:
    """A solo: strikes of all sizes, some alone, with silence of up to a second."""
    sound = np.zeros((2, round(seconds * RATE)))
    at, number = 0.0, 0
    while at < seconds - 0.3:
        programme_sound._drums(rng, sound, int(at * RATE), number, 0.3)
        at += float(rng.choice([0.08, 0.15, 0.3, 0.9], p=[0.4, 0.3, 0.25, 0.05]))
        number += 1
    return sound


def applause(rng: Rng, seconds: float) -> Stereo:
    """Hands by the hundred: short bursts of noise at random."""
    n = round(seconds * RATE)
    strikes = np.zeros((2, n))
    count = int(seconds * rng.uniform(150, 600))
    strikes[rng.integers(0, 2, count), rng.integers(0, n, count)] = rng.exponential(1.0, count)
    clap = rng.standard_normal(600) * np.exp(-np.arange(600) / 120.0)
    return np.stack([np.convolve(side, clap)[:n] for side in strikes])


def crowd(rng: Rng, seconds: float) -> Stereo:
    """Voices in a stadium."""
    return programme_sound._crowd(rng, seconds)


def street(rng: Rng, seconds: float) -> Stereo:
    """Cars at night."""
    return programme_sound._street(rng, max(seconds, 7.0))


def room(rng: Rng, seconds: float) -> Stereo:
    """A quiet room, in which somebody moves now and then."""
    n = round(seconds * RATE)
    sound = _air(rng, n, -20.0)
    for at in np.arange(0.5, seconds, 1.3):
        first = int(at * RATE)
        knock = rng.standard_normal(2000) * np.exp(-np.arange(2000) / 300.0) * rng.uniform(0.3, 2.0)
        sound[:, first : first + 2000] += knock[: max(0, n - first)]
    return sound


def rain(rng: Rng, seconds: float) -> Stereo:
    """Rain: drops without number."""
    n = round(seconds * RATE)
    drops = rng.standard_normal((2, n)) * (rng.random((2, n)) < 0.02)
    return np.asarray(lfilter([1.0], [1.0, -0.6], drops)) + 0.05 * rng.standard_normal((2, n))


def tones(rng: Rng, seconds: float) -> Stereo:
    """A synthesiser: chords of three square or saw waves, a little out of tune, filtered, each note dying away."""
    n = round(seconds * RATE)
    t = np.arange(n) / RATE
    length = float(rng.uniform(0.2, 0.5))
    note = np.floor(t / length).astype(int)
    sides = np.zeros((2, n))
    for voice in range(3):
        pitch = 110.0 * 2.0 ** (rng.integers(0, 24, int(note.max()) + 1)[note] / 12.0) * (1.0 + 0.004 * voice)
        phase = np.cumsum(pitch) / RATE
        raw = np.sign(np.sin(2 * np.pi * phase)) if rng.random() < 0.5 else 2.0 * (phase % 1.0) - 1.0
        right = 0.3 + 0.2 * voice
        sides += np.stack([np.cos(right * np.pi / 2) * raw, np.sin(right * np.pi / 2) * raw])
    cut = float(rng.uniform(0.05, 0.3))
    return np.asarray(lfilter([cut], [1.0, cut - 1.0], sides) * np.exp(-2.0 * (t % length) / length))


KINDS = {
    "speech": (5.0, speech, (-26.0, -18.0)),
    "music": (3.0, music, (-24.0, -14.0)),
    "drums": (0.7, drums, (-26.0, -16.0)),
    "applause": (0.7, applause, (-26.0, -16.0)),
    "crowd": (1.0, crowd, (-28.0, -18.0)),
    "street": (0.7, street, (-34.0, -22.0)),
    "room": (0.7, room, (-50.0, -40.0)),
    "rain": (0.5, rain, (-34.0, -22.0)),
    "tones": (0.7, tones, (-26.0, -16.0)),
}
"""Weight, what makes it, and its level from and to, dBFS RMS."""


def stretch(rng: Rng, seconds: float) -> Stereo:
    """One thing that is heard for so long: (2, n)."""
    names = list(KINDS)
    weights = np.array([KINDS[name][0] for name in names])
    _, make, (low, high) = KINDS[str(rng.choice(names, p=weights / weights.sum()))]
    n = round(seconds * RATE)
    sound = make(rng, seconds + 1.0)[:, :n]  # some end with their last beat
    edge = np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.05 * RATE), 0.0, 1.0)
    return sound / max(float(sound.std()), 1e-6) * 10.0 ** (rng.uniform(low, high) / 20.0) * edge


def mastered(rng: Rng, sound: Stereo) -> Stereo:
    """A limiter at the end, as every programme has: soft, or one that makes all of it loud."""
    if rng.random() < 0.3:
        sound = sound * 10.0 ** (rng.uniform(4.0, 10.0) / 20.0)
    ceiling = 10.0 ** (rng.choice([-0.3, -1.0, -3.0]) / 20.0)
    block = 240
    n = sound.shape[1] // block * block
    peaks = np.abs(sound[:, :n]).reshape(2, -1, block).max(axis=(0, 2))
    ahead = np.maximum(np.maximum(peaks, np.roll(peaks, 1)), np.roll(peaks, -1))
    gain = np.minimum(1.0, ceiling / np.maximum(ahead, 1e-9))
    slow = np.minimum(gain, lfilter([0.06], [1.0, -0.94], gain))
    smooth = np.interp(np.arange(sound.shape[1]), np.arange(slow.size) * block + block / 2, slow)
    return np.clip(sound * smooth, -1.0, 1.0)
