"""Corrupt: the decoder says that what it was given is broken.

## What it measures
`damaged` (pictures): pictures flagged damaged by the decoder and packets that it refused, at each picture;
`broken_packets` (packets): packets that the transport marked corrupt, for information.

## Why it matters
Lost or overwritten bytes: blocks, smears and jumps that a viewer sees at once.

## Opens and closes
Opens as information with the first damaged picture; an alarm once a second holds `alarm_at` of them. Closes when
a second has passed without any. The first pictures after joining and the last before a cut are often incomplete:
one alone is no alarm.

## Blind spots
Damage that was burnt into the picture before it was encoded (`video.block_corruption` looks for it). Pictures that
merely refer to a broken one are not flagged. Packets marked corrupt whose pictures decode cleanly are counted, not
judged: some multiplexers write wrong lengths all day long.

## Sources
- FFmpeg, `libavutil/frame.h`: `decode_error_flags`, `AV_FRAME_FLAG_CORRUPT`; ETSI TR 101 290 v1.4.1, 5.2.1.
"""

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from watchglass.model.detector import Detector, Settings, Status
from watchglass.model.finding import Finding, Reading, Severity
from watchglass.model.gate import Gate
from watchglass.model.media import Damage, VideoFrame
from watchglass.model.units import Judged, PerSecond

WINDOW = 1.0
"""Seconds over which damage is counted."""


class CorruptSettings(Settings):
    """Thresholds of `video.corrupt`."""

    alarm_at: Judged[PerSecond] = 2.0
    """Damaged pictures and refused packets in a second from which it is an alarm."""


class Corrupt(Detector[VideoFrame | Damage]):
    """Counts what the decoder complains about."""

    name = "video.corrupt"
    status = Status.PROVISIONAL
    kind = "video"
    consumes: ClassVar = (VideoFrame, Damage)
    settings_type = CorruptSettings
    settings: CorruptSettings

    def prepare(self) -> None:
        """Nothing was damaged."""
        self._damaged = self._packets = 0
        self._recent: deque[tuple[float, float]] = deque()
        self._most = 0.0
        self._gate = Gate(self.name, self.track_id, open_at=1.0, close_after=WINDOW)

    def measure(self, item: VideoFrame | Damage) -> Iterator[Reading]:
        """Count the damage since the picture before."""
        if isinstance(item, Damage):
            if item.what == "packet":
                self._packets += 1
            else:
                self._damaged += 1
            return
        if self._packets:
            yield item.reading(self.name, "broken_packets", self._packets, "packets")
        yield item.reading(self.name, "damaged", self._damaged + item.is_corrupt, "pictures")
        self._damaged = self._packets = 0

    def judge(self, reading: Reading) -> Iterator[Finding]:
        """One is told, several in a second are an alarm."""
        if reading.name != "damaged":
            return
        recent = self._recent
        if reading.value:
            recent.append((reading.pts, reading.value))
        while recent and recent[0][0] <= reading.pts - WINDOW:
            recent.popleft()
        in_a_second = sum(value for _, value in recent)
        self._most = in_a_second if self._gate.is_idle else max(self._most, in_a_second)
        severity = Severity.WARNING if self._most >= self.settings.alarm_at else Severity.INFO
        yield from self._gate.update(reading, say=self._say, severity=severity)

    def finish(self, pts: float) -> Iterator[Finding]:
        """Close at the end of the media."""
        yield from self._gate.finish(pts, self._say)

    def _say(self, lasted: float) -> str:
        return f"The decoder met damaged pictures for {lasted:.1f} s, up to {self._most:.0f} in a second"
