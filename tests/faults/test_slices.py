import av
import pytest
from tests.making import clip

from watchglass.faults.recipe import Coding
from watchglass.faults.slices import payload, slices

CODED = {
    "libx264": ("h264", {"x264-params": "slices=4:sliced-threads=0"}),
    "libx265": ("hevc", {"x265-params": "log-level=none", "preset": "ultrafast"}),
    "mpeg2video": ("mpeg2video", {}),
}


@pytest.fixture(
    scope="module",
    params=[
        ("libx264", ".ts"),
        ("libx264", ".mp4"),
        ("libx265", ".ts"),
        ("libx265", ".mp4"),
        ("mpeg2video", ".ts"),
        ("mpeg2video", ".mpg"),
    ],
    ids="".join,
)
def coded(request, tmp_path_factory):
    """Packets of a small clip and how they are to be read."""
    from watchglass.faults.reencode import _coding

    encoder, suffix = request.param
    path = tmp_path_factory.mktemp("coded") / f"clip{suffix}"
    clip(path, video=encoder, video_options=CODED[encoder][1], size=(160, 128))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return encoder, _coding(stream), [bytes(p) for p in container.demux(stream) if p.size]


def test_every_picture_has_its_slices(coded):
    encoder, coding, packets = coded
    expected = {"libx264": 4, "libx265": 1, "mpeg2video": 128 // 16}[encoder]
    assert {len(slices(data, coding)) for data in packets} == {expected}


def test_they_lie_one_after_the_other_and_leave_the_front_of_a_picture_alone(coded):
    _, coding, packets = coded
    for data in packets:
        at = 0
        for part in slices(data, coding):
            assert at <= part.start < part.payload < part.end <= len(data)
            at = part.end
        assert at >= len(data) - 4


def test_headers_and_parameter_sets_are_none_of_them(coded):
    encoder, coding, packets = coded
    first = slices(packets[0], coding)[0]
    in_band = coding.nal_length == 0 or encoder == "libx264"  # x264 leaves a note about itself
    assert first.start > 20 or not in_band


def test_a_codec_that_is_not_known_has_none():
    assert slices(b"\0\0\1\x65" * 40, Coding("vp9")) == []
    assert payload(bytes(1000)) == (0, 64, 1000)
    assert payload(bytes(8)) == (0, 2, 8)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\1", b"\0\0\0\xff\x65", b"\0\0\0\2\x65"])
def test_what_is_too_short_to_be_a_slice(data):
    for length in (0, 4):
        for part in slices(data, Coding("h264", length)):
            assert part.start <= part.payload < part.end <= len(data)
