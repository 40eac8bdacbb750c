"""A wall clock that can be set, for one process and those that it begins: what never jumps goes on as it does.

libfaketime would do, but that it also shifts the sleeps of Python, which are on the monotonic clock.
"""

import mmap
import os
import shutil
import struct
import subprocess
from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile double *offset;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("WALL_CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
    void *seen = mmap(0, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (seen != MAP_FAILED) offset = seen;
}

int clock_gettime(clockid_t id, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, id, now);
    if (!failed && offset && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) now->tv_sec += (long)*offset;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *told) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (told) *told = exact.tv_sec;
    return exact.tv_sec;
}
"""


class WallClock:
    """The clock.

    Args:
        folder: For what it is made of; ``is_possible`` says whether there is a compiler.
    """

    is_possible = shutil.which("cc") is not None

    def __init__(self, folder: Path) -> None:
        source, library, offset = folder / "wall_clock.c", folder / "wall_clock.so", folder / "offset"
        source.write_text(_SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
        offset.write_bytes(struct.pack("d", 0.0))
        with offset.open("r+b") as file:
            self._offset = mmap.mmap(file.fileno(), 8)
        self.environment = {**os.environ, "LD_PRELOAD": str(library), "WALL_CLOCK_OFFSET": str(offset)}
        """For processes that are to see it."""

    def set(self, seconds: float) -> None:
        """Have it off by so many whole seconds from now on."""
        self._offset[:] = struct.pack("d", seconds)
