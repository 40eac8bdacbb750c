"""``watchglass watch`` as a process of its own."""

import json
import queue
import signal
import subprocess
import sys
import threading
from typing import IO, Any

PATIENCE = 40.0
"""Seconds until a line that does not come fails a test."""


class Watching:
    """A process that watches, and what it says."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "watchglass", "watch", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        self._out: queue.Queue[str] = queue.Queue()
        self._err: queue.Queue[str] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self._out), (self.process.stderr, self._err))
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, pipe: IO[str], lines: "queue.Queue[str]") -> None:
        for line in pipe:
            self.said.append(line)
            lines.put(line)

    def told(self, text: str) -> str:
        """The next line on stderr that holds the text."""
        while text not in (line := self._err.get(timeout=PATIENCE)):
            pass
        return line

    def line(self) -> dict[str, Any]:
        """The next line on stdout."""
        told: dict[str, Any] = json.loads(self._out.get(timeout=PATIENCE))
        return told

    def event(self, event: str, detector: str) -> dict[str, Any]:
        """The next line on stdout about this."""
        while True:
            line = self.line()
            if (line["event"], line.get("detector")) == (event, detector):
                return line

    def stopped(self, number: signal.Signals | None = None) -> int:
        """The exit code, after a signal if one is given."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert "Traceback" not in "".join(self.said)
        assert "SECRET" not in "".join(self.said)
        return code

    def __enter__(self) -> "Watching":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
