"""Transport streams as datagrams: a real muxer, a real socket, and nobody to ask again."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from live_items import DATAGRAM, of
from live_items import seen_as_datagrams as seen
from splicing import begin_of, insert, message, spliced
from transport import free_port
from watchglass.media.source import open_source
from watchglass.model.media import AudioBlock, ClockAnchor, Stall, Tracks, VideoFrame
from watchglass.model.transport import Splice, TransportCheck

RATE = 25


def stream(path, seconds, *, first=0.0, sounds=1, pids=0x100):
    """A transport stream of something that moves, with tones."""
    with av.open(str(path), "w", format="mpegts", options={"mpegts_start_pid": str(pids)}) as out:
        picture = out.add_stream("mpeg2video", rate=RATE, options={"g": "5"})
        picture.width, picture.height, picture.pix_fmt, picture.bit_rate = 96, 64, "yuv420p", 200_000
        tracks = [out.add_stream("mp2", rate=48_000, layout="stereo") for _ in range(sounds)]
        rng = np.random.default_rng(1)
        for n in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (96, 96), np.uint8)[:96, :96], format="yuv420p")
            frame.pts, frame.time_base = round(first * RATE) + n, Fraction(1, RATE)
            for packet in picture.encode(frame):
                out.mux(packet)
            for track in tracks:
                samples = (8000 * np.sin(np.arange(2 * 1920) * 0.05)).astype(np.int16).reshape(1, -1)
                sound = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
                sound.sample_rate, sound.pts = 48_000, round(first * 48_000) + 1920 * n
                sound.time_base = Fraction(1, 48_000)
                for packet in track.encode(sound):
                    out.mux(packet)
        for track in (picture, *tracks):
            for packet in track.encode(None):
                out.mux(packet)
    return path.read_bytes()


def test_pictures_sound_and_checks_come(tmp_path):
    data = stream(tmp_path / "a.ts", 6.0)
    items = seen(free_port(), [data], lambda items: len(of(VideoFrame, items)) >= 75)
    assert [[track.kind for track in each.tracks] for each in of(Tracks, items)] == [["video", "audio"]]
    assert len(of(VideoFrame, items)) >= 75
    assert len(of(AudioBlock, items)) >= 20
    assert of(ClockAnchor, items)[0].source == "arrival"
    checks = of(TransportCheck, items)
    assert checks
    assert all(check.is_live for check in checks)
    assert {name for check in checks for name, value in check.values.items() if name == "continuity" and value} == set()


def test_other_streams_are_watched_when_the_tables_name_them(tmp_path):
    first = stream(tmp_path / "a.ts", 4.0)
    then = stream(tmp_path / "b.ts", 6.0, first=4.0, sounds=2, pids=0x300)
    items = seen(
        free_port(), [first, then], lambda items: len(of(Tracks, items)) > 1 and of(VideoFrame, items)[-1].pts > 7
    )
    kinds = [[track.kind for track in each.tracks] for each in of(Tracks, items)]
    assert kinds == [["video", "audio"], ["video", "audio", "audio"]]
    pictures = of(VideoFrame, items)
    assert pictures[-1].pts > 7.0
    assert all(before.pts < after.pts for before, after in pairwise(pictures))


def test_what_is_lost_on_the_way_is_told(tmp_path):
    data = stream(tmp_path / "a.ts", 6.0)
    holed = data[: 60 * DATAGRAM] + data[62 * DATAGRAM :]
    items = seen(free_port(), [holed], lambda items: len(of(VideoFrame, items)) >= 130)
    assert sum(check.values.get("continuity", 0.0) for check in of(TransportCheck, items)) >= 1


def test_splices_come_when_the_media_have_come_to_them(tmp_path):
    data = stream(tmp_path / "a.ts", 6.0)
    zero = begin_of(data)
    command = insert(1, ticks=round((zero + 3.0) * 90_000), lasts=30.0)
    told = spliced(data, [(zero + 1.0, message(command)), (zero + 2.0, message(command))])
    items = seen(free_port(), [told], lambda items: len(of(VideoFrame, items)) >= 120)
    [splice] = of(Splice, items)
    assert (splice.out_of_network, splice.pts, splice.lasts) == (True, pytest.approx(3.0, abs=0.2), pytest.approx(30.0))
    before = [item.pts for item in items[: items.index(splice)] if isinstance(item, VideoFrame)]
    assert 2.9 <= before[-1] <= 3.6


def test_where_nothing_comes_that_is_told():
    items = seen(free_port(), [], lambda items: len(of(Stall, items)) >= 2)
    stall = of(Stall, items)[-1]
    assert stall.buffer == -stall.waited
    assert stall.reason == "waiting for datagrams"


@pytest.mark.parametrize("text", ["udp://example.com:99", "rtp://1.2.3.4"])
def test_what_cannot_be_listened_to_is_said(text):
    with pytest.raises(Exception, match=r"udp://|rtp://"):
        open_source(text)


def test_bytes_without_media_are_a_stall(tmp_path):
    """Only null packets come: nobody sees anything, whatever the bit rate."""
    null = (b"\x47\x1f\xff\x10" + bytes(184)) * 7 * 20_000

    def is_told(items):
        return isinstance(items[-1], Stall) and items[-1].is_trouble

    items = seen(free_port(), [stream(tmp_path / "a.ts", 3.0), null], is_told)
    assert of(VideoFrame, items)
    assert is_told(items)
    assert "no picture and no sound" in items[-1].reason
    assert items[-1].waited >= 5.0
    assert of(TransportCheck, items[items.index(of(VideoFrame, items)[-1]) :]), "packets are checked all the same"
