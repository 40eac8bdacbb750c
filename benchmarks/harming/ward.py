"""A supervisor with real processes and one healthy stream, of which no picture may be lost whatever befalls others."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harming.promises import Promises
from reaching.serving import children, open_files
from supervising import Supervising
from watchglass.supervisor.stream import StreamStatus

CONTROL = "control"
RATE = 25.0
SLACK = 3
"""Pictures by which two looks at one stream may differ: they are not taken at the same moment."""


@dataclass(frozen=True)
class Ward:
    """What is being harmed, and the stream that must not notice."""

    supervising: Supervising
    healthy: dict[str, Any]
    """The settings of the healthy stream."""

    def want(self, streams: dict[str, dict[str, Any]]) -> None:
        """Watch these, and the healthy one."""
        self.supervising.want({CONTROL: self.healthy, **streams})

    def status(self, name: str) -> StreamStatus | None:
        """How one is; None before it is known."""
        return next((each for each in self.supervising.supervisor.status() if each.name == name), None)

    @property
    def is_alive(self) -> bool:
        """True while the supervisor goes round."""
        return self.supervising._thread.is_alive()

    def until(self, holds: Callable[[], bool], seconds: float) -> float | None:
        """Seconds until something holds; None if that took too long."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if holds():
                return time.monotonic() - began
            time.sleep(0.01)
        return None

    def is_watched(self, name: str, other_than: int | None = None) -> bool:
        """True if media come to its process, and that is another one than it was."""
        status = self.status(name)
        return status is not None and status.phase == "watching" and status.pid != other_than


@contextmanager
def warded(url: str, streams: dict[str, dict[str, Any]], **options: Any) -> Iterator[Ward]:
    """Watch a healthy stream and others until it is over."""
    healthy = {"url": url, "allow_private": ["127.0.0.1"]}
    running = Supervising({CONTROL: healthy, **streams}, **options)
    try:
        running.until_watching(CONTROL, 1.0)
        yield Ward(running, healthy)
    finally:
        running.supervisor.stop()
        running._thread.join(30.0)


@contextmanager
def unharmed(ward: Ward, promises: Promises, *, may_die: bool = False) -> Iterator[None]:
    """Judge what became of the healthy stream and of the supervisor meanwhile.

    Args:
        ward: Whose.
        promises: Where it is judged.
        may_die: True where the healthy stream's process is meant to die, too.
    """
    before, files, said = ward.status(CONTROL), open_files(os.getpid()), len(ward.supervising.notes)
    assert before is not None
    yield
    for name, line in ward.supervising.notes[said:]:
        if name == CONTROL:
            print(f"  of the healthy stream: {line}", flush=True)
    print(f"  load average {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores", flush=True)
    promises.none("supervisor crashed", int(not ward.is_alive))
    ward.want({})
    ward.until(lambda: len(ward.supervising.supervisor.status()) == 1, 10.0)
    ward.until(lambda: len(family()) <= 3, 15.0)  # who is left: resource tracker, fork server, healthy stream
    after = ward.status(CONTROL)
    assert after is not None
    if not may_die:
        lost = RATE * (after.position - before.position) - (after.frames - before.frames)
        told = f"{max(0, round(lost)) if abs(lost) > SLACK else 0} of {after.frames - before.frames}"
        is_one = after.pid == before.pid and after.deaths == before.deaths
        promises.hold("pictures lost on the healthy stream", "0", told, is_one and abs(lost) <= SLACK)
    promises.none("zombies left", sum(state_of(pid) == "Z" for pid in family()))
    promises.none("processes left", max(0, len(family()) - 3))
    least = min(open_files(os.getpid()) for _ in range(50) if not time.sleep(0.02))  # some are open for a moment
    promises.none("descriptors left", max(0, least - files))


def family() -> list[int]:
    """All processes that came of this one, but for the studio."""
    found, left = [], children(os.getpid())
    while left:
        pid = left.pop()
        if "from multiprocessing.spawn" in command_of(pid):  # the studio
            continue
        found.append(pid)
        left += children(pid)
    return found


def fork_server() -> int | None:
    """The process of which all others are copies."""
    return next((pid for pid in children(os.getpid()) if "multiprocessing.forkserver" in command_of(pid)), None)


def command_of(pid: int) -> str:
    """As it was begun."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def state_of(pid: int) -> str:
    """``R``, ``S``, ``T``, ``Z`` ...; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
