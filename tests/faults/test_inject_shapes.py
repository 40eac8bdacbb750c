"""Files of every shape with every defect of the picture that goes another way than through one array."""

import av
import pytest

from making import clip
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES

PICTURES = {
    "10 bits.mkv": {
        "video": "libx265",
        "pixel_format": "yuv420p10le",
        "video_options": {"x265-params": "log-level=none"},
    },
    "422.ts": {"video": "mpeg2video", "pixel_format": "yuv422p"},
    "odd.mkv": {"video": "ffv1", "size": (131, 97)},
    "odd sides.mkv": {"video": "ffv1", "pixel_format": "yuv444p", "size": (131, 97)},
    "grey.mkv": {"video": "ffv1", "pixel_format": "gray"},
    "grey 10 bits.mkv": {"video": "ffv1", "pixel_format": "gray10le"},
    "full range.avi": {"video": "mjpeg", "pixel_format": "yuvj420p"},
    "variable.mp4": {"ticks": [40 * n + 25 * (n % 3 == 1) for n in range(45)]},
    "transparent.mkv": {"video": "ffv1", "pixel_format": "yuva420p"},
}
SOUND = {"mono.mkv": ("mono", 44_100), "surround.mkv": ("5.1", 48_000), "slow.mkv": ("stereo", 16_000)}
RECIPES_OF_PICTURES = (
    "video.block_corruption:concealed",
    "video.block_corruption:concealed_mpeg2",
    "video.block_corruption:bare",
    "video.blockiness",
    "video.solid_color:green",
    "video.freeze:clock",
    "video.stutter:missing",
    "video.border:window",
    "video.color_bars:smpte",
    "video.flash:red",
    "video.noise",
)
RECIPES_OF_SOUND = (
    "audio.loudness:loud",
    "audio.true_peak",
    "sync.offset:early",
    "sync.offset:late",
    "audio.noise:burst",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder, there = tmp_path_factory.mktemp("shapes"), {}

    def make(name, **how):
        if name not in there:
            there[name] = clip(folder / name, seconds=1.8, **how)
        return there[name]

    return make


@pytest.mark.parametrize("shape", PICTURES)
@pytest.mark.parametrize("name", RECIPES_OF_PICTURES)
def test_pictures_keep_their_shape(made, tmp_path, name, shape):
    source, target = made(shape, **PICTURES[shape]), tmp_path / shape
    truth = inject(source, target, RECIPES[name], RECIPES[name].order(Level.VERY_NOTICEABLE, 0.5, 0.8))
    assert truth.counts
    with av.open(str(source)) as before, av.open(str(target)) as after:
        old, new = (list(container.decode(video=0)) for container in (before, after))
    assert len(new) == len(old) or name == "video.stutter:missing"
    assert (new[0].width, new[0].height) == (old[0].width, old[0].height)
    assert new[0].format.name == old[0].format.name.replace("yuva", "yuv")


@pytest.mark.parametrize("shape", SOUND)
@pytest.mark.parametrize("name", RECIPES_OF_SOUND)
def test_sound_keeps_its_channels(made, tmp_path, name, shape):
    layout, rate = SOUND[shape]
    source = made(shape, video=None, audio=("flac",), layout=layout, sample_rate=rate)
    target = tmp_path / shape
    inject(source, target, RECIPES[name], RECIPES[name].order(Level.VERY_NOTICEABLE, 0.5, 0.8))
    with av.open(str(source)) as before, av.open(str(target)) as after:
        old, new = (list(container.decode(audio=0)) for container in (before, after))
    assert (new[0].layout.name, new[0].sample_rate) == (layout, rate)
    assert sum(frame.samples for frame in new) == sum(frame.samples for frame in old)
