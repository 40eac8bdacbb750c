"""A moment of picture and sound before anything is watched.

What detectors and libraries make once and for all (tables, work space, TLS with its authorities) is made in the process
of which all others are copies: they share it, and begin at once.
"""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.detectors import CATALOGUE
from watchglass.media.samples import BLOCK
from watchglass.model.finding import Reading
from watchglass.model.media import AudioBlock, Colour, Item, Track, Tracks, VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.watch import watch
from watchglass.net.wire import tls

SECONDS = 2.0
_PICTURES = 25
_RATE = 48_000
_HEIGHT, _WIDTH = 180, 320
_STEP = 3
"""Columns by which the picture moves each time."""


def rehearse() -> int:
    """Watch it, without any effect; how many readings came of it."""
    with suppress(OSError):  # authorities that cannot be read: who needs them will say so
        tls()
    seen = Context().weigh(watch(_moment(), crew(Config(), list(CATALOGUE))))
    return sum(isinstance(each, Reading) for each in seen)


def _moment() -> Iterator[Item]:
    random = np.random.default_rng(1)
    wide = random.integers(16, 236, (_HEIGHT, _WIDTH + round(SECONDS * _PICTURES) * _STEP), np.uint8)
    chroma = np.full((_HEIGHT // 2, _WIDTH // 2), 128, np.uint8)
    sound = random.normal(0.0, 0.1, (2, round(SECONDS * _RATE))).astype(np.float32)
    picture, hearing = Track("video:0", "video", "h264"), Track("audio:0", "audio", "aac")
    yield Tracks(pts=0.0, tracks=(picture, hearing))
    before, heard = None, 0
    for number in range(round(SECONDS * _PICTURES)):
        frame = VideoFrame(
            track=picture.id,
            pts=number / _PICTURES,
            duration=1.0 / _PICTURES,
            luma=np.ascontiguousarray(wide[:, number * _STEP : number * _STEP + _WIDTH]),
            chroma=(chroma, chroma),
            bit_depth=8,
            colour=Colour(full_range=False, transfer="sdr"),
            key_frame=number == 0,
            previous_small=before,
        )
        before = frame.small
        yield frame
        while (heard + 1) * BLOCK <= frame.end:
            begin, end = (round(at * BLOCK * _RATE) for at in (heard, heard + 1))
            yield AudioBlock(
                track=hearing.id,
                pts=heard * BLOCK,
                samples=np.ascontiguousarray(sound[:, begin:end]),
                rate=_RATE,
                layout=("FL", "FR"),
            )
            heard += 1
