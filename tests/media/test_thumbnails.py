"""Strips from real clips: the right pictures, in the right colours and proportions; and from clips that are broken."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from keeping import kept
from making import clip, flat
from watchglass.media.clip import Clip, write_clip
from watchglass.media.thumbnails import strip


def opened(jpeg: bytes) -> NDArray[np.uint8]:
    """(H, W, 3) red, green, blue."""
    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def cut(path: Path, start: float, stop: float) -> Clip:
    return write_clip(kept(path), path.with_name("clip.mp4"), start, stop)


def stairs(number: int) -> list[NDArray[np.uint8]]:
    """Each second another grey."""
    return [np.full((64, 96), 40 + 15 * (number // 25), np.uint8)] + [np.full((32, 48), 128, np.uint8)] * 2


def test_the_pictures_are_those_of_their_times(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=14.0, gop=50, picture=stairs, audio=("aac",))
    made = cut(path, 0.0, 14.0)
    seen = strip(made, 6.02)
    assert seen is not None
    assert len(seen.times) == 6
    assert seen.times == pytest.approx([3.02, 4.0, 6.02, 8.0, 9.02, 10.0], abs=0.041)  # a key frame where one is near
    assert min(abs(at - 6.02) for at in seen.times) < 0.041
    assert sum(at < 5.9 for at in seen.times) == 2
    picture = opened(seen.jpeg)
    assert picture.shape == (seen.height, 6 * seen.width, 3)
    assert (seen.width, seen.height) == (320, 213)
    for number, at in enumerate(seen.times):
        luma = 40 + 15 * int(at - made.start + 1e-3)
        middle = picture[100, 320 * number + 160].astype(float)
        assert middle == pytest.approx(np.full(3, (luma - 16) * 255 / 219), abs=3.0)


@pytest.mark.parametrize(
    ("size", "matrix", "code"),
    [
        ((704, 576), None, (81, 90, 240)),
        ((1280, 720), None, (63, 102, 240)),
        ((1280, 720), "bt470bg", (81, 90, 240)),
        ((704, 576), "bt709", (63, 102, 240)),
    ],
    ids=["SD", "HD", "HD, told as BT.601", "SD, told as BT.709"],
)
def test_red_is_red(tmp_path: Path, size: tuple[int, int], matrix: str | None, code: tuple[int, int, int]) -> None:
    options = {"crf": "4"} | ({"x264-params": f"colormatrix={matrix}"} if matrix else {})
    path = clip(tmp_path / "a.ts", seconds=2.0, size=size, picture=flat(code, size=size), video_options=options)
    seen = strip(cut(path, 0.0, 2.0), 1.0)
    assert seen is not None
    assert opened(seen.jpeg).mean(axis=(0, 1)) == pytest.approx([255, 0, 0], abs=6.0)


def test_pictures_are_as_wide_as_they_are_shown(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=2.0, size=(720, 576), video_options={"x264-params": "sar=64/45"})
    seen = strip(cut(path, 0.0, 2.0), 1.0)
    assert seen is not None
    assert (seen.width, seen.height) == (320, 180)


@pytest.mark.parametrize("opened_at", [-5.0, 0.0, 1.0, 2.9, 50.0])
def test_a_short_clip(tmp_path: Path, opened_at: float) -> None:
    made = cut(clip(tmp_path / "a.ts", seconds=3.0, gop=25), 0.0, 3.0)
    seen = strip(made, opened_at)
    assert seen is not None
    assert 3 <= len(seen.times) <= 6
    assert seen.times == tuple(sorted(set(seen.times)))
    assert all(made.start - 1e-6 <= at < made.stop for at in seen.times)


def test_there_is_no_strip_of_sound(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=4.0, video=None, audio=("aac",))
    assert strip(cut(path, 0.0, 4.0), 1.0) is None


def test_what_is_damaged_is_shown_damaged(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", seconds=8.0, gop=25, size=(320, 180))
    packets = [path.read_bytes()[at : at + 188] for at in range(0, path.stat().st_size, 188)]
    path.write_bytes(b"".join(each for n, each in enumerate(packets) if n < len(packets) // 2 or n % 30))
    seen = strip(cut(path, 0.0, 8.0), 3.5)
    assert seen is not None
    assert len(seen.times) >= 5


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_clip_that_is_not_whole_raises_nothing(tmp_path: Path, share: float) -> None:
    made = cut(clip(tmp_path / "a.ts", seconds=8.0, gop=25, audio=("aac",)), 0.0, 8.0)
    data = made.path.read_bytes()
    made.path.write_bytes(data[: round(len(data) * share)])
    seen = strip(made, 4.0)
    assert seen is None or 0 < len(seen.times) <= 6
    made.path.unlink()
    assert strip(made, 4.0) is None


def test_noise_for_pictures_raises_nothing(tmp_path: Path) -> None:
    made = cut(clip(tmp_path / "a.ts", seconds=8.0, gop=25), 0.0, 8.0)
    data = bytearray(made.path.read_bytes())
    at = data.find(b"mdat") + 8
    data[at:] = np.random.default_rng(1).bytes(len(data) - at)
    made.path.write_bytes(data)
    strip(made, 4.0)
    strip(replace(made, stop=made.start), Fraction(4))  # type: ignore[arg-type]
