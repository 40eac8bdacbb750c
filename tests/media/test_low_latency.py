"""Parts of segments are watched as soon as they are listed, and all is seen once."""

from collections.abc import Iterator

import pytest

from live_channel import frames, notes, watched
from low_latency import PARTS, PartChannel
from origin import Answer, Origin
from segments import Media, rendition
from watchglass.model.media import Item, TimelineBreak
from watchglass.model.transport import FetchFailure, ManifestCheck, SegmentArrival

SECONDS = 10
JOINED = 4
"""Segments that are whole when the channel is joined."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def media(kind: str = "mpegts") -> Media:
    return rendition(float(SECONDS), kind=kind)


def fetched(origin: Origin) -> list[str]:
    return [path for path in origin.paths if not path.endswith((".m3u8", "key", "init.mp4"))]


def breaks(items: list[Item]) -> set[str]:
    return {one.rule for item in items if isinstance(item, ManifestCheck) for one in item.breaks}


def assert_part_by_part(origin: Origin, names: list[str], items: list[Item]) -> None:
    """Whole segments as far as those were there, then parts, each once and in order."""
    first = fetched(origin).index(next(path for path in fetched(origin) if path.rpartition(".")[2].isdecimal()))
    assert 2 <= first <= JOINED + 1
    begin = names.index(fetched(origin)[first].strip("/").rpartition(".")[0])
    expected = [f"/{name}.{number}" for name in names[begin:] for number in range(PARTS)]
    assert fetched(origin)[first:] == expected
    assert frames(items) == 25 * (SECONDS - (begin - first))
    assert notes(items) == ""
    assert not any(isinstance(item, TimelineBreak | FetchFailure) for item in items)
    assert breaks(items) == set()


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_parts_are_watched_as_they_come(origin: Origin, kind: str) -> None:
    channel = PartChannel(origin, media(kind))
    items = watched(origin.url("/live.m3u8"))
    assert_part_by_part(origin, channel.media.segments, items)
    arrived = [item for item in items if isinstance(item, SegmentArrival)]
    assert [item.sequence for item in arrived] == list(range(arrived[0].sequence, SECONDS))
    assert sum(item.size for item in arrived) == sum(
        len(channel.media.files[name]) for name in channel.media.segments[arrived[0].sequence :]
    )


def test_the_server_is_asked_for_what_comes_next(origin: Origin) -> None:
    PartChannel(origin, media())
    watched(origin.url("/live.m3u8?token=1"))
    asked = [request.query for request in origin.requests if request.path == "/live.m3u8"]
    assert asked[:3] == [
        "token=1",
        "token=1&_HLS_msn=5&_HLS_part=0&_HLS_skip=YES",
        "token=1&_HLS_msn=5&_HLS_part=1&_HLS_skip=YES",
    ]
    assert len(asked) == 1 + PARTS * (SECONDS - JOINED - 1)


def test_what_is_known_may_be_left_out(origin: Origin) -> None:
    channel = PartChannel(origin, media(), skips=True, breaks=(2, 5))
    items = watched(origin.url("/live.m3u8"))
    assert b"EXT-X-SKIP" in channel.at(6 * PARTS, skips=True)
    assert_part_by_part(origin, channel.media.segments, items)


def test_an_update_that_leaves_out_what_is_not_known_is_asked_for_whole(origin: Origin) -> None:
    channel = PartChannel(origin, media(), skips=True)
    channel.script[3] = lambda _: channel.at(7 * PARTS, skips=True).replace(b"SEGMENTS=4", b"SEGMENTS=9")
    items = watched(origin.url("/live.m3u8"))
    asked = ["_HLS" in request.query for request in origin.requests if request.path == "/live.m3u8"]
    assert asked[:5] == [False, True, True, False, True]
    assert frames(items) == 25 * (SECONDS - channel.media.segments.index(fetched(origin)[0].strip("/")))


def test_parts_may_be_ranges_of_a_segment(origin: Origin) -> None:
    channel = PartChannel(origin, media(), ranges=True)
    items = watched(origin.url("/live.m3u8"))
    assert frames(items) == 25 * (SECONDS - channel.media.segments.index(fetched(origin)[0].strip("/")))
    assert notes(items) == ""


def test_parts_are_encrypted_each_by_itself(origin: Origin) -> None:
    channel = PartChannel(origin, media(), secret=True)
    assert_part_by_part(origin, channel.media.segments, watched(origin.url("/live.m3u8")))


def test_a_server_that_does_not_keep_requests_is_asked_at_its_rhythm(origin: Origin) -> None:
    channel = PartChannel(origin, media(), blocks=False)
    items = watched(origin.url("/live.m3u8"))
    asked = ["_HLS" in request.query for request in origin.requests if request.path == "/live.m3u8"]
    assert asked[:4] == [False, True, False, True], "once in vain, then plainly until it has changed"
    assert frames(items) == 25 * (SECONDS - channel.media.segments.index(fetched(origin)[0].strip("/")))


@pytest.mark.parametrize("answer", [Answer(status=503), Answer(b"#EXTM3U", truncate_at=3), Answer(status=400)])
def test_a_request_that_is_not_kept_is_no_failure(origin: Origin, answer: Answer) -> None:
    channel = PartChannel(origin, media())
    channel.script[3] = lambda _: answer
    items = watched(origin.url("/live.m3u8"))
    assert not any(isinstance(item, FetchFailure) for item in items)
    assert notes(items) == ""


def test_a_part_that_never_comes_costs_its_segment(origin: Origin) -> None:
    channel = PartChannel(origin, media())
    del origin.routes["/s006.ts.2"]
    items = watched(origin.url("/live.m3u8"))
    assert "/s006.ts" not in fetched(origin)
    assert "/s006.ts.3" not in fetched(origin)
    assert fetched(origin)[-4:] == [f"/{channel.media.segments[-1]}.{n}" for n in range(PARTS)]
    assert [item.lost > 0 for item in items if isinstance(item, FetchFailure)][-1]
    assert "a segment was skipped" in notes(items)


def test_parts_that_leave_before_they_are_fetched_cost_their_segment(origin: Origin) -> None:
    channel = PartChannel(origin, media())
    whole = [line for line in channel.at(8 * PARTS).decode().splitlines() if "EXT-X-PART:" not in line]
    channel.script[11] = lambda _: "\n".join(whole).encode()
    items = watched(origin.url("/live.m3u8"))
    assert "parts of a segment left the playlist before they were fetched" in notes(items)
    assert fetched(origin)[-4:] == [f"/{channel.media.segments[-1]}.{n}" for n in range(PARTS)]


def test_a_gap_among_the_parts_is_told(origin: Origin) -> None:
    channel = PartChannel(origin, media())
    original = channel.at
    channel.at = lambda parts, skips=False: original(parts).replace(  # type: ignore[method-assign]
        b'URI="s006.ts.2"', b'URI="s006.ts.2",GAP=YES'
    )
    items = watched(origin.url("/live.m3u8"))
    assert "/s006.ts.2" not in fetched(origin)
    assert "GAP=YES" in notes(items)
