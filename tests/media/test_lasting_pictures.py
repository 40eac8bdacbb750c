import numpy as np
import pytest

from watchglass.media.lasting_pictures import lasting
from watchglass.model.media import Item, NotWatched, Progress, Tracks, VideoFrame


def picture(pts: float) -> VideoFrame:
    return VideoFrame(track="video:0", pts=pts, duration=0.04, luma=np.zeros((2, 2), np.uint8))


def told(items: list[Item]) -> list[tuple[str, float, float]]:
    return [(type(item).__name__, item.pts, item.duration) for item in lasting(items)]


@pytest.mark.parametrize(
    ("times", "durations"),
    [
        pytest.param([0.0, 2.0, 4.0], [2.0, 2.0, 2.0], id="the last one as long as the one before"),
        pytest.param([0.0, 2.0, 5.0, 6.0], [2.0, 3.0, 1.0, 1.0], id="uneven"),
        pytest.param([0.0, 2.0, 60.0, 62.0], [2.0, 2.0, 2.0, 2.0], id="a hole"),
        pytest.param([7.0], [0.04], id="one alone"),
        pytest.param([], [], id="none"),
    ],
)
def test_each_stands_until_the_next(times: list[float], durations: list[float]) -> None:
    assert [(pts, duration) for _, pts, duration in told([picture(time) for time in times])] == list(
        zip(times, durations, strict=True)
    )


def test_what_comes_between_keeps_its_place() -> None:
    items = [Tracks(0.0, ()), picture(0.0), Progress(0.5), picture(2.0), NotWatched(2.5, "x"), picture(4.0)]
    assert told(items) == [
        ("Tracks", 0.0, 0.0),
        ("VideoFrame", 0.0, 2.0),
        ("VideoFrame", 2.0, 2.0),
        ("NotWatched", 2.5, 0.0),
        ("VideoFrame", 4.0, 2.0),
    ]
