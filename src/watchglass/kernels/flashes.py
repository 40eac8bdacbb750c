"""How much of a picture becomes lighter, darker, or changes to and from a saturated red, at once."""

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 72, 128
"""Points that are looked at: enough to tell 24 % of a picture from 26 %."""
BLOCK = 8
"""Points each way of a block within which lighter and darker ones cancel out: what moves about is no flash."""
ONE = 10_000
"""Relative luminance of white, as it is stored."""
FULL_RED = 320.0
"""WCAG: (R - G - B) times this is how red it is."""
SATURATED = 0.8
"""Share of red in R + G + B from which red is saturated."""
RED_FROM = 22
"""Code values of Cr beyond its middle below which no red can be saturated and strong enough."""
RED_SHARE = 0.1
"""Share of the points that must be that red to be looked at."""
Values = NDArray[np.int16]
SCREEN = 200.0
"""cd/m2 of a screen's white, for PQ."""


class Light(NamedTuple):
    """How code values become light."""

    full_range: bool
    is_hd: bool
    """Whether colour is that of ITU-R BT.709, else that of BT.601."""
    transfer: str = "sdr"


class Tables(NamedTuple):
    """Values by code value of luma, and by the number of a colour."""

    grey: Values
    corrections: Values
    """What the colour adds to the luminance of the grey."""
    redness: Values


class Areas(NamedTuple):
    """Shares of the picture that turned."""

    up: float
    down: float


NOTHING = Areas(0.0, 0.0)


class Swings:
    """Follows each point from one extreme to the next.

    Args:
        step: The least way from one extreme to the next that counts.
        dark: Below this must be the lower end of it.
    """

    def __init__(self, step: int, dark: int = 2 * ONE) -> None:
        self._step, self._dark = np.int16(step), np.int16(dark)
        self._high: Values | None = None
        self._low: Values
        self._may: tuple[NDArray[np.bool_], NDArray[np.bool_]]
        """Where the next swing may be up, and where down: not the same way twice."""

    def update(self, values: Values) -> Areas:
        """What turned with this picture: (ROWS, COLUMNS) values."""
        if self._high is None:
            self._high, self._low = values.copy(), values.copy()
            self._may = np.ones(values.shape, np.bool_), np.ones(values.shape, np.bool_)
            return NOTHING
        high, low = np.maximum(self._high, values), np.minimum(self._low, values)
        may_up, may_down = self._may
        up = (values - low >= self._step) & (low < self._dark) & may_up
        down = (high - values >= self._step) & (values < self._dark) & may_down
        self._high, self._low = high, low
        turned = up | down
        if not turned.any():
            return NOTHING
        self._may = (may_up & ~up) | down, (may_down & ~down) | up
        for extremes in (high, low):  # many times as fast as NumPy's copy by a mask
            cv2.copyTo(values, turned.view(np.uint8), extremes)
        net = cv2.subtract(up.view(np.uint8), down.view(np.uint8), dtype=cv2.CV_16S)
        # As many times the mean as a block has points: how many more of them went up.
        blocks = cv2.resize(
            net * np.int16(BLOCK * BLOCK), (COLUMNS // BLOCK, ROWS // BLOCK), interpolation=cv2.INTER_AREA
        )
        rising, falling = float(np.maximum(blocks, 0).sum()), float(np.minimum(blocks, 0).sum())
        return Areas(rising / values.size, -falling / values.size)


def points(plane: NDArray[Any]) -> NDArray[Any]:
    """(ROWS, COLUMNS) of a plane's pixels, none of them a mean: fine stripes would cancel out."""
    return cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST)


def chroma_points(chroma: tuple[NDArray[Any], ...], bit_depth: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The same of Cb and Cr, as 8-bit code values."""
    blue, red = (points(plane) for plane in chroma)
    if bit_depth > 8:
        blue, red = blue >> (bit_depth - 8), red >> (bit_depth - 8)
    return blue.astype(np.uint8, copy=False), red.astype(np.uint8, copy=False)


def shades(luma: NDArray[np.uint8], chroma: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> NDArray[np.int32]:
    """Numbers of the colours of points, by the upper six bits of each code value."""
    y, cb, cr = (cv2.LUT(plane, table) for plane, table in zip((luma, *chroma), _NUMBERS, strict=True))
    return cv2.add(cv2.add(y, cb), cr)  # type: ignore[return-value]


def luminance(luma: NDArray[np.uint8], colours: NDArray[np.int32] | None, light: Light) -> Values:
    """Relative luminance (WCAG) of points, 0 to ``ONE``: that of their grey, corrected for ``shades`` of colour."""
    tables = _tables(light)
    values: Values = cv2.LUT(luma, tables.grey)  # type: ignore[assignment]
    if colours is None:
        return values
    return cv2.add(values, tables.corrections.take(colours))  # type: ignore[return-value]


def may_be_red(chroma: tuple[NDArray[Any], ...], bit_depth: int) -> bool:
    """The same as ``has_red``, of a few points of whole planes."""
    few: NDArray[Any] = cv2.resize(chroma[1], (COLUMNS // 4, ROWS // 4), interpolation=cv2.INTER_NEAREST)
    return has_red((few >> (bit_depth - 8)).astype(np.uint8, copy=False))


def has_red(red: NDArray[np.uint8]) -> bool:
    """Whether so much of the picture may be a saturated red that it matters."""
    return cv2.countNonZero(cv2.inRange(red, 128.0 + RED_FROM, 255.0)) > RED_SHARE * red.size


def redness(colours: NDArray[np.int32], light: Light) -> Values:
    """(R - G - B) x 320 where red is saturated, else 0, in hundredths; R, G and B linear, by ``shades``."""
    return _tables(light).redness.take(colours)


def _rgb(
    luma: NDArray[np.float32], blue: NDArray[np.float32], red: NDArray[np.float32], light: Light
) -> NDArray[np.float32]:
    """Linear R, G and B, (3, ...), of code values."""
    kr, kb = (0.2126, 0.0722) if light.is_hd else (0.299, 0.114)
    y = luma / 255.0 if light.full_range else (luma - 16.0) / 219.0
    scale = 255.0 if light.full_range else 224.0
    cb, cr = (blue - 128.0) / scale, (red - 128.0) / scale
    r, b = y + 2.0 * (1.0 - kr) * cr, y + 2.0 * (1.0 - kb) * cb
    g = (y - kr * r - kb * b) / (1.0 - kr - kb)
    return _linear(np.stack([r, g, b]))


def _linear(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB, IEC 61966-2-1, as WCAG has it."""
    signal = np.clip(signal, 0.0, 1.0)
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4).astype(np.float32)


@lru_cache(maxsize=8)
def _tables(light: Light) -> Tables:
    code = np.arange(256, dtype=np.float32)
    signal = code / 255.0 if light.full_range else (code - 16.0) / 219.0
    if light.transfer == "pq":
        grey = (np.clip(_nits(signal) / SCREEN, 0.0, 1.0) * ONE).astype(np.int16)
        return Tables(grey, np.zeros(1 << 18, np.int16), np.zeros(1 << 18, np.int16))
    upper = 4.0 * np.arange(64, dtype=np.float32)
    luma, blue, red = np.meshgrid(upper, upper, upper, indexing="ij")
    linear = _rgb(luma, blue, red, light)
    true = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    plain = _rgb(upper, np.full_like(upper, 128.0), np.full_like(upper, 128.0), light)[0][:, None, None]
    others = linear[1] + linear[2]
    is_saturated = (linear[0] >= SATURATED * (linear[0] + others)) & (linear[0] > others)
    strong = np.where(is_saturated, 100.0 * FULL_RED * (linear[0] - others), 0.0)
    made = (ONE * _linear(signal), ONE * (true - plain), strong)
    return Tables(*(np.rint(table).astype(np.int16).ravel() for table in made))


def _nits(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """SMPTE ST 2084, in cd/m2."""
    root = np.clip(signal, 0.0, 1.0) ** (1 / 78.84375)
    made: NDArray[np.float32] = 10_000.0 * (np.maximum(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)) ** (
        1 / 0.1593017578125
    )
    return made


def _numbers() -> tuple[NDArray[np.int32], ...]:
    """What a code value of Y, of Cb and of Cr adds to the number of a colour."""
    nearest = np.minimum((np.arange(256, dtype=np.int32) + 2) >> 2, 63)
    return nearest << 12, nearest << 6, nearest


_NUMBERS = _numbers()
