"""Channels for many watchers: one clip with faults in it, looped, published by several origins in one process.

All of it is encoded and cut beforehand, so that publishing takes as little from the machine as it can: channels are the
same segments, begun at different moments.
"""

import multiprocessing
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from zlib import crc32

import av
import numpy as np

from watchglass.faults.broadcast import Broadcast
from watchglass.faults.codec_names import attributes
from watchglass.faults.loop import survey
from watchglass.faults.origin import AT_ONCE, Origin
from watchglass.faults.server import Answer, Request, whole

RATE, SOUND = 25, 48_000
LOOP = 60.0
SEGMENT = 2.0
"""Seconds, also between key frames."""
STEP = 7
"""Segments by which each channel is ahead of the one before."""
FAULTS = (("video.freeze", 12.3, 8.0), ("video.black", 28.7, 8.0), ("audio.silence", 44.5, 5.0))
"""Detector, and when in each loop its fault begins and how long it lasts, in seconds: longer than the light tier may
take to see it."""

SHINES = 0.15
"""Share of what shines through."""


def write_clip(path: Path, size: tuple[int, int], bit_rate: int, rate: int, *, is_clean: bool) -> None:
    """A loop of textured motion under camera noise, with sound like speech, and with every fault once or with none.

    Something else shines through and moves on its own, so that motion is as hard to foretell as in what is filmed:
    key frames take about a fifth of the bits, as they do there (a tenth to a quarter at 1080p and 5 Mb/s).
    """
    import cv2

    width, height = size
    random = np.random.default_rng(1)
    wide = cv2.resize(
        random.integers(0, 256, (90, 180), np.uint8), (width * 5 // 3, height * 3 // 2), interpolation=cv2.INTER_CUBIC
    )
    fine = random.integers(0, 256, (height * 3 // 4, width * 5 // 6), np.uint8)
    wide = cv2.addWeighted(wide, 0.7, cv2.resize(fine, wide.shape[::-1]), 0.3, 0)
    noise = random.normal(0, 2.0, (height + 64, width + 64)).astype(np.int8)
    roam = np.array([wide.shape[1] - width, wide.shape[0] - height]) / 2.2
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt, video.bit_rate = width, height, "yuv420p", bit_rate
        gop = round(SEGMENT * rate)
        video.options = {
            "preset": "veryfast",
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0",
            "maxrate": str(round(bit_rate * 1.2)),
            "bufsize": str(bit_rate * 2),
        }
        audio = out.add_stream("aac", rate=SOUND, layout="stereo")
        audio.bit_rate = 128_000
        for n in range(round(LOOP * rate)):
            out.mux(video.encode(_picture(n, rate, size, wide, noise, roam, random, is_clean)))
            out.mux(audio.encode(_sound(n, rate, random, is_clean)))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


def _at(n: int, rate: int, detector: str) -> int | None:
    """The picture at which a fault began that holds at picture ``n``."""
    for name, start, seconds in FAULTS:
        first = round(start * rate)
        if name == detector and first <= n < first + round(seconds * rate):
            return first
    return None


def _picture(n, rate, size, wide, noise, roam, random, is_clean) -> av.VideoFrame:
    import cv2

    width, height = size
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    frozen = None if is_clean else _at(n, rate, "video.freeze")
    dx, dy = random.integers(0, 64, 2) if frozen is None else (7, 7)
    shown = n if frozen is None else frozen
    if not is_clean and _at(n, rate, "video.black") is not None:
        picture[:height] = 16
    else:
        x, other_x = (int(roam[0] * (1.0 + way * np.sin(shown / 60))) for way in (1.0, -1.0))
        y, other_y = int(roam[1] * (1.0 + np.cos(shown / 45))), int(roam[1] * (1.0 + np.sin(shown / 35)))
        here, there = (wide[v : v + height, u : u + width] for u, v in ((x, y), (other_x, other_y)))
        seen = cv2.addWeighted(here, 1.0 - SHINES, there, SHINES, 0.0)
        luma = seen.astype(np.int16) + noise[dy : dy + height, dx : dx + width]
        picture[:height] = np.clip(luma // 2 + 60, 16, 235)
        picture[height:] = cv2.resize(wide[y : y + height // 2, x : x + width // 2], (width, height // 2)) // 8 + 112
    frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    frame.pts = n
    return frame


def _sound(n, rate, random, is_clean) -> av.AudioFrame:
    count = SOUND // rate
    time_in = (np.arange(count) + n * count) / SOUND
    if not is_clean and _at(n, rate, "audio.silence") is not None:
        sound = np.zeros((2, count))
    else:
        sound = 0.1 * np.sin(2 * np.pi * np.outer([110.0, 220.0], time_in))
        sound += random.normal(0, 0.03, sound.shape) * (1.2 + np.sin(2 * np.pi * 3.0 * time_in))
    block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound, np.float32), format="fltp", layout="stereo")
    block.sample_rate, block.pts = SOUND, n * count
    return block


@dataclass(frozen=True)
class Outages:
    """Every connection of a channel is reset for a while, again and again, one channel after the other."""

    every: float
    lasts: float
    """Seconds."""


class Unsteady(Origin):
    """An origin that fails in between."""

    outages: Outages | None = None
    first: float = 0.0
    """``time.monotonic()`` of its first outage."""

    def answer(self, request: Request) -> Answer:
        """What is there, or a connection that is reset."""
        since = time.monotonic() - self.first
        if self.outages is not None and since > 0.0 and since % self.outages.every < self.outages.lasts:
            return replace(whole(b"", "text/plain"), length=1000, ends="reset")
        return super().answer(request)


@dataclass(frozen=True)
class Occurrence:
    """A fault of a channel."""

    detector: str
    start: float
    """Media time of the channel, in seconds."""
    served_at: float
    """``time.monotonic()`` at which the segment with its beginning had been served for the first time."""


@dataclass(frozen=True)
class Aired:
    """What a channel has sent."""

    opened_utc: float
    """UTC of its media time 0."""
    occurrences: Sequence[Occurrence]


class Studio:
    """The process that publishes; a context manager.

    Args:
        clip: As ``write_clip`` wrote it.
        channels: How many.
        seconds: For how long there is something to send.
        outages: How its connections fail, if they do.
        clean: One without faults, for all channels but the first.
    """

    def __init__(
        self, clip: Path, channels: int, seconds: float, outages: Outages | None = None, *, clean: Path | None = None
    ) -> None:
        clips = [(clip, False) if clean is None or number == 0 else (clean, True) for number in range(channels)]
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_publish, args=(clips, seconds, outages, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.urls: list[str] = self._pipe.recv()

    def aired(self) -> list[Aired]:
        """What each channel has sent so far."""
        self._pipe.send("aired")
        return self._pipe.recv()

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self.process.join(10.0)
        self.process.kill()


def _publish(clips: Sequence[tuple[Path, bool]], seconds: float, outages: Outages | None, pipe: Connection) -> None:
    channels = len(clips)
    count = round(seconds / SEGMENT) + AT_ONCE + STEP * channels
    cut = {
        clip: list(islice(Broadcast(survey(clip), segment_seconds=SEGMENT, at_once=0).segments(), count))
        for clip in {clip for clip, _ in clips}
    }
    with ExitStack() as stack:
        origins = []
        for channel, (clip, is_clean) in enumerate(clips):
            mine = cut[clip][channel * STEP : channel * STEP + count - STEP * channels]
            first = mine[0]
            rebased = [replace(each, number=number, start=each.start - first.start) for number, each in enumerate(mine)]
            origin = Unsteady(iter(rebased), SEGMENT, attributes=attributes(first.data), folder="stream")
            if outages is not None:
                origin.outages = outages
                origin.first = time.monotonic() + outages.every * (1.0 + channel / channels)
            origins.append((stack.enter_context(origin), first.start, [] if is_clean else rebased))
        pipe.send([origin.url for origin, _, _ in origins])
        while True:
            try:
                pipe.recv()
            except EOFError:
                return
            pipe.send([Aired(origin.opened_utc, _occurrences(*each)) for each in origins for origin in each[:1]])


def _occurrences(origin: Origin, offset: float, segments) -> list[Occurrence]:
    served, found = dict(origin.served_at), []
    for loop in range(int(segments[-1].end / LOOP) + 2 if segments else 0):
        for detector, start, _ in FAULTS:
            at = loop * LOOP + start - offset
            number = next((each.number for each in segments if each.start <= at < each.end), None)
            if number in served:
                found.append(Occurrence(detector, at, served[number]))
    return found


def key_share(clip: Path) -> float:
    """The share of key frames in the bits of its picture."""
    with av.open(str(clip)) as container:
        sizes = [(packet.is_keyframe, packet.size) for packet in container.demux(video=0)]
    return sum(size for is_key, size in sizes if is_key) / sum(size for _, size in sizes)


def clip_of(folder: Path, size: tuple[int, int], bit_rate: int, rate: int = RATE, *, is_clean: bool = False) -> Path:
    """The clip, made if it is not there yet; its name changes with this file, so that none is out of date."""
    made_by = f"{crc32(Path(__file__).read_bytes()):08x}"
    path = folder / f"reach-{size[1]}p{rate}-{bit_rate // 1000}k-{made_by}{'-clean' if is_clean else ''}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        print(f"making {path.name} ...", flush=True)
        unfinished = path.with_name(f"unfinished-{path.name}")
        write_clip(unfinished, size, bit_rate, rate, is_clean=is_clean)
        unfinished.rename(path)
        print(f"made in {time.monotonic() - began:.0f} s", flush=True)
    return path
