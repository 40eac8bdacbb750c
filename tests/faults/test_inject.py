import json

import av
import numpy as np
import pytest
from tests.making import clip

from captioned import clip as captioned
from captioned import line21, pop_on, speech
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipe import PacketRecipe, PictureRecipe, SoundRecipe, TransportRecipe
from watchglass.faults.recipes import RECIPES
from watchglass.model.errors import NotFoundError, UsageError

SECONDS = 3.0
START, LASTS = 1.0, 1.0
OF_TRACKS = [name for name, recipe in RECIPES.items() if not isinstance(recipe, TransportRecipe)]
"""Those for packets of transport streams have a test of their own."""
UNNOTICED = {"audio.mono", "sync.offset:early", "sync.offset:late"}
"""In this clip: both sides are the same already, and its tone is shifted by whole periods."""


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    path = tmp_path_factory.mktemp("clean") / "clean.mkv"
    clip(path, seconds=SECONDS, size=(160, 128), audio=("aac",))
    data = line21([(0.0, pop_on("SOME LINES OF CAPTIONS"))] * 9, SECONDS)
    captioned(path.with_name("captioned.mkv"), data, sound=speech(SECONDS), format="matroska")
    return path


def spoilt(clean, tmp_path, name, level=Level.NOTICEABLE, seed=0, suffix=".mkv"):
    recipe = RECIPES[name]
    clean = clean.with_name("captioned.mkv") if name.startswith("captions.") else clean
    target = tmp_path / f"spoilt_{seed}{suffix}"
    return target, inject(clean, target, recipe, recipe.order(level, START, LASTS, seed), level=level)


def packets(path, kind):
    with av.open(str(path)) as container:
        stream = container.streams.get({kind: 0})[0]
        return [(bytes(p), p.pts * p.time_base) for p in container.demux(stream) if p.size]


def lumas(path):
    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="gray").astype(int)) for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", OF_TRACKS)
def test_every_recipe_changes_its_part_and_says_so(clean, tmp_path, name):
    target, truth = spoilt(clean, tmp_path, name)
    assert truth.counts == (name not in UNNOTICED)
    assert truth.detector == name.partition(":")[0]
    assert truth.start == pytest.approx(START, abs=0.06)
    assert truth.start < truth.end <= START + LASTS + 0.06
    with av.open(str(target)) as container:
        assert {stream.type for stream in container.streams} == {"video", "audio"}


@pytest.mark.parametrize("name", OF_TRACKS)
def test_the_same_seed_does_the_same(clean, tmp_path, name):
    once, again = (spoilt(clean, tmp_path / str(i), name, seed=3) for i in _folders(tmp_path))
    assert once[1] == again[1]
    for kind in ("video", "audio"):
        assert packets(once[0], kind) == packets(again[0], kind)


def _folders(tmp_path):
    for i in (1, 2):
        (tmp_path / str(i)).mkdir()
        yield i


@pytest.mark.parametrize("name", OF_TRACKS)
def test_what_is_not_touched_is_copied(clean, tmp_path, name):
    recipe = RECIPES[name]
    target, _ = spoilt(clean, tmp_path, name)
    if isinstance(recipe, PictureRecipe) or (isinstance(recipe, PacketRecipe) and "video" not in recipe.tracks):
        other = "audio" if isinstance(recipe, PictureRecipe) else "video"
    elif isinstance(recipe, SoundRecipe):
        other = "video"
    else:
        return
    before, after = packets(clean, other), packets(target, other)
    assert [data for data, _ in before] == [data for data, _ in after]
    assert [float(t) for _, t in after] == pytest.approx([float(t) for _, t in before], abs=0.002)


def test_outside_its_part_the_picture_is_as_it_was(clean, tmp_path):
    target, truth = spoilt(clean, tmp_path, "video.black")
    for (pts, before), (after_pts, after) in zip(lumas(clean), lumas(target), strict=True):
        assert after_pts == pytest.approx(pts, abs=0.002)
        if truth.start <= pts < truth.end - 0.001:
            assert after.max() <= 20
        else:
            assert np.abs(after - before).mean() < 4.0


def test_a_freeze_of_what_stands_still_does_not_count(tmp_path):
    still = tmp_path / "still.mkv"
    clip(still, seconds=SECONDS, picture=_card)
    _, truth = spoilt(still, tmp_path, "video.freeze")
    assert not truth.counts


def _card(number):
    return [np.full((64, 96), 90, np.uint8), np.full((32, 48), 128, np.uint8), np.full((32, 48), 128, np.uint8)]


def test_the_truth_is_written_as_json(clean, tmp_path):
    _, truth = spoilt(clean, tmp_path, "audio.silence")
    truth.write(tmp_path / "truth.json")
    written = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    assert written["schema"] == "watchglass.truth/1"
    assert written["recipe"] == "audio.silence"
    assert written["level"] == "noticeable"
    assert (written["start"], written["end"]) == (truth.start, truth.end)


def test_a_file_without_the_track_is_refused(tmp_path):
    silent = tmp_path / "silent.mkv"
    clip(silent, seconds=1.0)
    with pytest.raises(UsageError, match=r"silent\.mkv: has no sound"):
        spoilt(silent, tmp_path, "audio.silence")


@pytest.mark.parametrize("name", ["captions.lost", "captions.corrupt"])
def test_pictures_without_captions_are_refused(clean, tmp_path, name):
    recipe = RECIPES[name]
    with pytest.raises(UsageError, match="carry no captions"):
        inject(clean, tmp_path / "out.mkv", recipe, recipe.order(Level.SUBTLE, 0.5))
    assert not (tmp_path / "out.mkv").exists()


def test_a_defect_behind_the_end_is_refused(clean, tmp_path):
    recipe = RECIPES["video.black"]
    with pytest.raises(UsageError, match=r"is over before 60\.00 s"):
        inject(clean, tmp_path / "out.mkv", recipe, recipe.order(Level.SUBTLE, 60.0))


def test_a_missing_file_is_refused(tmp_path):
    recipe = RECIPES["video.black"]
    with pytest.raises(NotFoundError, match="there is no such file"):
        inject(tmp_path / "no.mp4", tmp_path / "out.mp4", recipe, recipe.order(Level.SUBTLE, 0.0))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_levels_go_from_much_to_little(recipe):
    orders = [recipe.order(level, 1.0) for level in Level]
    assert len({(order.strength, order.end) for order in orders}) == len(orders) or recipe.unit == "1"
    assert [order.end for order in orders] == sorted((order.end for order in orders), reverse=True)
