import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.media.content_keys import ContentKeys
from watchglass.media.hls_choice import MOST_SUBTITLES, HlsOptions, choose
from watchglass.media.multivariant import MultivariantPlaylist
from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.model.errors import PlaylistError, UsageError
from watchglass.net.http import ByteRange


def media(text: str) -> MediaPlaylist:
    playlist = parse("#EXTM3U\n#EXT-X-TARGETDURATION:4\n" + text, "a.m3u8")
    assert isinstance(playlist, MediaPlaylist)
    return playlist


def multivariant(text: str) -> MultivariantPlaylist:
    playlist = parse("#EXTM3U\n" + text, "a.m3u8")
    assert isinstance(playlist, MultivariantPlaylist)
    return playlist


def test_segments_are_numbered_and_timed() -> None:
    playlist = media(
        "#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4.0,\na.ts\n#EXTINF:3.5,title, with comma\nb.ts\n#EXT-X-ENDLIST\n"
    )
    assert [(s.uri, s.sequence, s.duration) for s in playlist.segments] == [("a.ts", 7, 4.0), ("b.ts", 8, 3.5)]
    assert (playlist.target_duration, playlist.is_ended, playlist.duration) == (4.0, True, 7.5)


def test_byte_ranges_carry_on_where_the_last_one_of_the_same_file_ended() -> None:
    text = "".join(
        f"#EXTINF:4,\n#EXT-X-BYTERANGE:{extent}\n{uri}\n"
        for extent, uri in [("100@20", "a.ts"), ("50", "a.ts"), ("70", "b.ts"), ("10", "a.ts")]
    )
    assert [s.byte_range for s in media(text).segments] == [(20, 100), (120, 50), (0, 70), (170, 10)]


def test_a_break_is_flagged_and_counted() -> None:
    playlist = media(
        "#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXTINF:4,\na.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\nb.ts\n#EXTINF:4,\nc.ts\n"
    )
    assert [(s.discontinuity, s.is_discontinuity) for s in playlist.segments] == [(3, False), (4, True), (4, False)]


def test_keys_hold_until_they_change_and_none_ends_them() -> None:
    playlist = media(
        '#EXT-X-KEY:METHOD=AES-128,URI="k1"\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts\n'
        '#EXT-X-KEY:METHOD=AES-128,URI="k2",IV=0x0000000000000000000000000000002A\n#EXTINF:4,\nc.ts\n'
        "#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nd.ts\n"
    )
    assert [s.key and (s.key.uri, s.key.iv) for s in playlist.segments] == [
        ("k1", None),
        ("k1", None),
        ("k2", (42).to_bytes(16, "big")),
        None,
    ]


def test_a_key_may_stand_between_a_duration_and_its_segment() -> None:
    playlist = media('#EXTINF:4,\n#EXT-X-KEY:METHOD=AES-128,URI="k"\na.ts\n')
    assert playlist.segments[0].key is not None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (
            'METHOD=SAMPLE-AES-CTR,URI="k",KEYFORMAT="urn:uuid:edef8ba9",KEYID=0xABCD',
            "the ID abcd in the format urn:uuid",
        ),
        ('METHOD=AES-512,URI="k"', "AES-512"),
        ('METHOD=AES-128,URI="k",KEYFORMAT="com.apple.streamingkeydelivery"', "com.apple.streamingkeydelivery"),
        ("METHOD=AES-128", "does not name"),
    ],
)
def test_other_keys_are_refused_by_name(key: str, reason: str) -> None:
    segment = media(f"#EXT-X-KEY:{key}\n#EXTINF:4,\na.ts\n").segments[0]
    assert segment.key is not None
    assert reason in segment.key.refusal(ContentKeys())


def test_an_identity_key_is_preferred() -> None:
    segment = media(
        '#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="d",KEYFORMAT="com.drm"\n#EXTINF:4,\na\n'
    ).segments[0]
    assert segment.key is not None
    assert not segment.key.refusal(ContentKeys())


def test_init_sections_hold_until_they_change() -> None:
    playlist = media(
        '#EXT-X-MAP:URI="i1.mp4"\n#EXTINF:4,\na.m4s\n#EXT-X-MAP:URI="i2.mp4",BYTERANGE="10@5"\n#EXTINF:4,\nb.m4s\n'
    )
    assert [s.init and (s.init.uri, s.init.byte_range) for s in playlist.segments] == [
        ("i1.mp4", None),
        ("i2.mp4", ByteRange(5, 10)),
    ]


def test_the_programme_clock_is_read_and_reckoned_on() -> None:
    playlist = media(
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.500Z\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts\n"
        "#EXT-X-DISCONTINUITY\n#EXTINF:4,\nc.ts\n#EXT-X-PROGRAM-DATE-TIME:yesterday\n#EXTINF:4,\nd.ts\n"
    )
    began = 1_767_225_600.5
    assert [s.program_date_time for s in playlist.segments] == [began, None, None, None]
    assert [s.utc for s in playlist.segments] == [began, began + 4, None, None]


def test_gaps_are_marked() -> None:
    assert [s.is_gap for s in media("#EXT-X-GAP\n#EXTINF:4,\na\n#EXTINF:4,\nb\n").segments] == [True, False]


@pytest.mark.parametrize("wrong", ["#EXTINF:abc,", "#EXTINF:,", "#EXTINF:-3,", "#EXTINF:nan,"])
def test_a_duration_that_is_none_is_a_target_duration(wrong: str) -> None:
    assert [s.duration for s in media(f"{wrong}\na.ts\n").segments] == [4.0]


def test_variables_are_put_in() -> None:
    text = (
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
        '#EXT-X-DEFINE:NAME="dir",VALUE="abc"\n#EXT-X-DEFINE:IMPORT="host"\n#EXT-X-DEFINE:QUERYPARAM="t"\n'
        "#EXTINF:4,\nhttp://{$host}/{$dir}/a.ts?t={$t}\n"
    )
    playlist = parse(text, "a", query={"t": "7"}, variables={"host": "cdn.example"})
    assert isinstance(playlist, MediaPlaylist)
    assert playlist.segments[0].uri == "http://cdn.example/abc/a.ts?t=7"
    with pytest.raises(PlaylistError, match="variable t is not defined"):
        parse(text, "a", variables={"host": "x"})


def test_variables_that_blow_up_are_refused() -> None:
    lines = ['#EXT-X-DEFINE:NAME="a0",VALUE="xxxxxxxxxx"']
    lines += [f'#EXT-X-DEFINE:NAME="a{n}",VALUE="{("{$a" + str(n - 1) + "}") * 10}"' for n in range(1, 9)]
    with pytest.raises(PlaylistError, match="blow it up"):
        parse("#EXTM3U\n" + "\n".join(lines), "a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("   \n\n", "is empty"),
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page"),
        ("\n<html>", "is a web page"),
        ('<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">', "DASH"),
        ("hello", "does not begin with #EXTM3U"),
        ("#EXTINF:4,\na.ts\n", "does not begin with #EXTM3U"),
        ("#EXTM3U\n", "neither renditions nor segments"),
        ("#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:oops\na.ts\n", "byte range"),
        ("#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"5@0\"\n#EXTINF:4,\na.ts\n", "names no init section"),
        ('#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0xZZ\n#EXTINF:4,\na\n', "not 128 bits"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:FRAME-RATE=fast\na.m3u8\n", "not understood"),
        ("#EXTM3U\n" + "#" * 5_000_001, "more than 5 MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_said_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(PlaylistError, match=rf"^a\.m3u8: .*{reason}"):
        parse(text, "a.m3u8")


def test_too_many_segments_are_not_read() -> None:
    with pytest.raises(PlaylistError, match="more than 100000 segments"):
        parse("#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + "#EXTINF:1,\ns\n" * 100_001, "a")


def test_many_keys_cost_no_more_than_many_segments() -> None:
    lines = (f'#EXT-X-KEY:METHOD=AES-128,URI="k{n}"\n#EXTINF:1,\ns\n' for n in range(50_000))
    playlist = media("".join(lines))
    assert playlist.segments[-1].key is not None
    assert playlist.segments[-1].key.uri == "k49999"


LADDER = "".join(
    f'#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION={size},CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"\n{uri}\n'
    for rate, size, uri in [
        (3_000_000, "1280x720", "720"),
        (800_000, "640x360", "360"),
        (6_000_000, "1920x1080", "1080"),
        (4_000_000, "1280x720", "720+"),
    ]
)
AUDIO = "".join(
    f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{group}",NAME="{language}",LANGUAGE="{language}"{uri}\n'
    for group, language, uri in [
        ("a", "en-GB", ""),
        ("a", "de", ',URI="de.m3u8"'),
        ("a", "fr", ',URI="fr.m3u8"'),
        ("b", "it", ',URI="it.m3u8"'),
    ]
)
SOUND_ONLY = '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"\nsound\n'


@pytest.mark.parametrize(
    ("rendition", "uri"),
    [("best", "1080"), ("worst", "360"), ("720", "720+"), ("700", "720+"), ("1", "360"), ("9999", "1080")],
)
def test_a_rendition_is_chosen(rendition: str, uri: str) -> None:
    assert choose(multivariant(SOUND_ONLY + LADDER), HlsOptions(rendition)).variant.uri == uri


def test_without_sizes_the_bandwidth_decides() -> None:
    playlist = multivariant("#EXT-X-STREAM-INF:BANDWIDTH=5\nlow\n#EXT-X-STREAM-INF:BANDWIDTH=9\nhigh\n")
    assert choose(playlist, HlsOptions("best")).variant.uri == "high"
    assert choose(playlist, HlsOptions("worst")).variant.uri == "low"


def test_sound_alone_is_chosen_where_there_is_nothing_else() -> None:
    assert choose(multivariant(SOUND_ONLY), HlsOptions()).variant.uri == "sound"


@pytest.mark.parametrize(
    ("audio", "own", "separate"),
    [
        ("all", "all", {1: "de.m3u8", 2: "fr.m3u8"}),
        ("none", "none", {}),
        ("fr", "fr", {2: "fr.m3u8"}),
        ("en", "0", {}),
        ("DE", "DE", {1: "de.m3u8"}),
        ("0", "0", {}),
        ("2", "2", {2: "fr.m3u8"}),
    ],
)
def test_audio_of_the_chosen_group_belongs_to_it(audio: str, own: str, separate: dict[int, str]) -> None:
    choice = choose(multivariant(AUDIO + LADDER), HlsOptions(audio=audio))
    assert choice.own_sound == own
    assert {number: one.uri for number, one in choice.audio.items()} == separate


def test_where_all_sound_is_separate_the_picture_has_none() -> None:
    choice = choose(multivariant(AUDIO + LADDER), HlsOptions())
    alone = choose(multivariant("".join(AUDIO.splitlines(keepends=True)[1:]) + LADDER), HlsOptions())
    assert (choice.own_sound, list(choice.audio)) == ("all", [1, 2])
    assert (alone.own_sound, list(alone.audio)) == ("none", [0, 1])


def test_what_is_left_out_is_told() -> None:
    subtitles = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Deutsch",LANGUAGE="de",URI="s.m3u8"\n'
    left_out = choose(multivariant(AUDIO + subtitles + LADDER), HlsOptions(audio="de")).left_out
    assert left_out == (
        "subtitles de (not chosen)",
        "audio fr (not chosen)",
        "3 other renditions of the picture (not chosen)",
    )


TEXTS = """\
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en-GB",URI="en.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Deutsch",LANGUAGE="de",FORCED=YES,URI="de.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="other",NAME="English",LANGUAGE="en-GB",URI="other.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="nowhere",LANGUAGE="fr"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="English",LANGUAGE="en",INSTREAM-ID="CC1"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="Spanish",LANGUAGE="es",INSTREAM-ID="SERVICE2"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="odd",INSTREAM-ID="CC9"
#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s",CLOSED-CAPTIONS={captions}
v.m3u8
"""


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [("all", {0: "en.m3u8", 1: "de.m3u8"}), ("none", {}), ("en", {0: "en.m3u8"}), ("de", {1: "de.m3u8"}), ("it", {})],
)
def test_subtitles_of_the_chosen_group_belong_to_it(wanted: str, chosen: dict[int, str]) -> None:
    choice = choose(multivariant(TEXTS.format(captions='"c"')), HlsOptions(captions=wanted))
    assert {number: one.uri for number, one in choice.texts.items()} == chosen
    assert [one.is_forced for one in choice.texts.values()] == [one.language == "de" for one in choice.texts.values()]
    assert ("subtitles en-GB (not chosen)" in choice.left_out) is (0 not in chosen)


@pytest.mark.parametrize(("captions", "services"), [('"c"', ["CC1", "SERVICE2"]), ("NONE", []), ('"x"', [])])
def test_closed_captions_that_a_variant_announces(captions: str, services: list[str]) -> None:
    choice = choose(multivariant(TEXTS.format(captions=captions)), HlsOptions())
    assert [one.service for one in choice.announced] == services


def test_not_every_rendition_of_subtitles_is_followed() -> None:
    many = "".join(
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="{n}",LANGUAGE="x{n}",URI="{n}.m3u8"\n' for n in range(30)
    )
    choice = choose(multivariant(f'{many}#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s"\nv.m3u8\n'), HlsOptions())
    assert list(choice.texts) == [*range(MOST_SUBTITLES)]
    assert len(choice.left_out) == 30 - MOST_SUBTITLES


@pytest.mark.parametrize("rendition", ["", "good", "-1", "720p", "1e3"])
def test_a_rendition_that_is_none_is_a_wrong_usage(rendition: str) -> None:
    with pytest.raises(UsageError, match="best, worst, i-frames or a height"):
        HlsOptions(rendition)


TAGS = st.sampled_from(
    ["#EXTM3U", "#EXTINF:", "#EXT-X-KEY:", "#EXT-X-MAP:", "#EXT-X-BYTERANGE:", "#EXT-X-STREAM-INF:", "#EXT-X-MEDIA:",
     "#EXT-X-MEDIA-SEQUENCE:", "#EXT-X-TARGETDURATION:", "#EXT-X-PROGRAM-DATE-TIME:", "#EXT-X-DISCONTINUITY",
     "#EXT-X-DISCONTINUITY-SEQUENCE:", "#EXT-X-GAP", "#EXT-X-DEFINE:", "#EXT-X-SKIP:", "#EXT-X-PART:", "#EXT-X-START:",
     "#EXT-X-DATERANGE:", "#EXT-X-I-FRAME-STREAM-INF:", "#EXT-X-SESSION-KEY:", "#EXT-X-CUE-OUT:", "", "{$x}"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["", "4", "-4", "4.5,title", "NaN", "1e999", "9" * 400, "METHOD=AES-128",
     'METHOD=NONE,URI="k"', 'URI="a",', "=", ",",
     '"', 'NAME="x",VALUE="{$x}"', "BANDWIDTH=1", "BANDWIDTH=x,RESOLUTION=1x1", "RESOLUTION=axb", "100@", "5@5", "5",
     'TYPE=AUDIO,GROUP-ID="a"', "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "SKIPPED-SEGMENTS=x", "IV=0x1"]
)  # fmt: skip


@given(st.lists(st.tuples(TAGS, VALUES | st.text(max_size=12)), max_size=12))
def test_whatever_is_written_it_is_read_or_refused(lines: list[tuple[str, str]]) -> None:
    text = "#EXTM3U\n" + "\n".join(tag + value for tag, value in lines)
    with contextlib.suppress(PlaylistError):
        playlist = parse(text, "a.m3u8", variables={"x": "y"})
        if isinstance(playlist, MultivariantPlaylist):
            choose(playlist, HlsOptions())


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
def test_real_playlists_are_read_or_refused() -> None:
    paths = sorted(Path(os.environ["WATCHGLASS_CORPUS"]).glob("hls/*/*.m3u8"))
    assert paths
    refused = []
    for path in paths:
        try:
            parse(path.read_text("utf-8-sig", errors="replace"), path.name)
        except PlaylistError as error:
            refused.append(str(error))
    assert len(refused) < len(paths) / 5
    assert all(": " in sentence for sentence in refused)


def test_i_frame_playlists_are_offered() -> None:
    playlist = parse(
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nv.m3u8\n"
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=5,RESOLUTION=1280x720,CODECS="avc1.64001f",URI="i.m3u8"\n'
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=x,URI="j.m3u8"\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1\n',
        "a.m3u8",
    )
    assert isinstance(playlist, MultivariantPlaylist)
    assert [variant.uri for variant in playlist.variants] == ["v.m3u8"]
    first, second = playlist.i_frames
    assert (first.uri, first.bandwidth, first.width, first.height, first.codecs) == (
        "i.m3u8", 5, 1280, 720, "avc1.64001f",
    )  # fmt: skip
    assert (second.uri, second.bandwidth, second.height) == ("j.m3u8", 0, 0)
    alone = parse('#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:URI="i.m3u8"\n', "a.m3u8")
    assert isinstance(alone, MultivariantPlaylist)
    assert not alone.variants


def test_i_frames_begin_with_what_stands_before_the_first_of_their_resource() -> None:
    playlist = media(
        "#EXT-X-I-FRAMES-ONLY\n#EXTINF:2,\n#EXT-X-BYTERANGE:900@376\na.ts\n#EXTINF:2,\n#EXT-X-BYTERANGE:800@5000\na.ts\n"
        "#EXTINF:2,\n#EXT-X-BYTERANGE:800@0\nb.ts\n#EXTINF:2,\nc.ts\n"
        '#EXT-X-MAP:URI="init"\n#EXTINF:2,\n#EXT-X-BYTERANGE:900@376\nd.ts\n'
    )
    assert playlist.is_i_frames_only
    assert all(segment.is_i_frame for segment in playlist.segments)
    told = [one.init and (one.init.uri, one.init.byte_range, one.init.is_implied) for one in playlist.segments]
    assert told == [("a.ts", (0, 376), True)] * 2 + [None, None, ("init", None, False)]
    assert not media("#EXTINF:2,\n#EXT-X-BYTERANGE:900@376\na.ts\n").segments[0].init


@pytest.mark.parametrize("wrong", ["9" * 400, "20000000000", "1" + "0" * 7])
def test_no_segment_lasts_longer_than_a_clock_can_wait(wrong: str) -> None:
    assert [segment.duration for segment in media(f"#EXTINF:{wrong},\na.ts\n").segments] == [4.0]
