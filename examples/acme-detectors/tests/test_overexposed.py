import av
import numpy as np
import pytest

import watchglass


@pytest.fixture
def clip(tmp_path):
    """Three seconds of picture of which the last two are burnt out."""
    path = tmp_path / "clip.mkv"
    rng = np.random.default_rng(2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(75):
            low, high = (40, 200) if n < 25 else (240, 256)
            picture = rng.integers(low, high, (48, 64, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return str(path)


def test_an_open_iris_is_told(clip):
    [finding] = watchglass.check(clip, detectors=["acme.overexposed"]).findings
    assert (finding.opened_at, finding.closed_at) == pytest.approx((1.0, 3.0), abs=0.05)
    assert finding.message == "Overexposed for 2.0 s"
