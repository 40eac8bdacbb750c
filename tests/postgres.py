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


def program(name: str) -> str | None:
    """Where Debian keeps it, or anybody."""
    return shutil.which(name, path=os.pathsep.join(_FOLDERS))


@contextmanager
def server() -> Iterator[str]:
    """The URL of a database in it; it listens on loopback only, and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="watchglass-pg") as folder:
        data, port = Path(folder) / "data", free_port()
        as_whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
        if as_whom:
            shutil.chown(folder, "postgres")
        _run([*as_whom, program("initdb"), "-D", str(data), "-A", "trust", "-U", "watchglass", "--no-sync"])
        options = f"-h 127.0.0.1 -p {port} -k {folder}"
        control = [*as_whom, program("pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", f"{folder}/log", "-o", options, "start"])
        try:
            yield f"postgresql://watchglass@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"])


def _run(command: list[str | None]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")  # type: ignore[arg-type]
    assert done.returncode == 0, done.stdout + done.stderr
