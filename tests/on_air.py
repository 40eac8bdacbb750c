"""A live channel in real time, whose segments are gone when they have left the playlist."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from manifests import Stream, Told, adaptation, mpd, period
from manifests import template as addressing
from origin import Answer, Origin, Request
from segments import Media

WINDOW = 4
BEGUN = 4
"""Seconds of media that are there at first."""


class OnAir:
    """Segments of a second by the clock: those outside the window are gone."""

    def __init__(self) -> None:
        self._began = time.monotonic() - BEGUN
        self.since = datetime.fromtimestamp(time.time() - BEGUN, UTC)
        self.fetched = 0

    @property
    def complete(self) -> int:
        return int(time.monotonic() - self._began)

    def skip(self, seconds: float) -> None:
        """Leap ahead."""
        self._began -= seconds

    def put(self, origin: Origin, media: Media, folder: str = "") -> None:
        for number, name in enumerate(media.segments):
            origin.routes[f"{folder}/{name}"] = self._while_there(number, media.files[name])
        if "init.mp4" in media.files:
            origin.routes[f"{folder}/init.mp4"] = media.files["init.mp4"]
        origin.routes[f"{folder}/live.m3u8"] = lambda request: self.playlist(media)

    def _while_there(self, number: int, data: bytes) -> Callable[[Request], bytes | Answer]:
        def answer(request: Request) -> bytes | Answer:
            self.fetched += 1
            return data if self.complete - WINDOW - 1 <= number < self.complete else Answer(status=404)

        return answer

    def playlist(self, media: Media) -> bytes:
        end = self.complete
        names = media.segments[end - WINDOW : end]
        head = f"#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{end - WINDOW}\n"
        mapped = '#EXT-X-MAP:URI="init.mp4"\n' if "init.mp4" in media.files else ""
        return (head + mapped + "".join(f"#EXTINF:1.0,\n{name}\n" for name in names)).encode()

    def manifest(self, stream: Stream) -> bytes:
        told = Told(
            {
                "type": "dynamic",
                "publishTime": stamp(self.since),
                "mediaPresentationDuration": "",
                "availabilityStartTime": stamp(self.since),
                "minimumUpdatePeriod": "PT1S",
                "timeShiftBufferDepth": f"PT{WINDOW}S",
            }
        )
        by_number = addressing(stream.folder, more='duration="1000"')
        return mpd(period(adaptation(stream, by_number), attributes='id="p0" start="PT0S"'), told=told)


def stamp(utc: datetime) -> str:
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
