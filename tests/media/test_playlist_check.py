"""Each rule is broken by one change to a playlist that keeps them all."""

import pytest

from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.media.playlist_check import broken
from watchglass.media.playlist_history import PlaylistHistory
from watchglass.model.playlist_rules import PLAYLIST

MEDIA = """#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24.0
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MAP:URI="init.mp4"
#EXT-X-DATERANGE:ID="ad",START-DATE="2026-01-01T00:00:00Z",END-DATE="2026-01-01T00:00:30Z"
#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:4.0,
a.mp4
#EXTINF:4.4,
b.mp4
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:08.400Z
#EXTINF:4.0,
c.mp4
#EXT-X-PART:DURATION=0.5,URI="d1.mp4"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="d2.mp4"
"""
RENDITIONS = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="en.m3u8"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="en",INSTREAM-ID="CC1"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="en",URI="s.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001e",AUDIO="a",SUBTITLES="s",CLOSED-CAPTIONS="c"
v.m3u8
"""
ONE_COPY = [
    ("begins_otherwise", "#EXTM3U\n#EXT-X-VERSION", "\n#EXTM3U\n#EXT-X-VERSION"),
    ("mixed", "#EXTINF:4.4,", '#EXT-X-SESSION-DATA:DATA-ID="x"\n#EXTINF:4.4,'),
    ("repeated", "#EXT-X-VERSION:9", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9"),
    ("version", "#EXT-X-VERSION:9", "#EXT-X-VERSION:2"),
    ("target_duration_missing", "#EXT-X-TARGETDURATION:4\n", ""),
    ("target_duration_exceeded", "#EXTINF:4.4,", "#EXTINF:4.5,"),
    ("duration_missing", "#EXTINF:4.4,", "#EXTINF:soon,"),
    ("duration_missing", "#EXTINF:4.4,\n", ""),
    ("attribute", 'METHOD=AES-128,URI="key",IV=0x1', 'URI="key"'),
    ("attribute", 'METHOD=AES-128,URI="key",IV=0x1', "METHOD=AES-128"),
    ("attribute", 'METHOD=AES-128,URI="key",IV=0x1', 'METHOD=NONE,URI="key"'),
    ("attribute", "#EXTINF:4.4,", "#EXTINF:4.4,\n#EXT-X-BYTERANGE:9@"),
    ("attribute", 'URI="init.mp4"', 'BYTERANGE="1@0"'),
    ("attribute", "PART-TARGET=0.5", "PART-TARGET=0.5,PART-TARGET=0.5"),
    ("attribute", "DURATION=0.5,URI", "DURATION=0.5,URL"),
    ("attribute", "#EXT-X-TARGETDURATION:4", "#EXT-X-TARGETDURATION:4.0"),
    ("attribute", "DATE-TIME:2026-01-01T00:00:08.400Z", "DATE-TIME:soon"),
    ("date_jumps", "00:00:08.400Z", "00:00:09.500Z"),
    ("date_range", '00:00:30Z"', '00:00:30Z",DURATION=5'),
    ("date_range", "2026-01-01T00:00:30Z", "2025-01-01T00:00:30Z"),
    ("date_range", "END-DATE", "END-ON-NEXT=YES,END-DATE"),
    ("date_range", 'END-DATE="2026-01-01T00:00:30Z"', "DURATION=-1"),
    ("part_duration_exceeded", "DURATION=0.5,URI", "DURATION=0.51,URI"),
    ("part_target_missing", "#EXT-X-PART-INF:PART-TARGET=0.5\n", ""),
    ("hold_back", "PART-HOLD-BACK=1.0", "PART-HOLD-BACK=0.9"),
    ("hold_back", "PART-HOLD-BACK=1.0,", ""),
    ("hold_back", "CAN-SKIP-UNTIL=24.0", "CAN-SKIP-UNTIL=23.0"),
    ("hold_back", "CAN-SKIP-UNTIL=24.0", "HOLD-BACK=11.9"),
    ("codecs_missing", 'CODECS="avc1.64001e",', ""),
    ("bandwidth_missing", "BANDWIDTH=1,", ""),
    ("group_missing", 'AUDIO="a"', 'AUDIO="b"'),
    ("rendition_twice", "#EXT-X-STREAM", '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en"\n#EXT-X-STREAM'),
    ("attribute", ',NAME="en",URI="en.m3u8"', ',URI="en.m3u8"'),
    ("attribute", ',INSTREAM-ID="CC1"', ""),
    ("attribute", ',URI="s.m3u8"', ""),
]


@pytest.mark.parametrize("clean", [MEDIA, RENDITIONS])
def test_what_keeps_all_rules_breaks_none(clean: str) -> None:
    assert broken(clean) == ()
    assert parse(clean, "clean").breaks == ()


@pytest.mark.parametrize(("rule", "clean", "wrong"), ONE_COPY)
def test_one_change_breaks_one_rule(rule: str, clean: str, wrong: str) -> None:
    [text] = [text for text in (MEDIA, RENDITIONS) if clean in text]
    assert {one.rule for one in broken(text.replace(clean, wrong, 1))} == {rule}


def test_a_break_in_the_programme_may_change_its_clock() -> None:
    assert (
        broken(MEDIA.replace("#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:08", "#EXT-X-DISCONTINUITY\n" + "#X", 1)) == ()
    )


def test_whole_seconds_are_rounded() -> None:
    text = MEDIA.replace("4.4,", "4,").replace("4.0,", "4,").replace("00:00:08.400Z", "00:00:09.900Z")
    assert broken(text) == ()


def copy(first: int = 10, last: int = 15, *, target: int = 4, more: str = "", **edits: str) -> MediaPlaylist:
    """Segments ``first`` to ``last``; ``s12="..."`` puts something else in the place of one."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{target}", f"#EXT-X-MEDIA-SEQUENCE:{first}", more]
    lines += [edits.get(f"s{number}", f"#EXTINF:4.0,\n{number}.ts") for number in range(first, last + 1)]
    playlist = parse("\n".join(filter(None, [*lines, edits.get("end")])), "copy")
    assert isinstance(playlist, MediaPlaylist)
    return playlist


BREAK = "#EXT-X-DISCONTINUITY\n#EXTINF:4.0,\n10.ts"
BETWEEN = [
    ("media_sequence_back", copy(), copy(8, 13)),
    ("segment_renumbered", copy(), copy(s10="#EXTINF:4.0,\n11.ts", s11="#EXTINF:4.0,\n12.ts")),
    ("segment_replaced", copy(), copy(s12="#EXTINF:4.0,\nother.ts")),
    ("segment_removed", copy(), copy(10, 14)),
    ("segment_removed", copy(), copy(11, 14)),
    ("discontinuity_sequence", copy(s10=BREAK), copy(11, 16)),
    ("target_duration_changed", copy(), copy(target=5)),
    ("ended_goes_on", copy(end="#EXT-X-ENDLIST"), copy(10, 16)),
    ("event_removed", copy(more="#EXT-X-PLAYLIST-TYPE:EVENT"), copy(11, 16, more="#EXT-X-PLAYLIST-TYPE:EVENT")),
    ("too_short", copy(10, 12), copy(12, 13)),
    (
        "date_jumps",
        copy(s10="#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n#EXTINF:4.0,\n10.ts"),
        copy(s10="#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02Z\n#EXTINF:4.0,\n10.ts"),
    ),
]


@pytest.mark.parametrize(("rule", "before", "after"), BETWEEN, ids=[rule for rule, *_ in BETWEEN])
def test_a_copy_may_break_a_rule_beside_the_one_before(rule: str, before: MediaPlaylist, after: MediaPlaylist) -> None:
    history = PlaylistHistory()
    assert history.breaks(before) == ()
    assert [one.rule for one in history.breaks(after)] == [rule]
    assert history.breaks(after) == ()


def test_a_list_that_goes_on_breaks_none() -> None:
    history = PlaylistHistory()
    copies = [
        copy(),
        copy(11, 16),
        copy(11, 16),
        copy(12, 17, more="#EXT-X-DISCONTINUITY-SEQUENCE:0", s17="#EXT-X-DISCONTINUITY\n#EXTINF:4.0,\n17.ts?token=1"),
        copy(17, 19, more="#EXT-X-DISCONTINUITY-SEQUENCE:0", s17="#EXT-X-DISCONTINUITY\n#EXTINF:4.0,\n17.ts?token=2"),
        copy(18, 25, more="#EXT-X-DISCONTINUITY-SEQUENCE:1", end="#EXT-X-ENDLIST"),
    ]
    assert [history.breaks(one) for one in copies] == [()] * len(copies)


def test_every_rule_has_its_case() -> None:
    assert {rule for rule, *_ in (*ONE_COPY, *BETWEEN)} == set(PLAYLIST)
