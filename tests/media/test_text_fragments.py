import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subtitled import box, fragment, init, ttml
from watchglass.media.cue import Cue
from watchglass.media.text_fragments import cues, text_track
from watchglass.model.errors import SourceError

SEGMENT = fragment(10.0, [(2.0, ttml([(10.5, 11.0, "A")])), (2.0, ttml([(12.0, 14.0, "B")]))])


def read(segment, codec="stpp"):
    return cues(text_track(init(codec), "i.mp4"), segment, "s.m4s")


def test_ttml():
    assert read(SEGMENT) == [Cue(10.5, 0.5, "A"), Cue(12.0, 2.0, "B")]
    assert read(SEGMENT + fragment(14.0, [(2.0, ttml([(14.0, 15.0, "C")]))]))[-1] == Cue(14.0, 1.0, "C")


def test_webvtt():
    said = box("vttc", box("iden", b"1"), box("sttg", b"line:0"), box("payl", b"<b>A</b>"))
    both = box("vttc", box("payl", b"A")) + box("vttc", box("payl", b"B"))
    segment = fragment(10.0, [(1.0, said), (1.0, box("vtte")), (2.0, both)])
    assert read(segment, "wvtt") == [Cue(10.0, 1.0, "A"), Cue(12.0, 2.0, "A\nB")]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "has no track"), (init("avc1"), "'avc1' is not understood"), (init(ticks=0), "is not understood")],
)
def test_init_sections_that_are_not_understood(data, why):
    with pytest.raises(SourceError, match=why):
        text_track(data, "i.mp4")


def test_a_segment_that_is_cut_short():
    with pytest.raises(SourceError, match="ends beyond the segment"):
        read(SEGMENT[:-1])


def test_samples_that_lie_over_one_another():
    data = ttml([(10.5, 11.0, "A")])

    def over(runs):
        size = 8 + 8 + 16 + 24 * runs
        run = box("trun", struct.pack(">IIII", 0x201, 1, size + 8, len(data)))
        return box("moof", box("traf", box("tfhd", struct.pack(">II", 0, 1)), *[run] * runs)) + box("mdat", data)

    assert read(over(1)) == [Cue(10.5, 0.5, "A")]
    with pytest.raises(SourceError, match=r"s\.m4s: its samples lie over one another"):
        read(over(20))


def test_more_cues_than_are_read(monkeypatch):
    monkeypatch.setattr("watchglass.media.text_fragments.MOST_CUES", 1)
    with pytest.raises(SourceError, match=r"s\.m4s: holds more than 1 cues"):
        read(SEGMENT)


@settings(max_examples=80, derandomize=True)
@given(at=st.integers(0, len(SEGMENT) - 1), value=st.integers(0, 255), cut=st.integers(0, len(SEGMENT)))
def test_garbage_is_survived(at, value, cut):
    broken = bytearray(SEGMENT)
    broken[at] = value
    for each in (bytes(broken), bytes(broken[:cut])):
        with suppress(SourceError):
            assert len(read(each)) <= 2
