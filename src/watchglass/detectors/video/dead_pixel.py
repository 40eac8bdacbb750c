"""Dead pixel."""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.hairlines import Hairlines
from watchglass.kernels.places import Places
from watchglass.kernels.specks import PHASES, Specks, specks, strip
from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Region
from watchglass.model.frames import Frames
from watchglass.model.gate import Gate
from watchglass.model.limits import Bound
from watchglass.model.media import VideoFrame
from watchglass.model.skimming import Skims
from watchglass.model.units import Factor, Judged, Seconds

STEP, WATCH = 0.14, 0.0
AT_ONCE = 350_000
PAUSE = 1.0


class DeadPixelSettings(Settings):
    """Thresholds of `video.dead_pixel`."""

    held_at: Judged[Factor] = 8.0
    """Neighbourhoods that must have gone by around it."""
    open_after: Judged[Seconds] = 3.0
    """How long it must have been there."""
    close_after: Judged[Seconds] = 2.0
    """How long it must be gone."""


class DeadPixel(Skims, Detector[VideoFrame]):
    """Judges whether something stays while the picture goes by."""

    name = "video.dead_pixel"
    status = Status.PREVIEW
    kind = "video"
    consumes: ClassVar = (VideoFrame,)
    settings_type = DeadPixelSettings
    limits: ClassVar = {"held": Bound("held_at")}
    settings: DeadPixelSettings
    decided_by = ("held",)
    memory = 1

    def prepare(self) -> None:
        self._places = Places()
        self._lines = Hairlines()
        self._scans: dict[tuple[int, int], deque] = {}
        self._turn = 0
        self._scanned = self._watched = -1e9
        self._began = None
        self._shape = None
        self._now = {}
        self._past = deque(maxlen=16)
        self._gate = Gate(self.name, self.track_id, open_after=self.settings.open_after, close_after=self.settings.close_after)

    def measure(self, frame: VideoFrame) -> Iterator[Reading]:
        luma, pts = frame.luma, frame.pts
        if self._shape != luma.shape or not 0.0 <= pts - self._scanned < PAUSE:
            self._shape = luma.shape
            self._places = Places()
            self._lines = Hairlines()
            self._past.clear()
            self._scans = {}
            self._began = pts
            self._scanned = -1e9
        if pts - self._scanned < STEP:
            return
        self._scanned = pts
        bands = max(1, round(luma.size / PHASES / AT_ONCE))
        self._turn = (self._turn + 1) % (PHASES * bands)
        band, phase = self._turn // PHASES, self._turn % PHASES
        rows, shown = strip(luma, band, bands, phase, frame.bit_depth)
        found = specks(luma, rows, shown, frame.bit_depth)
        scans = self._scans.setdefault((band, phase), deque(maxlen=3))
        key = found.row * 131072 + found.column * 2
        if len(scans) and len(key):
            unseen, first = np.full(len(key), self._began), np.full(len(key), np.nan)
            absent = np.zeros(len(key), bool)
            for at, keys, floor in scans:
                match = (np.abs(key[:, None] - keys[None]) <= 2).any(axis=1)
                earlier = np.isnan(first)
                first[match & earlier] = at
                gone = ~match & earlier & (found.steep >= 1.25 * floor)
                unseen[gone] = at
                absent |= gone
            twice = ~np.isnan(first)
            if twice.any():
                ok = {(int(r), int(c)) for r, c in zip(found.row[absent], found.column[absent])}
                self._places.add(
                    Specks(*(a[twice] for a in found[:4]), found.floor), unseen[twice], first[twice],
                    lambda r, c, at: (int(r), int(c)) in ok and self._alone(frame.small, luma, r, c, at))
        self._lines.add(luma, rows, shown, pts, scans[-1][0] if scans else self._began, lambda: bool(scans) and self._same_shot(frame.small, scans[-1][0]), 1 << (frame.bit_depth - 8))
        if not self._past or pts - self._past[-1][0] >= 0.24:
            self._past.append((pts, frame.small.copy()))
        scans.append((pts, key, found.floor))
        if pts - self._watched < WATCH and pts >= self._watched:
            return
        self._watched = pts
        self._places.look(luma, pts, frame.bit_depth)
        self._lines.look(luma, pts, 1 << (frame.bit_depth - 8))
        best, line = self._places.best(), self._lines.best()
        held = 0.0
        if line is not None and line[1] > 0 and (best is None or line[1] > best.neighbourhoods):
            held = line[1]
            yield frame.reading(self.name, "row" if line[0].is_row else "column", line[0].at / luma.shape[0 if line[0].is_row else 1], "1")
            yield frame.reading(self.name, "age", pts - line[2], "s")
            yield frame.reading(self.name, "gone", pts - line[3], "s")
        elif best is not None and best.neighbourhoods > 0:
            held = best.neighbourhoods
            yield frame.reading(self.name, "row", best.row / luma.shape[0], "1")
            yield frame.reading(self.name, "column", best.column / luma.shape[1], "1")
            yield frame.reading(self.name, "age", pts - best.since, "s")
            yield frame.reading(self.name, "gone", pts - best.last, "s")
            yield frame.reading(self.name, "places", float(best.count), "places")
        yield frame.reading(self.name, "held", held, "neighbourhoods")

    def _same_shot(self, small, unseen):
        before = [each for at, each in self._past if at <= unseen + 0.01]
        return bool(before) and before[-1].shape == small.shape and float(cv2.absdiff(small, before[-1]).mean()) <= 12.0

    def _alone(self, small, luma, row, column, unseen):
        before = [each for at, each in self._past if at <= unseen + 0.01]
        if not before or before[-1].shape != small.shape:
            return False
        scale = small.shape[1] / luma.shape[1]
        y, x = int(row * small.shape[0] / luma.shape[0]), int(column * scale)
        reach, inner = max(4, round(20 * scale)), round(5 * scale) + 1
        cut = np.s_[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        off = np.abs(small[cut].astype(np.int16) - before[-1][cut])
        yy, xx = y - max(0, y - reach), x - max(0, x - reach)
        off[max(0, yy - inner) : yy + inner + 1, max(0, xx - inner) : xx + inner + 1] = 0
        return bool(off.mean() <= 2.5 and (off > 12).mean() <= 0.02)

    def judge(self, reading: Reading) -> Iterator[Finding]:
        if reading.name != "held":
            self._now[reading.name] = reading.value
            return
        now = dict(self._now)
        self._now.clear()
        self.last_now = now
        gone = now.get("gone", 0.0)
        is_bad = reading.value >= self.settings.held_at * (0.5 if self._gate.is_open else 1.0) and gone < 1.0
        since = (reading.pts - now["age"]) if is_bad else reading.pts - gone
        region = None
        if is_bad:
            x, y = now.get("column"), now.get("row")
            region = Region(0.0 if x is None else max(0.0, x - 0.01), 0.0 if y is None else max(0.0, y - 0.01), 1.0 if x is None else 0.02, 1.0 if y is None else 0.02)
        yield from self._gate.update(reading, value=float(is_bad), since=since, say=self._say, region=region)

    @property
    def is_settled(self) -> bool:
        return self._gate.is_idle

    def dull(self, frames: Frames) -> NDArray[np.bool_]:
        return frames.value < self.settings.held_at

    def finish(self, pts: float) -> Iterator[Finding]:
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"stuck {lasted:.1f}"
