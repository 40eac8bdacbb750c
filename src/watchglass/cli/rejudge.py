"""``watchglass rejudge``: stored readings judged again, one detector to a process."""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from os import cpu_count
from pathlib import Path
from types import TracebackType

from watchglass import __version__
from watchglass.cli.check import named, part
from watchglass.cli.output import Output
from watchglass.cli.workers import fork_if_alone
from watchglass.config.build import chosen
from watchglass.config.examine import spare_collector
from watchglass.config.keep import versions
from watchglass.config.rejudge import Again, again
from watchglass.config.settings import Config, load_config
from watchglass.model.errors import WatchglassError
from watchglass.model.report import FileReport, RunReport
from watchglass.monitor.rejudge import Judged
from watchglass.reports import wording
from watchglass.store import require

log = logging.getLogger(__name__)

EVERY = 0.2
"""Seconds between two updates of the progress line."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for beside the file."""

    config: Config | None
    detectors: tuple[str, ...]
    start: float
    stop: float | None
    output: Output
    jobs: int
    quiet: bool


def request(
    *,
    config: Path | None,
    detectors: str,
    start: str,
    stop: str,
    json_file: str,
    html_file: Path | None,
    fail_on: str,
    jobs: int,
    quiet: bool,
) -> Request:
    """From what was typed to what was asked for.

    Raises:
        UsageError: Something that was typed cannot be followed.
    """
    begin, end = part(start, stop)
    output = Output(json_file, html_file, fail_on)
    return Request(load_config(config) if config else None, named(detectors), begin, end, output, jobs, quiet)


def run(path: Path, request: Request) -> int:
    """Judge what is kept in a file again and tell; returns the exit code."""
    request.output.check([str(path)])
    with Judges(request.jobs or cpu_count() or 1) as judges:
        plans, words = _plans(path, request)
        if not request.quiet:
            for sentence in words:
                sys.stderr.write(f"watchglass: {wording.clean(sentence)}\n")
        with closing(_Line(plans, quiet=request.quiet)) as progress:
            reports = judges.judge(plans, progress)
    whole = RunReport(files=tuple(reports), version=__version__, made_utc=time.time())
    return request.output.write(whole, (request.config or Config()).fail_on)


def _plans(path: Path, request: Request) -> tuple[list[Again], list[str]]:
    """How to judge each input, and what there is to know before, in a sentence each."""
    require()
    from watchglass.store.archive import open_archive

    inputs, word = open_archive(path)
    draws = request.output.html_file is not None
    part = {"start": request.start, "stop": request.stop, "draws": draws}
    plans = [again(kept, request.config, request.detectors, **part) for kept in inputs]
    return plans, [*([word] if word else []), *_words(plans)]


class Judges:
    """Processes that judge a detector each, the longest first.

    They are forked when this is made, before pyarrow is imported, which begins threads.
    """

    def __init__(self, jobs: int) -> None:
        context = fork_if_alone()
        self._passed = context.Value("q", 0)
        self._workers: dict[Connection, BaseProcess] = {}
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            not_ours = [ours, *self._workers]
            process: BaseProcess = context.Process(target=_work, args=(theirs, not_ours, self._passed), daemon=True)
            # Inherited by the process: Ctrl-C is for the parent, which ends the others, even while they start.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                process.start()
                self._workers[ours] = process
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            theirs.close()

    def __enter__(self) -> "Judges":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for pipe, process in self._workers.items():
            process.terminate()
            process.join()
            pipe.close()

    def judge(self, plans: Sequence[Again], progress: Callable[[int], None]) -> list[FileReport]:
        """Judge all inputs again; ``progress`` is told how many readings have passed.

        Raises:
            ArchiveError: Something cannot be read back.
            WatchglassError: A process was killed from outside.
        """
        tasks = [(number, name) for number, plan in enumerate(plans) for name in plan.names]
        tasks.sort(key=lambda task: plans[task[0]].kept.rows(task[1]))
        judged: dict[tuple[int, str], Judged] = {}
        idle = list(self._workers)
        busy: dict[Connection, tuple[int, str]] = {}
        while tasks or busy:
            while tasks and idle:
                pipe = idle.pop()
                busy[pipe] = number, name = tasks.pop()
                pipe.send((plans[number], name))
            for ready in wait(list(busy), timeout=EVERY):
                assert isinstance(ready, Connection)
                number, name = busy.pop(ready)
                judged[number, name] = _heard(ready, plans[number], name)
                idle.append(ready)
            progress(self._passed.value)
        return [plan.report([judged[number, name] for name in plan.names]) for number, plan in enumerate(plans)]


def _heard(pipe: Connection, plan: Again, name: str) -> Judged:
    """What a process has to say, or the error that it met."""
    try:
        said = pipe.recv()
    except (EOFError, OSError) as exc:
        source = plan.kept.header.source
        raise WatchglassError(f"{source}: the process that judged {name} ended before its time") from exc
    if isinstance(said, WatchglassError):
        raise said
    assert isinstance(said, Judged)
    return said


def _work(pipe: Connection, not_ours: Sequence[Connection], passed: "Synchronized[int]") -> None:
    """What a process does: judge one detector after the other, and say what each said."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for connection in not_ours:
        connection.close()
    spare_collector()

    def progress(rows: int) -> None:
        with passed.get_lock():
            passed.value += rows

    with suppress(EOFError, ConnectionError):  # the parent is gone
        while True:
            plan, name = pipe.recv()
            try:
                said: Judged | WatchglassError = plan.judge(name, progress)
            except WatchglassError as exc:
                said = exc
            except Exception as exc:
                log.exception("%s", name)
                said = WatchglassError(f"{plan.kept.header.source}: watchglass failed on {name} ({type(exc).__name__})")
            pipe.send(said)


def _words(plans: Sequence[Again]) -> Iterator[str]:
    """What there is to know before, in a sentence each."""
    for plan in plans:
        header = plan.kept.header
        lacking = [name for name in chosen(plan.config.watch) if name not in plan.kept.detectors]
        if lacking and plan.by_config:
            yield f"{header.source}: there are no readings of {', '.join(lacking)}"
        now = versions(plan.names)
        for name in plan.names:
            then = header.versions.get(name, "?")
            if then != now[name]:
                yield f"{header.source}: {name} {then} measured, and {now[name]} judges"


class _Line:
    """One line of progress on a terminal, which goes away when all is done."""

    def __init__(self, plans: Sequence[Again], *, quiet: bool) -> None:
        self._rows = sum(plan.kept.rows(name) for plan in plans for name in plan.names)
        self._shows = not quiet and sys.stderr.isatty()
        self._began = time.monotonic()

    def __call__(self, passed: int) -> None:
        if self._shows:
            speed = passed / max(time.monotonic() - self._began, 1e-3) / 1e6
            share = 100.0 * passed / max(self._rows, 1)
            sys.stderr.write(f"\r{share:3.0f} % of {self._rows:,} readings | {speed:.1f} million a second ")
            sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._shows:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
