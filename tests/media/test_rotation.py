import av
import cv2
import numpy as np
import pytest

from watchglass.media.decode import DecodeOptions
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.finding import Event, Finding
from watchglass.model.media import Tracks, VideoFrame
from watchglass.monitor.evidence import Evidence


def film(path, degrees):
    """Twelve pictures whose upper half is bright, to be shown turned counter-clockwise by ``degrees``."""
    picture = np.full((96, 160, 3), 20, np.uint8)
    picture[:48] = 220
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        if degrees:
            stream.set_display_rotation(degrees)
        for _ in range(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("degrees", "bright"),
    [
        pytest.param(0, np.s_[:40, :], id="as it was coded"),
        pytest.param(90, np.s_[:, :40], id="a quarter turn"),
        pytest.param(180, np.s_[50:, :], id="upside down"),
        pytest.param(-90, np.s_[:, 56:], id="a quarter turn clockwise"),
    ],
)
def test_a_turned_picture_is_told_and_shown_upright(tmp_path, degrees, bright):
    evidence, announced = Evidence(), []
    defect = Finding(event=Event.OPENED, detector="video.black", track="video:0", opened_at=0.2, told_at=0.24)
    options = SourceOptions(decode=DecodeOptions())
    with open_source(str(film(tmp_path / "film.mp4", degrees)), options) as source:
        for item in evidence.watching(source):
            if isinstance(item, Tracks):
                announced.append(item.tracks)
            elif isinstance(item, VideoFrame) and item.pts > 0.2:
                evidence.add(defect)
                assert item.luma.shape == (96, 160)  # detectors see it as it was coded
    [track] = announced[-1]
    assert track.facts.get("rotation", 0) % 360 == degrees % 360
    shown = cv2.imdecode(np.frombuffer(evidence.exhibits[defect.key].during.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown.shape == ((160, 96) if degrees % 180 else (96, 160))
    assert shown[bright].mean() > 150 > shown.mean()
