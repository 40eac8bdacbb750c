"""The command line, as a person runs it: in this process where that is enough, in one of its own where it is not."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchglass.cli.app import run


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str
    peak: int = 0
    """Most memory that its own process or a worker of it held, in MB; 0 where it had none."""

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """``watchglass`` with arguments, in this process."""

    def __init__(self, monkeypatch, capsys) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["watchglass", *map(str, arguments)])
        self._capsys.readouterr()
        code = run()
        said = self._capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Outcome(code, said.out, said.err)


def in_own_process(*arguments: str | Path, timeout: float = 90.0) -> Outcome:
    """The same in a process of its own, of which the peak of its memory is known."""
    # Not ru_maxrss of its own: that begins with what the parent had when it forked.
    peak_line = "next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))"
    peak = f"max(int({peak_line}.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    tell = f"sys.stderr.write('PEAK ' + str({peak}))"
    program = f"import atexit, resource, sys; from watchglass.cli import main; atexit.register(lambda: {tell}); main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=timeout
    )
    assert "Traceback" not in done.stderr
    said, _, peak = done.stderr.rpartition("PEAK ")
    return Outcome(done.returncode, done.stdout, said, int(peak) // 1024)
