"""Sound that has come together is handed on together: listening to four blocks at once costs little more than to one.

Nobody waits for it, except while more of it is being decoded. Whoever gets behind takes larger bites, and so catches
up; they are at most as large as those of a file, so that pictures and sound still take turns.
"""

from collections import deque

import numpy as np

from watchglass.media.samples import FILE_BLOCK
from watchglass.model.coded import CodedPicture
from watchglass.model.media import AudioBlock, Item, Progress, VideoFrame

_PASSED = AudioBlock | VideoFrame | CodedPicture | Progress
"""What sound may be taken past; anything else parts it."""


def taken(queue: deque[Item]) -> Item:
    """The first item of a queue; of sound, with the blocks behind it that go on where it ends.

    Pictures and other tracks in between stay, and come after it; nothing else is passed by.

    Args:
        queue: Not empty; what is taken is removed.
    """
    first = queue.popleft()
    if not isinstance(first, AudioBlock):
        return first
    blocks, passed, room = [first], [], round(FILE_BLOCK * first.rate) - first.samples.shape[1]
    while queue:
        item = queue[0]
        if isinstance(item, AudioBlock) and item.track == first.track:
            room -= item.samples.shape[1]
            if room < 0 or not _goes_on(blocks[-1], item):
                break
            blocks.append(item)
        elif isinstance(item, _PASSED):
            passed.append(item)
        else:
            break
        queue.popleft()
    queue.extendleft(reversed(passed))
    if len(blocks) == 1:
        return first
    return AudioBlock(
        track=first.track,
        pts=first.pts,
        samples=np.concatenate([block.samples for block in blocks], axis=1),
        rate=first.rate,
        layout=first.layout,
    )


def is_short(queue: deque[Item]) -> bool:
    """Whether a queue begins with sound, and more of it could be taken with it than waits there."""
    first = queue[0]
    if not isinstance(first, AudioBlock):
        return False
    room: int = round(FILE_BLOCK * first.rate) - first.samples.shape[1]
    for item in queue:
        if isinstance(item, AudioBlock) and item.track == first.track:
            room -= item.samples.shape[1]
        elif not isinstance(item, _PASSED):
            return False
    return room >= 0


def _goes_on(before: AudioBlock, block: AudioBlock) -> bool:
    """Whether it is the sound right behind the other, in the same form."""
    return _form(block) == _form(before) and abs(block.pts - before.end) * block.rate < 0.5


def _form(block: AudioBlock) -> tuple[int, int, tuple[str, ...]]:
    return block.rate, block.samples.shape[0], block.layout
