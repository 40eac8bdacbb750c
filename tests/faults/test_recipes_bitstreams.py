import av
import numpy as np
import pytest

from making import clip
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES
from watchglass.model.errors import UsageError

HOW = ("bytes", "slices", "packets")
MADE = {
    "h264.ts": {"video_options": {"x264-params": "slices=4:sliced-threads=0"}},
    "h264.mp4": {"video_options": {"x264-params": "slices=4:sliced-threads=0"}},
    "hevc.ts": {"video": "libx265", "video_options": {"x265-params": "log-level=none", "preset": "ultrafast"}},
    "hevc.mp4": {"video": "libx265", "video_options": {"x265-params": "log-level=none", "preset": "ultrafast"}},
    "mpeg2.ts": {"video": "mpeg2video"},
    "mpeg2.mpg": {"video": "mpeg2video"},
    "mpeg4.avi": {"video": "mpeg4"},
    "vp9.mkv": {"video": "libvpx-vp9", "video_options": {"deadline": "realtime", "cpu-used": "8"}},
    "mjpeg.avi": {"video": "mjpeg", "pixel_format": "yuvj420p"},
}
WITHOUT_SLICES = {"mpeg4.avi", "vp9.mkv", "mjpeg.avi"}
START, LASTS = 1.0, 0.6


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder, there = tmp_path_factory.mktemp("coded"), {}

    def make(name):
        if name not in there:
            there[name] = clip(folder / name, seconds=2.4, size=(160, 128), gop=15, **MADE[name])
        return there[name]

    return make


def packets(path):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(video=0) if p.size]


def seen(path):
    """Luma of each picture by its time, and how many times the decoder complained."""
    complaints, pictures = 0, {}
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        zero = (container.start_time or 0) / av.time_base
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                complaints += 1
                continue
            for frame in frames:
                complaints += frame.is_corrupt
                pictures[round(frame.time - zero, 2)] = frame.to_ndarray(format="gray").astype(int)
    return pictures, complaints


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", MADE)
def test_damage_is_real_and_in_its_place(made, tmp_path, name, how):
    recipe, target = RECIPES[f"video.corrupt:{how}"], tmp_path / name
    order = recipe.order(Level.VERY_NOTICEABLE, START, LASTS)
    if how == "slices" and name in WITHOUT_SLICES:
        with pytest.raises(UsageError, match="has no slices"):
            inject(made(name), target, recipe, order)
        assert not target.exists()
        return
    truth = inject(made(name), target, recipe, order)
    assert truth.counts
    before, after = seen(made(name))[0], seen(target)
    differs = [t for t, picture in before.items() if t not in after[0] or np.abs(after[0][t] - picture).mean() > 0.3]
    assert after[1] or differs, "reported or visible"
    assert all(truth.start - 0.05 <= t < truth.recovered + 0.05 for t in differs)


@pytest.mark.parametrize("name", ["h264.ts", "h264.mp4", "hevc.mp4", "mpeg2.ts"])
def test_bytes_are_overwritten_and_nothing_moves(made, tmp_path, name):
    recipe, target = RECIPES["video.corrupt:bytes"], tmp_path / name
    inject(made(name), target, recipe, recipe.order(Level.VERY_NOTICEABLE, START, LASTS))
    before, after = packets(made(name)), packets(target)
    assert [len(data) for data in after] == [len(data) for data in before]
    spoilt = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert 3 <= len(spoilt) <= 15
    for clean, broken in spoilt:
        assert broken.count(b"\0\0\1") == clean.count(b"\0\0\1"), "no start code appears"
        assert broken[:16] == clean[:16]


def test_a_lost_slice_leaves_the_others_as_they_are(made, tmp_path):
    recipe, target = RECIPES["video.corrupt:slices"], tmp_path / "lost.mp4"
    inject(made("h264.mp4"), target, recipe, recipe.order(Level.VERY_NOTICEABLE, START, LASTS))
    before, after = packets(made("h264.mp4")), packets(target)
    assert len(before) == len(after)
    for clean, left in zip(before, after, strict=True):
        assert left == clean or (len(left) < len(clean) and set(units(left)) < set(units(clean)))


def units(data):
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def test_damage_lasts_until_the_next_key_frame(made, tmp_path):
    """Key frames are 0.6 s apart here: 1.2 and 1.8 s are two of them."""
    recipe, target = RECIPES["video.corrupt:packets"], tmp_path / "lost.ts"
    truth = inject(made("h264.ts"), target, recipe, recipe.order(Level.NOTICEABLE, 1.28, 0.2))
    assert truth.end == pytest.approx(1.48, abs=0.05)
    assert truth.recovered == pytest.approx(1.8, abs=0.01)
