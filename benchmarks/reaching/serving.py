"""`watchglass serve` in a process of its own, what it tells, and what it costs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
OFTEN = "[serve.incidents]\nflaps = 1000\n"
"""Settings with which what comes back every minute is told each time."""


@dataclass
class Receiver:
    """A web server that notifications are posted to."""

    news: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    """When each came (``time.monotonic()``), and what it was."""

    def __post_init__(self) -> None:
        news = self.news

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                at = time.monotonic()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "[]")
                news.extend((at, each) for each in (body if isinstance(body, list) else [body]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


class Serve:
    """The process; a context manager.

    Args:
        folder: For its settings and what it keeps.
        urls: Of its streams.
        hook: Where it posts.
        tier: Of its streams.
        more: Settings to add.
        environment: Of its own.
    """

    def __init__(
        self,
        folder: Path,
        urls: Sequence[str],
        hook: str,
        tier: str,
        more: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        streams = "".join(f'[streams.s{n:03d}]\nurl = "{url}"\n' for n, url in enumerate(urls))
        sink = f'[sinks.hook]\ntype = "webhook"\nurl = "{hook}"\nallow_private = ["127.0.0.1"]\ndigests = false\n'
        self.config = folder / "watchglass.toml"
        self.config.write_text(f'{streams}{sink}[serve]\ndata = "data"\ntier = "{tier}"\n{more}')
        (folder / "data/status.json").unlink(missing_ok=True)  # of one that served before
        self.log = (folder / "log").open("w")
        command = [sys.executable, "-m", "watchglass", "serve", "--config", str(self.config)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.log, env=environment)

    def status(self) -> dict[str, Any]:
        """As it says itself."""
        try:
            return json.loads((self.folder / "data/status.json").read_text())
        except (OSError, ValueError):
            return {"streams": [], "busy": 0.0}

    def until_all_watch(self, seconds: float) -> bool:
        """Wait until every stream is watched."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            streams = self.status()["streams"]
            if streams and all(each["phase"] == "watching" for each in streams):
                return True
            time.sleep(0.2)
        return False

    @property
    def pids(self) -> list[int]:
        """All its processes."""
        found, left = [], [self.process.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            left += children(pid)
        return found

    def cpu(self) -> float:
        """Seconds that they have computed."""
        return sum(map(cpu_of, self.pids))

    def __enter__(self) -> "Serve":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20.0)
        except subprocess.TimeoutExpired:
            print("it did not end when it was asked to", flush=True)
            self.process.kill()
        self.log.close()


def children(pid: int) -> list[int]:
    """Processes that it has started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except OSError:
        return []


def cpu_of(pid: int) -> float:
    """Seconds that a process has computed; those of children that have ended, too."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / TICKS


def pss_of(pid: int) -> float:
    """Proportional memory of a process, in MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def open_files(pid: int) -> int:
    """Descriptors that a process has open."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def machine() -> tuple[float, float]:
    """Seconds in which the processors had nothing to do, and all of them."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (ticks[3] + ticks[4]) / TICKS, sum(ticks) / TICKS
