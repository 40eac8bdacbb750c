import av
import cv2
import numpy as np
import pytest

from making import clip
from material import copied, pictures
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES

LOST = ("bare", "bare_grey", "concealed", "concealed_mpeg2", "unconcealed")
START, LASTS = 0.4, 1.6


def spoilt(name, clean, level=Level.NOTICEABLE, start=START, seconds=LASTS):
    recipe = RECIPES[name]
    return list(recipe.apply(copied(clean), recipe.order(level, start, seconds)))


@pytest.fixture(scope="module")
def clean():
    return pictures(60, size=(128, 192))


@pytest.mark.parametrize(("form", "fill"), [("bare", 0), ("bare_grey", 128)])
def test_bare_blocks_are_filled_exactly(clean, form, fill):
    first = spoilt(f"video.block_corruption:{form}", clean)[round(START * 25)]
    empty = np.ones((8, 12), bool)
    for plane in first.planes:
        side = plane.shape[0] // 8
        empty &= (plane.reshape(8, side, 12, side) == fill).all(axis=(1, 3))
    assert 3 <= empty.sum() <= 60
    runs = np.diff(np.flatnonzero(empty.ravel()))
    assert (runs == 1).mean() > 0.5, "in the order in which macroblocks are coded"


@pytest.mark.parametrize("form", LOST)
def test_damage_is_handed_on_from_picture_to_picture(clean, form):
    after = spoilt(f"video.block_corruption:{form}", clean, Level.VERY_NOTICEABLE)
    inside = [n for n, picture in enumerate(clean) if START <= picture.pts < START + LASTS]
    worst = [np.abs(after[n].planes[0].astype(int) - clean[n].planes[0]).max() for n in inside]
    assert np.mean(np.asarray(worst) > 25) > 0.8


def test_one_lost_slice_is_seen_until_the_next_key_frame(clean):
    """A second after the key frame that went along before the defect."""
    recipe = RECIPES["video.block_corruption:bare"]
    order = recipe.order(Level.VERY_SUBTLE, START, LASTS)
    after = list(recipe.apply(copied(clean), type(order)(order.start, order.end, 0.0)))
    green = [bool(((p.planes[1] < 16) & (p.planes[2] < 16)).any()) for p in after]
    assert green.index(True) == 10
    assert all(green[10:20])
    assert not any(green[34:])


def test_what_was_concealed_and_encoded_again_carries_no_flag(tmp_path):
    source = clip(tmp_path / "clean.mp4", seconds=2.4, size=(192, 128))
    for form in ("concealed", "concealed_mpeg2"):
        recipe, target = RECIPES[f"video.block_corruption:{form}"], tmp_path / f"{form}.mp4"
        truth = inject(source, target, recipe, recipe.order(Level.VERY_NOTICEABLE, 0.8, 1.0))
        assert truth.counts
        with av.open(str(target)) as container:
            flags = [
                (packet.is_corrupt, [frame.is_corrupt for frame in packet.decode()])
                for packet in container.demux(video=0)
            ]
        assert not any(packet or any(frames) for packet, frames in flags)
        assert sum(len(frames) for _, frames in flags) == 60


@pytest.mark.parametrize("variant", ["", ":mpeg2"])
def test_the_grid_shows_the_more_the_less_bits_there_are(variant):
    """In a scene that stands: motion carries the edges of blocks away from the grid."""
    soft = pictures(20, size=(192, 256))
    standing = [
        picture.with_planes([cv2.GaussianBlur(plane, (0, 0), 4.0) for plane in soft[0].planes]) for picture in soft
    ]

    def shown(level):
        luma = spoilt(f"video.blockiness{variant}", standing, level)[15].planes[0].astype(float)
        steps = np.abs(np.diff(luma, axis=1)).mean(axis=0)
        grid = steps[7::8].mean() / steps[np.arange(steps.size) % 8 != 7].mean()
        return grid, np.abs(luma - standing[15].planes[0]).mean()

    grids, distortions = zip(*(shown(level) for level in Level), strict=True)
    assert list(distortions) == sorted(distortions, reverse=True)
    assert grids[0] > 1.5
