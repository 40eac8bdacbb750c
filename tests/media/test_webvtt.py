import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.media import webvtt
from watchglass.media.cue import Cue
from watchglass.model.errors import SourceError


def cues(text):
    return list(webvtt.parse(text.encode(), "s.vtt").cues)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("WEBVTT", [], id="nothing"),
        pytest.param("\ufeffWEBVTT - a title\n\n00:01.000 --> 00:02.500\nHello", [Cue(1.0, 1.5, "Hello")], id="short"),
        pytest.param("WEBVTT\n\n01:00:01.000 --> 01:00:02.000\nA\nB\n", [Cue(3601.0, 1.0, "A\nB")], id="two rows"),
        pytest.param(
            "WEBVTT\r\n\r\nid 7\r\n00:01.000 --> 00:02.000 line:0 align:start\r\n<v Ann><b>Hi</b> &amp; bye\r\n",
            [Cue(1.0, 1.0, "Hi & bye")],
            id="identifier, settings, markup",
        ),
        pytest.param(
            "WEBVTT\n\nNOTE 00:01.000 --> is no time\n\nSTYLE\n::cue{}\n\nREGION\nid:a\n\n00:01.000 --> 00:02.000\nA",
            [Cue(1.0, 1.0, "A")],
            id="notes, styles, regions",
        ),
        pytest.param("WEBVTT\n00:01.000 --> 00:02.000\nA\n", [Cue(1.0, 1.0, "A")], id="no blank line after the head"),
        pytest.param("WEBVTT\n\n00:01.000 --> 00:02.000\n", [Cue(1.0, 1.0, "")], id="no text"),
    ],
)
def test_cues(text, expected):
    assert cues(text) == expected
    assert webvtt.parse(text.encode(), "s.vtt").broken == 0


@pytest.mark.parametrize(
    ("line", "offset"),
    [
        ("X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000", 10.0),
        ("X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:04.000", 6.0),
        ("", None),
    ],
)
def test_its_clock(line, offset):
    assert webvtt.parse(f"WEBVTT\n{line}\n\n00:01.000 --> 00:02.000\nA".encode(), "s.vtt").offset == offset


@pytest.mark.parametrize("times", ["00:01 --> 00:02.000", "1.0 --> 2.0", "00:03.000 --> 00:02.000", "00:61.000-->x"])
def test_times_that_cannot_be_read_are_counted(times):
    document = webvtt.parse(f"WEBVTT\n\n{times}\nA\n\n00:04.000 --> 00:05.000\nB".encode(), "s.vtt")
    assert document.broken == 1
    assert [cue.text for cue in document.cues] == ["B"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not WebVTT: begins with ''"),
        (b"<html>", "is not WebVTT: begins with '<html>'"),
        (b"WEBVTTX\n", "is not WebVTT"),
        (b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:0,MPEGTS:1\n", "X-TIMESTAMP-MAP cannot be read"),
        (b"WEBVTT\n\n" + b"a" * webvtt.MOST_BYTES, "of more than 4 MB"),
        (b"WEBVTT\n" + b"\n00:01.000 --> 00:02.000\nA\n" * (webvtt.MOST_CUES + 1), "more than 20000 cues"),
    ],
)
def test_what_is_not_read(data, why):
    with pytest.raises(SourceError, match=why) as raised:
        webvtt.parse(data, "s.vtt")
    assert str(raised.value).startswith("s.vtt: ")


@settings(max_examples=60, derandomize=True)
@given(data=st.text(alphabet="WEBVT\n\r->:.0123456789 <a&;\0\ufeff", max_size=400))
def test_garbage_is_survived(data):
    for text in (data, "WEBVTT\n\n" + data):
        try:
            document = webvtt.parse(text.encode(), "s.vtt")
        except SourceError:
            continue
        assert all(cue.lasts >= 0.0 for cue in document.cues)
