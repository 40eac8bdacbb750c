"""Several files at the same time: a process each, so that a decoder that crashes costs one file only."""

import multiprocessing
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from os import cpu_count

from watchglass.cli.teller import Teller
from watchglass.config.examine import Plan, examine, spare_collector
from watchglass.model.finding import Finding
from watchglass.model.report import FileReport
from watchglass.net.address import redact


def examine_all(targets: Sequence[str], plan: Plan, *, jobs: int, teller: Teller) -> list[FileReport]:
    """Examine all targets, ``jobs`` at a time; the reports come in the order of the targets."""
    spare_collector()
    plan = replace(plan, threads=plan.threads or max(1, (cpu_count() or 1) // jobs))
    try:
        if jobs == 1:
            return [_here(target, plan, teller) for target in targets]
        return _Crew(targets, plan, jobs, teller).run()
    finally:
        teller.close()


def _here(target: str, plan: Plan, teller: Teller) -> FileReport:
    report = examine(
        target,
        plan,
        lambda finding: teller.finding(target, finding),
        lambda reached, duration: teller.progress(target, reached, duration),
    )
    teller.done(report, target)
    return report


class _Crew:
    """Worker processes, each with one target at a time."""

    def __init__(self, targets: Sequence[str], plan: Plan, jobs: int, teller: Teller) -> None:
        self._targets = targets
        self._plan = plan
        self._jobs = jobs
        self._teller = teller
        self._left = list(range(len(targets)))[::-1]
        self._reports: dict[int, FileReport] = {}
        self._busy: dict[Connection, tuple[BaseProcess, int]] = {}

    def run(self) -> list[FileReport]:
        try:
            for _ in range(self._jobs):
                self._start()
            while self._busy:
                for ready in wait(list(self._busy)):
                    assert isinstance(ready, Connection)
                    self._hear(ready)
        finally:
            for process, _ in self._busy.values():
                process.terminate()
        return [self._reports[index] for index in range(len(self._targets))]

    def _start(self) -> None:
        """Start a worker, if there is work."""
        if not self._left:
            return
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._plan), daemon=True)
        # Inherited by the worker: Ctrl-C is for the parent, which ends its workers, even while they start.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        self._hand_out(ours, process)

    def _hand_out(self, worker: Connection, process: BaseProcess) -> None:
        if self._left:
            index = self._left.pop()
            self._busy[worker] = (process, index)
            self._send(worker, self._targets[index])
        else:
            self._busy.pop(worker, None)
            self._send(worker, None)

    def _send(self, worker: Connection, target: str | None) -> None:
        with suppress(ConnectionError):  # it has died meanwhile: that is heard when it is listened to
            worker.send(target)

    def _hear(self, worker: Connection) -> None:
        process, index = self._busy[worker]
        target = self._targets[index]
        try:
            said = worker.recv()
        except (EOFError, ConnectionError):
            process.join()
            del self._busy[worker]
            self._finish(index, FileReport(source=redact(target), error=_died(target, process.exitcode)))
            self._start()
            return
        if isinstance(said, Finding):
            self._teller.finding(target, said)
        elif isinstance(said, FileReport):
            self._finish(index, said)
            self._hand_out(worker, process)
        else:
            self._teller.progress(target, *said)

    def _finish(self, index: int, report: FileReport) -> None:
        self._reports[index] = report
        self._teller.done(report, self._targets[index])


def _died(target: str, exit_code: int | None) -> str:
    cause = f"signal {-exit_code}" if exit_code is not None and exit_code < 0 else f"exit code {exit_code}"
    return f"{redact(target)}: the decoder crashed on it ({cause})"


def _work(pipe: Connection, plan: Plan) -> None:
    """What a worker does: one target after the other."""
    spare_collector()
    with suppress(EOFError, ConnectionError):  # the parent is gone, and nobody listens
        while (target := pipe.recv()) is not None:
            report = examine(target, plan, pipe.send, lambda reached, duration: pipe.send((reached, duration)))
            pipe.send(report)
