import av
import pytest

from making import clip
from watchglass.media import probe
from watchglass.media.source import open_source
from watchglass.model.media import Tracks


@pytest.mark.parametrize(
    ("name", "planes", "depth", "has_chroma"),
    [
        ("yuv420p", "planar", 8, True),
        ("yuvj444p", "planar", 8, True),
        ("yuv422p10le", "planar", 10, True),
        ("yuva444p12le", "planar", 12, True),
        ("gray", "planar", 8, False),
        ("gray10le", "planar", 10, False),
        ("nv12", "semiplanar", 8, True),
        ("p010le", "semiplanar", 16, True),
        ("yuv420p10be", "convert", 8, True),
        ("yuyv422", "convert", 8, True),
        ("rgb24", "convert", 8, True),
        ("gbrp", "convert", 8, True),
        ("gbrpf32le", "convert", 8, True),
        ("grayf32le", "convert", 8, True),
        ("pal8", "convert", 8, True),
        ("monob", "convert", 8, True),
        ("xyz12le", "convert", 8, True),
        ("ya8", "convert", 8, True),
    ],
)
def test_how_pictures_are_read(name, planes, depth, has_chroma):
    assert probe.picture_format(name) == probe.PictureFormat(planes, depth, has_chroma)


def test_every_pixel_format_is_known():
    for name in av.video.format.names:
        assert probe.picture_format(name).bit_depth >= 1


@pytest.mark.parametrize(
    ("name", "colour_range", "transfer", "full", "curve"),
    [
        ("yuv420p", 0, 2, False, "sdr"),
        ("yuv420p", 2, 1, True, "sdr"),
        ("yuvj420p", 0, 2, True, "sdr"),
        ("yuvj420p", 1, 2, False, "sdr"),
        ("gray", 0, 2, True, "sdr"),
        ("yuv420p10le", 1, 16, False, "pq"),
        ("yuv420p10le", 1, 18, False, "hlg"),
        ("yuv420p10le", 1, 14, False, "sdr"),
        ("yuv420p10le", 1, 9, False, "unknown"),
    ],
)
def test_colour(name, colour_range, transfer, full, curve):
    assert probe.colour(name, colour_range, transfer)[:2] == (full, curve)


def test_tracks_as_they_are_declared(tmp_path):
    path = clip(tmp_path / "a.mkv", audio=("aac", "flac"), languages=("eng", "und"), layout="5.1", rate=50)
    announced = next(iter(open_source(str(path))))
    assert isinstance(announced, Tracks)
    picture, english, other = announced.tracks
    assert (picture.id, picture.kind, picture.codec) == ("video:0", "video", "h264")
    assert picture.facts == {"width": 96, "height": 64, "pixel_format": "yuv420p", "frame_rate": 50.0}
    assert (english.id, english.codec, english.language) == ("audio:0", "aac", "eng")
    assert english.facts == {"rate": 48_000, "channels": 6, "layout": "5.1"}
    assert (other.codec, other.language) == ("flac", None)
