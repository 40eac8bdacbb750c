"""What the process of a stream is from its first moment: ended with its parent, limited, and deaf to the terminal."""

import ctypes
import gc
import os
import resource
import signal
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from watchglass.config.examine import spare_collector

_PR_SET_PDEATHSIG = 1
"""Of ``<sys/prctl.h>``: which signal to get when the parent ends."""
_M_MMAP_THRESHOLD = -3
"""Of ``<malloc.h>``: how large memory must be to be asked of the system by itself; then it also goes back by itself."""
_LARGE = 1 << 20
"""Bytes."""
_M_ARENA_MAX = -8
"""Likewise: how many stores of small memory there are, at most."""
_PAGE = resource.getpagesize()


def settle(memory: int, not_ours: Iterable[Connection] = ()) -> None:
    """Make this process what it is to be.

    Args:
        memory: Bytes that it may take beyond what it has.
        not_ours: Ends of pipes that it has inherited.
    """
    end_with_parent()
    return_large_memory()
    share_small_memory()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, which ends its processes in order
    _leave_fork_server()
    for connection in not_ours:
        connection.close()
    limit = virtual_memory() + memory
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))
    spare_collector()
    gc.freeze()  # what has been imported stays: no page of it need be copied to look at it


def _leave_fork_server() -> None:
    """Let go of the pipe by which the fork server knows that somebody needs it.

    All its children hold it. One that hangs would keep the fork server, and so itself, for ever after the supervisor
    has been killed.
    """
    server: Any = getattr(forkserver, "_forkserver", None)
    pipe = getattr(server, "_forkserver_alive_fd", None)
    if forkserver.get_inherited_fds() is not None and pipe is not None:
        os.close(pipe)
        server._forkserver_alive_fd = None


def end_with_parent() -> None:
    """Be killed when the parent ends."""
    with suppress(AttributeError, OSError):  # not Linux: then the next word to nobody ends us
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def return_large_memory() -> None:
    """Let large memory go back to the system when it is freed.

    Else glibc keeps it for the next one, and the index of a long MP4, which FFmpeg lets grow and copies, leaves
    holes of its own size behind: 13 MB for two hours.
    """
    with suppress(AttributeError, OSError):  # another C library
        _libc().mallopt(_M_MMAP_THRESHOLD, _LARGE)


def share_small_memory() -> None:
    """Let all threads take small pieces of memory from one store: else each leaves holes in one of its own."""
    with suppress(AttributeError, OSError):  # another C library
        _libc().mallopt(_M_ARENA_MAX, 1)


def give_back_memory() -> None:
    """What was let go in many small pieces, or in rings, goes back to the system, which else it does seldom."""
    gc.collect()  # a millisecond: what all processes have been copied from is frozen
    with suppress(AttributeError, OSError):  # another C library
        _libc().malloc_trim(0)


@cache
def _libc() -> ctypes.CDLL:
    """The C library; a new one each time would be a ring of objects."""
    return ctypes.CDLL(None)


def virtual_memory() -> int:
    """Bytes of addresses that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE


def private_memory(pid: int) -> int:
    """Bytes of memory that a process shares with no other; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Private_"))


def cpu_seconds(pid: int) -> float:
    """Seconds that a process has computed; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


_TICKS = 100.0
"""Of ``/proc/PID/stat`` in a second (USER_HZ)."""
