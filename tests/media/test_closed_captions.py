"""Captions in pictures: from their bytes, and from real clips through real decoders."""

import gc

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captioned import (
    EDM,
    RU2,
    clip,
    command,
    letters,
    line21,
    packet,
    pairs_of,
    pop_on,
    row,
    speech,
    triplets,
    window,
)
from watchglass.media.caption_data import CaptionData, pairs
from watchglass.media.closed_captions import ClosedCaptions
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import Caption, Damage, NotWatched, Tracks, VideoFrame

TOLD = [(1.0, pop_on("HELLO\nWORLD")), (3.0, pop_on("AGAIN")), (4.5, command(EDM))]


def shown(items):
    return [(item.track, item.text) for item in items if isinstance(item, Caption)]


def taken(data, rate=25):
    captions = ClosedCaptions()
    return [told for number, each in enumerate(data) for told in captions.take(each, number / rate)]


def test_when_it_is_shown():
    told = taken(line21(TOLD, 6.0))
    assert shown(told) == [("captions:CC1", "HELLO\nWORLD"), ("captions:CC1", "AGAIN"), ("captions:CC1", "")]
    # Each pair takes a picture; the caption comes with the last but one of them, and is erased with the first.
    begins = [1.0 + (len(pop_on("HELLO\nWORLD")) - 2) / 25, 3.0 + (len(pop_on("AGAIN")) - 2) / 25, 4.5]
    assert [item.pts for item in told] == pytest.approx(begins, abs=0.041)


def test_letters_that_come_one_by_one_are_not_told_one_by_one():
    told = taken(line21([(0.0, [*command(RU2), *row(15), *letters("a long line of letters")])], 3.0))
    assert shown(told)[-1] == ("captions:CC1", "a long line of letters")
    assert len(told) <= 4


def test_services_of_digital_television():
    def picture(number):
        texts = {25: "Hello", 75: "Hola"}
        return triplets(digital=pairs_of(packet(number, (1 if number == 25 else 2, window(texts[number])))))

    pictures = [picture(n) if n in (25, 75) else triplets() for n in range(125)]
    captions = ClosedCaptions()
    told = [each for n, data in enumerate(pictures) for each in captions.take(data, n / 25)]
    assert [(each.track, getattr(each, "text", each)) for each in told[:1]] == [("captions:SERVICE1", "Hello")]
    assert isinstance(told[1], Damage)  # 75 % 4 does not follow 25 % 4
    assert told[1].detail == "packet 3 follows packet 1"
    assert shown(told[2:]) == [("captions:SERVICE1", ""), ("captions:SERVICE2", "Hola")]


@settings(max_examples=40, derandomize=True)
@given(data=st.lists(st.binary(max_size=60), max_size=60))
def test_garbage_is_survived(data):
    for told in taken([bytes(0xFC | byte & 3 if n % 3 == 0 else byte for n, byte in enumerate(each)) for each in data]):
        assert told.track.startswith("captions:")


@pytest.fixture(scope="module")
def captioned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("captioned")
    plain = {"bf": "0"}
    return {
        name: clip(folder / f"{name}.ts", data, sound=speech(6.0), options=options)
        for name, data, options in (
            ("plain", line21(TOLD, 6.0), plain),
            ("reordered", line21(TOLD, 6.0), {"bf": "3", "preset": "medium"}),
            ("none", [None] * 150, plain),
            ("padding", line21([], 6.0), plain),
        )
    }


def watched(path, **decode):
    with open_source(str(path), SourceOptions(decode=DecodeOptions(**decode))) as source:
        return list(source)


@pytest.mark.parametrize("name", ["plain", "reordered"])
def test_clips_that_carry_captions(captioned, name):
    items = watched(captioned[name])
    assert [text for _, text in shown(items)] == ["HELLO\nWORLD", "AGAIN", ""]
    first, then = [item for item in items if isinstance(item, Tracks)]
    assert [track.id for track in first.tracks] == ["video:0", "audio:0"]
    track = then.tracks[-1]
    assert (track.id, track.kind, track.codec, dict(track.facts)) == (
        "captions:CC1",
        "captions",
        "cea-608",
        {"name": "CC1"},
    )
    assert items.index(then) < min(n for n, item in enumerate(items) if isinstance(item, Caption))
    assert sum(isinstance(item, VideoFrame) for item in items) == 150
    assert not [item for item in items if isinstance(item, NotWatched)]


@pytest.mark.parametrize("name", ["none", "padding"])
def test_clips_that_carry_none_have_no_such_track(captioned, name):
    items = watched(captioned[name])
    assert shown(items) == []
    assert len([item for item in items if isinstance(item, Tracks)]) == 1


@pytest.mark.parametrize(("wanted", "count"), [("none", 0), ("eng", 3)])
def test_they_may_be_left_aside(captioned, wanted, count):
    """Nobody says in which language they are."""
    assert len(shown(watched(captioned["plain"], captions=wanted))) == count


def test_a_part_of_a_clip(captioned):
    items = watched(captioned["plain"], start=2.5, stop=4.0)
    assert [text for _, text in shown(items)] == ["AGAIN"]


@pytest.mark.parametrize("options", [{}, {"bf": "3", "b-adapt": "0"}, {"x264-params": "slices=4"}])
def test_what_pictures_carry_is_what_ffmpeg_finds(tmp_path, options):
    """In the order in which they are shown."""
    path = clip(tmp_path / "a.ts", line21(TOLD, 6.0), options=options)
    data, theirs, ours = CaptionData(), b"", b""
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                data.coded(packet)
            for frame in packet.decode():
                theirs += b"".join(bytes(side) for side in frame.side_data if side.type.name == "A53_CC")
                ours += b"".join(data.shown(frame.pts))
    assert theirs
    assert ours == theirs


@given(data=st.binary(max_size=300), at=st.integers(0, 300), codec=st.sampled_from(["h264", "hevc", "mpeg2video"]))
@settings(max_examples=200)
def test_whatever_a_picture_holds_it_is_pairs_or_nothing(data, at, codec):
    found = pairs(data[:at] + b"GA94\x03" + data[at:], codec)
    assert len(found) % 3 == 0
    assert len(found) <= 3 * 31 * (data.count(b"GA94") + 2)


def test_no_picture_waits_for_the_garbage_collector(tmp_path):
    path = clip(tmp_path / "a.ts", line21(TOLD, 6.0))
    gc.collect()
    gc.disable()
    try:
        with open_source(str(path), SourceOptions()) as source:
            shown = sum(isinstance(item, VideoFrame) for item in source)
        waiting = sum(isinstance(each, av.VideoFrame) for each in gc.get_objects())
    finally:
        gc.enable()
    assert shown == 150
    assert waiting < 10
