"""A programme with injected faults, watched lightly: what is told, and how late."""

import random
from functools import cache

import pytest

from making import clip
from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.pictures import FRAME_RATE, Rundown
from watchglass.faults.recipe import Picture
from watchglass.faults.recipes import RECIPES
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.attention import Attention
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.promotion import Promotion
from watchglass.monitor.watch import watch

SIZE, SECONDS, KEYS = (320, 180), 24.0, 2.0
"""Pixels, seconds, and seconds from one key frame to the next."""
SHAPE = {"size": SIZE, "gop": 50, "audio": ("aac",), "video_options": {"x264-params": "scenecut=0", "crf": "23"}}


@cache
def programme():
    rundown = Rundown(3, SIZE)
    return [rundown.picture(number) for number in range(round(SECONDS * FRAME_RATE))]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    path = tmp_path_factory.mktemp("clean") / "a.ts"
    return clip(path, seconds=SECONDS, picture=lambda n: programme()[n], **{**SHAPE, "gop": 25})


def spoilt(path, name, start, lasts, **shape):
    """The programme with one defect."""
    recipe = RECIPES[name]
    pictures = (
        Picture([plane.copy() for plane in planes], number / FRAME_RATE, number, 8, False, False)
        for number, planes in enumerate(programme())
    )
    order = recipe.order(Level.VERY_NOTICEABLE, start, lasts, 1)
    made = [picture.planes for picture in recipe.apply(pictures, order)]
    return str(clip(path / "a.ts", seconds=SECONDS, picture=lambda n: made[n], **{**SHAPE, **shape}))


def watched(target, attention=None, act=lambda item: None):
    """The findings as they were told first at each severity, and the decisions."""
    told, tiers = {}, []
    promotion = None if attention is None else Promotion(attention, tell=tiers.append)

    def items(source):
        for item in source:
            act(item)
            yield item

    with open_source(target, SourceOptions(decode=DecodeOptions(attention=attention))) as source:
        seen = Context().weigh(watch(items(source), crew(Config())))
        for each in seen if promotion is None else promotion.watching(seen):
            if isinstance(each, Finding):
                told.setdefault((each.key, each.severity), each)
    return list(told.values()), tiers


def of(findings, detector, severity=Severity.INFO):
    return [each for each in findings if each.detector == detector and each.severity >= severity]


@pytest.mark.parametrize(
    ("name", "start", "gop", "own", "severity"),
    [
        pytest.param("video.freeze", 4.3, 50, 2.0, Severity.INFO, id="freeze"),
        pytest.param("video.freeze", 16.7, 25, 2.0, Severity.INFO, id="freeze, key frames every second"),
        pytest.param("video.black", 4.3, 50, 1.0, Severity.WARNING, id="black"),
        pytest.param("video.black", 16.7, 25, 1.0, Severity.WARNING, id="black, key frames every second"),
    ],
)
def test_it_is_told_within_two_key_frames_and_two_seconds(tmp_path, name, start, gop, own, severity):
    target = spoilt(tmp_path, name, start, 7.0, gop=gop)
    findings, tiers = watched(target, Attention())
    [first, *_] = of(findings, name, severity)
    assert start - 0.1 <= first.opened_at <= start + KEYS + 0.1
    assert first.told_at - start <= 2.0 * gop / FRAME_RATE + 2.0 + own
    assert not tiers[0].is_light


def test_a_freeze_in_the_middle_of_a_long_shot_is_an_alarm(tmp_path):
    shots = programme()[: round(8.0 * FRAME_RATE)]
    there_and_back = [*shots, *reversed(shots), *shots]
    held = round(15.3 * FRAME_RATE)
    target = clip(tmp_path / "a.ts", seconds=SECONDS, picture=lambda n: there_and_back[min(n, held)], **SHAPE)
    findings, _ = watched(str(target), Attention())
    [alarm] = of(findings, "video.freeze", Severity.WARNING)
    assert alarm.reason == "motion_stopped"
    assert alarm.told_at <= 15.3 + 2.0 * KEYS + 4.0


def test_pictures_that_stop_for_a_while_are_told(tmp_path):
    target = clip(tmp_path / "a.ts", seconds=SECONDS, picture=lambda n: programme()[n], **SHAPE, hole=(8.1, 12.7))
    full, light = (of(watched(str(target), each)[0], "video.freeze", Severity.WARNING) for each in (None, Attention()))
    assert full[0].reason == light[0].reason == "no_pictures"
    assert light[0].opened_at == pytest.approx(full[0].opened_at, abs=0.01)


def test_silence_is_told_as_ever(clean, tmp_path):
    recipe = RECIPES["audio.silence"]
    target = tmp_path / "silent.ts"
    inject(clean, target, recipe, recipe.order(Level.VERY_NOTICEABLE, 6.0, 8.0, 1))
    full, light = (of(watched(str(target), each)[0], "audio.silence") for each in (None, Attention()))
    assert [(each.key, each.severity, each.told_at) for each in light] == [
        (each.key, each.severity, each.told_at) for each in full
    ]
    assert full


@pytest.mark.parametrize("seed", range(2))
def test_turns_at_any_key_frame_cry_no_wolf(clean, seed):
    attention, chance = Attention(is_light=bool(seed % 2)), random.Random(seed)

    def act(item):
        if isinstance(item, VideoFrame) and item.key_frame and chance.random() < 0.4:
            attention.is_light = not attention.is_light

    full = {(each.detector, each.severity) for each in watched(str(clean))[0]}
    told = []
    with open_source(str(clean), SourceOptions(decode=DecodeOptions(attention=attention))) as source:

        def items():
            for item in source:
                act(item)
                yield item

        told += [each for each in Context().weigh(watch(items(), crew(Config()))) if isinstance(each, Finding)]
    assert {(each.detector, each.severity) for each in told} <= full
