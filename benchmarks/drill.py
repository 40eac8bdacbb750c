"""A drill: real watchers before servers that fail, and what is told about it, when, and what else.

Each case is a stream of the fault server (``watchglass inject --live``), broken once, and a process of ``watchglass
watch --json`` before it, both as users run them. What has to be told and what may be is in ``drill_cases.py``. Seconds
are counted from the moment at which the first client was served what is wrong (or it began, where nobody can know).

Held are, beside that: no token of a URL in anything that is said; no visitor at the canary's address; every watcher
ends when it is asked to; what is open is closed when all is well again; memory stays within ``MOST_MEMORY`` of that of
a watcher for whom all was well; a server that was killed is watched again within ``MOST_SEGMENTS`` of its return.

    python benchmarks/drill.py [--only stall,404] [--jobs N] [--list]

Exit code: 1 if something was missing, or false.
"""

import argparse
import json
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from drill_cases import CASES, WARM_UP, Case
from watchglass.detectors import CATALOGUE
from watchglass.faults.channel import write_clip
from watchglass.faults.pictures import LOOP_SECONDS

SEGMENT = 2.0
SIZE = (320, 180)
MOST_SEGMENTS = 2.0
"""Segments after the return of a server within which it is watched again."""
MOST_MEMORY = 64.0
"""MB."""
LEAVES = 8.0
"""Seconds in which a watcher has to end when it is asked to."""
DOWN = 12.0
"""Seconds for which a server that was killed is away."""
SEVERITIES = ("info", "warning", "critical")


_CHILDREN: list["Child"] = []
"""All that were started, so that none is left."""


@dataclass
class Child:
    """A process, and what it said when."""

    process: subprocess.Popen[str]
    out: list[tuple[float, str]] = field(default_factory=list)
    err: list[tuple[float, str]] = field(default_factory=list)

    @classmethod
    def start(cls, *arguments: str) -> "Child":
        """``watchglass`` with arguments."""
        command = [sys.executable, "-m", "watchglass", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        child = cls(process)
        _CHILDREN.append(child)
        for stream, into in ((process.stdout, child.out), (process.stderr, child.err)):
            threading.Thread(target=_read, args=(stream, into), daemon=True).start()
        return child

    def lines(self) -> list[tuple[float, dict[str, object]]]:
        """What it told as JSON."""
        return [(at, json.loads(line)) for at, line in list(self.out) if line.startswith("{")]

    def until(self, event: str, seconds: float = 30.0) -> dict[str, object]:
        """Wait for the first line of a kind."""
        end = time.time() + seconds
        while time.time() < end:
            for _, line in self.lines():
                if line["event"] == event:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"no {event!r} line: {' '.join(line for _, line in self.err)}")

    def peak(self) -> float:
        """Most memory that it held, in MB."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)

    def end(self, number: int = signal.SIGTERM) -> float:
        """Ask it to end; seconds until it did, infinity if it had to be killed."""
        asked = time.time()
        self.process.send_signal(number)
        try:
            self.process.wait(LEAVES)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return float("inf")
        return time.time() - asked


def _read(stream: object, into: list[tuple[float, str]]) -> None:
    into.extend((time.time(), line.rstrip("\n")) for line in stream)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Alarm:
    """A finding at the moment at which it became what counts."""

    detector: str
    at: float
    """Seconds since 1970."""
    severity: str
    message: str


@dataclass
class Outcome:
    """What became of a case."""

    case: Case
    began: float = 0.0
    """When the fault was served first, or began (seconds since 1970); the start where there is none."""
    alarms: list[Alarm] = field(default_factory=list)
    peak: float = 0.0
    again: float | None = None
    """Seconds from the return of a server to media."""
    wrong: list[str] = field(default_factory=list)
    """What is missing or false, in words."""

    @property
    def told(self) -> list[Alarm]:
        """The first alarm of each detector that had to or might alarm."""
        wanted = {alarm.detector: alarm for alarm in reversed(self.alarms) if alarm.detector in self.case.must}
        return sorted(wanted.values(), key=lambda alarm: alarm.at)


def alarms(lines: list[tuple[float, dict[str, object]]], least: str, must: tuple[str, ...]) -> list[Alarm]:
    """Those that nothing else explains: warnings and worse, and of ``must`` from ``least`` on; each finding once."""
    found, seen = list[Alarm](), set[object]()
    for at, line in lines:
        if line["event"] not in ("opened", "changed") or line.get("explained_by") or line["id"] in seen:
            continue
        name, severity = str(line["detector"]), str(line["severity"])
        if SEVERITIES.index(severity) >= SEVERITIES.index(least if name in must else "warning"):
            seen.add(line["id"])
            found.append(Alarm(name, at, severity, str(line["message"])))
    return found


def judge(outcome: Outcome, lines: list[tuple[float, dict[str, object]]]) -> None:
    """Say what is missing and what is false."""
    case = outcome.case
    outcome.alarms = alarms(lines, case.least, case.must)
    must = [name for name in case.must if name in CATALOGUE]
    if must and not any(alarm.detector in must and alarm.at >= outcome.began - 1.0 for alarm in outcome.alarms):
        outcome.wrong.append(f"missing: {' or '.join(must)}")
    for alarm in outcome.alarms:
        if alarm.detector not in (*case.must, *case.may):
            outcome.wrong.append(f"false: {alarm.detector} ({alarm.at - outcome.began:+.1f} s: {alarm.message})")
        elif alarm.at < outcome.began - 1.0:
            outcome.wrong.append(f"too early: {alarm.detector} ({alarm.at - outcome.began:+.1f} s)")
    last = {line["id"]: line for _, line in lines if line["event"] in ("opened", "changed", "closed")}
    for line in last.values():
        if line["event"] != "closed" and SEVERITIES.index(str(line["severity"])) >= 1:
            outcome.wrong.append(f"still open: {line['detector']}")


def run(case: Case, source: Path) -> Outcome:
    """One case."""
    outcome = Outcome(case)
    token = f"CANARY{secrets.token_hex(8)}"
    with ExitStack() as stack:
        to = ["--to", f"udp://127.0.0.1:{_free_port()}"] if case.is_udp else ["--listen", f"127.0.0.1:{_free_port()}"]
        more = [part for fault in case.faults for part in ("--fault", fault)]
        if case.start_pts is not None:
            more += ["--start-pts", f"{case.start_pts:.3f}"]
        arguments = ["inject", "--live", str(source), "--json", *to, *more]
        watcher: Child | None = None
        if case.is_udp:  # who listens first misses nothing
            watcher = _watching(to[1], stack)
        server = Child.start(*arguments)
        stack.callback(_over, server)
        url = str(server.until("serving")["url"])
        began = time.time()
        watcher = watcher or _watching(f"{url}?token={token}", stack)
        if case.restarts:
            server = _restarted(server, arguments, began, outcome, watcher, stack)
        end = began + WARM_UP + case.after + sum(_lasts(fault) for fault in case.faults)
        time.sleep(max(0.0, end - time.time()))
        outcome.peak = watcher.peak()
        lines = watcher.lines()
        if watcher.process.poll() is not None:
            outcome.wrong.append(f"the watcher ended by itself ({watcher.process.returncode})")
        elif watcher.end() == float("inf"):
            outcome.wrong.append(f"the watcher did not end within {LEAVES:g} s")
        server.end()
        truths = server.lines()
        outcome.began = outcome.began or _began(truths, began)
        judge(outcome, lines)
        if any(line.get("canary") for _, line in truths):
            outcome.wrong.append("somebody came to the canary's address")
        if any(token in said for _, said in (*watcher.out, *watcher.err)):
            outcome.wrong.append("a token was told")
        if any("Traceback" in said for _, said in (*watcher.err, *server.err)):
            outcome.wrong.append("a traceback")
    return outcome


def _watching(url: str, stack: ExitStack) -> Child:
    watcher = Child.start("watch", url, "--json")
    stack.callback(_over, watcher)
    return watcher


def _over(child: Child) -> None:
    if child.process.poll() is None:
        child.end()


def _restarted(
    server: Child, arguments: list[str], began: float, outcome: Outcome, watcher: Child, stack: ExitStack
) -> Child:
    """Kill the server, start another one at the same place, and see how long it takes until it is watched."""
    time.sleep(max(0.0, began + WARM_UP - time.time()))
    server.process.kill()
    outcome.began = time.time()
    time.sleep(DOWN)
    again = Child.start(*arguments)
    stack.callback(_over, again)
    again.until("serving")
    returned = time.time()
    while outcome.again is None and time.time() < returned + 40.0:
        back = [at for at, line in list(watcher.err) if line.startswith("arriving again") and at > returned]
        outcome.again = back[0] - returned if back else None
        time.sleep(0.05)
    if outcome.again is None or outcome.again > MOST_SEGMENTS * SEGMENT:
        took = "not at all" if outcome.again is None else f"after {outcome.again:.1f} s"
        outcome.wrong.append(f"watched again {took}, not within {MOST_SEGMENTS:g} segments")
    return again


def _began(truths: list[tuple[float, dict[str, object]]], otherwise: float) -> float:
    """When somebody met the fault; of an encoder when it began, as what it leaves out nobody meets."""
    told = {str(line["event"]): line for _, line in reversed(truths)}
    line = told.get("met") or told.get("began")
    if line and str(line["fault"]).startswith("encoder."):
        line = told["began"]
    return datetime.fromisoformat(str(line["utc"])).timestamp() if line else otherwise


def _lasts(fault: str) -> float:
    return float(fault.partition("+")[2] or 0.0)


@contextmanager
def _nobody_left(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Where the drill is stopped, end what runs, and begin nothing more."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in _CHILDREN:
            child.process.kill()
        raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tell(outcomes: list[Outcome]) -> int:
    """The table, and the exit code."""
    plain = [outcome.peak for outcome in outcomes if outcome.case.name == "nothing"]
    print(f"\n{'fault':38}{'told':30}{'after':>9}{'memory':>9}   ")
    for outcome in outcomes:
        over = outcome.peak - plain[0] if plain else 0.0
        if over > MOST_MEMORY:
            outcome.wrong.append(f"{over:.0f} MB more than where all was well")
        told = outcome.told or [None]
        for row, alarm in enumerate(told):
            name = outcome.case.name if row == 0 else ""
            said = alarm.detector if alarm else "nothing"
            after = f"{alarm.at - outcome.began:.1f} s" if alarm else ""
            memory = f"{outcome.peak:.0f} MB" if row == 0 else ""
            verdict = ("ok" if not outcome.wrong else "WRONG") if row == 0 else ""
            print(f"{name:38}{said:30}{after:>9}{memory:>9}   {verdict}")
        if outcome.again is not None:
            print(f"{'':38}watched again {outcome.again:.1f} s after its return")
        for wrong in outcome.wrong:
            print(f"{'':38}{wrong}")
    bad = [outcome for outcome in outcomes if outcome.wrong]
    absent = sorted({name for outcome in outcomes for name in outcome.case.must if name not in CATALOGUE})
    if absent:
        print(f"\nnot here yet, and not asked for: {', '.join(absent)}")
    print(f"\n{len(outcomes) - len(bad)} of {len(outcomes)} as it should be")
    return int(bool(bad))


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts of names, with commas")
    parser.add_argument("--jobs", type=int, default=3, help="cases at the same time")
    parser.add_argument("--list", action="store_true", help="show the cases")
    given = parser.parse_args()
    wanted = [each for each in given.only.split(",") if each]
    cases = [case for case in CASES if not wanted or any(each in case.name for each in wanted)]
    if given.list or not cases:
        print("\n".join(f"{case.name:38}{' or '.join(case.must)}" for case in CASES))
        return int(not cases)
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "channel.mp4"
        write_clip(source, LOOP_SECONDS, size=SIZE, seed=3)
        with ThreadPoolExecutor(max_workers=given.jobs) as pool, _nobody_left(pool):
            for outcome in pool.map(lambda case: run(case, source), cases):
                print(f"{outcome.case.name}: {'; '.join(outcome.wrong) or 'ok'}", file=sys.stderr)
                outcomes.append(outcome)
    return tell(outcomes)


if __name__ == "__main__":
    sys.exit(main())
