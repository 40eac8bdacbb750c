"""A process for each file under examination, so that a decoder that crashes costs one file only.

Nothing is computed in our own process: it has imported everything and has no thread but the first, so that a worker
is a fork of it and begins at once.
"""

import gc
import logging
import multiprocessing
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, ForkServerContext
from multiprocessing.process import BaseProcess
from os import cpu_count

from watchglass.cli.teller import Teller
from watchglass.config.examine import Plan, examine, spare_collector
from watchglass.model.errors import WatchglassError
from watchglass.model.finding import Finding
from watchglass.model.report import FileReport
from watchglass.net.address import redact, redact_target
from watchglass.supervisor.process import end_with_parent, return_large_memory

log = logging.getLogger(__name__)


def examine_all(targets: Sequence[str], plan: Plan, *, jobs: int, teller: Teller) -> list[FileReport]:
    """Examine all targets, ``jobs`` at a time; the reports come in the order of the targets."""
    try:
        return _Crew(targets, plan, jobs, teller).run()
    finally:
        teller.close()


class _Crew:
    """Worker processes, each with one target at a time."""

    def __init__(self, targets: Sequence[str], plan: Plan, jobs: int, teller: Teller) -> None:
        self._targets = targets
        self._plan = plan
        self._jobs = jobs
        self._teller = teller
        self._context = fork_if_alone()
        self._left = list(range(len(targets)))[::-1]
        self._reports: dict[int, FileReport] = {}
        self._busy: dict[Connection, tuple[BaseProcess, int]] = {}

    def run(self) -> list[FileReport]:
        try:
            for _ in range(min(self._jobs, len(self._targets))):
                self._start(1 / self._jobs)
            while self._busy:
                for ready in wait(list(self._busy)):
                    assert isinstance(ready, Connection)
                    self._hear(ready)
        finally:
            for process, _ in self._busy.values():
                process.terminate()
            for process, _ in self._busy.values():
                process.join()  # nobody writes any more
        return [self._reports[index] for index in range(len(self._targets))]

    def _start(self, share: float) -> None:
        """Start a worker and give it the next target, with this share of the cores."""
        ours, theirs = self._context.Pipe()
        # A fork has our ends of all pipes, too: it must not keep them open when we are gone.
        process = self._context.Process(target=_work, args=(theirs, [ours, *self._busy]), daemon=True)
        # Inherited by the worker: Ctrl-C is for the parent, which ends its workers, even while they start.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        except OSError as exc:
            raise WatchglassError(f"no process can be started to work in ({exc.strerror})") from exc
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        self._hand_out(ours, process, share)

    def _hand_out(self, worker: Connection, process: BaseProcess, share: float) -> None:
        index = self._left.pop()
        self._busy[worker] = (process, index)
        threads = self._plan.threads or max(1, int((cpu_count() or 1) * share))
        with suppress(ConnectionError):  # it has died meanwhile: that is heard when it is listened to
            worker.send((self._targets[index], replace(self._plan, threads=threads, number=index)))

    def _share(self) -> float:
        """Of the cores for the next target: the last ones also get what nobody else will ask for."""
        return 1 / min(self._jobs, len(self._left))

    def _hear(self, worker: Connection) -> None:
        process, index = self._busy[worker]
        target = self._targets[index]
        try:
            said = worker.recv()
        except (EOFError, OSError):  # OSError: in the middle of a message
            process.join()
            self._release(worker)
            self._finish(index, FileReport(source=redact_target(target), error=_died(target, process.exitcode)))
            if self._left:
                self._start(self._share())
            return
        if isinstance(said, Finding):
            self._teller.finding(target, said)
        elif isinstance(said, FileReport):
            self._finish(index, said)
            if self._left:
                self._hand_out(worker, process, self._share())
            else:
                self._release(worker)
        else:
            self._teller.progress(target, *said)

    def _release(self, worker: Connection) -> None:
        """Let a worker go: it ends when nobody talks to it any more."""
        del self._busy[worker]
        worker.close()

    def _finish(self, index: int, report: FileReport) -> None:
        self._reports[index] = report
        self._teller.done(report, self._targets[index])


def fork_if_alone() -> ForkContext | ForkServerContext:
    """How workers come to be: forks of ours, or of a clean server where we have threads that a fork would break."""
    with suppress(OSError):  # no /proc
        if len(os.listdir("/proc/self/task")) == 1:  # noqa: PTH208 (names only, and no Path for each)
            return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _died(target: str, exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return (
            f"{redact_target(target)}: its process was killed from outside (SIGKILL), as happens where memory is short"
        )
    if exit_code is not None and exit_code < 0:
        return f"{redact_target(target)}: the decoder crashed on it ({signal.Signals(-exit_code).name})"
    return f"{redact_target(target)}: its process ended before its time (exit code {exit_code})"


def _work(pipe: Connection, not_ours: Sequence[Connection]) -> None:
    """What a worker does: one target after the other, until nobody has another one."""
    end_with_parent()
    return_large_memory()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for connection in not_ours:
        connection.close()
    spare_collector()
    gc.freeze()  # what has been imported stays: no page of it need be copied to look at it
    with suppress(EOFError, ConnectionError):  # the parent is gone, and nobody listens
        while True:
            target, plan = pipe.recv()
            pipe.send(_examined(target, plan, pipe))
            gc.collect()  # else each of many small files leaves a megabyte until it is worth it


def _examined(target: str, plan: Plan, pipe: Connection) -> FileReport:
    try:
        return examine(target, plan, pipe.send, lambda reached, duration: pipe.send((reached, duration)))
    except ConnectionError:
        raise
    except Exception as exc:  # a fault of ours must not cost the other files
        log.exception("%s", redact_target(target))
        what = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        return FileReport(
            source=redact_target(target), error=f"{redact_target(target)}: watchglass failed on it ({redact(what)})"
        )
