"""Sound that has come together is handed on together: listening to four blocks at once costs little more than to one.

Nobody waits for it. Whoever gets behind takes larger bites, and so catches up.
"""

from collections import deque

import numpy as np

from watchglass.model.coded import CodedPicture
from watchglass.model.media import AudioBlock, Item, VideoFrame

MOST = 0.4
"""Seconds of a block at most: as in a file, so that pictures and sound still take turns."""


def taken(queue: deque[Item]) -> Item:
    """The first item of a queue; of sound, with the blocks behind it that go on where it ends.

    Pictures and other tracks in between stay, and come after it; nothing else is passed by.

    Args:
        queue: Not empty; what is taken is removed.
    """
    first = queue.popleft()
    if not isinstance(first, AudioBlock):
        return first
    blocks, passed, room = [first], [], round(MOST * first.rate) - first.samples.shape[1]
    while queue:
        item = queue[0]
        if isinstance(item, AudioBlock) and item.track == first.track:
            room -= item.samples.shape[1]
            if room < 0 or not _goes_on(blocks[-1], item):
                break
            blocks.append(item)
        elif isinstance(item, AudioBlock | VideoFrame | CodedPicture):
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


def _goes_on(before: AudioBlock, block: AudioBlock) -> bool:
    """Whether it is the sound right behind the other, in the same form."""
    is_alike = block.rate == before.rate and block.layout == before.layout
    is_alike = is_alike and block.samples.shape[0] == before.samples.shape[0]
    return is_alike and abs(block.pts - before.end) * block.rate < 0.5
