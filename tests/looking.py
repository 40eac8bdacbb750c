"""Pictures for the tests of what looks at them: clips, frames, and what a detector says about them."""

from collections.abc import Iterator

import cv2
import numpy as np

from listening import findings, readings, spans
from watchglass.model.finding import Finding, Reading
from watchglass.model.media import Colour, Item, Track, Tracks, VideoFrame
from watchglass.monitor.watch import watch

__all__ = ["findings", "frames", "moving", "observe", "painted", "plain", "readings", "scene", "spans", "still"]

TRACK = Track("video:0", "video", "h264")
HEIGHT, WIDTH = 90, 160
SDR = Colour(full_range=False, transfer="sdr")


def scene(seed=1, width=WIDTH, height=HEIGHT, contrast=40.0):
    """A picture with something in every corner: (height, width) uint8, around code value 120."""
    rough = np.random.default_rng(seed).standard_normal((height, width)).astype(np.float32)
    around = cv2.copyMakeBorder(rough, 12, 12, 12, 12, cv2.BORDER_WRAP)  # so that a pan may go on for ever
    soft = cv2.GaussianBlur(around, (0, 0), 3.0)[12:-12, 12:-12]
    return np.clip(120.0 + contrast * soft / soft.std(), 16, 235).astype(np.uint8)


def moving(seconds, *, seed=1, rate=25, speed=2):
    """The camera pans over a scene: a list of pictures."""
    wide = scene(seed, width=4 * WIDTH)
    return [np.roll(wide, -speed * n, axis=1)[:, :WIDTH].copy() for n in range(round(seconds * rate))]


def still(seconds, picture=None, *, rate=25, noise=0.0, seed=5):
    """One picture all the time, with Gaussian noise of ``noise`` code values on each showing."""
    picture = scene(9) if picture is None else picture
    rng = np.random.default_rng(seed)
    shown = []
    for _ in range(round(seconds * rate)):
        grain = np.rint(noise * rng.standard_normal(picture.shape))
        shown.append(np.clip(picture + grain, 0, 255).astype(np.uint8) if noise else picture)
    return shown


def plain(seconds, luma, *, rate=25):
    """One code value from edge to edge."""
    return [np.full((HEIGHT, WIDTH), luma, np.uint8)] * round(seconds * rate)


def frames(
    clip, *, rate=25, start=0.0, chroma=(128, 128), colour=SDR, bit_depth=8, keys=(), corrupt=(), times=None
) -> Iterator[VideoFrame]:
    """Frames as the converter makes them.

    Args:
        clip: Luma planes.
        rate: Frames a second.
        start: Time of the first.
        chroma: Code values of the two planes, the same everywhere, or None.
        colour: Range and transfer function.
        bit_depth: Of the planes.
        keys: Numbers of the key frames.
        corrupt: Numbers of the frames that the decoder flags.
        times: When each is shown, in seconds, instead of evenly.
    """
    before = None
    for n, luma in enumerate(clip):
        half = ((luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2)
        planes = None if chroma is None else tuple(np.full(half, value, luma.dtype) for value in chroma)
        frame = VideoFrame(
            track=TRACK.id,
            pts=start + (n / rate if times is None else times[n]),
            duration=1.0 / rate,
            luma=luma,
            chroma=planes,
            bit_depth=bit_depth,
            colour=colour,
            key_frame=n in keys,
            is_corrupt=n in corrupt,
            previous_small=before,
        )
        before = frame.small
        yield frame


def painted(clip, *, rate=25, start=0.0, colour=SDR, bit_depth=8) -> Iterator[VideoFrame]:
    """Frames of pictures in colour, as BT.709 has it.

    Args:
        clip: R'G'B' pictures, (H, W, 3), 1.0 is 100 %.
        rate: Frames a second.
        start: Time of the first.
        colour: Range and transfer function.
        bit_depth: Of the planes.
    """
    before, last, planes = None, None, []
    for n, rgb in enumerate(clip):
        if rgb is not last:  # the same again needs no work
            last, planes = rgb, _planes(np.asarray(rgb, np.float32), colour.full_range, bit_depth)
        frame = VideoFrame(
            track=TRACK.id,
            pts=start + n / rate,
            duration=1.0 / rate,
            luma=planes[0],
            chroma=(planes[1], planes[2]),
            bit_depth=bit_depth,
            colour=colour,
            previous_small=before,
        )
        before = frame.small
        yield frame


def _planes(rgb, full_range, bit_depth):
    """Y'CbCr with half the colours each way."""
    red, green, blue = np.moveaxis(rgb, -1, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    (black, light), tint = ((0, 255), 255) if full_range else ((16, 219), 224)
    half = ((rgb.shape[1] + 1) // 2, (rgb.shape[0] + 1) // 2)
    differences = ((blue - luma) / 1.8556, (red - luma) / 1.5748)
    small = [cv2.resize(each, half, interpolation=cv2.INTER_AREA) for each in differences]
    made = [black + light * luma, *(128 + tint * each for each in small)]
    scale, kind = 2 ** (bit_depth - 8), np.uint8 if bit_depth == 8 else np.uint16
    return [np.clip(np.rint(plane * scale), 0, 256 * scale - 1).astype(kind) for plane in made]


def observe(kind, items, *, settings=None, start=0.0, track=TRACK):
    """What one detector says about these items, in the ordinary loop."""

    def source() -> Iterator[Item]:
        yield Tracks(pts=start, tracks=(track,))
        yield from items

    def hire(track):
        return [kind(settings, track, None)] if track else []

    return [told for told in watch(source(), hire) if isinstance(told, Reading | Finding)]


def judged(kind, looks, *, step=0.12):
    """What a detector says of looks at which it measured these: {name: (value, unit)}, what decides last."""
    detector, told = kind(), []
    for number, look in enumerate(looks):
        for name, (value, unit) in look.items():
            told += detector.judge(Reading(kind.name, None, name, number * step, step, value, unit))
    return [*told, *detector.finish(len(looks) * step)]
