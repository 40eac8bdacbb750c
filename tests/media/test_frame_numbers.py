import io

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.media.decode import DecodeOptions
from watchglass.media.frame_numbers import FrameNumbers
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import Damage


def written(container, **options):
    """Half a hundred pictures of H.264."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "veryfast", "g": "25", **options})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        rng = np.random.default_rng(1)
        world = rng.integers(0, 255, (96, 400, 3), np.uint8)
        for n in range(50):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(world[:, 3 * n : 3 * n + 128]), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    return file


def coded(container, **options):
    """As the container holds them: extradata and packets."""
    with av.open(written(container, **options)) as source:
        track = source.streams.video[0]
        packets = [packet for packet in source.demux(track) if packet.size]
        return bytes(track.codec_context.extradata or b""), packets


FORMS = [
    pytest.param("mp4", {}, id="with a length before each unit"),
    pytest.param("mpegts", {}, id="with start codes"),
    pytest.param("mp4", {"x264-params": "bframes=3:b-pyramid=normal"}, id="a pyramid of references"),
    pytest.param("mp4", {"x264-params": "slices=4:bframes=0"}, id="four slices"),
    pytest.param("mp4", {"x264-params": "keyint=250:intra-refresh=1:bframes=0"}, id="no key frame after the first"),
    pytest.param("mp4", {"profile": "baseline"}, id="without a table of scaling lists"),
    pytest.param("mp4", {"x264-params": "cqm=jvt"}, id="with scaling lists"),
]


@pytest.mark.parametrize(("container", "options"), FORMS)
def test_whatever_is_complete_misses_nothing(container, options):
    extradata, packets = coded(container, **options)
    numbers = FrameNumbers(extradata)
    assert sum(numbers.misses(bytes(packet)) for packet in packets) == 0
    assert numbers._last is not None


@pytest.mark.parametrize(("container", "options"), FORMS)
def test_a_reference_that_is_lost_is_missed_once(container, options):
    extradata, packets = coded(container, **options)
    lost = next(n for n, packet in enumerate(packets) if n > 8 and not packet.is_keyframe and packet.size > 300)
    numbers = FrameNumbers(extradata)
    missed = [n for n, packet in enumerate(packets) if n != lost and numbers.misses(bytes(packet))]
    assert missed in ([lost + 1], [])  # what nothing refers to may go
    if "bframes=0" in str(options):
        assert missed == [lost + 1]


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_are_too_strange(data):
    FrameNumbers(data).misses(data)
    FrameNumbers(b"\1" + data).misses(b"\0\0\1\x67" + data)
    FrameNumbers(b"").misses(b"\0\0\1\x67" + data + b"\0\0\1\x68\xff\0\0\1\x41" + data)


def test_a_file_with_a_hole_is_damaged_where_it_is(tmp_path):
    path = tmp_path / "hole.mp4"
    with av.open(written("mp4", **{"x264-params": "bframes=0"})) as source, av.open(str(path), "w") as out:
        track = source.streams.video[0]
        stream = out.add_stream_from_template(track)
        for n, packet in enumerate(source.demux(track)):
            if n != 30 and packet.size:
                packet.stream = stream
                out.mux(packet)
    with open_source(str(path), SourceOptions(decode=DecodeOptions(threads=1))) as source:
        damage = [item for item in source if isinstance(item, Damage)]
    assert [each.what for each in damage] == ["undecodable"]
    assert damage[0].pts == pytest.approx(30 / 25, abs=0.2)
