"""The secrets of what a playlist names are in no item and no error."""

from collections.abc import Callable, Iterator

import pytest

import live_channel
from low_latency import PARTS, PartChannel
from manifests import Stream, adaptation, mpd, period, put
from origin import Answer, Origin
from segments import rendition
from subtitled import multivariant, playlist, webvtt
from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.media.playlist_history import PlaylistHistory
from watchglass.model.errors import WatchglassError
from watchglass.model.media import Damage, Item, NotWatched, VideoFrame
from watchglass.model.transport import SegmentArrival
from watching import frames, watched

CANARY = "CANARY"
OPAQUE = f"{CANARY}7890abcdef1234567890abcdef1234"
Spell = Callable[[Origin, str, str], str]
"""How a playlist in a folder names a file of it."""
SPELLS: dict[str, Spell] = {
    "query": lambda origin, folder, name: f"{name}?token=it's{CANARY}",
    "userinfo": lambda origin, folder, name: f"//me:it's{CANARY}@{origin.host}:{origin.port}{folder}/{name}",
    "path": lambda origin, folder, name: f"{OPAQUE}/hdnts=it's{CANARY}/{name}",
}


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture(params=SPELLS)
def spell(request: pytest.FixtureRequest) -> Spell:
    return SPELLS[request.param]


def serve(origin: Origin, folder: str, name: str, data: bytes | Answer) -> None:
    """Wherever a spelling leads."""
    for place in (f"{folder}/{name}", f"{folder}/{OPAQUE}/hdnts=it's{CANARY}/{name}"):
        origin.routes[place] = data


def told(items: list[Item]) -> str:
    """All that is said, and none of it a secret."""
    said = repr([item for item in items if not isinstance(item, VideoFrame)])
    assert CANARY not in said
    return said


def refusal(url: str) -> str:
    with pytest.raises(WatchglassError) as refused:
        told(watched(url))
    assert CANARY not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_segments(origin: Origin, spell: Spell, kind: str) -> None:
    media = rendition(2.0, kind=kind)
    text = media.playlist
    for name, data in media.files.items():
        serve(origin, "", name, data)
        text = text.replace(name, spell(origin, "", name))
    origin.routes["/media.m3u8"] = text.encode()
    items = watched(origin.url("/media.m3u8"))
    told(items)
    assert len(frames(items)) == 50
    serve(origin, "", media.segments[-1], Answer(status=404))
    assert "404" in told(watched(origin.url("/media.m3u8")))
    serve(origin, "", media.segments[-1], b"no media, whatever it may be called" * 100)
    told(watched(origin.url("/media.m3u8")))
    for name in media.segments:
        serve(origin, "", name, bytes(800))
    refusal(origin.url("/media.m3u8"))


@pytest.mark.parametrize(
    "reference",
    [f"ftp://me:{CANARY}@h/x", f"me:{CANARY}@h/x", f"//me:p\\{CANARY}@h/x", f"file://h/x?token={CANARY}"],
)
def test_what_is_not_followed(origin: Origin, reference: str) -> None:
    for line in (f"#EXTINF:1,\n{reference}", f"#EXT-X-STREAM-INF:BANDWIDTH=1\n{reference}"):
        origin.routes["/media.m3u8"] = f"#EXTM3U\n{line}\n#EXT-X-ENDLIST\n".encode()
        assert "not followed" in refusal(origin.url("/media.m3u8"))
    listed = f"<SegmentList duration='2'><SegmentURL media='{reference}'/></SegmentList>"
    stream = Stream(rendition(2.0, kind="fmp4", audio=False), "v")
    origin.routes["/media.mpd"] = mpd(period(adaptation(stream, listed)))
    assert "not followed" in refusal(origin.url("/media.mpd"))


def test_segments_part_by_part(origin: Origin, spell: Spell) -> None:
    channel = PartChannel(origin, rendition(10.0))
    for name in channel.media.segments:
        for each in (name, *(f"{name}.{number}" for number in range(PARTS))):
            serve(origin, "", each, origin.routes[f"/{each}"])  # type: ignore[arg-type]
    answer = channel.answer

    def spelled(request: object) -> bytes:
        text = answer(request).decode()  # type: ignore[arg-type,union-attr]
        lines = [spell(origin, "", line) if line.startswith("s0") else line for line in text.splitlines()]
        cut = [line.partition('URI="') for line in lines]
        return "\n".join(
            f'{head}{mark}{spell(origin, "", rest[:-1])}"' if mark else head for head, mark, rest in cut
        ).encode()

    origin.routes["/live.m3u8"] = spelled
    items = live_channel.watched(origin.url("/live.m3u8"))
    told(items)
    assert any(".ts.0" in path for path in origin.paths)
    assert sum(isinstance(item, SegmentArrival) for item in items) > 4


def test_subtitles(origin: Origin, spell: Spell) -> None:
    media = rendition(4.0, segment_seconds=2.0)
    origin.routes |= {f"/v/{name}": data for name, data in media.files.items()}
    origin.routes["/v/media.m3u8"] = media.playlist.encode()
    origin.routes["/all.m3u8"] = multivariant("en")
    origin.routes["/en/subs.m3u8"] = playlist([spell(origin, "/en", f"t{n}") for n in range(2)], 2.0)
    serve(origin, "/en", "t0", webvtt([(50.0, 51.0, "astray")], None))
    serve(origin, "/en", "t1", b"nothing of the kind")
    items = watched(origin.url("/all.m3u8"))
    assert "is not WebVTT" in told(items)
    assert sum(isinstance(item, Damage) for item in items) == 2
    serve(origin, "/en", "t1", Answer(status=404))
    items = watched(origin.url("/all.m3u8"))
    told(items)
    assert any(isinstance(item, NotWatched) and "404" in item.reason for item in items)


def test_dash(origin: Origin, spell: Spell) -> None:
    stream = Stream(rendition(2.0, kind="fmp4", audio=False), "v")
    put(origin, (stream,))
    for name, data in stream.media.files.items():
        serve(origin, "", name, data)
    init, media = spell(origin, "", "init.mp4"), spell(origin, "", "s$Number%03d$.m4s")
    addressing = f'<SegmentTemplate startNumber="0" duration="1" initialization="{init}" media="{media}"/>'
    origin.routes["/media.mpd"] = mpd(period(adaptation(stream, addressing)), mediaPresentationDuration="PT2S")
    items = watched(origin.url("/media.mpd"))
    told(items)
    assert len(frames(items)) == 50
    serve(origin, "", "s001.m4s", bytes(800))
    assert "is not MP4" in told(watched(origin.url("/media.mpd")))
    serve(origin, "", "init.mp4", Answer(status=404))
    assert "404" in refusal(origin.url("/media.mpd"))


def test_rules_that_a_playlist_breaks() -> None:
    history = PlaylistHistory()
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
    details = []
    for name in (f"a;jwt={CANARY}1?x={CANARY}", f"b;jwt={CANARY}2", f"me:{CANARY}@c"):
        copy = parse(f'{head}{name}\n#EXT-X-DATERANGE:ID="http://h/?t=\'{CANARY}"\n', "copy")
        assert isinstance(copy, MediaPlaylist)
        details += [one.detail for one in history.breaks(copy)]
    assert any("a;jwt=*** after" in one or "after a;jwt=***" in one for one in details)
    assert CANARY not in str(details)
    text = f'#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="http://me:it\'s{CANARY}@h/"\nv\n'
    assert CANARY not in str(parse(text, "copy").breaks)


def test_a_line_that_is_not_understood() -> None:
    with pytest.raises(WatchglassError) as refused:
        parse(f"#EXTM3U\n#EXT-X-TARGETDURATION:http://me:{CANARY}@h/\n", "copy")
    assert CANARY not in str(refused.value)
