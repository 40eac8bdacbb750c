"""How much of a picture becomes lighter, darker, or changes to and from a saturated red, at once."""

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.colour import nits, to_bgr

ROWS, COLUMNS = 36, 64
"""Points that are looked at, no two of a row or a column in line: so few tell 24 % of a picture from 26 %."""
BLOCK = 4
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
GOLDEN = 0.6180339887
"""Part of a cell by which points are apart from one another, from cell to cell: it never comes round."""
SCREEN = 200.0
"""cd/m2 of a screen's white, for PQ."""


class Light(NamedTuple):
    """How code values become light."""

    full_range: bool
    is_hd: bool
    """Whether colour is that of ITU-R BT.709, else that of BT.601."""
    transfer: str = "sdr"


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
        moved, risen = cv2.norm(blocks, cv2.NORM_L1), cv2.sumElems(blocks)[0]
        return Areas(0.5 * (moved + risen) / values.size, 0.5 * (moved - risen) / values.size)


def points(plane: NDArray[Any]) -> NDArray[Any]:
    """(ROWS, COLUMNS) of a plane's pixels, none of them a mean: fine stripes would cancel out."""
    rows, columns, order = _places(plane.shape[0], plane.shape[1])
    if plane.flags.c_contiguous:
        return plane.reshape(-1).take(order)
    picked: NDArray[Any] = plane[rows, columns]
    return picked


@lru_cache(maxsize=16)
def _places(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of each point, and its number in the plane: one in each cell of a grid.

    Higher and lower, to the left and to the right from cell to cell, as the golden ratio has it. In line with one
    another they would all cross the edge of what flashes at once, and be off by a row of cells.
    """
    row, column = np.arange(ROWS)[:, None], np.arange(COLUMNS)
    down = (row + np.modf(GOLDEN * (column + 0.5))[0]) / ROWS
    across = (column + np.modf(GOLDEN * (row + 0.5))[0]) / COLUMNS
    rows, columns = (down * height).astype(np.intp), (across * width).astype(np.intp)
    return rows, columns, rows * width + columns


def coarse(plane: NDArray[Any], bit_depth: int) -> NDArray[np.uint8]:
    """(ROWS / 2, COLUMNS / 2) of a plane's pixels, as 8-bit code values: each line that is read costs."""
    few: NDArray[Any] = cv2.resize(plane, (COLUMNS // 2, ROWS // 2), interpolation=cv2.INTER_NEAREST)
    return _as_bytes(few, bit_depth)


def colour(
    chroma: tuple[NDArray[Any], ...], reds: NDArray[np.uint8], bit_depth: int, *, is_fine: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Cb and Cr of the points, as 8-bit code values.

    Args:
        chroma: The whole planes.
        reds: Cr as it is ``coarse``.
        bit_depth: Of the whole planes.
        is_fine: Whether colour decides: else four points share one.
    """
    if is_fine:
        blue, red = (_as_bytes(points(plane), bit_depth) for plane in chroma)
    else:
        blue, red = (_for_all(few) for few in (coarse(chroma[0], bit_depth), reds))
    return blue, red


def _for_all(few: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.resize(few, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST)  # type: ignore[return-value]


def _as_bytes(values: NDArray[Any], bit_depth: int) -> NDArray[np.uint8]:
    return (values >> (bit_depth - 8) if bit_depth > 8 else values).astype(np.uint8, copy=False)


def linear(luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8], light: Light) -> Values:
    """Linear B, G and R of points, 0 to ``ONE``: (ROWS, COLUMNS, 3)."""
    bgr = cv2.transform(cv2.merge((luma, blue, red)), _to_bytes(light))
    return cv2.LUT(bgr, _LINEAR)  # type: ignore[return-value]


def luminance(luma: NDArray[np.uint8], bgr: Values | None, light: Light) -> Values:
    """Relative luminance (WCAG) of points, 0 to ``ONE``, with linear B, G and R or without colour."""
    grey, lost = _greys(light)
    if bgr is None or light.transfer == "pq":
        return cv2.LUT(luma, grey)  # type: ignore[return-value]
    return cv2.add(cv2.transform(bgr, _SHARES), cv2.LUT(luma, lost))  # type: ignore[return-value]


def has_red(red: NDArray[np.uint8]) -> bool:
    """Whether so much of the picture may be a saturated red that it matters."""
    return int(np.count_nonzero(red >= 128 + RED_FROM)) > RED_SHARE * red.size


def redness(bgr: Values) -> Values:
    """R - G - B where red is saturated, else 0; of linear B, G and R, all of ``ONE``."""
    red, others = bgr[..., 2].astype(np.float32), bgr[..., 1].astype(np.float32) + bgr[..., 0]
    is_saturated = (red >= SATURATED * (red + others)) & (red > others)
    return np.where(is_saturated, red - others, 0.0).astype(np.int16)


@lru_cache(maxsize=8)
def _to_bytes(light: Light) -> NDArray[np.float32]:
    """The (3, 4) matrix from (Y, Cb, Cr, 1) to B, G and R, all of 255."""
    return 255.0 * to_bgr("bt709" if light.is_hd else "bt601", light.full_range)


def _decoded(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB, IEC 61966-2-1, as WCAG has it."""
    signal = np.clip(signal, 0.0, 1.0)
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = np.rint(ONE * _decoded(np.arange(256, dtype=np.float32) / 255.0)).astype(np.int16)
_SHARES = np.array([[0.0722, 0.7152, 0.2126]], np.float32)


@lru_cache(maxsize=8)
def _greys(light: Light) -> tuple[Values, Values]:
    """Luminance of a grey by its code value, and what of that is lost where it is rounded on its way to B, G and R."""
    code = np.arange(256, dtype=np.float32)
    signal = code / 255.0 if light.full_range else (code - 16.0) / 219.0
    shown = np.clip(nits(signal) / SCREEN, 0.0, 1.0) if light.transfer == "pq" else _decoded(signal)
    exact = np.rint(ONE * shown).astype(np.int16)
    return exact, exact - _LINEAR[np.rint(255.0 * np.clip(signal, 0.0, 1.0)).astype(np.intp)]
