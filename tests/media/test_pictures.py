import itertools

import av
import numpy as np
import pytest

from making import flat, frame, shapes
from watchglass.media.pictures import Pictures
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.media import Colour, VideoFrame

SIZE = (64, 48)
BLACK, GREY, WHITE = 16, 126, 235
LIMITED, FULL = 1, 2
PQ, HLG, BT709 = 16, 18, 1


def seen(pixel_format, values, *, colour_range=0, transfer=2, size=SIZE):
    """The frame that the converter makes of one colour."""
    made = frame(flat(values, pixel_format, size)(0), pixel_format, size)
    made.color_range, made.color_trc = colour_range, transfer
    pictures = Pictures("video:0", 0.04)
    pictures.accepts(made)
    return pictures.frame(made, 0.0, 0.04)


@pytest.mark.parametrize("luma", [BLACK, GREY, WHITE])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "yuv440p", "yuva420p"])
def test_planar_pictures_are_read_as_they_are(pixel_format, luma):
    values = (luma, 100, 200) + ((255,) if "a" in pixel_format else ())
    picture = seen(pixel_format, values)
    assert picture.luma.shape == SIZE[::-1]
    assert (picture.luma == luma).all()
    assert [set(plane.ravel().tolist()) for plane in picture.chroma] == [{100}, {200}]
    assert (picture.bit_depth, picture.colour.full_range) == (8, False)


@pytest.mark.parametrize("luma", [BLACK, GREY, WHITE])
@pytest.mark.parametrize("depth", [9, 10, 12, 14, 16])
@pytest.mark.parametrize("sampling", ["420", "422", "444"])
def test_deep_pictures_have_the_same_eight_bits(sampling, depth, luma):
    scale = 1 << depth - 8
    picture = seen(f"yuv{sampling}p{depth}le", (luma * scale, 100 * scale, 200 * scale))
    assert picture.luma.dtype == np.uint16
    assert picture.bit_depth == depth
    assert (picture.small == luma).all()
    assert [set(plane.ravel().tolist()) for plane in picture.small_chroma] == [{100}, {200}]


@pytest.mark.parametrize("pixel_format", ["nv12", "p010le", "p016le"])
def test_interleaved_chroma(pixel_format):
    deep = pixel_format != "nv12"
    made = frame(
        [
            np.full((h, w), 50 if n == 0 else 0, np.uint16 if deep else np.uint8)
            for n, (h, w, _, _) in enumerate(shapes(pixel_format, SIZE))
        ],
        pixel_format,
        SIZE,
    )
    scale = 256 if deep else 1
    width = made.planes[1].line_size // (2 if deep else 1)
    pairs = np.tile(np.array([100, 200], np.uint16 if deep else np.uint8) * scale, (made.planes[1].height, width // 2))
    made.planes[1].update(pairs.tobytes())
    pictures = Pictures("video:0", 0.04)
    pictures.accepts(made)
    picture = pictures.frame(made, 0.0, 0.04)
    assert [set(plane.ravel().tolist()) for plane in picture.small_chroma] == [{100}, {200}]
    assert picture.luma.shape == SIZE[::-1]


@pytest.mark.parametrize(
    ("pixel_format", "order"),
    [
        ("rgb24", (0, 1, 2)),
        ("bgr24", (2, 1, 0)),
        ("gbrp", (1, 2, 0)),
        ("rgba", (0, 1, 2, None)),
        ("bgr0", (2, 1, 0, None)),
    ],
)
@pytest.mark.parametrize(
    ("rgb", "luma"), [((0, 0, 0), 16), ((255, 255, 255), 235), ((128, 128, 128), 126), ((0, 255, 0), 145)]
)
def test_rgb_becomes_limited_range(pixel_format, order, rgb, luma):
    """Through swscale: ITU-R BT.601 for what does not say otherwise."""
    values = [255 if n is None else rgb[n] for n in order]
    if pixel_format == "gbrp":
        picture = seen(pixel_format, values)
    else:
        made = frame([np.tile(np.array(values, np.uint8), (SIZE[1], SIZE[0]))], pixel_format, SIZE)
        pictures = Pictures("video:0", 0.04)
        pictures.accepts(made)
        picture = pictures.frame(made, 0.0, 0.04)
    assert picture.colour.full_range is False
    assert float(picture.luma.mean()) == pytest.approx(luma, abs=1.5)


@pytest.mark.parametrize(
    ("pixel_format", "values"), [("yuyv422", (BLACK, 128, BLACK, 128)), ("uyvy422", (128, WHITE, 128, WHITE))]
)
def test_packed_pictures(pixel_format, values):
    made = frame([np.tile(np.array(values, np.uint8), (SIZE[1], SIZE[0] // 2))], pixel_format, SIZE)
    pictures = Pictures("video:0", 0.04)
    pictures.accepts(made)
    picture = pictures.frame(made, 0.0, 0.04)
    assert float(picture.luma.mean()) == pytest.approx(BLACK if pixel_format == "yuyv422" else WHITE, abs=1.0)


@pytest.mark.parametrize(("pixel_format", "depth"), [("gray", 8), ("gray10le", 10), ("gray12le", 12)])
def test_pictures_without_colour(pixel_format, depth):
    picture = seen(pixel_format, (GREY << depth - 8,), colour_range=LIMITED)
    assert picture.chroma is None
    assert picture.small_chroma is None
    assert (picture.small == GREY).all()


@pytest.mark.parametrize(
    ("pixel_format", "colour_range", "full"),
    [("yuv420p", 0, False), ("yuv420p", LIMITED, False), ("yuv420p", FULL, True), ("yuvj420p", 0, True)],
)
def test_range(pixel_format, colour_range, full):
    assert seen(pixel_format, (0, 128, 128), colour_range=colour_range).colour.full_range is full


@pytest.mark.parametrize(
    ("transfer", "name"), [(BT709, "sdr"), (2, "sdr"), (PQ, "pq"), (HLG, "hlg"), (17, "unknown"), (10, "unknown")]
)
def test_transfer(transfer, name):
    assert seen("yuv420p10le", (64, 512, 512), transfer=transfer).colour.transfer == name


@pytest.mark.parametrize("size", [(2, 2), (1, 1), (17, 33), (33, 17), (641, 361), (1921, 5)])
def test_odd_sizes(size):
    picture = seen("yuv420p", (GREY, 128, 128), size=size)
    assert picture.luma.shape == size[::-1]
    assert (picture.small == GREY).all()
    assert picture.small.shape[1] <= 640


def test_bars():
    """Stripes stay where they are: no row is skewed by the padding of the decoder's buffer."""
    bars = np.repeat(np.array([235, 210, 170, 145, 106, 81, 41, 16], np.uint8), 9)
    size = (72, 40)
    planes = [np.tile(bars, (40, 1)), *(np.full((20, 36), 128, np.uint8) for _ in range(2))]
    pictures = Pictures("video:0", 0.04)
    made = frame(planes, "yuv420p", size)
    pictures.accepts(made)
    picture = pictures.frame(made, 0.0, 0.04)
    assert np.array_equal(picture.luma, planes[0])


def test_a_view_and_no_copy():
    made = frame(flat((GREY, 128, 128), "yuv420p", SIZE)(0), "yuv420p", SIZE)
    pictures = Pictures("video:0", 0.04)
    pictures.accepts(made)
    assert pictures.frame(made, 0.0, 0.04).luma.ctypes.data == made.planes[0].buffer_ptr


def test_each_picture_knows_the_small_of_the_one_before():
    pictures = Pictures("video:0", 0.04)
    smalls = []
    for number, value in enumerate([50, 60, 70]):
        made = frame(flat((value, 128, 128), "yuv420p", SIZE)(0), "yuv420p", SIZE)
        pictures.accepts(made)
        picture = pictures.frame(made, number * 0.04, 0.04)
        assert (picture.previous_small is None) == (number == 0)
        smalls.append(picture.small)
        assert (picture.change is None) if number == 0 else np.allclose(picture.change, 10.0)
    for before, now in itertools.pairwise(smalls):
        assert (now - before == 10).all()


def test_another_format_has_no_picture_before():
    pictures = Pictures("video:0", 0.04)
    for size in (SIZE, (96, 48)):
        made = frame(flat((50, 128, 128), "yuv420p", size)(0), "yuv420p", size)
        assert pictures.accepts(made) is (size == SIZE)
        picture = pictures.frame(made, 0.0, 0.04)
        assert picture.previous_small is None
        assert picture.small.size


@pytest.mark.parametrize(
    ("raw", "decoded", "late"),
    [
        pytest.param(3.6, 4.64, True, id="after lost slices"),
        pytest.param(3.6, None, True, id="at the end"),
        pytest.param(4.5, 4.64, False, id="a little disorder"),
        pytest.param(3.6, 3.56, False, id="the clock jumps"),
        pytest.param(-90_000.0, 4.64, False, id="the clock wraps, that of decoding a little later"),
        pytest.param(4.68, 4.64, False, id="the next"),
    ],
)
def test_a_picture_that_comes_long_after_its_time_is_late(raw, decoded, late):
    pictures = Pictures("video:0", 0.04)
    assert not pictures.is_late(4.64, 4.6)
    assert pictures.is_late(raw, decoded) is late


def test_the_brightest_that_a_stream_declares(tmp_path):
    """MaxCLL of a real encoder, beside PQ and the primaries of BT.2020."""
    path = tmp_path / "hdr.mp4"
    told = (
        "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited:hdr10=1:max-cll=400,100"
    )
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=25, options={"preset": "ultrafast", "x265-params": told})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p10le"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p10le")))
        container.mux(stream.encode())
    with open_source(str(path), SourceOptions()) as source:
        shown = [item for item in source if isinstance(item, VideoFrame)]
    assert len(shown) == 5
    assert {frame.colour for frame in shown} == {Colour(False, "pq", is_wide=True, max_cll=400.0)}
