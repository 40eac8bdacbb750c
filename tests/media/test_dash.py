import itertools
import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from manifests import Stream, Told, adaptation, mpd, period, put, serve, template, timeline
from origin import Answer, Origin
from protecting import Lock
from segments import Media, encode, rendition
from watchglass.media.content_keys import ContentKeys
from watchglass.media.decode import DecodeOptions
from watchglass.model.errors import PlaylistError, TransferError
from watchglass.model.media import AudioBlock, ClockAnchor, NotWatched, TimelineBreak, Tracks
from watchglass.model.transport import FetchFailure, ManifestCheck, SegmentArrival
from watching import assert_whole, frames, kinds, of, samples, watched

VIDEO = Stream(rendition(kind="fmp4", audio=False), "v", attributes='width="96" height="64"')
AUDIO = Stream(rendition(kind="fmp4", video=False), "a", "audio", "en")
BOTH = (VIDEO, AUDIO)
REGULAR = 'duration="1000"'


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def told(how: str, stream: Stream) -> str:
    """The segments of a stream in each way that a manifest can tell them."""
    folder, names = stream.folder, stream.media.segments
    match how:
        case "number":
            return template(folder, more=REGULAR)
        case "number and timeline":
            return template(folder, inside=timeline('t="0" d="1000" r="3"'))
        case "open timeline":
            return template(folder, inside=timeline('d="1000" r="-1"'))
        case "timeline up to the next":
            return template(folder, inside=timeline('t="0" d="1000" r="-1"', 't="3000" d="1000"'))
        case "time":
            entries = timeline('t="0" d="1" r="3"')
            return (
                '<SegmentTemplate initialization="$RepresentationID$/init.mp4" '
                f'media="$RepresentationID$/s00$Time$.m4s">{entries}</SegmentTemplate>'
            )
        case "bases":
            return f"<BaseURL>{folder}/</BaseURL>" + template(folder, more=REGULAR).replace(f"{folder}/", "")
        case "list":
            urls = "".join(f'<SegmentURL media="{folder}/{name}"/>' for name in names)
            return f'<SegmentList duration="1"><Initialization sourceURL="{folder}/init.mp4"/>{urls}</SegmentList>'
    raise AssertionError(how)


@pytest.mark.parametrize(
    "how", ["number", "number and timeline", "open timeline", "timeline up to the next", "time", "bases", "list"]
)
def test_segments_become_one_stream(origin: Origin, how: str) -> None:
    items = watched(serve(origin, mpd(period(*(adaptation(one, told(how, one)) for one in BOTH))), BOTH))
    assert isinstance(items[0], Tracks)
    assert not items[0].is_live
    assert_whole(items)
    arrivals = [item for item in items if isinstance(item, SegmentArrival) and item.rendition == "video"]
    assert [a.pts for a in arrivals] == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.05)
    assert [a.size for a in arrivals] == [len(VIDEO.media.files[name]) for name in VIDEO.media.segments]
    assert len(origin.paths) == len(set(origin.paths)) == 11  # nothing is fetched twice
    assert not of(items, ClockAnchor)


def single_file(media: Media) -> tuple[bytes, str]:
    """All of a rendition as one file with an index, and how a manifest tells it."""
    init, parts = media.files["init.mp4"], [media.files[name] for name in media.segments]
    entries = b"".join(struct.pack(">III", len(part), 1000, 0x9000_0000) for part in parts)
    body = b"sidx" + struct.pack(">IIIIIHH", 0, 1, 1000, 0, 0, 0, len(parts)) + entries
    box = struct.pack(">I", len(body) + 4) + body
    end = len(init) + len(box) - 1
    base = f'<SegmentBase indexRange="{len(init)}-{end}"><Initialization range="0-{len(init) - 1}"/></SegmentBase>'
    return init + box + b"".join(parts), base


@pytest.mark.parametrize("ranges", [True, False])
def test_one_file_with_an_index(origin: Origin, ranges: bool) -> None:
    sets = []
    for one in BOTH:
        data, base = single_file(one.media)
        origin.routes[f"/{one.folder}.mp4"] = Answer(data, ranges=ranges)
        sets.append(adaptation(one, f"<BaseURL>{one.folder}.mp4</BaseURL>{base}"))
    items = watched(serve(origin, mpd(period(*sets)), ()))
    assert_whole(items)
    assert len([item for item in items if isinstance(item, SegmentArrival)]) == 8


def test_indexes_name_no_more_segments_than_are_read(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    data, base = single_file(VIDEO.media)
    periods = []
    for number in range(3):
        origin.routes[f"/{number}.mp4"] = data
        adapted = adaptation(VIDEO, f"<BaseURL>{number}.mp4</BaseURL>{base}")
        periods.append(period(adapted, attributes=f'id="p{number}" duration="PT1S"'))
    monkeypatch.setattr("watchglass.media.dash.MOST_SEGMENTS", 12)
    assert len(frames(watched(serve(origin, mpd(*periods), ())))) == 75
    monkeypatch.setattr("watchglass.media.dash.MOST_SEGMENTS", 11)
    with pytest.raises(PlaylistError, match="lists more than 11 segments"):
        watched(serve(origin, mpd(*periods), ()))


@pytest.mark.parametrize("base", ["", '<SegmentBase timescale="1000"/>'])
def test_one_file_without_an_index(origin: Origin, base: str) -> None:
    origin.routes["/v.mp4"] = b"".join(VIDEO.media.files[name] for name in ("init.mp4", *VIDEO.media.segments))
    url = serve(origin, mpd(period(adaptation(VIDEO, f"<BaseURL>v.mp4</BaseURL>{base}"))), ())
    assert len(frames(watched(url))) == 100


def test_what_a_level_says_holds_for_those_below(origin: Origin) -> None:
    media = "$RepresentationID$/s$Number%03d$.m4s"
    outer = f'<SegmentTemplate timescale="1000" duration="1000" startNumber="0" media="{media}"/>'
    inner = '<SegmentTemplate initialization="$RepresentationID$/init.mp4"/>'
    origin_sets = [adaptation(one, "").replace("<Representation", f"{inner}<Representation") for one in BOTH]
    url = serve(origin, mpd(period(outer, *origin_sets)), ())
    put(origin, BOTH, "/below")
    origin.routes["/media.mpd"] = mpd(period(outer, *origin_sets), told=Told(top="<BaseURL>./below/</BaseURL>"))
    assert_whole(watched(url))


def test_sound_lies_where_the_manifest_says(origin: Origin) -> None:
    late = Stream(rendition(kind="fmp4", video=False, start=500.0), "a", "audio")
    addressing = template("a", more=f'{REGULAR} presentationTimeOffset="500000"')
    sets = adaptation(VIDEO, told("number", VIDEO)), adaptation(late, addressing)
    items = watched(serve(origin, mpd(period(*sets)), (VIDEO, late)))
    assert_whole(items)
    blocks = [item for item in items if isinstance(item, AudioBlock)]
    assert blocks[0].pts == pytest.approx(0.0, abs=0.05)
    assert blocks[-1].end == pytest.approx(4.0, abs=0.1)


def two_periods(
    *, first: str = 'id="p0" duration="PT4S"', offset: int = 1_000_000, begins: str = ""
) -> tuple[bytes, list[Stream]]:
    advert_video = Stream(rendition(kind="fmp4", audio=False, start=1_000.0, seed=1, size=(64, 48)), "bv")
    advert_audio = Stream(rendition(kind="fmp4", video=False, start=1_000.0), "ba", "audio", "en")
    more = f'{REGULAR} presentationTimeOffset="{offset}"'
    one = period(*(adaptation(stream, told("number", stream)) for stream in BOTH), attributes=first)
    other = period(
        *(adaptation(stream, template(stream.folder, more=more)) for stream in (advert_video, advert_audio)),
        attributes=f'id="p1" {begins}',
    )
    return mpd(one, other, mediaPresentationDuration="PT8S"), [*BOTH, advert_video, advert_audio]


@pytest.mark.parametrize("joint", [('id="p0" duration="PT4S"', ""), ('id="p0" start="PT0S"', 'start="PT4S"')])
def test_a_period_follows_another_on_the_clock_of_the_manifest(origin: Origin, joint: tuple[str, str]) -> None:
    manifest, streams = two_periods(first=joint[0], begins=joint[1])
    items = watched(serve(origin, manifest, streams))
    pts = [frame.pts for frame in frames(items)]
    assert len(pts) == 200
    assert [round(later - one, 6) for one, later in itertools.pairwise(pts)] == [0.04] * 199
    assert samples(items) == pytest.approx(8 * 48_000, abs=6_000)
    assert not of(items, NotWatched)
    assert all(item.announced for item in of(items, TimelineBreak))
    assert [item.sequence for item in of(items, SegmentArrival) if item.rendition == "video"] == list(range(8))


def test_a_hole_between_periods_is_a_hole(origin: Origin) -> None:
    manifest, streams = two_periods(begins='start="PT6S"')
    items = watched(serve(origin, manifest.replace(b"PT8S", b"PT10S"), streams))
    starts = [frame.pts for frame in frames(items) if frame.luma.shape == (48, 64)]
    assert starts[0] == pytest.approx(6.0, abs=0.01)
    loud = [item.pts for item in items if isinstance(item, AudioBlock) and item.pts > 4.2]
    assert loud[0] == pytest.approx(6.0, abs=0.05)
    assert {item.cause for item in of(items, TimelineBreak)} == {"gap"}


def test_a_period_that_lacks_a_sound_is_told(origin: Origin) -> None:
    manifest, streams = two_periods()
    manifest = manifest.replace(b'lang="en"', b'lang="de"', 1)
    told = [item.reason for item in watched(serve(origin, manifest, streams)) if isinstance(item, NotWatched)]
    assert told == ["audio:de is not in the period at 4.00 s", "audio:en, which only the period at 4.00 s has"]


@pytest.mark.parametrize(("wanted", "expected"), [("best", 64), ("worst", 48), ("50", 48), ("720", 64)])
def test_renditions_are_chosen_as_those_of_hls(origin: Origin, wanted: str, expected: int) -> None:
    small = Stream(rendition(kind="fmp4", audio=False, size=(64, 48)), "small", attributes='width="64" height="48"')
    inside = '<EssentialProperty schemeIdUri="http://dashif.org/guidelines/trickmode" value="1"/>'
    trick = Stream(VIDEO.media, "v", attributes='width="9999" height="9999"', inside=inside)
    sets = [adaptation(one, told("number", one)) for one in (small, VIDEO, trick)]
    items = watched(serve(origin, mpd(period(*sets)), (small, VIDEO)), rendition=wanted)
    assert {frame.luma.shape[0] for frame in frames(items)} == {expected}
    notes = [item.reason for item in items if isinstance(item, NotWatched)]
    assert notes == ["pictures for fast forward (trick mode)", "1 other rendition of the picture (not chosen)"]


@pytest.mark.parametrize(
    ("audio", "tracks"), [("all", ["audio:0", "audio:1"]), ("de", ["audio:1"]), ("none", []), ("0", ["audio:0"])]
)
def test_sound_is_chosen_as_that_of_hls(origin: Origin, audio: str, tracks: list[str]) -> None:
    german = Stream(AUDIO.media, "de", "audio", "de")
    text = '<Representation id="t" bandwidth="1"/>'
    subtitles = f'<AdaptationSet mimeType="application/ttml+xml" lang="fr">{text}</AdaptationSet>'
    streams = (VIDEO, AUDIO, german)
    sets = [adaptation(one, told("number", one)) for one in streams]
    items = watched(
        serve(origin, mpd(period(*sets, subtitles)), streams), decode=DecodeOptions(audio=audio, captions="none")
    )
    last = [item for item in items if isinstance(item, Tracks)][-1].tracks
    assert [track.id for track in last if track.kind == "audio"] == tracks
    assert len(frames(items)) == 100
    assert "subtitles fr (not chosen)" in [item.reason for item in items if isinstance(item, NotWatched)]


def test_sound_alone_and_sound_within_the_picture(origin: Origin) -> None:
    url = serve(origin, mpd(period(adaptation(AUDIO, told("number", AUDIO)))), (AUDIO,))
    assert samples(watched(url)) == pytest.approx(4 * 48_000, abs=3_000)
    muxed = Stream(rendition(kind="fmp4"), "m", attributes='codecs="avc1.42c00a,mp4a.40.2"')
    assert_whole(watched(serve(origin, mpd(period(adaptation(muxed, told("number", muxed)))), (muxed,))))


def test_a_part_is_fetched_alone_and_has_its_own_times(origin: Origin) -> None:
    stream = Stream(rendition(8.0, kind="fmp4", audio=False, start=100.0), "v")
    addressing = template("v", more=f'{REGULAR} presentationTimeOffset="100000"')
    manifest = mpd(period(adaptation(stream, addressing)), mediaPresentationDuration="PT8S")
    url = serve(origin, manifest, (stream,))
    expected = [frame.pts for frame in frames(watched(url)) if frame.end > 5.5 + 1e-6 and frame.pts < 6.2]
    origin.requests.clear()
    part = watched(url, decode=DecodeOptions(start=5.5, stop=6.2))
    assert [frame.pts for frame in frames(part)] == pytest.approx(expected, abs=1e-4)
    assert not set(origin.paths) & {f"/v/s00{number}.m4s" for number in (1, 2, 3)}


def test_a_base_that_fails_gives_way_to_the_next(origin: Origin) -> None:
    bases = "<BaseURL>gone/</BaseURL><BaseURL>there/</BaseURL>"
    manifest = mpd(period(*(adaptation(one, told("number", one)) for one in BOTH)), told=Told(top=bases))
    url = serve(origin, manifest, ())
    put(origin, BOTH, "/there")
    items = watched(url)
    assert_whole(items)
    [asked] = [path for path in origin.paths if path.startswith("/gone")]  # once, and never again
    [failed] = [item.reason for item in items if isinstance(item, FetchFailure) and not item.is_over]
    assert failed == f"{origin.url(asked)}: HTTP 404 Not Found; another base has it"
    assert all("/there/" in item.uri for item in of(items, SegmentArrival))


def test_segments_that_are_missing_are_told_and_the_rest_is_watched(origin: Origin) -> None:
    url = serve(origin, mpd(period(adaptation(VIDEO, told("number", VIDEO)))), (VIDEO,))
    del origin.routes["/v/s001.m4s"]
    items = watched(url)
    assert len(frames(items)) == 75
    assert [item.reason for item in items if isinstance(item, NotWatched)] == [
        f"a segment was skipped: {origin.url('/v/s001.m4s')}: HTTP 404 Not Found"
    ]
    assert frames(items)[-1].end == pytest.approx(4.0, abs=0.02)  # what is missing is missing, and moves nothing


def test_a_manifest_is_known_by_what_it_is(origin: Origin) -> None:
    url = serve(origin, mpd(period(adaptation(VIDEO, told("number", VIDEO)))), (VIDEO,))
    origin.routes["/stream"] = origin.routes["/media.mpd"]
    assert kinds(watched(origin.url("/stream"))) == kinds(watched(url))  # on demand, always the same


KEY, KID = bytes(range(16)), "aa" * 16
PROTECTED = (
    '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="{scheme}" '
    f'xmlns:cenc="urn:mpeg:cenc:2013" cenc:default_KID="{KID[:8]}-{KID[8:12]}-{KID[12:16]}-{KID[16:20]}-{KID[20:]}"/>'
    '<ContentProtection schemeIdUri="urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED"/>'
)


def sealed(stream: Stream, lock: Lock) -> Stream:
    pictures = frozenset({1} if stream.kind == "video" else ())
    files = {name: lock.segment(data, pictures) for name, data in stream.media.files.items() if name != "init.mp4"}
    files["init.mp4"] = lock.init(stream.media.files["init.mp4"])
    inside = PROTECTED.format(scheme=lock.scheme)
    return replace(stream, media=Media(stream.media.playlist, files), inside=inside)


@pytest.mark.parametrize("scheme", ["cenc", "cbcs"])
def test_encrypted_media_is_watched_with_its_key(origin: Origin, scheme: str) -> None:
    streams = [sealed(one, Lock(KEY, scheme=scheme)) for one in BOTH]
    url = serve(origin, mpd(period(*(adaptation(one, told("number", one)) for one in streams))), streams)
    assert_whole(watched(url, keys=ContentKeys.parse([f"{KID}:{KEY.hex()}"])))
    for given in ([], [f"{'bb' * 16}:{KEY.hex()}"]):
        with pytest.raises(PlaylistError, match=f"{scheme}, licences by Widevine.*no key was given.* {KID}"):
            watched(url, keys=ContentKeys.parse(given))


def test_sound_without_a_key_does_not_keep_the_picture_out(origin: Origin) -> None:
    streams = [VIDEO, sealed(AUDIO, Lock(KEY))]
    url = serve(origin, mpd(period(*(adaptation(one, told("number", one)) for one in streams))), streams)
    items = watched(url)
    assert len(frames(items)) == 100
    [note] = [item.reason for item in items if isinstance(item, NotWatched)]
    assert note.startswith("audio:en is encrypted (cenc, licences by Widevine), and no key was given")


def of_video(addressing: str, **attributes: str) -> bytes:
    return mpd(period(adaptation(VIDEO, addressing)), **attributes)


@pytest.mark.parametrize(
    ("manifest", "error", "reason"),
    [
        (b"", PlaylistError, "is empty"),
        (b"<html></html>", PlaylistError, "does not begin with MPD"),
        (b"<MPD><Period>", PlaylistError, "is not a manifest"),
        (mpd(), PlaylistError, "has no period"),
        (mpd(period()), PlaylistError, "neither a picture nor sound"),
        (of_video(template("none", more=REGULAR)), TransferError, "HTTP 404"),
        (of_video(template("v", more=REGULAR), mediaPresentationDuration=""), PlaylistError, "where it ends"),
        (of_video(template("v", more=REGULAR), mediaPresentationDuration="P9Y"), PlaylistError, "100000 segments"),
        (of_video(template("v", inside=timeline('d="1" r="100001"'))), PlaylistError, "100000 segments"),
        (of_video(template("v", inside=timeline('d="1" r="99999"', 'd="1"'))), PlaylistError, "100000 segments"),
        (of_video('<BaseURL>v/init.mp4</BaseURL><SegmentBase indexRange="0-99"/>'), PlaylistError, "no index"),
        (of_video('<BaseURL>v/s000.m4s</BaseURL><SegmentBase indexRange="9-3"/>'), PlaylistError, "byte range"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_sentence(
    origin: Origin, manifest: bytes, error: type[Exception], reason: str
) -> None:
    url = serve(origin, manifest, (VIDEO,))
    with pytest.raises(error, match=reason):
        watched(url)


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
def test_a_protected_stream_is_refused_with_its_key(tmp_path: Path) -> None:
    shutil.copytree(Path(os.environ["WATCHGLASS_CORPUS"]) / "hls/shaka--dash-clearkey", tmp_path / "set")
    with pytest.raises(PlaylistError, match=r"cenc, licences by PlayReady, Widevine.*4060a865887842679cbf91ae5bae1e72"):
        watched(str(tmp_path / "set/dash.mpd"))


@pytest.mark.parametrize(
    "options",
    [
        {"use_timeline": "1"},
        {"use_timeline": "0"},
        {"single_file": "1"},
        {"single_file": "1", "use_template": "0", "use_timeline": "0"},
    ],
    ids=str,
)
def test_what_another_packager_makes_plays_and_keeps_the_rules(options: dict[str, str], tmp_path: Path) -> None:
    how = {"seg_duration": "1", "adaptation_sets": "id=0,streams=v id=1,streams=a", **options}
    with av.open(str(tmp_path / "media.mpd"), "w", format="dash", options=how) as out:
        encode(out, 4.0, 1.0)
    items = watched(str(tmp_path / "media.mpd"))
    assert_whole(items)
    assert not [one for item in of(items, ManifestCheck) for one in item.breaks]
