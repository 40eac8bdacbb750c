import cv2
import numpy as np
import pytest

from watchglass.kernels import bars

UNITS = ((1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
ORANGE, VIOLET = (1, 0.5, 0), (0.5, 0, 1)


def planes(colours, level=0.75, widths=None, size=(180, 320)):
    """Luma and chroma (BT.709) of bands from left to right, each as wide as another or by ``widths`` in pixels."""
    height, wide = size
    edges = np.cumsum(widths or [wide / len(colours)] * len(colours))
    which = np.minimum(np.searchsorted(edges, np.arange(wide) + 0.5), len(colours) - 1)
    red, green, blue = level * np.array(colours, np.float32)[which].T
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    rows = [16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748]
    made = [np.tile(np.rint(row).astype(np.uint8), (height, 1)) for row in rows]
    return made[0], tuple(plane[::2, ::2].copy() for plane in made[1:])


def found(luma, chroma, depth=8):
    return bars.find(luma, chroma, 12.0, depth) if bars.may_be(luma, 12.0) else bars.NONE


@pytest.mark.parametrize(
    ("colours", "level", "width"),
    [
        pytest.param(UNITS, 0.75, 1.0, id="75 %"),
        pytest.param(UNITS, 1.0, 1.0, id="100 %"),
        pytest.param([(1, 1, 1), *UNITS, (0, 0, 0)], 0.75, 0.75, id="with white and black"),
        pytest.param(UNITS[::-1], 0.75, 1.0, id="the other way round"),
        pytest.param([(0, 0, 0), *UNITS, (0, 0, 0), (0, 0, 0)], 0.75, 6 / 9, id="in a pillarbox"),
        pytest.param(UNITS[:5], 0.75, 0.0, id="one is missing"),
        pytest.param([UNITS[4], UNITS[0], UNITS[2], UNITS[1], UNITS[5], UNITS[3]], 1.0, 0.0, id="a rainbow"),
        pytest.param([UNITS[4], ORANGE, UNITS[0], UNITS[2], UNITS[5], VIOLET], 1.0, 0.0, id="a flag"),
        pytest.param([(level,) * 3 for level in (1.0, 0.8, 0.6, 0.4, 0.2, 0.1)], 0.9, 0.0, id="steps of grey"),
        pytest.param(UNITS, 0.2, 0.0, id="hardly any colour"),
    ],
)
def test_which_bands_are_bars(colours, level, width):
    told = found(*planes(colours, level))
    assert told.width == pytest.approx(width, abs=0.02)
    assert told.saturation == pytest.approx(level if width else 0.0, abs=0.05)


def test_bands_of_other_widths_are_none():
    assert found(*planes(UNITS, widths=[20, 60, 40, 90, 30, 80])) == bars.NONE


def test_each_has_its_own_shade():
    luma, chroma = planes(UNITS)
    assert found(luma, chroma).width
    assert found(np.full_like(luma, 100), chroma) == bars.NONE
    assert bars.find(luma[:, ::-1], chroma, 12.0) == bars.NONE


def test_ten_bits():
    luma, chroma = planes(UNITS)
    deep = tuple(plane.astype(np.uint16) << 2 for plane in chroma)
    assert found(luma, deep, 10) == found(luma, chroma)


@pytest.mark.parametrize("sigma", [2.0, 8.0])
def test_noise_and_blur(sigma):
    rng = np.random.default_rng(4)
    luma, chroma = planes(UNITS)

    def spoilt(plane):
        soft = cv2.GaussianBlur(plane, (0, 0), 2.0)
        return np.clip(soft + sigma * rng.standard_normal(plane.shape), 0, 255).astype(np.uint8)

    assert found(spoilt(luma), tuple(map(spoilt, chroma))).width == pytest.approx(1.0, abs=0.08)


def test_a_name_may_cover_some_rows():
    luma, chroma = planes(UNITS)
    luma[60:80, 80:240] = 16
    for plane in chroma:
        plane[30:40, 40:120] = 128
    assert found(luma, chroma).width == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 2), (9, 16)])
def test_tiny_pictures(size):
    luma = np.tile(np.linspace(16, 235, size[1]).astype(np.uint8), (size[0], 1))
    half = np.full(((size[0] + 1) // 2, (size[1] + 1) // 2), 128, np.uint8)
    assert found(luma, (half, half)) == bars.NONE
