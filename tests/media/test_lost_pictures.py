import av
import pytest

from making import clip, noise
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.lost_pictures import LostPictures
from watchglass.media.timeline import Timeline
from watchglass.model.media import Damage, VideoFrame


def lost(sent, came):
    """How many were lost at each that came; ``sent`` go in before the second comes."""
    pictures = LostPictures()
    told = [pictures.came(came[0])]
    for pts in sent:
        pictures.sent(pts)
    return told + [pictures.came(pts) for pts in came[1:]]


@pytest.mark.parametrize(
    ("sent", "came", "expected"),
    [
        pytest.param([4, 2, 1, 3], [0, 1, 2, 3, 4], [0, 0, 0, 0, 0], id="all came, in another order"),
        pytest.param([4, 2, 1, 3], [0, 1, 4], [0, 0, 2], id="two never came"),
        pytest.param([-2, -1, 1], [0, 1], [0, 0], id="what leads up to the first may be left out"),
        pytest.param([None, 1], [0, None, 1], [0, 0, 0], id="without timestamps"),
        pytest.param([100, 101], [99, 5, 102], [0, 0, 0], id="another clock"),
    ],
)
def test_pictures(sent, came, expected):
    assert lost(sent, came) == expected


@pytest.fixture(scope="module")
def hevc(tmp_path_factory):
    path = tmp_path_factory.mktemp("hevc") / "a.mp4"
    return clip(
        path, video="libx265", seconds=3.0, picture=noise(), video_options={"x265-params": "log-level=none:keyint=25"}
    )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("gone", [None, 25])
def test_a_key_picture_of_hevc_is_missing(hevc, tmp_path, threads, gone):
    path = tmp_path / "b.mp4"
    with av.open(str(hevc)) as whole, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(whole.streams.video[0])
        for number, packet in enumerate(packet for packet in whole.demux(video=0) if packet.size):
            if number != gone:
                packet.stream = stream
                out.mux(packet)
    seen = list(Converter(DecodeOptions(threads=threads), Timeline()).items(str(path), label="b"))
    told = [item for item in seen if isinstance(item, Damage)]
    pictures = [item for item in seen if isinstance(item, VideoFrame)]
    assert len(pictures) + len(told) + (gone is not None) == 75
    assert bool(told) == (gone is not None)
    assert all(item.pts == pytest.approx(1.0, abs=0.2) for item in told)
