"""Subtitle renditions of HLS, on demand and live, through a real server."""

import functools

import pytest

from captioned import clip, line21, pop_on
from live_channel import Channel, FastClock, notes
from origin import Answer, Origin
from segments import rendition
from subtitled import Line, fragment, init, multivariant, playlist, ttml, webvtt
from watchglass.media.decode import DecodeOptions
from watchglass.media.hls import HlsSource
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import Caption, Damage, NotWatched, Tracks, VideoFrame
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient

EACH = 2.0
"""Seconds of a segment."""
COUNT = 4
START = 100.0
"""Seconds of the clock of picture and sound at their beginning."""
MEDIA = functools.partial(rendition, EACH * COUNT, segment_seconds=EACH)


def lines(n: int, shift: float = 0.0) -> list[Line]:
    """One in each segment, on the clock of the documents."""
    return [(EACH * n + shift + 0.5, EACH * n + shift + 1.5, f"line {n}")]


def offered(origin: Origin, *texts: bytes, language: str = "en", head: str = "", start: float = 0.0) -> str:
    """A stream with one rendition of subtitles whose segments are these; where it is."""
    media = MEDIA(start=start)
    origin.routes |= {f"/v/{name}": data for name, data in media.files.items()}
    origin.routes["/v/media.m3u8"] = media.playlist.encode()
    origin.routes |= {f"/{language}/s{n}": text for n, text in enumerate(texts)}
    origin.routes[f"/{language}/init.mp4"] = init()
    origin.routes[f"/{language}/subs.m3u8"] = playlist([f"s{n}" for n in range(len(texts))], EACH, head=head)
    origin.routes["/all.m3u8"] = multivariant(language)
    return origin.url("/all.m3u8")


def watched(url: str, **decode: object) -> list[object]:
    with open_source(url, SourceOptions(decode=DecodeOptions(**decode))) as source:  # type: ignore[arg-type]
        return list(source)


def shown(items: list[object]) -> list[tuple[float, str]]:
    """From when on (to a twentieth of a second: sound begins a little before the picture), and what."""
    return [(round(20 * item.pts) / 20, item.text) for item in items if isinstance(item, Caption)]


def wrong(items: list[object]) -> list[str]:
    return [item.detail for item in items if isinstance(item, Damage)]


WHOLE = [(EACH * n + 0.5, f"line {n}") for n in range(COUNT)]
TICKS = round(START * 90_000)
BREAK = "#EXT-X-DISCONTINUITY\n"
MAPPED = '#EXT-X-MAP:URI="init.mp4"\n'


@pytest.mark.parametrize(
    ("texts", "head", "start"),
    [
        pytest.param([webvtt(lines(n), TICKS) for n in range(COUNT)], "", START, id="WebVTT that names its clock"),
        pytest.param([webvtt(lines(n, START), 0) for n in range(COUNT)], "", START, id="that of the stream"),
        pytest.param([webvtt(lines(n), None) for n in range(COUNT)], "", START, id="none: from the beginning"),
        pytest.param([webvtt(lines(n, START), None) for n in range(COUNT)], "", START, id="none: that of the stream"),
        pytest.param(
            [fragment(START + EACH * n, [(EACH, ttml(lines(n, START)))]) for n in range(COUNT)],
            MAPPED,
            START,
            id="TTML in MP4",
        ),
        pytest.param(
            [webvtt([*lines(max(0, n - 1)), *lines(n)], TICKS) for n in range(COUNT)],
            "",
            START,
            id="cues in several segments",
        ),
    ],
)
def test_they_come_with_the_picture(texts: list[bytes], head: str, start: float) -> None:
    with Origin() as origin:
        items = watched(offered(origin, *texts, head=head, start=start))
    assert shown(items) == WHOLE
    assert not wrong(items)
    assert not [item for item in items if isinstance(item, NotWatched)]
    tracks = [item for item in items if isinstance(item, Tracks)][-1].tracks
    assert [track.id for track in tracks] == ["video:0", "audio:0", "captions:0"]
    assert (tracks[-1].language, tracks[-1].codec) == ("en", "ttml" if head else "webvtt")
    first = next(n for n, item in enumerate(items) if isinstance(item, Caption))
    before = [item for item in items[:first] if isinstance(item, VideoFrame)]
    assert before[-1].pts == pytest.approx(0.5, abs=0.1)


def test_empty_segments_show_nothing_and_are_well() -> None:
    with Origin() as origin:
        items = watched(offered(origin, *[webvtt([])] * COUNT))
    assert (shown(items), wrong(items)) == ([], [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"", "is not WebVTT", id="empty"),
        pytest.param(b"no subtitles", "is not WebVTT", id="something else"),
        pytest.param(b"WEBVTT\n\n0:1 --> 0:2\nA\n", "1 cues have no times", id="times"),
        pytest.param(webvtt(lines(1, 50.0)), "1 cues lie outside the time of their segment", id="another time"),
    ],
)
def test_what_is_broken_is_told_and_the_rest_is_watched(text: bytes, why: str) -> None:
    with Origin() as origin:
        texts = [webvtt(lines(n)) for n in range(COUNT)]
        items = watched(offered(origin, texts[0], text, *texts[2:]))
    [detail] = wrong(items)
    assert why in detail
    assert [each for each in shown(items) if each[1] != "line 1"] == [WHOLE[0], *WHOLE[2:]]


def test_a_segment_that_is_not_there() -> None:
    with Origin() as origin:
        url = offered(origin, *(webvtt(lines(n)) for n in range(COUNT)))
        origin.routes["/en/s1"] = Answer(status=404)
        items = watched(url)
    assert shown(items) == [WHOLE[0], *WHOLE[2:]]
    [note] = [item for item in items if isinstance(item, NotWatched)]
    assert (note.track, note.pts, note.duration) == ("captions:0", EACH, EACH)
    assert "404" in note.reason


def test_a_playlist_that_is_not_there_costs_only_the_subtitles() -> None:
    with Origin() as origin:
        url = offered(origin, webvtt([]))
        origin.routes["/en/subs.m3u8"] = Answer(status=404)
        items = watched(url)
    assert "captions:0: " in notes(items)
    assert sum(isinstance(item, VideoFrame) for item in items) == EACH * COUNT * 25


def test_subtitles_lead_nowhere_that_is_not_allowed() -> None:
    with Origin() as origin:
        url = offered(origin, *(webvtt(lines(n)) for n in range(COUNT)))
        names = ["s0", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "s3"]
        origin.routes["/en/subs.m3u8"] = playlist(names, EACH)
        items = watched(url)
    assert shown(items) == [WHOLE[0], WHOLE[3]]
    assert not wrong(items)
    assert all(each in notes(items) for each in ("169.254.169.254", "which is not followed"))


def test_a_part_of_it() -> None:
    with Origin() as origin:
        url = offered(origin, *(webvtt(lines(n), TICKS) for n in range(COUNT)), start=START)
        assert shown(watched(url, start=4.0, stop=6.0)) == [WHOLE[2]]
        assert "/en/s0" not in origin.paths
        assert shown(watched(url, captions="de")) == []


def test_more_text_than_picture() -> None:
    with Origin() as origin:
        items = watched(offered(origin, *(webvtt(lines(n)) for n in range(3 * COUNT))))
    assert shown(items)[:COUNT] == WHOLE
    assert max(pts for pts, _ in shown(items)) < EACH * COUNT + 1.0


def test_closed_captions_are_announced_by_the_playlist(tmp_path) -> None:
    data = line21([(1.0, pop_on("HELLO"))], 3.0)
    more = '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="E",LANGUAGE="en",INSTREAM-ID="{}"\n'
    with Origin() as origin:
        origin.routes["/v/a.ts"] = clip(tmp_path / "a.ts", data).read_bytes()
        origin.routes["/v/media.m3u8"] = playlist(["a.ts"], 3.0)
        both = more.format("CC1") + more.format("CC3")
        origin.routes["/all.m3u8"] = multivariant(more=both, variant=',CLOSED-CAPTIONS="c"')
        items = watched(origin.url("/all.m3u8"))
    first, *others = [item for item in items if isinstance(item, Tracks)]
    assert [(track.id, track.language) for track in first.tracks[1:]] == [
        ("captions:CC1", "en"),
        ("captions:CC3", "en"),
    ]
    assert not others
    assert [item.text for item in items if isinstance(item, Caption)] == ["HELLO"]


def live(origin: Origin, texts: list[bytes]) -> list[object]:
    """A live channel whose subtitles are listed in one go; all that comes."""
    media = rendition(8.0)
    Channel(origin, media, "/v")
    names = [f"s{n}" for n in range(len(texts))]
    origin.routes |= {f"/en/s{n}": text for n, text in enumerate(texts)}
    loads = iter(range(1, 1000))

    def listed(request: object) -> bytes:
        end = min(len(names), next(loads) + 2)
        first = max(0, end - 4)
        return playlist(names[first:end], 1.0, first=first, ends=end == len(names))

    origin.routes["/en/subs.m3u8"] = listed
    origin.routes["/all.m3u8"] = multivariant("en", video="v/live.m3u8")
    place = StreamUrl(origin.url("/all.m3u8"))
    with HlsSource(place, client=HttpClient.towards(place), clock=FastClock()) as source:
        assert source.is_live
        return list(source)


def test_live() -> None:
    with Origin() as origin:
        items = live(origin, [webvtt([(n + 0.2, n + 0.8, f"line {n}")]) for n in range(8)])
    assert sum(isinstance(item, VideoFrame) for item in items) == 200
    texts = [text for _, text in shown(items)]
    assert texts == sorted(texts)
    assert len(texts) >= 4
    for pts, text in shown(items):
        assert pts == pytest.approx(int(text.removeprefix("line ")) + 0.2, abs=0.05)
    assert not wrong(items)


def test_live_nobody_waits_for_subtitles_that_do_not_come() -> None:
    with Origin() as origin:
        items = live(origin, [Answer(status=404)] * 8)  # type: ignore[list-item]
    assert sum(isinstance(item, VideoFrame) for item in items) == 200
    assert shown(items) == []


def test_where_the_clock_jumps_cues_are_found_behind_it() -> None:
    """The second half begins anew at another time, and so do its subtitles."""
    parts = [MEDIA(start=START), MEDIA(start=500.0, seed=1)]
    half = EACH * COUNT
    with Origin() as origin:
        listed = []
        for number, media in enumerate(parts):
            origin.routes |= {f"/v/{number}/{name}": data for name, data in media.files.items()}
            listed.append("".join(f"#EXTINF:{EACH},\n{number}/{name}\n" for name in media.segments))
        head = f"#EXTM3U\n#EXT-X-TARGETDURATION:{round(EACH)}\n"
        origin.routes["/v/media.m3u8"] = (head + BREAK.join(listed) + "#EXT-X-ENDLIST\n").encode()
        for n in range(COUNT):
            origin.routes[f"/en/a{n}"] = webvtt(lines(n), TICKS)
            origin.routes[f"/en/b{n}"] = webvtt([(0.5 + EACH * n, 1.5 + EACH * n, f"later {n}")], 500 * 90_000)
        names = [f"a{n}" for n in range(COUNT)], [f"b{n}" for n in range(COUNT)]
        texts = ["".join(f"#EXTINF:{EACH},\n{name}\n" for name in each) for each in names]
        origin.routes["/en/subs.m3u8"] = (head + BREAK.join(texts) + "#EXT-X-ENDLIST\n").encode()
        origin.routes["/all.m3u8"] = multivariant("en")
        items = watched(origin.url("/all.m3u8"))
    assert not wrong(items)
    later = [(half + EACH * n + 0.5, f"later {n}") for n in range(COUNT)]
    found = shown(items)
    assert [text for _, text in found] == [text for _, text in [*WHOLE, *later]]
    assert [at for at, _ in found] == pytest.approx([at for at, _ in [*WHOLE, *later]], abs=0.1)
