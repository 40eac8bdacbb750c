"""What is told on stderr while work goes on: findings as they open, and how far it is."""

import time
from typing import TextIO

from watchglass.model.finding import Event, Finding
from watchglass.model.report import FileReport
from watchglass.reports import wording

EVERY = 0.2
"""Seconds between two updates of the progress line."""


class Teller:
    """Writes lines that stay, and on a terminal one line of progress that does not.

    Args:
        out: Where to write, usually stderr.
        quiet: Say nothing but what could not be read.
        several: Name the file in each line.
    """

    def __init__(self, out: TextIO, *, quiet: bool, several: bool) -> None:
        self._out = out
        self._quiet = quiet
        self._several = several
        self._is_terminal = out.isatty()
        self._began = time.monotonic()
        self._last = 0.0
        self._line = ""
        self._reached: dict[str, tuple[float, float | None]] = {}
        self._done = 0.0

    def finding(self, target: str, finding: Finding) -> None:
        """A finding was told; one line when it opens, and one when it becomes graver."""
        if self._quiet or finding.event not in (Event.OPENED, Event.CHANGED):
            return
        name = f"{wording.clean(target.rsplit('/', 1)[-1])}: " if self._several else ""
        because = f" (explained by {finding.explained_by})" if finding.explained_by else ""
        self._say(
            f"{name}{wording.clock_time(finding.opened_at)}  {finding.severity!s:8}  {finding.detector:18}  "
            f"{wording.clean(finding.message)}{because}"
        )

    def progress(self, target: str, reached: float, duration: float | None) -> None:
        """A file was examined up to ``reached`` of ``duration`` seconds."""
        self._reached[target] = (reached, duration)
        now = time.monotonic()
        if self._quiet or not self._is_terminal or now - self._last < EVERY:
            return
        self._last = now
        self._show(self._progress_line(now))

    def done(self, report: FileReport, target: str) -> None:
        """A file has been examined."""
        self._done += self._reached.pop(target, (report.coverage.end or 0.0, None))[0]
        if report.error:
            self.refused(report)

    def refused(self, report: FileReport) -> None:
        """A file could not be read."""
        self._say(f"watchglass: {wording.clean(report.error or '')}")

    def close(self) -> None:
        """Take the progress line away."""
        if self._line:
            self._show("")

    def _progress_line(self, now: float) -> str:
        media = self._done + sum(reached for reached, _ in self._reached.values())
        speed = media / max(now - self._began, 1e-3)
        parts = []
        for target, (reached, duration) in self._reached.items():
            share = f"{100.0 * min(1.0, reached / duration):3.0f} %" if duration else wording.clock_time(reached)
            parts.append(f"{share} {wording.clean(target.rsplit('/', 1)[-1])[:30]}")
        return f"{' | '.join(parts[:3])} | {speed:.1f}x real time"

    def _say(self, text: str) -> None:
        line = self._line
        self.close()
        self._out.write(text + "\n")
        self._out.flush()
        if line:
            self._show(line)

    def _show(self, line: str) -> None:
        self._out.write("\r" + line + " " * max(0, len(self._line) - len(line)) + ("\r" if not line else ""))
        self._out.flush()
        self._line = line
