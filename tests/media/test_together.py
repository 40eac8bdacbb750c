"""Sound that waits in a queue is taken together, sample for sample, and never across what parts it."""

from collections import deque
from itertools import pairwise

import numpy as np
import pytest

from watchglass.media.samples import FILE_BLOCK
from watchglass.media.together import is_short, taken
from watchglass.model.media import AudioBlock, Item, Progress, TimelineBreak

RATE = 48_000


def block(
    pts: float, seconds: float = 0.1, *, track: str = "audio:0", rate: int = RATE, channels: int = 2, seed: int = 0
) -> AudioBlock:
    samples = np.random.default_rng(seed).normal(0, 0.1, (channels, round(seconds * rate))).astype(np.float32)
    return AudioBlock(track=track, pts=pts, samples=samples, rate=rate, layout=("FL", "FR")[:channels])


def emptied(items: list[Item]) -> list[Item]:
    queue, out = deque(items), []
    while queue:
        out.append(taken(queue))
    return out


def test_nothing_is_lost_and_nothing_is_moved() -> None:
    blocks = [block(7.0 + n / 10, seed=n) for n in range(11)]
    out = emptied(list(blocks))
    assert [round(each.duration, 6) for each in out] == [0.4, 0.4, 0.3]
    assert np.array_equal(
        np.concatenate([each.samples for each in out], axis=1),
        np.concatenate([each.samples for each in blocks], axis=1),
    )
    assert all(after.pts == pytest.approx(before.end) for before, after in pairwise(out))


def test_no_block_is_longer_than_those_of_a_file() -> None:
    assert all(
        each.duration <= FILE_BLOCK + 1 / RATE for each in emptied([block(n * 0.15, 0.15, seed=n) for n in range(9)])
    )


@pytest.mark.parametrize(
    "second",
    [
        block(0.1, rate=44_100),
        block(0.1, channels=1),
        block(0.3),
        block(0.1 + 2 / RATE),
        TimelineBreak(track="audio:0", pts=0.1, cause="gap", raw_before=0.1, raw_after=0.3),
    ],
    ids=["rate", "channels", "gap", "two samples", "break"],
)
def test_what_does_not_belong_together_stays_apart(second: Item) -> None:
    first = block(0.0)
    assert emptied([first, second]) == [first, second]


def test_what_is_alone_is_handed_on_as_it_is() -> None:
    only = block(3.0)
    assert emptied([only]) == [only]


def test_another_track_in_between_is_passed_by_and_taken_together_too() -> None:
    both = [block(n / 10, track=f"audio:{track}", seed=2 * n + track) for n in range(4) for track in (0, 1)]
    first, second = emptied(both)
    assert isinstance(first, AudioBlock)
    assert isinstance(second, AudioBlock)
    assert (first.track, second.track) == ("audio:0", "audio:1")
    assert np.array_equal(first.samples, np.concatenate([each.samples for each in both[::2]], axis=1))
    assert np.array_equal(second.samples, np.concatenate([each.samples for each in both[1::2]], axis=1))


def test_nothing_passes_by_a_break() -> None:
    broken = TimelineBreak(track="video:0", pts=0.1, cause="gap", raw_before=0.1, raw_after=0.3)
    out = emptied([block(0.0), broken, block(0.1), block(0.2)])
    assert out[1] is broken
    assert len(out) == 3


def test_sound_is_short_until_no_more_can_be_taken_with_it() -> None:
    waiting: deque[Item] = deque()
    for n in range(3):
        waiting.append(block(n / 10))
        assert is_short(waiting)
    waiting.append(block(0.3))
    assert not is_short(waiting)
    assert not is_short(deque([block(0.0, FILE_BLOCK)]))


def test_what_parts_the_sound_or_comes_first_makes_nobody_wait() -> None:
    parted = TimelineBreak(track="audio:0", pts=0.1, cause="gap", raw_before=0.1, raw_after=0.3)
    assert not is_short(deque([block(0.0), parted]))
    assert not is_short(deque([Progress(0.0), block(0.0)]))
    assert is_short(deque([block(0.0), Progress(0.1), block(0.0, track="audio:1")]))
