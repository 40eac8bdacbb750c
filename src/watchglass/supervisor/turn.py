"""Whose turn it is: of the processes of this machine, only a few at once may do what takes power that watching needs.

A fault of an origin is found in all its streams at once, and to cut all their proof at once would make them late for
what comes next.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FILE = ".turns"
_LOOK = 0.05
"""Seconds until one looks again whether it is one's turn."""


def at_once(processors: float) -> int:
    """How many may be at work: half the processors, so that watching always has the others."""
    return max(1, int(processors / 2.0))


@contextmanager
def turn(folder: Path, places: int, goes_on: Callable[[], bool]) -> Iterator[bool]:
    """Wait for one of the places. A place is free again when the block ends, or its process, however that ends.

    Args:
        folder: Those who wait in the same folder wait for each other. Where nothing can be written in it, nobody waits.
        places: How many there are.
        goes_on: Whether one waits any longer, or goes ahead without.

    Yields:
        Whether there was a place.
    """
    try:
        handle = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    except OSError:
        yield False
        return
    try:
        while not (has_place := _takes_one(handle, places)) and goes_on():
            time.sleep(_LOOK)  # the kernel has no lock that is waited for with an end
        yield has_place
    finally:
        os.close(handle)  # and with it goes the lock


def _takes_one(handle: int, places: int) -> bool:
    for place in range(places):
        with suppress(OSError):
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            return True
    return False
