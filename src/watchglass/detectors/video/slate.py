"""Slate: a card instead of the programme, such as "We'll be right back".

## What it measures
`distance` (bits of 64): how far the picture's perceptual hash is from that of the nearest of the `images` that were
given, with its name as the note; five times a second. Where that is small also `likeness` (1), the correlation of
both pictures in small. Without images nothing is measured: `images = ["back-soon.png"]`
under `[detectors.video.slate]` names them, from the folder that you are in.

## Why it matters
The card is what a playout shows when the programme has failed, or when someone forgot to go back to it. For the viewer
the channel is gone; for a detector of black or frozen pictures all may be well.

## Opens and closes
Opens as a warning when the picture has been one of the images, `distance` up to `open_at` and `likeness` of
`alike_at` or more, for `open_after`, dated back to its beginning. Closes when it has been none for `close_after`,
dated back.

## Blind spots
Cards of which no image was given. A card in a corner of the picture or under a large overlay, and one that was turned,
mirrored, or cut in another way than the image.

## Sources
- C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010 (DCT hash).
- Amazon Rekognition, segment detection: slates.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from watchglass.kernels.perceptual_hash import BITS, Print, distance, likeness, print_of, print_of_file
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Bits, Judged, Measured, Seconds, Share, Unit

STEP = 0.2
"""Seconds between two looks, at least."""
NEAR = 24
"""Bits up to which it is asked how alike both are."""


def _readable(path: str) -> str:
    print_of_file(path)
    return path


Images = Annotated[tuple[Annotated[str, AfterValidator(_readable)], ...], Unit("files")]


class SlateSettings(Settings):
    """Thresholds of `video.slate`."""

    images: Measured[Images] = ()
    """Paths of pictures of the cards to look for, such as a still of each."""
    open_at: Judged[Bits] = 10
    """Bits of 64 by which the picture may differ."""
    alike_at: Judged[Share] = 0.85
    """Correlation with the image that it must have."""
    open_after: Judged[Seconds] = 0.6
    """How long it must be there before it is told."""
    close_after: Judged[Seconds] = 0.4
    """How long it must be gone for it to be over."""


class Slate(Skims, Detector[VideoFrame]):
    """Judges whether the picture is one of some cards."""

    name = "video.slate"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = SlateSettings
    limits: ClassVar = {"distance": Bound("open_at", "below")}
    settings: SlateSettings
    decided_by = ("distance",)
    memory = 1

    def prepare(self) -> None:
        """Nothing has been seen."""
        limits = self.settings
        self._looked_at = -STEP
        self._likeness = 0.0
        self._which = ""
        self._gate = Gate(self.name, self.track_id, open_after=limits.open_after, close_after=limits.close_after)

    @cached_property
    def _cards(self) -> list[tuple[str, Print]]:
        """Read when there is a picture to compare: whoever only judges stored readings needs no images."""
        return [(Path(path).name, print_of_file(path)) for path in self.settings.images]

    @property
    def judges(self) -> bool:
        """Only where there are images."""
        return bool(self.settings.images)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        """How near the nearest image is."""
        if not self._cards or 0.0 <= frame.pts - self._looked_at < STEP - 1e-6:
            return
        self._looked_at = frame.pts
        seen, apart, note = print_of(frame.small), BITS, ""
        if seen is not None:
            which, card = min(self._cards, key=lambda each: distance(seen, each[1]))
            apart = distance(seen, card)
            if apart <= NEAR:
                note = which
                yield frame.reading(self.name, "likeness", likeness(seen, card), "1")
        yield frame.reading(self.name, "distance", float(apart), "bits")._replace(note=note)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Near and alike, for long enough."""
        if reading.name == "likeness":
            self._likeness = reading.value
            return
        is_card = reading.value <= self.settings.open_at and self._likeness >= self.settings.alike_at
        self._likeness = 0.0
        if is_card:
            self._which = reading.note or self._which
        yield from self._gate.update(reading, value=float(is_card), say=self._say, reason="slate")

    @property
    def is_settled(self) -> bool:
        """No card is shown, nor was just now."""
        return self._gate.is_idle and not self._likeness

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures that are like none of the cards."""
        return frames.value > self.settings.open_at

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"The card {self._which} instead of the programme, for {lasted:.1f} s"
