"""Whether sound is one pure tone, and which."""

from math import log10, pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

THINNED = 8_000
"""Samples a second, about, that are enough to look for tones up to a quarter of it."""
FAINTEST = 1e-6
"""Mean square of a frame (-60 dBFS) below which it is no tone."""
PROMISING = 0.05
"""What a sine may leave over by prediction, which weighs high frequencies most, for a frame to be looked at closely."""


class Tone(NamedTuple):
    """The sine that explains most of a frame."""

    purity: float
    """Share of the power that it explains; 0 where there is hardly any sound, or clearly no sine."""
    frequency: float
    """Hz."""
    level: float
    """RMS in dBFS: -3 for a sine of full scale."""


NONE = Tone(0.0, 0.0, -200.0)


def tones(samples: F32, rate: int, frames: int = 1) -> list[Tone]:
    """Fit a sine to each frame of the channel that is loudest in it.

    The frequency follows from x[n-1] + x[n+1] = 2 cos(w) x[n], which holds of a sine of w radians a sample and of
    nothing else; amplitude and phase follow by least squares.

    Args:
        samples: (channels, n), frames of the same length one after the other.
        rate: Samples a second.
        frames: How many.
    """
    cut = samples.reshape(len(samples), frames, -1)
    signals = cut[np.einsum("cfn,cfn->cf", cut, cut).argmax(axis=0), np.arange(frames)]
    size = signals.shape[1]
    power = np.einsum("fn,fn->f", signals, signals) / size - (np.einsum("fn->f", signals) / size) ** 2
    step = max(1, rate // THINNED)
    if size < 4 * step:
        return [NONE] * frames
    whole = signals[:, : size // step * step].reshape(frames, -1, step)
    thin = whole @ np.full(step, 1.0 / step, np.float32)  # faster than a mean over so short an axis
    thin -= thin.mean(axis=1, keepdims=True)
    cosines, rest = _predicted(thin)
    found = [NONE] * frames
    likely = np.flatnonzero((power > FAINTEST) & (rest < PROMISING) & (np.abs(cosines) < 1.0))
    if likely.size:
        turns = np.arccos(cosines[likely].astype(np.float64))
        explained = _explained(thin[likely], turns, step)
        for i, turn, tone in zip(likely.tolist(), turns.tolist(), explained.tolist(), strict=True):
            level = 10.0 * log10(max(tone, 1e-20))
            found[i] = Tone(min(tone / float(power[i]), 1.0), turn * rate / step / (2.0 * pi), level)
    return found


def _predicted(thin: F32) -> tuple[F32, F32]:
    """Cosine of the best frequency, and the share of the power that a sine of it leaves over, of each frame.

    The cosine is that of the reformed Pisarenko decomposition (So and Chan 2004): exact without noise, and not
    biased by white noise, as a plain prediction is.
    """
    middle, around = thin[:, 1:-1], thin[:, 2:] + thin[:, :-2]
    power = np.maximum(np.einsum("fn,fn->f", middle, middle), 1e-20)
    both = np.einsum("fn,fn->f", around, middle)
    square = np.einsum("fn,fn->f", around, around)
    excess = square - 2.0 * power
    cosines = 2.0 * both / np.maximum(np.sqrt(excess**2 + 8.0 * both**2) - excess, 1e-20)
    rest = square - 4.0 * cosines * both + 4.0 * cosines**2 * power
    return cosines, rest / (power * (2.0 + 4.0 * cosines**2))


def _explained(thin: F32, turns: F32, step: int) -> F32:
    """Mean square of the sine of so many radians a sample that fits best; what thinning took from it is given back."""
    angles = (turns[:, None] * np.arange(thin.shape[1])).astype(np.float32)
    cos, sin = np.cos(angles), np.sin(angles)
    cc, cs, ss = (np.einsum("fn,fn->f", a, b) for a, b in ((cos, cos), (cos, sin), (sin, sin)))
    xc, xs = np.einsum("fn,fn->f", thin, cos), np.einsum("fn,fn->f", thin, sin)
    squares = (ss * xc**2 - 2.0 * cs * xc * xs + cc * xs**2) / np.maximum(cc * ss - cs**2, 1e-20)
    kept = np.sin(turns / 2.0) / (step * np.sin(turns / (2.0 * step)))
    return np.asarray(squares / thin.shape[1] / kept**2)
