"""Captions that are lost or wrong from a time on, and what the detectors say of it."""

import pytest

from captioned import clip, line21, packet, pairs_of, pop_on, speech, triplets, window
from watchglass.config.examine import check
from watchglass.config.settings import Config
from watchglass.faults.inject import inject
from watchglass.faults.level import Level
from watchglass.faults.recipe import Coded, Order
from watchglass.faults.recipes import RECIPES
from watchglass.faults.recipes.captions import empty, garble
from watchglass.media.closed_captions import ClosedCaptions
from watchglass.model.media import Caption, Damage

SECONDS = 30.0
CONFIG = Config.model_validate({"detectors": {"captions": {"lost": {"open_after": 12.0}}}})


@pytest.fixture(scope="module")
def captioned(tmp_path_factory):
    data = line21([(float(at), pop_on(f"LINE {at}")) for at in range(1, 30, 3)], SECONDS)
    return clip(tmp_path_factory.mktemp("captioned") / "clean.ts", data, sound=speech(SECONDS))


def found(path):
    return [(f.detector, f.opened_at) for f in check(str(path), config=CONFIG, detectors=["captions"]).findings]


def test_the_clean_clip_is_clean(captioned):
    assert found(captioned) == []


@pytest.mark.parametrize(
    ("name", "suffix", "earliest"), [("captions.lost", ".mp4", 9.0), ("captions.corrupt", ".ts", 11.9)]
)
def test_what_was_put_in_is_found(captioned, tmp_path, name, suffix, earliest):
    recipe, target = RECIPES[name], tmp_path / f"spoilt{suffix}"
    truth = inject(captioned, target, recipe, recipe.order(Level.VERY_NOTICEABLE, 12.0, 18.0))
    assert truth.counts
    [(detector, opened_at)] = [each for each in found(target) if each[0] == name]
    assert detector == name
    assert earliest <= opened_at <= 15.0


def coded(data):
    """A packet that carries caption data."""
    head = b"\x05\x06GA94\x03" + bytes([0x40 | len(data) // 3, 0xFF])
    return Coded(b"\0\0\1" + head + data + b"\xff\0\0\1\x65picture", 0.0, 0.0, 0.04, True, 0)


def carried(packet_):
    at = packet_.data.index(b"GA94\x03") + 5
    count = packet_.data[at] & 0x1F
    return packet_.data[at + 2 : at + 2 + 3 * count]


WHOLE = triplets((0x94, 0x20), pairs_of(packet(0, (1, window("Hello")))))


@pytest.mark.parametrize(("change", "kinds"), [(empty, set()), (garble, {Damage})])
def test_both_kinds_of_captions_are_spoilt(change, kinds):
    spoilt = carried(next(change(iter([coded(WHOLE)]), Order(0.0, 1.0, 1.0))))
    captions = ClosedCaptions()
    told = [*captions.take(WHOLE, 0.0), *captions.take(spoilt, 1.0)]
    assert {type(each) for each in told} - {Caption} == kinds
    assert len(spoilt) == len(WHOLE)
    assert b"\0\0\0" not in spoilt
    assert b"\0\0\1" not in spoilt


def test_what_is_not_covered_stays():
    [same] = empty(iter([coded(WHOLE)]), Order(5.0, 6.0, 1.0))
    assert carried(same) == WHOLE
