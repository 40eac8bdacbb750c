"""Black: no picture where there should be one.

## What it measures
`black_share` (fraction of the picture): pixels of `small` at or below the black ceiling, which is a share of the
signal's own range (limited or full; PQ and HLG through their transfer function). `luma_mean` (8-bit code values)
tells a fade from a cut, `luma_spread` (standard deviation) a picture from nothing. Told only of dark pictures:
`rest_spread`, the same without the corner that may hold a logo; `shape` (standard deviation of the means of 9 x 16
tiles, without that corner), which tells a dark scene from noise; `tint` (mean colour difference), which tells black
from the green of an empty buffer; and between key frames that alone are watched `unseen` (s), how long nobody looked
before it, as usual.

## Why it matters
The commonest way to lose a channel: transport, audio and every checksum stay green.

## Opens and closes
Opens as information at the first frame whose `black_share` reaches `open_at`; an alarm once it has lasted
`alarm_after`, or `fade_alarm_after` where the picture faded. Closes at the first frame below `close_at`. Reasons:
`fade`, `cut`, `start` (black from the first frame), `unseen` (between two key frames: it may have been a fade, and is
dated to the middle between them), or, however it came, `logo` (black but for one corner). Context makes it critical
while sound goes on.

## Blind spots
Black with text in the middle is not black. Night scenes with their brightest two per cent below the ceiling count
as black unless they show detail or shapes. A short title in a corner of a black picture looks like a logo. A transfer
function that is not known is not judged.

## Sources
- FFmpeg, `libavfilter/vf_blackdetect.c`: pixel 0.10, picture 0.98, 2 s. EBU QC 0016B.
- ITU-R BT.2100-3, tables 4 (PQ) and 5 (HLG).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from math import inf
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels import picture
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import Colour, NotWatched, VideoFrame
from watchglass.model.phrases import lasting
from watchglass.model.skimming import Skims
from watchglass.model.units import CodeValues, FullScale, Judged, Measured, Seconds, Share

AGAIN = 0.2
"""Seconds without black after which another one has come in its own way."""


class BlackSettings(Settings):
    """Thresholds of `video.black`."""

    ceiling: Measured[FullScale] = 0.07
    """Share of the signal range that still counts as black."""
    open_at: Judged[Share] = 0.98
    """Share of black pixels at which the picture is black."""
    close_at: Judged[Share] = 0.95
    """Share of black pixels below which there is a picture again."""
    detail: Judged[CodeValues] = 3.5
    """Standard deviation above which a dark picture shows something."""
    shape: Judged[CodeValues] = 0.9
    """Standard deviation of tiles above which a dark picture has shapes: noise has none."""
    tint: Judged[CodeValues] = 16.0
    """Mean colour difference above which a dark picture is coloured: an empty buffer is green, not black."""
    alarm_after: Judged[Seconds] = 1.0
    """How long black must last before it is an alarm."""
    fade_alarm_after: Judged[Seconds] = 3.0
    """How long black must last before it is an alarm where the programme faded into it."""


class Black(Skims, Detector[VideoFrame]):
    """Judges whether there is a picture, and how it went away."""

    name = "video.black"
    status = Status.STABLE
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = BlackSettings
    limits: ClassVar = {"black_share": Bound("open_at")}
    settings: BlackSettings
    decided_by = ("black_share",)
    memory = 120
    noted = frozenset({"luma_mean", "luma_spread", "rest_spread", "shape", "tint", "unseen"})

    def prepare(self) -> None:
        """Nothing has been seen."""
        self._ceiling: tuple[Colour, float | None] | None = None
        self._means: deque[tuple[float, float]] = deque(maxlen=120)
        self._now: dict[str, float] = {}
        self._how = self._reason = "start"
        self._black_until = -AGAIN
        self._shown_at, self._usual = inf, 0.0
        self._is_far = False
        self._gate = self._make_gate(self.settings.alarm_after)

    def _make_gate(self, alarm_after: float) -> Gate:
        limits = self.settings
        return Gate(self.name, self.track_id, open_at=limits.open_at, close_at=limits.close_at, alarm_after=alarm_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading | NotWatched]:
        """Count the pixels at or below the ceiling."""
        if self._ceiling is None or self._ceiling[0] != frame.colour:
            self._ceiling = (frame.colour, black_ceiling(frame, self.settings.ceiling))
            if self._ceiling[1] is None:
                yield NotWatched(
                    frame.pts,
                    "not judged: the transfer function of the picture is not known",
                    track=frame.track,
                    detector=self.name,
                )
        ceiling = self._ceiling[1]
        if ceiling is None:
            return
        unseen = self._unseen(frame)
        mean, spread = frame.luma_stats
        yield frame.reading(self.name, "luma_mean", mean, "code values")
        yield frame.reading(self.name, "luma_spread", spread, "code values")
        # A picture whose mean is far above the ceiling cannot be black: no need to count.
        share = 0.0 if mean > 2.0 * ceiling + 8.0 else picture.share_at_or_below(frame.small, ceiling)
        if share >= 0.9:
            rest = picture.outside_corner(frame.small)[1]
            yield frame.reading(self.name, "rest_spread", rest, "code values")
            shape = picture.outside_corner(frame.tiles)[1]
            yield frame.reading(self.name, "shape", shape, "code values")
        if share >= 0.9 and frame.small_chroma is not None:
            tint = max(abs(picture.mean_and_spread(plane)[0] - 128.0) for plane in frame.small_chroma)
            yield frame.reading(self.name, "tint", tint, "code values")
        if share >= 0.9 and unseen:
            yield frame.reading(self.name, "unseen", unseen, "s")
        yield frame.reading(self.name, "black_share", share, "1")

    def _unseen(self, frame: VideoFrame) -> float:
        """How long nobody looked before this key frame, or the last one if that is less (s): a gap is no rhythm."""
        was_far, usual = self._is_far, self._usual
        self._is_far = self.track is not None and self.track.has_key_frames_only
        self._usual, self._shown_at = max(0.0, frame.pts - self._shown_at), frame.pts
        return min(usual, self._usual) if was_far else 0.0

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """Decide from the share of black, and from how it came about."""
        self._now[reading.name] = reading.value
        if reading.name != "black_share":
            return
        mean = self._now.get("luma_mean", 0.0)
        share, unseen = reading.value, self._now.pop("unseen", 0.0)
        if self._shows_something():
            share = min(share, self.settings.close_at - 0.01)  # a dark scene, or something small and bright
        since = None
        if self._gate.is_idle and share >= self.settings.open_at:
            if reading.pts - self._black_until > AGAIN:  # else it is the same black, which a bad picture broke
                self._how = self._how_it_came(reading.pts, mean)
                since = reading.pts - unseen / 2.0 if self._how == "unseen" else None
            faded = self._how in ("fade", "unseen")
            has_logo = self._now.get("luma_spread", 0.0) > self.settings.detail
            self._reason = "logo" if has_logo else self._how
            self._gate = self._make_gate(self.settings.fade_alarm_after if faded else self.settings.alarm_after)
        if share >= self.settings.open_at:
            self._black_until = reading.end
        if self._gate.is_idle:
            self._means.append((reading.pts, mean))
        yield from self._gate.update(reading, value=share, since=since, say=self._say, reason=self._reason)

    def _shows_something(self) -> bool:
        """Colour, detail or shapes in the dark, not counting a corner."""
        limits, spread = self.settings, self._now.get("luma_spread", 0.0)
        tint, shape = self._now.pop("tint", 0.0), self._now.pop("shape", 0.0)
        return tint > limits.tint or self._now.pop("rest_spread", spread) > limits.detail or shape > limits.shape

    def _how_it_came(self, pts: float, mean: float) -> str:
        """A fade darkens step by step; a cut is there at once."""
        recent = [(at, value) for at, value in self._means if at >= pts - 1.5]
        if not recent:
            return "unseen" if self._means else "start"
        brightest = max(value for _, value in recent)
        last = recent[-1][1]
        if brightest - mean < 8.0:
            return "fade"
        return "fade" if last - mean < 0.35 * (brightest - mean) and len(recent) >= 3 else "cut"

    @property
    def is_settled(self) -> bool:
        """There is a picture."""
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        """Pictures that are not black, whatever else they show."""
        return frames.value < self.settings.open_at

    def note(self, values: Mapping[str, float]) -> None:
        """All but the share of black, which decides."""
        self._now.update(values)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        how = {
            "fade": "after a fade",
            "cut": "at once",
            "start": "from the first frame",
            "unseen": "since some time between two key frames",
        }[self._how]
        but = " but for a logo" if self._reason == "logo" else ""
        return f"No picture: black{but}{lasting(lasted)}, {how}"


def black_ceiling(frame: VideoFrame, fraction: float) -> float | None:
    """The 8-bit code value up to which a pixel is black, or None where the transfer function is not known.

    For PQ and HLG it is the code of the luminance that a BT.1886 display of 100 cd/m2 shows for ``fraction`` of
    the SDR signal range (ITU-R BT.1886; ITU-R BT.2100-3 tables 4 and 5, HLG for a display of 1,000 cd/m2).
    """
    transfer = frame.colour.transfer
    if transfer == "sdr":
        return frame.code_value(fraction)
    luminance = 100.0 * fraction**2.4
    if transfer == "pq":
        power = (luminance / 10_000.0) ** 0.1593017578125
        return frame.code_value(((0.8359375 + 18.8515625 * power) / (1.0 + 18.6875 * power)) ** 78.84375)
    if transfer == "hlg":
        scene = (luminance / 1_000.0) ** (1.0 / 1.2)
        return frame.code_value((3.0 * scene) ** 0.5)  # far below the knee at 1/12
    return None
