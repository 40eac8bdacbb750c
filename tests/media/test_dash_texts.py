"""Subtitles of DASH, in each way that packagers write them, and captions that a manifest announces."""

from collections.abc import Iterator

import pytest

from live_manifest import BEGINNING, live, source_of, stamp
from manifests import Stream, adaptation, mpd, period, put, template
from origin import Origin
from segments import rendition
from subtitled import Line, box, fragment, init, ttml, webvtt
from watchglass.media.decode import DecodeOptions
from watchglass.media.mpd_reader import parse
from watchglass.model.media import Caption, Damage, Item, NotWatched, Tracks
from watching import frames, watched

VIDEO = Stream(rendition(kind="fmp4", audio=False), "v")
PICTURE = adaptation(VIDEO, template("v", more='duration="1000"'))
LATE = 100.0
"""Seconds of the text's own clock at the start of its period, where it has one."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def line(n: int, shift: float = 0.0) -> list[Line]:
    return [(n + shift + 0.2, n + shift + 0.8, f"line {n}")]


def texts(mime: str, inside: str, *, codecs: str = "", language: str = "en", before: str = "") -> str:
    told = f' codecs="{codecs}"' if codecs else ""
    return (
        f'<AdaptationSet contentType="text" mimeType="{mime}" lang="{language}">{before}'
        f'<Representation id="{language}" bandwidth="100"{told}>{inside}</Representation></AdaptationSet>'
    )


def numbered(ending: str, *, more: str = "", has_init: bool = True) -> str:
    head = 'initialization="t/init.mp4"' if has_init else ""
    return (
        f'<SegmentTemplate timescale="1000" duration="1000" startNumber="0" {head} media="t/$Number$.{ending}" {more}/>'
    )


def cue_box(text: str) -> bytes:
    return box("vttc", box("payl", text.encode()))


def play(origin: Origin, *sets: str, **routes: bytes) -> list[Item]:
    put(origin, (VIDEO,))
    origin.routes |= {f"/t/{name.replace('_', '.')}": data for name, data in routes.items()}
    origin.routes["/media.mpd"] = mpd(period(PICTURE, *sets))
    return watched(origin.url("/media.mpd"))


def shown(items: list[Item]) -> list[tuple[float, str]]:
    return [(round(item.pts, 2), item.text) for item in items if isinstance(item, Caption)]


OFFSET = f'presentationTimeOffset="{LATE * 1000:.0f}"'
ALL = [(n + 0.2, f"line {n}") for n in range(4)]
WHOLE = [one for n in range(4) for one in line(n)]
SAMPLES = [(1.0, cue_box(f"line {n}")) for n in range(4)]
VTT = [fragment(n, [(0.2, box("vtte")), (0.6, cue_box(f"line {n}")), (0.2, box("vtte"))]) for n in range(4)]


@pytest.mark.parametrize(
    ("told", "files", "codec"),
    [
        pytest.param(
            texts("application/mp4", numbered("m4s"), codecs="stpp.ttml.im1t"),
            [fragment(n, [(1.0, ttml(line(n)))]) for n in range(4)],
            "ttml",
            id="TTML in MP4",
        ),
        pytest.param(
            texts("application/mp4", numbered("m4s", more=OFFSET), codecs="stpp"),
            [fragment(LATE + n, [(1.0, ttml(line(n, LATE)))]) for n in range(4)],
            "ttml",
            id="TTML in MP4 on its own clock",
        ),
        pytest.param(texts("application/mp4", numbered("m4s"), codecs="wvtt"), VTT, "webvtt", id="WebVTT in MP4"),
        pytest.param(
            texts("text/vtt", numbered("m4s", has_init=False)),
            [webvtt(line(n), None) for n in range(4)],
            "webvtt",
            id="WebVTT in segments",
        ),
        pytest.param(
            texts("text/vtt", "<BaseURL>t/0.m4s</BaseURL>"), [webvtt(WHOLE, None)], "webvtt", id="a WebVTT file"
        ),
        pytest.param(
            texts("application/ttml+xml", "<BaseURL>t/0.m4s</BaseURL>"), [ttml(WHOLE)], "ttml", id="a TTML file"
        ),
        pytest.param(
            texts("application/ttml+xml", numbered("m4s", has_init=False)),
            [b'<?xml version="1.0" encoding="UTF-8"?>\n' + ttml(line(n)) for n in range(4)],
            "ttml",
            id="TTML in segments",
        ),
        pytest.param(
            texts("application/mp4", "<BaseURL>t/0.m4s</BaseURL>", codecs="stpp"),
            [init() + fragment(0.0, [(4.0, ttml(WHOLE))])],
            "ttml",
            id="an MP4 file",
        ),
    ],
)
def test_they_come_with_the_picture(origin: Origin, told: str, files: list[bytes], codec: str) -> None:
    head = init("wvtt" if "wvtt" in told else "stpp")
    items = play(origin, told, init_mp4=head, **{f"{n}_m4s": data for n, data in enumerate(files)})
    assert shown(items) == ALL
    assert not [item for item in items if isinstance(item, NotWatched | Damage)]
    [track] = [one for one in tracks(items) if one.kind == "captions"]
    assert (track.id, track.language, track.codec) == ("captions:0", "en", codec)
    assert len(frames(items)) == 100


def test_a_cue_that_was_cut_where_segments_end_is_one(origin: Origin) -> None:
    """In MP4 each sample shows all that is shown while it lasts, and lies in one segment."""
    cut = [[(0.5, box("vtte")), (0.5, cue_box("a"))], [(1.0, cue_box("a"))], [(0.5, cue_box("a")), (0.5, cue_box("b"))]]
    files = {f"{n}_m4s": fragment(n, samples) for n, samples in enumerate([*cut, [(1.0, box("vtte"))]])}
    told = texts("application/mp4", numbered("m4s"), codecs="wvtt")
    assert shown(play(origin, told, init_mp4=init("wvtt"), **files)) == [(0.5, "a"), (2.5, "b")]


def tracks(items: list[Item]) -> tuple:
    return [item for item in items if isinstance(item, Tracks)][-1].tracks


def test_a_later_period_has_its_own_zero(origin: Origin) -> None:
    put(origin, (VIDEO,))
    file = texts("text/vtt", "<BaseURL>t/{}.vtt</BaseURL>")
    both = [period(PICTURE, file.format(n), attributes=f'id="p{n}" duration="PT4S"') for n in range(2)]
    origin.routes |= {f"/t/{n}.vtt": webvtt([(1.0, 2.0, f"in {n}")], None) for n in range(2)}
    origin.routes["/media.mpd"] = mpd(*both, mediaPresentationDuration="PT8S")
    items = watched(origin.url("/media.mpd"))
    assert shown(items) == [(1.0, "in 0"), (5.0, "in 1")]
    assert not [item for item in items if isinstance(item, NotWatched | Damage)]


def test_a_language_is_chosen_and_forced_ones_are_known(origin: Origin) -> None:
    forced = '<Role schemeIdUri="urn:mpeg:dash:role:2011" value="forced-subtitle"/>'
    sets = [
        texts("text/vtt", "<BaseURL>t/0.vtt</BaseURL>", language="en"),
        texts("text/vtt", "<BaseURL>t/0.vtt</BaseURL>", language="de", before=forced),
    ]
    items = play(origin, *sets, **{"0_vtt": webvtt(WHOLE, None)})
    assert [(one.language, one.facts.get("forced")) for one in tracks(items)[1:]] == [("en", None), ("de", 1)]
    put(origin, (VIDEO,))
    items = watched(origin.url("/media.mpd"), decode=DecodeOptions(captions="de"))
    assert [one.language for one in tracks(items)[1:]] == ["de"]
    assert "subtitles en (not chosen)" in [item.reason for item in items if isinstance(item, NotWatched)]


def test_text_that_is_not_there_costs_only_the_text(origin: Origin) -> None:
    items = play(origin, texts("text/vtt", "<BaseURL>t/none.vtt</BaseURL>"))
    assert len(frames(items)) == 100
    assert [item.track for item in items if isinstance(item, NotWatched)] == ["captions:0"]


@pytest.mark.parametrize(
    ("scheme", "value", "expected"),
    [
        ("cea-608", "CC1=eng;CC3=swe", [("CC1", "eng"), ("CC3", "swe")]),
        ("cea-608", "1=eng", [("CC1", "eng")]),
        ("cea-608", "eng", [("CC1", "eng")]),
        ("cea-608", "", [("CC1", None)]),
        ("cea-708", "1=lang:eng;2=lang:spa,war:1,er:1", [("SERVICE1", "eng"), ("SERVICE2", "spa")]),
        ("cea-708", "99=lang:eng", [("SERVICE1", None)]),
        ("cea-999", "eng", []),
    ],
)
def test_closed_captions_are_announced(scheme: str, value: str, expected: list[tuple[str, str | None]]) -> None:
    said = f'<Accessibility schemeIdUri="urn:scte:dash:cc:{scheme}:2015" value="{value}"/>'
    told = parse(mpd(period(PICTURE.replace("<Representation", said + "<Representation"))), "x")
    assert list(told.periods[0].adaptation_sets[0].services) == expected


def test_announced_captions_are_tracks_from_the_beginning(origin: Origin) -> None:
    said = '<Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1=eng;CC3=swe"/>'
    put(origin, (VIDEO,))
    origin.routes["/media.mpd"] = mpd(period(PICTURE.replace("<Representation", said + "<Representation")))
    items = watched(origin.url("/media.mpd"))
    first = next(item for item in items if isinstance(item, Tracks))
    assert [(one.id, one.language) for one in first.tracks[1:]] == [("captions:CC1", "eng"), ("captions:CC3", "swe")]


def test_live(origin: Origin) -> None:
    """By number and the clock: nobody waits for them, and they are shown where they belong."""
    video = Stream(rendition(12.0, kind="fmp4", audio=False), "v")
    put(origin, (video,))
    origin.routes |= {f"/t/{n}.m4s": fragment(n, [(1.0, ttml(line(n)))]) for n in range(12)}
    origin.routes["/t/init.mp4"] = init()
    picture = adaptation(video, template("v", more='duration="1000"'))
    text = texts("application/mp4", numbered("m4s"), codecs="stpp")
    clock = f'<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="{stamp(BEGINNING)}"/>'
    head = {
        "availabilityStartTime": stamp(BEGINNING - 4.0),
        "minimumUpdatePeriod": "",
        "mediaPresentationDuration": "PT12S",
    }
    manifest = live(period(picture, text, attributes='id="p" start="PT0S" duration="PT12S"'), top=clock, **head)
    origin.routes["/live.mpd"] = manifest
    with source_of(origin.url("/live.mpd")) as source:
        assert source.is_live
        items = list(source)
    first = frames(items)[0]
    assert len(shown(items)) >= 6
    joined = round(4 - len(frames(items)) / 25 + 8)
    for pts, said in shown(items):
        assert pts == pytest.approx(int(said.removeprefix("line ")) + 0.2 - joined + first.pts, abs=0.05)
