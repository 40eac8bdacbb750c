"""A PostgreSQL server of the test's own, where its programs are installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transport import free_port

_FOLDERS = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ.get("PATH", "")]
_PORTS = 5
"""Ports that are tried: one that is free may be taken by another test before the server has it."""


def program(name: str) -> str | None:
    """Where Debian keeps it, or anybody."""
    return shutil.which(name, path=os.pathsep.join(_FOLDERS))


class Server:
    """May be stopped, and started again with what it had."""

    def __init__(self, folder: str) -> None:
        data = Path(folder) / "data"
        as_whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
        if as_whom:
            shutil.chown(folder, "postgres")
        _run([*as_whom, program("initdb"), "-D", str(data), "-A", "trust", "-U", "watchglass", "--no-sync"])
        self._control = [*as_whom, program("pg_ctl"), "-D", str(data), "-w"]
        self._folder = folder
        for left in reversed(range(_PORTS)):
            port = free_port()
            self._options = ["-l", f"{folder}/log", "-o", f"-h 127.0.0.1 -p {port} -k {folder}"]
            self.url = f"postgresql://watchglass@127.0.0.1:{port}/postgres"
            try:
                self.start()
                break
            except AssertionError:  # somebody else has taken the port meanwhile
                if not left:
                    raise

    def start(self) -> None:
        try:
            _run([*self._control, *self._options, "start"])
        except AssertionError as error:
            raise AssertionError(f"{error}\n{Path(self._folder, 'log').read_text()}") from None

    def stop(self) -> None:
        _run([*self._control, "-m", "immediate", "stop"])


@contextmanager
def running() -> Iterator[Server]:
    """It listens on loopback only, and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="watchglass-pg") as folder:
        server = Server(folder)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def server() -> Iterator[str]:
    """The URL of a database in one."""
    with running() as one:
        yield one.url


def _run(command: list[str | None]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")  # type: ignore[arg-type]
    assert done.returncode == 0, done.stdout + done.stderr
