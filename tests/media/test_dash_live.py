import functools
import io
import itertools
import re
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import formatdate

import av
import pytest

from live_channel import fetched, frames, notes
from live_manifest import BEGINNING, FastUtc, ListedChannel, StillClock, listed, live, source_of, stamp, watched
from manifests import Stream, adaptation, period, put, template, timeline
from origin import Answer, Origin, Request
from segments import Media, encode, rendition
from watchglass.media.content_keys import ContentKeys
from watchglass.media.dash import _Directory
from watchglass.media.dash_manifest import Manifest
from watchglass.media.dash_origin import DashOrigin
from watchglass.media.hls_choice import HlsOptions
from watchglass.model.media import AudioBlock, ClockAnchor, Item, Stall, TimelineBreak, Tracks, VideoFrame
from watchglass.model.transport import FetchFailure, ManifestCheck, SegmentArrival
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient

VIDEO = Stream(rendition(8.0, kind="fmp4", audio=False), "v")
AUDIO = Stream(rendition(8.0, kind="fmp4", video=False), "a", "audio", "en")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


QUIET = {"clock_missing", "codecs_missing"}
"""Rules that the channels of these tests do not keep."""


def broken(items: list[Item]) -> set[str]:
    """The rules that copies of the manifest break."""
    return {one.rule for item in items if isinstance(item, ManifestCheck) for one in item.breaks}


def segments(*folders: str, first: int = 0, count: int = 8) -> Counter[str]:
    return Counter(f"/{folder}/s{number:03d}.m4s" for folder in folders for number in range(first, first + count))


def test_a_listed_channel_is_watched_to_its_end(origin: Origin) -> None:
    ListedChannel(origin, (VIDEO,))
    items = watched(origin.url("/live.mpd"))
    assert isinstance(items[0], Tracks)
    assert items[0].is_live
    assert frames(items) == 200
    assert fetched(origin) == segments("v")
    assert not notes(items)
    assert broken(items) == QUIET
    assert [item.sequence for item in items if isinstance(item, SegmentArrival)] == list(range(8))
    anchors = [item for item in items if isinstance(item, ClockAnchor)]
    assert [(anchor.source, anchor.utc) for anchor in anchors] == [("program-date-time", BEGINNING - 1_000.0)]


def test_sound_and_picture_of_one_manifest_come_together(origin: Origin) -> None:
    ListedChannel(origin, (VIDEO, AUDIO), window=8)
    items = watched(origin.url("/live.mpd"))
    assert frames(items) == 200
    assert fetched(origin) == segments("v", "a")
    blocks = [item for item in items if isinstance(item, AudioBlock)]
    assert blocks[-1].end == pytest.approx(8.0, abs=0.1)


def test_a_window_that_slides_by_time_alone_gives_each_segment_once(origin: Origin) -> None:
    """With $Time$ nothing numbers the segments: startNumber stays as it is while the window moves."""
    channel = ListedChannel(origin, (VIDEO,))
    for name, data in VIDEO.media.files.items():
        origin.routes["/v/init.mp4" if name == "init.mp4" else f"/v/{int(name[1:4]) * 1000}.m4s"] = data
    original = channel.at

    def by_time(load: int) -> bytes:
        manifest = original(load).replace(b"s$Number%03d$", b"$Time$")
        return manifest.replace(f'startNumber="{max(0, min(8, load + 2) - 4)}"'.encode(), b"")

    channel.at = by_time  # type: ignore[method-assign]
    items = watched(origin.url("/live.mpd"))
    assert frames(items) == 200
    assert fetched(origin) == Counter(f"/v/{number}000.m4s".replace("/0000", "/0") for number in range(8))
    assert [item.sequence for item in items if isinstance(item, SegmentArrival)] == list(range(1, 9))


def test_old_copies_of_the_manifest_change_nothing(origin: Origin) -> None:
    channel = ListedChannel(origin, (VIDEO,))
    channel.script = {3: lambda _: channel.at(1), 5: lambda _: channel.at(2)}
    items = watched(origin.url("/live.mpd"))
    assert frames(items) == 200
    assert fetched(origin) == segments("v")
    assert broken(items) == QUIET | {"publish_time_back"}


@pytest.mark.parametrize(
    "answer", [Answer(status=404), Answer(status=503), Answer(b"<html>"), Answer(b""), Answer(b"<MPD/>")]
)
def test_a_manifest_that_fails_for_a_while_costs_nothing(origin: Origin, answer: Answer) -> None:
    channel = ListedChannel(origin, (VIDEO,))
    channel.script = dict.fromkeys((3, 4, 5), lambda _: answer)
    original = channel.at
    channel.at = lambda load: original(load if load < 3 else load - 3)  # type: ignore[method-assign]
    items = watched(origin.url("/live.mpd"))
    assert frames(items) == 200
    assert fetched(origin) == segments("v")


def test_a_manifest_that_stands_still_is_a_stall_with_a_reason(origin: Origin) -> None:
    channel = ListedChannel(origin, (VIDEO,))
    channel.script = dict.fromkeys(range(3, 60), lambda _: channel.at(2))
    channel.script[60] = lambda _: channel.at(9)
    items = watched(origin.url("/live.mpd"), FastUtc())
    longest = max((item for item in items if isinstance(item, Stall)), key=lambda stall: stall.waited)
    assert "has not changed for" in longest.reason
    assert longest.buffer <= 0.0
    assert longest.waited > 5.0
    assert max(item.unchanged for item in items if isinstance(item, ManifestCheck)) > 5.0


def test_a_new_period_follows_with_its_own_init_section(origin: Origin) -> None:
    advert = Stream(rendition(4.0, kind="fmp4", audio=False, start=500.0, seed=3, size=(64, 48)), "b")
    channel = ListedChannel(origin, (Stream(rendition(4.0, kind="fmp4", audio=False), "v"),), window=8)
    put(origin, (advert,))
    whole = period(adaptation(VIDEO, listed("v", 0, 4)), attributes='id="p0" start="PT0S"')

    def second(count: int) -> Callable[[Request], bytes]:
        entries = timeline(f't="500000" d="1000" r="{count - 1}"')
        addressing = template("b", more='presentationTimeOffset="500000"', inside=entries)
        other = period(adaptation(advert, addressing), attributes='id="p1" start="PT4S"')
        return lambda _: live(whole, other, load=count + 5, ended=count == 4)

    channel.script = {2: lambda _: live(whole, load=2), 3: second(1), 4: second(3), 5: second(4)}
    items = watched(origin.url("/live.mpd"))
    pts = [item.pts for item in items if isinstance(item, VideoFrame)]
    assert pts == pytest.approx([number / 25 for number in range(200)], abs=1e-3)
    assert fetched(origin) == segments("v", "b", count=4)
    assert [item.sequence for item in items if isinstance(item, SegmentArrival)] == list(range(8))
    assert not notes(items)


def test_an_encoder_that_restarts_is_watched_on_and_its_outage_is_a_hole(origin: Origin) -> None:
    after = Stream(rendition(4.0, kind="fmp4", audio=False, seed=2), "n")
    channel = ListedChannel(origin, (Stream(rendition(4.0, kind="fmp4", audio=False), "v"),), window=8)
    put(origin, (after,))

    def restarted(count: int) -> Callable[[Request], bytes]:
        begun = period(adaptation(after, listed("n", 0, count)), attributes='id="x" start="PT0S"')
        # A dozen seconds after the end of what the old one had made.
        head = {"availabilityStartTime": stamp(BEGINNING - 1_000.0 + 4.0 + 12.0)}
        return lambda _: live(begun, load=count + 5, ended=count == 4, **head)

    before = period(adaptation(VIDEO, listed("v", 0, 4)), attributes='id="p0" start="PT0S"')
    channel.script = {2: lambda _: live(before, load=2), 3: restarted(1), 4: restarted(2), 5: restarted(4)}
    items = watched(origin.url("/live.mpd"))
    assert fetched(origin) == segments("v", "n", count=4)
    assert frames(items) == 200
    assert not notes(items)
    [broken] = [item for item in items if isinstance(item, TimelineBreak)]
    assert (broken.cause, broken.raw_after - broken.raw_before) == ("gap", pytest.approx(12.0, abs=0.01))
    pts = [item.pts for item in items if isinstance(item, VideoFrame)]
    assert pts[100] == pytest.approx(16.0, abs=0.01)


def test_time_that_is_set_back_is_a_new_beginning(origin: Origin) -> None:
    before = Stream(rendition(8.0, kind="fmp4", audio=False, start=100.0), "v")
    after = Stream(rendition(8.0, kind="fmp4", audio=False, seed=2), "n")
    channel = ListedChannel(origin, (before,))
    put(origin, (after,))

    def told(stream: Stream, count: int, begins: int, load: int) -> Callable[[Request], bytes]:
        entries = timeline(f't="{begins}" d="1000" r="{count - 1}"')
        begun = adaptation(stream, template(stream.folder, inside=entries))
        return lambda _: live(period(begun, attributes='id="p0" start="PT0S"'), load=load, ended=load == 6)

    script = [told(before, 3, 100_000, 1), told(before, 5, 100_000, 2)]
    script += [told(after, count, 0, load) for load, count in ((3, 1), (4, 2), (5, 4), (6, 8))]
    channel.script = dict(enumerate(script, start=1))
    items = watched(origin.url("/live.mpd"))
    assert "began anew" in notes(items)
    assert fetched(origin) == segments("v", count=5) + segments("n")
    assert frames(items) == 325
    assert any(item.announced for item in items if isinstance(item, TimelineBreak))


def later(media: Media, name: str, seconds: int) -> bytes:
    """A segment that lies later on the same clock."""
    init, data = media.files["init.mp4"], media.files[name]
    scale, at = init.index(b"mdhd") + 16, data.index(b"tfdt") + 8
    assert data[at - 4] == 1
    time = int.from_bytes(data[at : at + 8], "big") + seconds * int.from_bytes(init[scale : scale + 4], "big")
    return data[:at] + time.to_bytes(8, "big") + data[at + 8 :]


@pytest.mark.parametrize("begins", [6, 66])
def test_a_hole_in_the_timeline_is_a_hole(origin: Origin, begins: int) -> None:
    channel = ListedChannel(origin, (VIDEO,), window=8)
    for number in (6, 7):
        name = f"s{begins - 6 + number:03d}.m4s"
        origin.routes[f"/v/{name}"] = later(VIDEO.media, VIDEO.media.segments[number], begins - 6)
    holed = template("v", inside=timeline('t="0" d="1000" r="3"', f't="{begins}000" d="1000" r="1" n="{begins}"'))
    begun = period(adaptation(VIDEO, holed), attributes='id="p0" start="PT0S"')
    ended = live(begun, load=10, ended=True, mediaPresentationDuration=f"PT{begins + 2}S")
    channel.script = {3: lambda _: live(begun, load=9), 4: lambda _: ended}
    items = watched(origin.url("/live.mpd"))
    assert frames(items) == 150
    assert not notes(items)
    [hole] = [item for item in items if isinstance(item, TimelineBreak)]
    assert (hole.cause, hole.raw_after - hole.raw_before) == ("gap", pytest.approx(begins - 4.0, abs=0.01))
    assert "timeline_hole" in broken(items)


def test_the_next_copy_is_where_the_manifest_says(origin: Origin) -> None:
    channel = ListedChannel(origin, (VIDEO,))
    origin.routes["/go"] = lambda request: Answer(status=302, headers={"Location": "/first/live.mpd"})
    put(origin, (VIDEO,), "/first")
    top = "<Location>../moved/live.mpd</Location>"
    moved = lambda load: channel.at(load).replace(b"<Period", f"{top}<Period".encode())  # noqa: E731
    origin.routes["/first/live.mpd"] = moved(1)
    put(origin, (VIDEO,), "/moved")
    loads = iter(range(2, 99))
    origin.routes["/moved/live.mpd"] = lambda _: moved(next(loads))
    items = watched(origin.url("/go"))
    assert frames(items) == 200
    assert origin.paths.count("/go") == origin.paths.count("/first/live.mpd") == 1


class ClockedChannel:
    """Its segments, of a second each, are there when the clock of its server says so; its manifest never changes."""

    def __init__(self, origin: Origin, clock: StillClock, stream: Stream = VIDEO, *, late: float = 0.0) -> None:
        self.begins = clock.truth() - 3.0
        self.refused = 0
        self.asked: dict[str, float] = {}
        """When, in seconds since it began."""
        origin.routes[f"/{stream.folder}/init.mp4"] = stream.media.files["init.mp4"]
        for number, name in enumerate(stream.media.segments):
            origin.routes[f"/{stream.folder}/{name}"] = functools.partial(
                self.answer, clock, self.begins + number + 1 + late, stream.media.files[name]
            )

    def answer(self, clock: StillClock, since: float, data: bytes, request: Request) -> bytes | Answer:
        self.asked[request.path] = clock.truth() - self.begins
        if clock.truth() < since:
            self.refused += 1
            return Answer(status=404)
        return data

    def manifest(self, top: str = "") -> bytes:
        begun = period(adaptation(VIDEO, template("v", more='duration="1000"')), attributes='id="p0" start="PT0S"')
        return live(
            begun,
            top=top,
            availabilityStartTime=stamp(self.begins),
            minimumUpdatePeriod="",
            timeShiftBufferDepth="",
            mediaPresentationDuration="PT8S",
        )


def test_numbers_are_counted_by_the_clock_and_the_manifest_is_loaded_once(origin: Origin) -> None:
    clock = StillClock()
    channel = ClockedChannel(origin, clock)
    origin.routes["/live.mpd"] = channel.manifest()
    items = watched(origin.url("/live.mpd"), clock)
    assert fetched(origin) == segments("v")
    assert frames(items) == 200
    assert not notes(items)
    assert origin.paths.count("/live.mpd") == 1


def test_an_index_that_is_no_longer_named_is_dropped(origin: Origin) -> None:
    loads, clock = itertools.count(), StillClock()

    def manifest(_: Request) -> bytes:
        one = f'<BaseURL>v.mp4?token={next(loads)}</BaseURL><SegmentBase indexRange="0-43"/>'
        begun = period(adaptation(VIDEO, one), attributes='id="p0" start="PT0S"')
        return live(begun, minimumUpdatePeriod="PT1S", mediaPresentationDuration="PT8S")

    body = b"sidx" + struct.pack(">IIIIIHHIII", 0, 1, 1000, 0, 0, 0, 1, 100, 1000, 0)
    origin.routes["/live.mpd"] = manifest
    origin.routes["/v.mp4"] = struct.pack(">I", len(body) + 4) + body
    place = StreamUrl(origin.url("/live.mpd"))
    with HttpClient.towards(place) as client:
        known = Manifest(place, DashOrigin(place, client, ContentKeys()), clock)
        [(_, listing)] = _Directory(known, HlsOptions(), ContentKeys()).listings()
        for _ in range(4):
            listing.load()
            clock.wait(threading.Event(), 9.0)
        assert origin.paths.count("/v.mp4") == 4
        assert len(listing._indexes) == 1


@pytest.mark.parametrize("sooner", ["0.5", "INF"])
def test_what_is_there_sooner_is_not_watched_long_before_its_time(origin: Origin, sooner: str) -> None:
    clock = StillClock()
    channel = ClockedChannel(origin, clock, late=-1.0)
    manifest = channel.manifest().replace(
        b'duration="1000"', f'duration="1000" availabilityTimeOffset="{sooner}"'.encode()
    )
    origin.routes["/live.mpd"] = manifest.replace(b'mediaPresentationDuration="PT8S"', b"")
    with source_of(origin.url("/live.mpd"), clock) as source:
        for item in source:
            if isinstance(item, SegmentArrival) and item.sequence == 6:
                source.stop()
    assert channel.refused == 0
    assert channel.asked["/v/s006.m4s"] == pytest.approx(7.3 - min(float(sooner), 1.0), abs=0.31)


def test_a_segment_that_is_late_by_the_clock_is_waited_for(origin: Origin) -> None:
    clock = StillClock()
    channel = ClockedChannel(origin, clock, late=1.5)
    origin.routes["/live.mpd"] = channel.manifest()
    items = watched(origin.url("/live.mpd"), clock)
    assert channel.refused > 0
    assert frames(items) == 200
    assert not notes(items)
    assert not [item for item in items if isinstance(item, FetchFailure)]
    assert broken(items) == QUIET


def test_a_segment_that_never_comes_is_told(origin: Origin) -> None:
    clock = StillClock()
    channel = ClockedChannel(origin, clock)
    origin.routes["/live.mpd"] = channel.manifest()
    origin.routes["/v/s005.m4s"] = Answer(status=404)
    items = watched(origin.url("/live.mpd"), clock)
    assert frames(items) == 175
    assert "HTTP 404" in notes(items)
    assert broken(items) == QUIET | {"segment_missing"}


@pytest.mark.parametrize("skew", [3_600.0, -3_600.0])
@pytest.mark.parametrize("scheme", ["direct", "http-iso", "http-xsdate", "http-head", "date"])
def test_a_clock_of_ours_that_is_wrong_does_no_harm(origin: Origin, skew: float, scheme: str) -> None:
    clock = StillClock(skew)
    channel = ClockedChannel(origin, clock)

    def answer(body: Callable[[], bytes]) -> Callable[[Request], Answer]:
        return lambda _: Answer(body(), headers={"Date": formatdate(clock.truth(), usegmt=True)})

    def manifest() -> bytes:
        value = stamp(clock.truth()) if scheme == "direct" else "/time"
        timing = f'<UTCTiming schemeIdUri="urn:mpeg:dash:utc:{scheme}:2014" value="{value}"/>'
        return channel.manifest("" if scheme == "date" else timing)

    origin.routes["/time"] = answer(lambda: stamp(clock.truth()).encode())
    origin.routes["/live.mpd"] = answer(manifest)
    items = watched(origin.url("/live.mpd"), clock)
    assert set(fetched(origin)) == set(segments("v"))
    assert frames(items) == 200
    assert not notes(items)


def in_chunks() -> Stream:
    """The same, in a fragment for each picture, as low latency wants it."""
    made = io.BytesIO()
    options = {"movflags": "empty_moov+default_base_moof+frag_every_frame"}
    with av.open(made, "w", format="mp4", options=options) as out:
        encode(out, 8.0, 1.0, audio=False)
    init, *chunks = re.split(rb"(?=....moof)", made.getvalue(), flags=re.DOTALL)
    names = {f"s{n:03d}.m4s": b"".join(chunks[25 * n : 25 * n + 25]) for n in range(8)}
    return Stream(Media(VIDEO.media.playlist, {"init.mp4": init, **names}), "v")


def test_pictures_of_a_segment_come_while_it_is_made(origin: Origin) -> None:
    channel = ListedChannel(origin, (in_chunks(),))
    whole, made = channel.streams[0].media.files["s005.m4s"], threading.Event()
    origin.routes["/v/s005.m4s"] = Answer(whole, truncate_at=len(whole) // 2, hold=made)
    early = 0
    with source_of(origin.url("/live.mpd")) as source:
        for item in source:
            if isinstance(item, VideoFrame) and 5.0 <= item.pts < 5.4:
                early += not made.is_set()
                made.set()
    assert early == 1
