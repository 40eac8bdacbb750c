"""The disk is full, the database is locked, or broken: alarms arrive all the same: `make drill-disk`.

A real `watchglass serve` watches channels with faults and keeps its data on a small file system of its own (which takes
the rights of root; elsewhere the disk is not filled, and that is said). Each trouble lasts for some faults.

Held are: each fault arrives within seconds beyond what its detector waits for; `monitor.database` is told, and closed
when it is over; what was told while nothing could be written is in the database afterwards.

    PYTHONPATH=tests python benchmarks/disk.py [--only full,locked,broken,start] [--seconds N]

Exit code: 1 if a promise was broken.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from harming.promises import Promises
from reach import matched
from reaching.serving import OFTEN, Receiver, Serve
from reaching.studio import Studio, clip_of

CHANNELS = 3
WITHIN = 5.0
"""Seconds beyond what its detector waits for in which an alarm has to arrive."""
DATABASE = "monitor.database"
_LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=20.0, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextmanager
def filled(data: Path, seconds: float) -> Iterator[None]:
    """No byte is left on the file system, and what somebody lets go of is taken at once."""
    is_full, over = threading.Event(), threading.Event()

    def fill() -> None:
        with (data / "filling").open("wb", buffering=0) as file:
            while not over.wait(0.02):
                with suppress(OSError):
                    while True:
                        file.write(bytes(4096))
                is_full.set()

    thread = threading.Thread(target=fill)
    thread.start()
    is_full.wait()
    left = os.statvfs(data)
    print(f"  the disk is full: {left.f_bavail * left.f_frsize} bytes are left", flush=True)
    try:
        yield
    finally:
        over.set()
        thread.join()
    (data / "filling").unlink()


@contextmanager
def locked(data: Path, seconds: float) -> Iterator[None]:
    """Another process holds the database."""
    command = [sys.executable, "-c", _LOCK, str(data / "watchglass.db"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.kill()


@contextmanager
def broken(data: Path, seconds: float) -> Iterator[None]:
    """All of the file but its first page is noise, and so is what was to come into it."""
    _break(data)
    yield


def _break(data: Path) -> None:
    for name, keep in (("watchglass.db", 100), ("watchglass.db-wal", 0)):
        path = data / name
        if path.exists():
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.seek(keep)
                file.write(os.urandom(max(0, size - keep)))


TROUBLES: dict[str, Callable[[Path, float], Iterator[None]]] = {"full": filled, "locked": locked, "broken": broken}


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 64 MB (proof leaves a twentieth of it free) at ``folder``; False where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def endure(name: str, serve: Serve, receiver: Receiver, studio: Studio, seconds: float, promises: Promises) -> None:
    """One trouble, and what became of the faults meanwhile."""
    print(f"{name}, for {seconds:.0f} s", flush=True)
    data = serve.folder / "data"
    since = time.monotonic()
    with TROUBLES[name](data, seconds):
        time.sleep(seconds)
    until = time.monotonic()
    tiers = sorted({each["tier"] for each in serve.status()["streams"]})
    print(f"  load average {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores, tier {tiers}", flush=True)
    told_over = _wait(receiver, "closed", since, 60.0)
    news = [(at, event) for at, event in list(receiver.news) if at >= since - 1.0]
    alarms, false = matched(news, studio.aired(), since + 6.0, until - WITHIN - 4.0)
    print(f"  not told: {[each.detector for each in alarms if each.beyond is None]}; beside: {false}", flush=True)
    waits = [each.beyond for each in alarms if each.beyond is not None]
    false = [each for each in false if each.startswith("s")]
    promises.none(f"{name}: faults that nobody was told of", sum(each.beyond is None for each in alarms),
                  f" of {len(alarms)}")  # fmt: skip
    promises.at_most(f"{name}: they arrive, beyond their detectors' patience", WITHIN, waits)
    promises.none(f"{name}: told beside the faults", len(false), f" {false[:3]}" if false else "")
    promises.hold(f"{name}: {DATABASE} is told", "yes", "yes" if _told(receiver, "opened", since) else "no",
                  bool(_told(receiver, "opened", since)))  # fmt: skip
    promises.hold(f"{name}: and is over afterwards", "yes", "yes" if told_over else "no", told_over)
    promises.none(f"{name}: told, and not kept afterwards", len(_unkept(receiver, data, since)))
    twice = [event["id"] for _, event in receiver.news]
    promises.hold(f"{name}: told twice, under the same id", "few", str(len(twice) - len(set(twice))), True)
    promises.none(f"{name}: the service has ended", int(serve.process.poll() is not None))


def _told(receiver: Receiver, event: str, since: float) -> list[str]:
    return [
        each["data"]["message"]
        for at, each in list(receiver.news)
        if at >= since and each["data"]["detector"] == DATABASE and each["data"]["event"] == event
    ]


def _wait(receiver: Receiver, event: str, since: float, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not _told(receiver, event, since):
        time.sleep(0.5)
    return bool(_told(receiver, event, since))


def _unkept(receiver: Receiver, data: Path, since: float) -> set[str]:
    told = {each["data"]["incident"] for at, each in list(receiver.news) if at >= since}
    time.sleep(2.0)
    try:
        with closing(sqlite3.connect(f"file:{data}/watchglass.db?mode=ro", uri=True, timeout=5.0)) as connection:
            kept = {row[0] for row in connection.execute("SELECT id FROM incidents")}
    except sqlite3.Error as error:
        print(f"  the database cannot be read: {error}", flush=True)
        return told
    return told - kept


def broken_at_start(folder: Path, studio: Studio, receiver: Receiver, promises: Promises) -> None:
    """Noise where the database was: it is set aside, and watching begins."""
    print("broken, at the start", flush=True)
    _break(folder / "data")
    began = time.monotonic()
    with Serve(folder, studio.urls, receiver.url, "full") as serve:
        watched = serve.until_all_watch(30.0)
        promises.hold("broken at the start: all are watched", "<= 30 s", f"{time.monotonic() - began:.1f} s", watched)
        time.sleep(20.0)
        aside = list((folder / "data").glob("*.corrupt-*"))
        promises.hold("broken at the start: the old one is kept", "yes", "yes" if aside else "no", bool(aside))
        heard = [each for at, each in list(receiver.news) if at >= began]
        if serve.process.poll() is not None:
            print((folder / "log").read_text(errors="replace")[-2000:], flush=True)
        promises.hold("broken at the start: faults are told", "> 0", str(len(heard)), bool(heard))


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="full,locked,broken,start", help="parts, with commas")
    parser.add_argument("--seconds", type=float, default=45.0, help="that each trouble lasts; a lock 30 s")
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    given = parser.parse_args()
    wanted = [each for each in given.only.split(",") if each]
    promises, receiver = Promises(), Receiver()
    with (
        tempfile.TemporaryDirectory() as name,
        Studio(clip_of(given.folder, (320, 180), 300_000), CHANNELS, 480.0 + 4 * given.seconds) as studio,
    ):
        folder = Path(name)
        with small_disk(folder / "data") as is_small:
            if not is_small and "full" in wanted:
                print("not root: the disk is not filled", flush=True)
                wanted.remove("full")
            with Serve(folder, studio.urls, receiver.url, "full", OFTEN) as serve:
                serve.until_all_watch(40.0)
                time.sleep(12.0)
                for each in (each for each in wanted if each in TROUBLES):
                    endure(each, serve, receiver, studio, 30.0 if each == "locked" else given.seconds, promises)
                print("\n".join(f"  log: {line}" for line in _odd(folder / "log")[-30:]), flush=True)
            if "start" in wanted:
                broken_at_start(folder, studio, receiver, promises)
    return promises.tell()


def _odd(log: Path) -> list[str]:
    """What the log says beside incidents."""
    lines = log.read_text(errors="replace").splitlines()
    usual = ("OPENED", "CLOSED", "watching", "no proof")
    return [line[:200] for line in lines if not any(word in line for word in usual)]


if __name__ == "__main__":
    sys.exit(main())
