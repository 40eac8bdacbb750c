"""A detector of another package, found by its entry point, that spins, bloats or crashes when it is told to."""

import os
import sys
from pathlib import Path

_MODULE = '''
import ctypes
import re

from watchglass import Detector, Settings, Status, VideoFrame
from watchglass.model.units import Judged, Seconds


class HarmSettings(Settings):
    """When it begins, in seconds of media."""

    spin_at: Judged[Seconds] = 1e9
    """Computes without end, in code that no other thread can interrupt."""
    bloat_at: Judged[Seconds] = 1e9
    """Takes memory without end, some megabytes with each picture."""
    crash_at: Judged[Seconds] = 1e9
    """Writes where it must not."""


class Harm(Detector[VideoFrame]):
    """Does harm."""

    name = "foreign.harm"
    status = Status.STABLE
    kind = "video"
    consumes = (VideoFrame,)
    limits = {}
    settings_type = HarmSettings

    def prepare(self):
        self._kept, self._first = [], None

    def measure(self, item):
        self._first = item.pts if self._first is None else self._first
        since = item.pts - self._first
        if since >= self.settings.spin_at:
            re.match("(a+)+$", "a" * 64 + "b")
        if since >= self.settings.bloat_at:
            self._kept.append(b"x" * (8 << 20))
        if since >= self.settings.crash_at:
            ctypes.memset(8, 0, 1)
        return iter(())

    def judge(self, reading):
        return iter(())

    def finish(self, pts):
        return iter(())
'''


def install(folder: Path) -> None:
    """Have it found by this process and by those that it begins."""
    info = folder / "harm-1.dist-info"
    info.mkdir(parents=True)
    (folder / "harm.py").write_text(_MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: harm\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[watchglass.detectors]\nforeign.harm = harm:Harm\n")
    sys.path.append(str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(folder)]))
