"""What waits of a live rendition: sound waits for more of it while its thread decodes, and for nothing else."""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from watchglass.media.lane import Lane
from watchglass.media.own_time import OwnTime
from watchglass.media.presence import Presence
from watchglass.model.media import AudioBlock, Item, VideoFrame
from watchglass.model.transport import Aside

RATE = 48_000


class Feed:
    label, trouble, waits_for, target_duration = "a rendition", "", "", 2.0

    def __init__(self) -> None:
        self.aside = deque[Aside]()
        self.own = OwnTime(Presence())

    def listener(self, seconds: float) -> None:
        """Nothing is fetched here."""


class Items:
    name, reach = "a stream", 0.0

    def __init__(self) -> None:
        self.rendition = Feed()

    def __iter__(self) -> Iterator[Item]:
        return iter(())


@pytest.fixture
def lane() -> Lane:
    return Lane(0, Items(), 0.0, is_awaited=True)


def sound(number: int) -> AudioBlock:
    return AudioBlock(
        track="audio:0", pts=number / 10, samples=np.zeros((2, RATE // 10), np.float32), rate=RATE, layout=("FL", "FR")
    )


def picture(pts: float) -> VideoFrame:
    return VideoFrame(track="video:0", pts=pts, duration=0.04, luma=np.zeros((36, 64), np.uint8))


def test_sound_waits_until_there_is_as_much_as_can_be_taken(lane: Lane) -> None:
    waited = []
    for number in range(5):
        lane.push(sound(number), 0.0)
        waited.append(lane.grows)
    assert waited == [True, True, True, False, False]
    taken = [lane.pop(), lane.pop()]
    assert [round(each.end - each.pts, 3) for each in taken if isinstance(each, AudioBlock)] == [0.4, 0.1]
    assert all(after.pts == pytest.approx(0.4) for _, after in pairwise(taken))


def test_nothing_is_waited_for_while_the_thread_waits_for_bytes(lane: Lane) -> None:
    lane.push(sound(0), 0.0)
    with lane.rendition.own.with_others():
        assert not lane.grows
    assert lane.grows


def test_a_picture_waits_for_no_sound(lane: Lane) -> None:
    lane.push(sound(0), 0.0)
    lane.push(picture(0.0), 0.0)
    assert not lane.grows


def test_a_rendition_that_has_ended_grows_no_more(lane: Lane) -> None:
    lane.push(sound(0), 0.0)
    lane.is_done = True
    assert not lane.grows
