"""Where the process of a stream says how it is, in memory that the supervisor reads without asking it."""

import ctypes
from enum import IntEnum
from multiprocessing.context import BaseContext
from typing import Any

from watchglass.supervisor.clock import uptime


class Phase(IntEnum):
    """What it is doing."""

    STARTING = 0
    OPENING = 1
    WATCHING = 2
    RESTING = 3
    """Waiting before it tries again."""


_FIELDS = ("beat", "phase", "position", "frames", "lag", "behind")


class Board:
    """Numbers that one process writes and another reads; each is whole at any time, as it is one word of memory.

    Args:
        context: Of the processes that share it.
    """

    def __init__(self, context: BaseContext) -> None:
        self._cells: Any = context.RawArray(ctypes.c_double, len(_FIELDS))

    def beat(self) -> None:
        """It lives."""
        self._cells[0] = uptime()

    @property
    def silent_for(self) -> float:
        """Seconds since it gave a sign of life; 0 before the first one."""
        beat = float(self._cells[0])
        return uptime() - beat if beat else 0.0

    def enter(self, phase: Phase) -> None:
        """It does something else now."""
        self._cells[1] = float(phase)
        self.beat()

    @property
    def phase(self) -> Phase:
        """What it is doing."""
        return Phase(int(self._cells[1]))

    def reached(self, position: float, frames: int) -> None:
        """How far it has watched: media time in seconds, and pictures."""
        self._cells[2], self._cells[3] = position, float(frames)

    @property
    def position(self) -> float:
        """Media time that has been watched, in seconds."""
        return float(self._cells[2])

    @property
    def frames(self) -> int:
        """Pictures that have been measured."""
        return int(self._cells[3])

    def late(self, lag: float, behind: float) -> None:
        """Seconds behind what is on air (NaN if nobody knows), and how much more that is than it was at best."""
        self._cells[4], self._cells[5] = lag, behind

    def stands_still(self) -> None:
        """The source has nothing for us: nobody is behind with that."""
        self._cells[5] = 0.0

    @property
    def lag(self) -> float:
        """Seconds behind what is on air; NaN if nobody knows."""
        return float(self._cells[4])

    @property
    def behind(self) -> float:
        """Seconds by which it has fallen behind since it was at its best, for no fault of the source."""
        return float(self._cells[5])
