"""A small picture that a person can look at, from the planes of a frame."""

import cv2
import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.colour import Matrix, nits, to_bgr

_BT2020_TO_BT709 = np.array(
    # rows and columns in the order blue, green, red (ITU-R BT.2087)
    [[1.1187, -0.1006, -0.0182], [-0.0083, 1.1329, -0.1246], [-0.0728, -0.5876, 1.6605]],
    dtype=np.float32,
)


def jpeg(
    luma: NDArray[np.uint8],
    chroma: tuple[NDArray[np.uint8], ...] | None,
    *,
    matrix: Matrix = "bt709",
    full_range: bool = False,
    transfer: str = "sdr",
    longest: int = 320,
    quarter_turns: int = 0,
    quality: int = 70,
) -> tuple[bytes, int, int]:
    """Encode planes as a JPEG.

    Args:
        luma: (H, W) uint8.
        chroma: Cb and Cr in any size, or None for a picture without colour.
        matrix: How colour was made into luma and chroma.
        full_range: Whether code values use 0 to 255 rather than 16 to 235.
        transfer: ``pq`` and ``hlg`` are brought down to what a screen of today shows; all else is shown as it is.
        longest: The most pixels that a side may have.
        quarter_turns: Turns by 90 degrees, counter-clockwise, to put it upright.
        quality: Of the JPEG, 1 to 100.

    Returns:
        The file, and its width and height in pixels.
    """
    height, wide = luma.shape
    scale = min(1.0, longest / max(height, wide))
    size = (max(1, round(wide * scale)), max(1, round(height * scale)))
    picture = pixels(luma, chroma, size, matrix=matrix, full_range=full_range, transfer=transfer)
    picture = np.ascontiguousarray(np.rot90(picture, quarter_turns))
    return encoded(picture, quality), picture.shape[1], picture.shape[0]


def pixels(
    luma: NDArray[np.uint8],
    chroma: tuple[NDArray[np.uint8], ...] | None,
    size: tuple[int, int],
    *,
    matrix: Matrix = "bt709",
    full_range: bool = False,
    transfer: str = "sdr",
) -> NDArray[np.uint8]:
    """What a screen shows of planes: (H, W, 3) blue, green and red, of ``size`` (width, height); the rest as above."""
    planes = [cv2.resize(luma, size, interpolation=cv2.INTER_AREA)]
    if chroma is not None and len(chroma) == 2:
        planes += [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in chroma]
    else:
        planes += [np.full_like(planes[0], 128)] * 2
    linear = cv2.transform(cv2.merge(planes).astype(np.float32), to_bgr(matrix, full_range))
    picture: NDArray[np.float32] = np.clip(linear, 0.0, 1.0).astype(np.float32, copy=False)
    if transfer in ("pq", "hlg"):
        picture = _tone_mapped(picture, transfer)
    shown: NDArray[np.uint8] = np.rint(picture * 255.0).astype(np.uint8)
    return shown


def encoded(picture: NDArray[np.uint8], quality: int = 70) -> bytes:
    """(H, W, 3) blue, green and red as a JPEG."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done  # OpenCV refuses empty pictures only, and this one has at least one pixel
    return data.tobytes()


def _tone_mapped(signal: NDArray[np.float32], transfer: str) -> NDArray[np.float32]:
    """A rough rendering of high dynamic range for an ordinary screen; reference white is kept below full white."""
    if transfer == "pq":  # SMPTE ST 2084: to nits, relative to the reference white of 203 (ITU-R BT.2408)
        light, brightest = nits(signal) / 203.0, 1000.0 / 203.0
    else:  # ARIB STD-B67: scene light, relative to that of the reference white at 75 % of the signal
        dark = signal * signal / 3.0
        bright = (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12.0
        light, brightest = np.where(signal <= 0.5, dark, bright) / 0.265, 1.0 / 0.265
    mapped = light * (1.0 + light / brightest**2) / (1.0 + light)
    narrow = cv2.transform(mapped.astype(np.float32), _BT2020_TO_BT709)
    return np.power(np.clip(narrow, 0.0, 1.0), 1 / 2.2).astype(np.float32)
