"""The last seconds of each audio track, in bounded memory, and the views that are made of them."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import close_up, spectrogram
from watchglass.model.exhibit import Picture, Spectrogram, Strip, View
from watchglass.model.media import AudioBlock

BACK = 12.0
"""Seconds that are kept, where they fit."""
MOST_SAMPLES = 4_000_000
"""Samples that are kept, of all tracks and channels together: 16 MB."""
COLUMNS = 320
"""The most columns of an outline or values of a level; more than a screen shows of a small plot."""
MOST_WAVES, MOST_LEVELS = 2, 8
"""Channels that are shown apart, the loudest ones."""
ZOOM = 0.008
"""Seconds of single samples."""
LEVEL = 0.02
"""Seconds behind one level, where there are not too many of them."""


class Heard(NamedTuple):
    """A stretch of sound; NaN where nothing was delivered."""

    begin: float
    rate: int
    layout: tuple[str, ...]
    samples: NDArray[np.float32]
    """(channels, n)."""

    def cut(self, begin: float, end: float) -> "Heard":
        """A part of it, in seconds of media time; at least one sample."""
        first = min(max(0, round((begin - self.begin) * self.rate)), self.samples.shape[1] - 1)
        behind = max(first + 1, round((end - self.begin) * self.rate))
        return Heard(self.begin + first / self.rate, self.rate, self.layout, self.samples[:, first:behind])

    def name(self, channel: int) -> str:
        """The name of a channel, or its number from 1."""
        return self.layout[channel] if len(self.layout) == len(self.samples) else str(channel + 1)


@dataclass(slots=True)
class _Ring:
    blocks: deque[AudioBlock] = field(default_factory=deque)
    size: int = 0
    end: float = 0.0


class RecentSound:
    """A ring of samples for each track."""

    def __init__(self, most_samples: int = MOST_SAMPLES) -> None:
        self._most = most_samples
        self._rings: dict[str, _Ring] = {}

    def keep(self, block: AudioBlock) -> None:
        """A block arrived; what is too old or too much is forgotten."""
        ring = self._rings.setdefault(block.track or "", _Ring())
        copy = AudioBlock(  # a view on the decoder's buffer would hold all of it
            track=block.track or "", pts=block.pts, samples=block.samples.copy(), rate=block.rate, layout=block.layout
        )
        ring.blocks.append(copy)
        ring.size += copy.samples.size
        ring.end = copy.end
        share = self._most // len(self._rings)
        while len(ring.blocks) > 1 and (ring.size > share or ring.blocks[0].end < copy.end - BACK):
            ring.size -= ring.blocks.popleft().samples.size

    def reaches(self, track: str) -> float:
        """Up to where a track has delivered, in seconds."""
        ring = self._rings.get(track)
        return ring.end if ring else 0.0

    def between(self, track: str, begin: float, end: float) -> Heard | None:
        """What is known of a stretch, in the format that it ended with; None where that is nothing."""
        ring = self._rings.get(track)
        inside = [block for block in ring.blocks if block.end > begin and block.pts < end] if ring else []
        if not inside:
            return None
        rate, channels = inside[-1].rate, len(inside[-1].samples)
        alike = [block for block in inside if block.rate == rate and len(block.samples) == channels]
        begin = max(begin, alike[0].pts)
        end = min(end, max(block.end for block in alike))
        count = round((end - begin) * rate)
        if count < 2:
            return None
        samples = np.full((channels, count), np.nan, np.float32)
        for block in alike:
            at = round((block.pts - begin) * rate)
            first, behind = max(0, at), min(count, at + block.samples.shape[1])
            if behind > first:
                samples[:, first:behind] = block.samples[:, first - at : behind - at]
        return Heard(begin, rate, inside[-1].layout, samples)


def views(heard: Heard, wanted: tuple[View, ...], begin: float, end: float) -> dict[str, Any]:
    """The fields of an exhibit that show a stretch of sound.

    Args:
        heard: The stretch.
        wanted: How it is to be shown.
        begin: Where the defect begins, in seconds.
        end: Where it is over.
    """
    made: dict[str, Any] = {}
    if "waveform" in wanted:
        made["waveforms"] = _waveforms(heard)
    if "levels" in wanted:
        made["levels"] = _levels(heard)
    if "samples" in wanted:
        made["samples"] = _worst(heard.cut(begin, end))
    if "spectrogram" in wanted:
        made["spectrogram"] = _spectrogram(heard)
    return made


def _waveforms(heard: Heard) -> tuple[Strip, ...]:
    strips = []
    for channel in close_up.loudest(np.nan_to_num(heard.samples), MOST_WAVES):
        low, high, length = close_up.outline(heard.samples[channel], COLUMNS)
        strips.append(Strip(heard.name(channel), heard.begin, length / heard.rate, low, high))
    return tuple(strips)


def _levels(heard: Heard) -> tuple[Strip, ...]:
    length = max(round(LEVEL * heard.rate), -(-heard.samples.shape[1] // COLUMNS))
    strips = []
    for channel in close_up.loudest(np.nan_to_num(heard.samples), MOST_LEVELS):
        level = close_up.levels(heard.samples[channel], length)
        strips.append(Strip(heard.name(channel), heard.begin, length / heard.rate, level, level))
    return tuple(strips)


def _worst(heard: Heard) -> Strip:
    whole = np.nan_to_num(heard.samples)
    length = min(round(ZOOM * heard.rate), 2 * COLUMNS, whole.shape[1])
    channel, first = close_up.worst_spot(whole, length)
    samples = whole[channel, first : first + length].copy()
    return Strip(heard.name(channel), heard.begin + first / heard.rate, 1.0 / heard.rate, samples, samples)


def _spectrogram(heard: Heard) -> Spectrogram:
    drawn = spectrogram.draw(np.nan_to_num(heard.samples).mean(axis=0), heard.rate)
    end = heard.begin + heard.samples.shape[1] / heard.rate
    picture = Picture(heard.begin, drawn.jpeg, drawn.width, drawn.height)
    return Spectrogram(heard.begin, end, spectrogram.LOWEST, drawn.highest, spectrogram.FLOOR, spectrogram.TOP, picture)
