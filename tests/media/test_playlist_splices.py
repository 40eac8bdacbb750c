"""Splices that playlists tell: date ranges and cues."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_channel import Channel
from live_channel import watched as watched_live
from origin import Origin
from segments import Media, rendition
from splicing import STANDARD, insert, message, segmentation, time_signal
from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.model.transport import Splice
from watching import serve, watched

DATE = "2026-01-01T00:00:{:06.3f}Z"


def listed(*tags, segments=6, dated=True):
    """A playlist of segments of 4 s, with tags before some of them: (number, line)."""
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4"]
    for number in range(segments):
        lines += [line for at, line in tags if at == number]
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{DATE.format(0)}"] if dated and number == 0 else []
        lines += ["#EXTINF:4.0,", f"s{number}.ts"]
    playlist = parse("\n".join([*lines, *(line for at, line in tags if at == segments)]) + "\n", "a.m3u8")
    assert isinstance(playlist, MediaPlaylist)
    return playlist


def marks(*tags, **options):
    """Where something begins (True) or ends, in seconds of the playlist, and how long it lasts; each once."""
    found = []
    for number, segment in enumerate(listed(*tags, **options).segments):
        for mark in segment.splices:
            told = (mark.out_of_network, round(4.0 * number + mark.offset, 2), mark.lasts and round(mark.lasts, 2))
            found += [told] if told not in found else []
    return found


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([(1, "#EXT-X-CUE-OUT:8.5"), (4, "#EXT-X-CUE-IN")], [(True, 4.0, 8.5), (False, 16.0, None)]),
        ([(1, "#EXT-X-CUE-OUT:DURATION=30")], [(True, 4.0, 30.0)]),
        ([(1, '#EXT-X-CUE-OUT:ID=7,Duration="30.5"')], [(True, 4.0, 30.5)]),
        ([(1, "#EXT-X-CUE-OUT")], [(True, 4.0, None)]),
        ([(1, "#EXT-X-CUE-OUT:what")], [(True, 4.0, None)]),
        ([(1, "#EXT-X-CUE-OUT:30"), (2, "#EXT-X-CUE-OUT-CONT:4/30")], [(True, 4.0, 30.0)]),
        ([(0, "#EXT-X-CUE-OUT-CONT:4/30"), (1, "#EXT-X-CUE-OUT-CONT:8/30")], [(True, -4.0, 30.0)]),
        ([(0, "#EXT-X-CUE-OUT-CONT:ElapsedTime=5.9,Duration=20.5,SCTE35=/DA0")], [(True, -5.9, 20.5)]),
        ([(0, "#EXT-X-CUE-OUT-CONT"), (2, "#EXT-X-CUE-IN")], [(True, 0.0, None), (False, 8.0, None)]),
        ([(6, "#EXT-X-CUE-OUT:30")], []),
        ([], []),
    ],
)
def test_cues(tags, expected):
    assert marks(*tags, dated=False) == expected


def ranged(name="a", at=None, **given):
    told = {"ID": f'"{name}"'} | ({} if at is None else {"START-DATE": f'"{DATE.format(at)}"'})
    told |= {key.replace("_", "-"): value for key, value in given.items()}
    return "#EXT-X-DATERANGE:" + ",".join(f"{key}={value}" for key, value in told.items())


COMMAND = "0x" + message(time_signal(1), segmentation(3, 0x30, lasts=9.0)).hex()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([ranged(at=6, PLANNED_DURATION=10, SCTE35_OUT="0xFC")], [(True, 6.0, 10.0)]),
        ([ranged(at=6, SCTE35_OUT="0xFC")], [(True, 6.0, None)]),
        (
            [ranged(at=6, PLANNED_DURATION=10, SCTE35_OUT="0xFC"), ranged(DURATION=8, SCTE35_IN="0xFC")],
            [(True, 6.0, 8.0), (False, 14.0, None)],
        ),
        (
            [ranged(at=6, SCTE35_OUT="0xFC"), ranged(at=14, SCTE35_IN="0xFC")],
            [(True, 6.0, 8.0), (False, 14.0, None)],
        ),
        ([ranged(at=6, END_DATE=f'"{DATE.format(9)}"', SCTE35_OUT="0xFC")], [(True, 6.0, 3.0), (False, 9.0, None)]),
        (
            [ranged(at=6, SCTE35_OUT="0xFC"), ranged(at=6, SCTE35_IN="0xFC", DURATION=8)],
            [(True, 6.0, 8.0), (False, 14.0, None)],
        ),
        (
            [ranged(SCTE35_OUT="0xFC", START_DATE='"2025-12-31T23:59:40Z"', DURATION=9)],
            [],
        ),
        (
            [ranged(SCTE35_OUT="0xFC", START_DATE='"2025-12-31T23:59:40Z"', DURATION=29)],
            [(True, -20.0, 29.0), (False, 9.0, None)],
        ),
        ([ranged(SCTE35_OUT="0xFC", START_DATE='"0001-01-01T00:00:00+23:59"')], []),
        ([ranged(at=6, SCTE35_IN="0xFC")], [(False, 6.0, None)]),
        ([ranged(at=6, SCTE35_CMD=COMMAND)], [(True, 6.0, 9.0)]),
        ([ranged(at=6, DURATION=5, SCTE35_CMD=COMMAND)], [(True, 6.0, 5.0)]),
        ([ranged(at=6, SCTE35_CMD="0x" + message(insert(1, out=False)).hex())], [(False, 6.0, None)]),
        ([ranged(at=6, SCTE35_CMD="0x" + STANDARD["14.4"])], []),
        ([ranged(at=6, SCTE35_CMD="0xFC00")], []),
        ([ranged(at=6, SCTE35_CMD="none")], []),
        ([ranged(at=6, CLASS='"com.example.chapter"', DURATION=5)], []),
        ([ranged(SCTE35_OUT="0xFC")], []),
        ([ranged(at=40, SCTE35_OUT="0xFC")], []),
        ([ranged(at=6, END_DATE=f'"{DATE.format(2)}"', SCTE35_OUT="0xFC")], []),
    ],
)
def test_date_ranges(tags, expected):
    assert marks(*((0, tag) for tag in tags)) == expected
    assert marks(*((0, tag) for tag in tags), dated=False) == []


def test_whoever_joins_in_a_break_is_told():
    found = listed((0, ranged(at=5, PLANNED_DURATION=10, SCTE35_OUT="0xFC")))
    assert [[round(mark.offset, 2) for mark in segment.splices] for segment in found.segments] == [
        [], [1.0], [-3.0], [-7.0], [], [],
    ]  # fmt: skip


def test_the_beginning_of_a_segment_is_not_the_end_of_the_one_before():
    found = listed((0, ranged(at=7.98, SCTE35_OUT="0xFC")), segments=2)
    assert [segment.splices for segment in found.segments] == [(), ()]
    assert [len(segment.splices) for segment in listed((0, ranged(at=7.98, SCTE35_OUT="0xFC"))).segments][:3] == [
        0,
        0,
        1,
    ]


def test_more_than_anybody_needs_is_left():
    tags = [(0, ranged(f"{number}", at=0, SCTE35_OUT="0xFC")) for number in range(3_000)]
    found = listed(*tags, segments=500)
    assert sum(len(segment.splices) for segment in found.segments) <= 10_000


@given(st.lists(st.tuples(st.sampled_from(["CUE-OUT", "CUE-OUT-CONT", "CUE-IN", "DATERANGE"]), st.text(max_size=80))))
@settings(max_examples=100, deadline=None)
def test_whatever_the_tags_say(tags):
    lines = [(0, f"#EXT-X-{name}:{' '.join(text.split())}") for name, text in tags]
    assert len(listed(*lines).segments) == 6


def splices(items):
    return [
        (item.out_of_network, pytest.approx(item.pts, abs=0.06), item.lasts and pytest.approx(item.lasts, abs=0.01))
        for item in items
        if isinstance(item, Splice)
    ]


def dated_at(playlist, *tags):
    """With the date of its first segment, and tags."""
    return playlist.replace("#EXTINF", "\n".join([f"#EXT-X-PROGRAM-DATE-TIME:{DATE.format(0)}", *tags, "#EXTINF"]), 1)


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_on_demand(kind):
    media = rendition(kind=kind)
    tags = ranged(at=1.5, PLANNED_DURATION=20, SCTE35_OUT="0xFC"), ranged(DURATION=1.8, SCTE35_IN="0xFC")
    with Origin() as origin:
        items = watched(serve(origin, Media(dated_at(media.playlist, *tags), media.files)))
    assert splices(items) == [(True, 1.5, 1.8), (False, 3.3, None)]


def test_live():
    """The tags come again with each copy of the playlist, and are told once."""
    media = rendition(8.0)
    with Origin() as origin:
        channel = Channel(origin, media)
        plain = channel.at

        def at(load):
            text = plain(load).decode()
            for name, tag in ((media.segments[2], "#EXT-X-CUE-OUT:3"), (media.segments[5], "#EXT-X-CUE-IN")):
                text = text.replace(f"#EXTINF:1.0,\n{name}", f"{tag}\n#EXTINF:1.0,\n{name}")
            return text.encode()

        channel.at = at
        items = watched_live(origin.url("/live.m3u8"))
    assert splices(items) == [(True, 2.0, 3.0), (False, 5.0, None)]
