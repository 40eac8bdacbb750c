"""Code values beyond what a delivery allows: of luma, and of the red, green and blue that they stand for."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.colour import WEIGHTS, nits, to_bgr
from watchglass.kernels.picture import Plane

LOWEST, HIGHEST = 5, 246
"""8-bit code values between which all must lie (EBU R 103)."""
ACROSS, DOWN = 240, 135
"""Points that are looked at, at most."""
FINE = 720
"""Lines from which on BT.709 says what red, green and blue are; below it is BT.601."""


def illegal(luma: Plane, chroma: Sequence[Plane] | None, bit_depth: int = 8) -> tuple[float, float]:
    """Share of the pixels whose luma, and whose luma or primaries, are beyond the limits, 0 to 1.

    Args:
        luma: (H, W) code values of limited range.
        chroma: Two planes (h, w), as large as ``luma`` or half of it either way, or None.
        bit_depth: Significant bits of a code value.
    """
    scale = 1 << (bit_depth - 8)
    light, *tints = _points(luma, *(chroma or ()))
    inside = _inside(light, scale)
    luma_out = 1.0 - cv2.countNonZero(inside) / inside.size
    if chroma is None:
        return luma_out, luma_out
    blue, red = tints
    part_red, part_blue = WEIGHTS["bt709" if luma.shape[0] >= FINE else "bt601"]
    to_red, to_blue = (2.0 * (1.0 - part) * 219.0 / 224.0 for part in (part_red, part_blue))
    from_red, from_blue = part_red * to_red, part_blue * to_blue
    part_green, middle = 1.0 - part_red - part_blue, 128.0 * scale
    tint = cv2.addWeighted(blue, from_blue, red, from_red, -middle * (from_blue + from_red), dtype=cv2.CV_32F)
    for primary in (
        cv2.addWeighted(light, 1.0, red, to_red, -middle * to_red, dtype=cv2.CV_32F),
        cv2.addWeighted(light, 1.0, blue, to_blue, -middle * to_blue, dtype=cv2.CV_32F),
        cv2.addWeighted(light, 1.0, tint, -1.0 / part_green, 0.0, dtype=cv2.CV_32F),
    ):
        inside &= _inside(primary, scale)
    return luma_out, 1.0 - cv2.countNonZero(inside) / inside.size


def brightest(luma: Plane, chroma: Sequence[Plane] | None, bit_depth: int) -> float:
    """The light of the brightest of the points that are looked at, in cd/m2, as MaxCLL counts it (CTA-861.3, annex P).

    Args:
        luma: (H, W) code values of limited range, PQ and BT.2020.
        chroma: Two planes (h, w), as large as ``luma`` or half of it either way, or None.
        bit_depth: Significant bits of a code value.
    """
    scale = np.float32(1.0 / (1 << (bit_depth - 8)))
    planes = [each * scale for each in _points(luma, *(chroma or ()))]
    planes += [np.full_like(planes[0], 128.0)] * (3 - len(planes))
    primaries = cv2.transform(cv2.merge(planes), to_bgr("bt2020", full_range=False))
    return float(nits(np.array([primaries.max()], np.float32))[0])


def peak(luma: Plane, bit_depth: int) -> float:
    """The luma that one point in a thousand exceeds, in 8-bit code values."""
    light = _points(luma)[0].ravel()
    place = int(0.999 * (light.size - 1))
    return float(np.partition(light, place)[place]) / (1 << (bit_depth - 8))


def _points(luma: Plane, *chroma: Plane) -> list[NDArray[Any]]:
    """Each plane at the points that are looked at."""
    size = (min(ACROSS, luma.shape[1]), min(DOWN, luma.shape[0]))
    return [cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in (luma, *chroma)]


def _inside(values: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    """255 where a value keeps to the limits."""
    return cv2.inRange(values, float(LOWEST * scale), float((HIGHEST + 1) * scale - 1))  # type: ignore[return-value]
