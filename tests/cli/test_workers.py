import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from command import Command, in_own_process
from making import clip, flat
from watchglass.cli import workers
from watchglass.cli.teller import Teller
from watchglass.cli.workers import examine_all
from watchglass.config.examine import Plan

VOLATILE = ("made_utc",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("several")
    clip(made / "a.mp4", seconds=1.5, audio=("aac", "aac"))
    clip(made / "b.ts", seconds=2.0, audio=("aac",), picture=flat((16, 128, 128)))
    clip(made / "c.wav", video=None, audio=("pcm_s16le",))
    (made / "d.mkv").write_text("text")
    return made


def test_two_jobs_report_as_one_does(folder, monkeypatch, capsys):
    watchglass = Command(monkeypatch, capsys)
    reports = []
    for jobs in ("1", "2"):
        outcome = watchglass("check", folder, "--json", "-", "--jobs", jobs, "--threads", "1")
        assert outcome.code == 3
        report = outcome.json
        for key in VOLATILE:
            del report["summary"][key]
        reports.append(report)
    assert reports[0] == reports[1]
    assert [Path(file["source"]).name for file in reports[0]["files"]] == ["a.mp4", "b.ts", "c.wav", "d.mkv"]


class Killer(Teller):
    """Ends the worker of one target as soon as it says something about it."""

    def __init__(self, victim: str, how: signal.Signals) -> None:
        super().__init__(sys.stderr, quiet=True, several=True)
        self._victim = victim
        self._how = how
        self.crew = None

    def finding(self, target, finding):
        if target.endswith(self._victim):
            [worker] = [process for process, index in self.crew._busy.values() if self.crew._targets[index] == target]
            os.kill(worker.pid, self._how)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (signal.SIGKILL, "b.ts: its process was killed from outside (SIGKILL), as happens where memory is short"),
        (signal.SIGSYS, "b.ts: the decoder crashed on it (SIGSYS)"),  # no SIGSEGV: pytest would say a lot
    ],
)
def test_a_worker_that_dies_costs_one_file(folder, monkeypatch, jobs, how, sentence):
    """The rest is examined, by another worker."""
    teller = Killer("b.ts", how)

    class Crew(workers._Crew):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments)
            teller.crew = self

    monkeypatch.setattr(workers, "_Crew", Crew)
    targets = [str(folder / name) for name in ("b.ts", "a.mp4", "c.wav")]
    reports = examine_all(targets, Plan(), jobs=jobs, teller=teller)
    assert [bool(report.error) for report in reports] == [True, False, False]
    assert reports[0].error.endswith(sentence)


@pytest.mark.parametrize(
    ("files", "jobs", "expected"), [(1, 1, [1.0]), (3, 1, [1.0] * 3), (2, 2, [0.5] * 2), (3, 2, [0.5, 0.5, 1.0])]
)
def test_cores_are_shared_among_jobs(folder, files, jobs, expected):
    """The last file gets the cores that nobody else will ask for."""
    shares = []

    class Crew(workers._Crew):
        def _hand_out(self, worker, process, share) -> None:
            shares.append(share)
            super()._hand_out(worker, process, share)

    Crew([str(folder / "c.wav")] * files, Plan(), jobs, Teller(sys.stderr, quiet=True, several=True)).run()
    assert shares == expected


def test_a_fault_of_ours_costs_one_file(monkeypatch):
    def failing(*arguments):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(workers, "examine", failing)
    ours, theirs = multiprocessing.Pipe()
    report = workers._examined("http://user:hunter2@x/a.mp4", Plan(), theirs)
    assert report.error == "http://***@x/a.mp4: watchglass failed on it (ZeroDivisionError: by zero)"
    assert not ours.poll()


def test_what_has_threads_is_not_forked():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert workers.fork_if_alone().get_start_method() == "forkserver"
    finally:
        done.set()
        thread.join()


def test_nobody_goes_on_when_we_are_killed(tmp_path):
    """SIGKILL of the parent: its workers end with it, even those that wait for a server."""
    black = clip(tmp_path / "black.mp4", seconds=60.0, picture=one_of(flat((16, 128, 128))))
    command = [sys.executable, "-m", "watchglass", "check", str(black), "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stderr.readline()
        [worker] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        ended = select.poll()
        ended.register(os.pidfd_open(int(worker)), select.POLLIN)
        process.kill()
        assert ended.poll(20_000)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c(tmp_path, jobs):
    """Stops in the middle, at once, with a word and without a traceback, from the children too."""
    slow = [clip(tmp_path / f"{n}.mp4", seconds=40.0, picture=one_of(flat((90, 128, 128)))) for n in range(2)]
    black = clip(tmp_path / "black.mp4", seconds=30.0, picture=one_of(flat((16, 128, 128))))
    command = [sys.executable, "-m", "watchglass", "check", str(black), *map(str, slow), "--jobs", jobs]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    first = process.stderr.readline()  # a finding: it is in the middle of its work
    assert "video" in first
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to parent and children
    out, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "stopped"


def one_of(picture):
    """The same planes for every picture: quick to make."""
    planes = picture(0)
    return lambda number: planes


def test_a_secret_in_an_address_is_never_told():
    outcome = in_own_process("check", "http://user:hunter2@127.0.0.1:9/a.mp4?token=hunter2", "--json", "-")
    assert outcome.code == 3
    assert "hunter2" not in outcome.out + outcome.err
    assert "127.0.0.1" in outcome.err
