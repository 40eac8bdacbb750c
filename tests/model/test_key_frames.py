import numpy as np
import pytest

from watchglass.model.key_frames import KeyFrames
from watchglass.model.media import Colour, VideoFrame

STEP = 0.04


def due(keys, count):
    """Numbers of the pictures that are told to be due, of a stream with key frames at these."""
    rhythm, picture = KeyFrames(), np.zeros((16, 16), np.uint8)
    made = (
        VideoFrame(
            track="video:0",
            pts=n * STEP,
            duration=STEP,
            luma=picture,
            chroma=None,
            bit_depth=8,
            colour=Colour(full_range=False, transfer="sdr"),
            key_frame=n in keys,
        )
        for n in range(count)
    )
    return [n for n, frame in enumerate(made) if rhythm.is_due(frame)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({0, 50, 100, 150}, [100, 150], id="a rhythm"),
        pytest.param({0, 50, 70, 120}, [120], id="one that a cut called for"),
        pytest.param({0, 250}, [250], id="what x264 does unless it is told otherwise"),
        pytest.param({0, 49, 99}, [99], id="a picture early"),
        pytest.param({0, 37}, [], id="the first"),
        pytest.param(set(range(60)), [], id="nothing but key frames"),
        pytest.param(set(), [], id="none"),
    ],
)
def test_due(keys, expected):
    assert due(keys, 300 if 250 in keys else 160) == expected
