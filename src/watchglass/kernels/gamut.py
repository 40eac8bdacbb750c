"""Code values beyond what a delivery allows: of luma, and of the red, green and blue that they stand for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.picture import Plane

LOWEST, HIGHEST = 5, 246
"""8-bit code values between which all must lie (EBU R 103)."""
EVERY = 4
"""Of so many pixels and lines one is looked at."""
FINE = 720
"""Lines from which on BT.709 says what red, green and blue are; below it is BT.601."""
WEIGHTS = {True: (0.2126, 0.0722), False: (0.299, 0.114)}
"""Parts of red and blue in luma: BT.709, BT.601."""


def illegal(luma: Plane, chroma: Sequence[Plane] | None, bit_depth: int = 8) -> tuple[float, float]:
    """Share of the pixels whose luma, and whose luma or primaries, are beyond the limits, 0 to 1.

    Args:
        luma: (H, W) code values of limited range.
        chroma: Two planes (h, w), as large as ``luma`` or half of it either way, or None.
        bit_depth: Significant bits of a code value.
    """
    scale = 1 << (bit_depth - 8)
    looked = luma[::EVERY, ::EVERY]
    out = (looked < LOWEST * scale) | (looked > (HIGHEST + 1) * scale - 1)
    luma_out = float(np.count_nonzero(out)) / out.size
    if chroma is None:
        return luma_out, luma_out
    light = looked.astype(np.float32) / scale
    rows, columns = (np.arange(0, side, EVERY) for side in luma.shape)
    blue, red = (_where(plane, luma.shape, rows, columns) / scale - 128.0 for plane in chroma)
    part_red, part_blue = WEIGHTS[luma.shape[0] >= FINE]
    to_red, to_blue = (2.0 * (1.0 - part) * 219.0 / 224.0 for part in (part_red, part_blue))
    from_red, from_blue = to_red * red, to_blue * blue
    green = light - (part_red * from_red + part_blue * from_blue) / (1.0 - part_red - part_blue)
    for primary in (light + from_red, light + from_blue, green):
        out |= (primary < LOWEST) | (primary > HIGHEST)
    return luma_out, float(np.count_nonzero(out)) / out.size


def _where(
    plane: Plane, size: tuple[int, ...], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    """A smaller plane at these places of a larger one."""
    down, right = (round(large / small) for large, small in zip(size, plane.shape, strict=True))
    values: NDArray[np.float32] = plane[rows[:, None] // down, columns // right].astype(np.float32)
    return values
