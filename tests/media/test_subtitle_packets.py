"""Subtitles with a stream of their own, through real containers and demuxers."""

import io

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast_subtitles import display_set, page, with_dvb, with_teletext
from captioned import line21, pop_on, triplets
from making import clip
from subtitled import ttml
from watchglass.media.cue import PICTURE
from watchglass.media.source import open_source
from watchglass.media.subtitle_packets import Subtitles
from watchglass.media.subtitle_text import MOST_CHARACTERS, text_of
from watchglass.model.media import Caption, Damage, NotWatched, Tracks

SRT = b"1\n00:00:00,500 --> 00:00:01,000\n<i>Hello</i>\nthere\n\n2\n00:00:01,500 --> 00:00:01,900\nAgain\n"


def taken(codec, *packets):
    subtitles = Subtitles("captions:0", codec)
    return [told for n, packet in enumerate(packets) for told in subtitles.take(packet, float(n), 0.0)]


def shown(items):
    return [(round(item.pts, 1), item.text) for item in items if isinstance(item, Caption)]


def watched(path):
    with open_source(str(path)) as source:
        return list(source)


@pytest.mark.parametrize(
    ("codec", "packet", "text"),
    [
        ("mov_text", b"\0\5Hello\0\0\0\x0cstyl\0\0\0\0", "Hello"),
        ("mov_text", b"\0\0", ""),
        ("mov_text", b"\0\x06" + "Hé".encode("utf-16"), "Hé"),
        ("srt", b"<font color=red>Hello</font>\r\nthere", "Hello\nthere"),
        ("webvtt", b"a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("ass", b"0,0,Default,,0,0,0,,{\\i1}Hello, you{\\i0}\\Nthere", "Hello, you\nthere"),
        ("text", b"x" * 9_000, "x" * MOST_CHARACTERS),
        ("text", b"\xff\xfe broken", "\ufffd\ufffd broken"),
    ],
)
def test_what_packets_of_text_say(codec, packet, text):
    assert text_of(codec, packet) == text


@pytest.mark.parametrize(
    ("container", "codec", "said"),
    [("mp4", "mov_text", "Hello"), ("mkv", "srt", "Hello\nthere"), ("mkv", "ass", "Hello\nthere")],
)
def test_files(tmp_path, container, codec, said):
    path = tmp_path / f"clip.{container}"
    picture = clip(tmp_path / "picture.mp4", seconds=2.0)
    with (
        av.open(io.BytesIO(SRT), format="srt") as texts,
        av.open(str(picture)) as source,
        av.open(str(path), "w") as out,
    ):
        shows = out.add_stream_from_template(source.streams.video[0])
        reads = out.add_stream_from_template(texts.streams[0]) if codec == "srt" else _written(out, codec)
        for packet in texts.demux():
            if packet.size:
                out.mux(_packet(packet, reads, codec))
        for packet in source.demux():
            if packet.size:
                packet.stream = shows
                out.mux(packet)
    items = watched(path)
    assert [(at, text) for at, text in shown(items) if text] == [(0.5, said), (1.5, "Again")]
    [announced] = [item for item in items if isinstance(item, Tracks)]
    assert announced.tracks[-1].id == "captions:0"
    assert not [item for item in items if isinstance(item, NotWatched | Damage)]


def _written(out, codec):
    made = out.add_stream(codec)
    made.codec_context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n"
    return made


def _packet(packet, stream, codec):
    said = text_of("srt", bytes(packet))
    data = {"mov_text": lambda: b"\0\5Hello" if "Hello" in said else b"\0\5Again", "srt": lambda: bytes(packet)}.get(
        codec, lambda: b"0,0,Default,,0,0,0,," + said.replace("\n", "\\N").encode()
    )()
    made = av.Packet(data)
    made.stream, made.time_base, made.pts, made.dts = stream, packet.time_base, packet.pts, packet.dts
    made.duration, made.is_keyframe = packet.duration, True
    return made


def test_ttml():
    """Its times are those of the container, whichever packet they come in (ISO/IEC 14496-30, 5.3)."""
    subtitles = Subtitles("captions:0", "")
    first, second = ttml([(0.5, 1.5, "A"), (3.0, 4.0, "B")]), ttml([(10.5, 11.5, "C")])
    assert shown(subtitles.take(first, 0.0, 10.0)) == [(0.5, "A"), (3.0, "B")]
    assert shown(subtitles.take(second, 8.0, 10.0, zero=-2.0)) == [(8.5, "C")]
    [damage] = taken("", b"<tt")
    assert "is not XML" in damage.detail


def test_blu_ray():
    """A presentation composition segment, with an object and without."""
    head = b"\x16\0\x0b\x07\x80\x04\x38\x10\0\1\x80\0\0"
    assert shown(taken("pgssub", head + b"\1" + bytes(8), head + b"\0", b"\x80\0\0")) == [
        (0.0, PICTURE),
        (1.0, ""),
        (2.0, PICTURE),
    ]


def test_closed_captions_of_quicktime():
    data = [*line21([(0.0, pop_on("HELLO"))], 2.0), triplets()]
    subtitles = Subtitles("captions:0", "cc_dec")
    told = [each for n, packet in enumerate(data) for each in subtitles.take(packet, n / 25, 0.04)]
    assert [(each.track, each.text) for each in told] == [("captions:0", "HELLO")]


class TestDvb:
    def test_what_is_shown(self):
        told = taken("dvbsub", display_set(shown=True), display_set(shown=False), display_set(shown=True))
        assert shown(told) == [(0.0, PICTURE), (1.0, ""), (2.0, PICTURE)]
        assert [each.lasts for each in told] == [10.0, 0.0, 10.0]

    def test_a_page_of_regions_without_objects_shows_nothing(self):
        whole = display_set(shown=True)
        assert (
            shown(taken("dvbsub", whole.replace(b"\x44\x00\x00\x00\x00\x01\x00\x00\x00\x00", b"\x44\x00\x00\x00")))
            == []
        )

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"nonsense", "byte 0 of a display set is no segment"),
            (display_set(shown=True)[:-3], "byte"),
            (display_set(shown=True)[:12], "a segment of 8 bytes ended after 6"),
        ],
    )
    def test_what_is_broken(self, data, why):
        [damage] = taken("dvbsub", data)
        assert isinstance(damage, Damage)
        assert why in damage.detail

    def test_a_transport_stream(self, tmp_path):
        told = [(1.0, display_set(shown=True)), (3.0, display_set(shown=False)), (4.0, display_set(shown=True))]
        items = watched(with_dvb(tmp_path / "clip.ts", told))
        assert shown(items) == [(1.0, PICTURE), (3.0, ""), (4.0, PICTURE)]
        track = next(item for item in items if isinstance(item, Tracks)).tracks[-1]
        assert (track.id, track.codec, track.language) == ("captions:0", "dvbsub", "deu")
        assert not [item for item in items if isinstance(item, NotWatched | Damage)]


class TestTeletext:
    def test_pages(self):
        told = taken("teletext", page("888", "HELLO", "WORLD"), page("888", "AGAIN"), page("888"))
        assert shown(told) == [(0.0, "HELLO\nWORLD"), (1.0, "AGAIN"), (2.0, "")]

    def test_other_pages_are_no_subtitles(self):
        assert taken("", page("100", "NEWS", is_subtitle=False), page("888")) == []

    def test_one_wrong_bit_is_mended_and_two_are_told(self):
        data = bytearray(page("888", "HELLO"))
        data[5] ^= 1
        assert shown(taken("teletext", bytes(data))) == [(0.0, "HELLO")]
        data[5] ^= 2
        assert [type(each) for each in taken("teletext", bytes(data))] == [Damage]

    def test_a_transport_stream(self, tmp_path):
        told = [(1.0, page("888", "HELLO")), (3.0, page("888")), (4.0, page("888", "AGAIN"))]
        items = watched(with_teletext(with_dvb(tmp_path / "clip.ts", []), told))
        assert [text for _, text in shown(items)] == ["HELLO", "", "AGAIN"]
        assert [at for at, _ in shown(items)] == pytest.approx([1.0, 3.0, 4.0], abs=0.2)
        track = next(item for item in items if isinstance(item, Tracks)).tracks[-1]
        assert (track.id, track.codec, track.language) == ("captions:0", "teletext", "deu")


@settings(max_examples=100, derandomize=True)
@given(
    codec=st.sampled_from(["", "mov_text", "srt", "ass", "dvbsub", "teletext", "pgssub", "cc_dec"]),
    whole=st.sampled_from([display_set(shown=True), page("888", "HELLO"), b"\0\5Hello", b""]),
    packets=st.lists(st.tuples(st.integers(0, 140), st.binary(max_size=8)), max_size=4),
)
def test_garbage_is_survived(codec, whole, packets):
    broken = [whole[:at] + data + whole[at + len(data) :] for at, data in packets]
    for told in taken(codec, *broken):
        assert isinstance(told, Caption | Damage)
