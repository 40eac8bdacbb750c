"""FFmpeg's detectors on real files: they find what was put in, where it was put in, and nothing in what is clean."""

import av
import numpy as np
import pytest

from making import clip
from proving import peers
from proving.peers import ffmpeg
from proving.peers.ffmpeg import Mark
from spoiling import angular
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES

START = 4.0


WIDE = angular(3, height=180, width=1280)


def panned(number):
    return [np.roll(WIDE, -2 * number, axis=1)[:, :320].copy(), *np.full((2, 90, 160), 128, np.uint8)]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    path = tmp_path_factory.mktemp("clean") / "clean.mp4"
    return clip(path, seconds=12.0, size=(320, 180), gop=50, picture=panned, audio=("aac",))


@pytest.fixture
def spoilt(clean, tmp_path):
    def made(name, level=Level.VERY_NOTICEABLE, source=clean):
        target = tmp_path / f"spoilt{source.suffix}"
        recipe = RECIPES[name]
        return target, inject(source, target, recipe, recipe.order(level, START, seed=1), level=level)

    return made


@pytest.mark.parametrize(
    ("recipe", "peer", "within"),
    [
        ("video.black", "FFmpeg blackdetect", 0.05),
        ("video.freeze", "FFmpeg freezedetect", 0.1),
        ("audio.silence", "FFmpeg silencedetect", 0.1),
        ("video.flash:general", "FFmpeg photosensitivity", 1.0),
        ("video.combing", "FFmpeg idet", 0.2),
    ],
)
def test_it_is_found_where_it_was_put(recipe, peer, within, spoilt):
    path, truth = spoilt(recipe)
    answer = peers.ask(path, [peer])[peer]
    assert answer.error is None
    assert [start for start, _ in answer.spans if abs(start - truth.start) < within]


def test_sides_against_each_other_are_found_where_they_were_put(spoilt, tmp_path):
    # At 48 kHz a sample in a hundred of this tone is zero, which the filter takes for in phase.
    tone = clip(tmp_path / "tone.mkv", seconds=12.0, audio=("flac",), sample_rate=44_100)
    path, truth = spoilt("audio.phase", source=tone)
    answers = peers.ask(path, ["FFmpeg aphasemeter out_phase", "FFmpeg aphasemeter mono"])
    assert answers["FFmpeg aphasemeter out_phase"].spans == (pytest.approx((truth.start, truth.end), abs=0.1),)
    assert answers["FFmpeg aphasemeter mono"].spans[0] == pytest.approx((0.0, truth.start), abs=0.1)


def test_a_clean_programme_is_clean(clean):
    names = ["FFmpeg blackdetect d=1", "FFmpeg freezedetect", "FFmpeg silencedetect", "FFmpeg idet"]
    assert {name: answer.spans for name, answer in peers.ask(clean, names).items()} == dict.fromkeys(names, ())


@pytest.mark.parametrize(
    ("recipe", "peer"),
    [
        ("video.blockiness", "FFmpeg blockdetect"),
        ("video.blur", "FFmpeg blurdetect"),
        ("audio.dc_offset", "FFmpeg astats DC_offset"),
    ],
)
def test_a_score_is_higher_where_the_defect_is(recipe, peer, spoilt, clean):
    path, truth = spoilt(recipe)
    steps = slice(int(truth.start / 0.5) + 1, int(truth.end / 0.5))
    before, after = (peers.ask(each, [peer])[peer].scores[steps] for each in (clean, path))
    assert min(after) > max(before)


def test_shorter_than_asked_is_not_told(spoilt):
    path, truth = spoilt("video.black", Level.SUBTLE)
    answers = peers.ask(path, ["FFmpeg blackdetect", "FFmpeg blackdetect d=1"])
    assert answers["FFmpeg blackdetect"].spans == ()
    assert answers["FFmpeg blackdetect d=1"].spans[0][0] == pytest.approx(truth.start, abs=0.05)


def test_what_lasts_to_the_end_of_the_file_is_told():
    read = ffmpeg.edges("begins", "ends", lasting=2.0)
    marks = [Mark(n / 2, {"begins": "1.5"} if n == 3 else {}) for n in range(10)]
    assert list(read(marks)) == [(1.5, 4.5)]


def test_no_sound_is_no_finding(clean, tmp_path):
    with av.open(str(clean)) as given, av.open(str(tmp_path / "mute.mkv"), "w") as out:
        track = given.streams.video[0]
        copied = out.add_stream_from_template(track)
        for packet in given.demux(track):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
    [answer] = peers.ask(tmp_path / "mute.mkv", ["FFmpeg silencedetect"]).values()
    assert (answer.spans, answer.error) == ((), None)


def test_a_crop_is_the_share_that_it_cuts_off():
    tags = {"lavfi.cropdetect.w": "320", "lavfi.cropdetect.h": "240"}  # as the filter writes them
    assert ffmpeg.cropped(Mark(0.0, tags, pixels=320 * 320)) == pytest.approx(0.25)


def test_every_peer_has_a_name_of_its_own_and_a_detector_with_a_recipe():
    everybody = (*ffmpeg.FILTERS, *peers.essentia.ALGORITHMS)
    assert len(peers.PEERS) == len(everybody)
    assert {name for each in everybody for name in each.detectors} <= {recipe.detector for recipe in RECIPES.values()}
