"""Sound for the tests of what listens to it: signals, blocks, and what a detector says about them."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchglass.model.detector import Delivery
from watchglass.model.finding import Event, Finding, Reading
from watchglass.model.media import AudioBlock, Item, Track, Tracks
from watchglass.monitor.watch import watch

TRACK = Track("audio:0", "audio", "pcm")
LAYOUTS = {1: ("FC",), 2: ("FL", "FR"), 5: ("FL", "FR", "FC", "SL", "SR"), 6: ("FL", "FR", "FC", "LFE", "SL", "SR")}
Sound = NDArray[np.float32]


def sine(seconds, dbfs, *, rate=48_000, hertz=1000.0, channels=2):
    """A tone whose peak is at ``dbfs``, the same on all channels: (channels, n) float32."""
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def silence(seconds, *, rate=48_000, channels=2):
    """Samples that are all zero."""
    return np.zeros((channels, round(seconds * rate)), np.float32)


def join(*parts):
    """One after the other."""
    return np.concatenate(parts, axis=1)


def programme(seconds, *, rate=48_000, channels=2, seed=1, level=-20.0):
    """Noise that comes and goes in syllables, over a faint room: what a detector of defects must accept."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    spectra = np.fft.rfft(rng.standard_normal((channels + 1, n)))
    hertz = np.fft.rfftfreq(n, 1 / rate)
    voices = np.fft.irfft(spectra * (hertz > 80) / (1 + (hertz / 400) ** 2), n)
    knots = 0.2 + rng.random(n // (rate // 8) + 2)
    envelope = np.interp(np.arange(n), np.arange(len(knots)) * (rate // 8), knots)
    sound = (voices[-1:] + 0.4 * voices[:-1]) * envelope
    sound *= 10 ** (level / 20) / sound.std()
    return (sound + 1e-4 * rng.standard_normal((channels, n))).astype(np.float32)


def blocks(sound, *, rate=48_000, sizes=(4800,), start=0.0, layout=None) -> Iterator[AudioBlock]:
    """Cut into blocks of the given sizes, over and over."""
    layout = LAYOUTS[len(sound)] if layout is None else layout
    cuts = [0]
    while cuts[-1] < sound.shape[1]:
        cuts.append(min(cuts[-1] + sizes[(len(cuts) - 1) % len(sizes)], sound.shape[1]))
    for a, b in pairwise(cuts):
        yield AudioBlock(track=TRACK.id, pts=start + a / rate, samples=sound[:, a:b], rate=rate, layout=layout)


def observe(kind, items, *, settings=None, delivery: Delivery | None = None, start=0.0):
    """What one detector says about these items, in the ordinary loop."""

    def source() -> Iterator[Item]:
        yield Tracks(pts=start, tracks=(TRACK,))
        yield from items

    def hire(track):
        return [kind(settings, track, delivery)] if track else []

    return [told for told in watch(source(), hire) if isinstance(told, Reading | Finding)]


def readings(told, name):
    """The values of one reading."""
    return [r.value for r in told if isinstance(r, Reading) and r.name == name]


def findings(told):
    """The closed findings, in order; each must have been opened before."""
    opened = {f.key for f in told if isinstance(f, Finding) and f.event is Event.OPENED}
    closed = [f for f in told if isinstance(f, Finding) and f.event is Event.CLOSED]
    assert opened == {f.key for f in closed}
    assert all(f.closed_at >= f.opened_at for f in closed)
    return closed


def spans(told):
    """(opened_at, closed_at) of the findings, in seconds."""
    return [(f.opened_at, f.closed_at) for f in findings(told)]
