"""Where a report goes: a table on stdout, files of JSON and HTML, the exit code."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from watchglass.model.errors import UsageError
from watchglass.model.finding import Severity
from watchglass.model.report import RunReport


@dataclass(frozen=True, slots=True)
class Output:
    """What was asked for; `-` as the file of JSON is stdout."""

    json_file: str = ""
    html_file: Path | None = None
    fail_on: str = ""
    """What the configuration says where empty."""

    def check(self) -> None:
        """Refuse what cannot be written before hours are spent on what it is to hold.

        Raises:
            UsageError: One of the files has no place.
        """
        for wanted in (self.html_file, self._json_path):
            if wanted is not None:
                writable(wanted)

    def write(self, whole: RunReport, fail_on: str) -> int:
        """Write what was asked for; what cannot be written costs none of the rest. Returns the exit code."""
        with ExitStack() as reports:  # first those that are shown, then those that are saved
            if self.html_file:
                from watchglass.reports import html

                reports.callback(_save, self.html_file, lambda: html.render(whole))
            if self.json_file:
                from watchglass.reports import json_report

                if (path := self._json_path) is not None:
                    reports.callback(_save, path, lambda: json_report.dumps(whole) + "\n")
            if self.json_file == "-":
                sys.stdout.write(json_report.dumps(whole) + "\n")
                sys.stdout.flush()
            else:
                from rich.console import Console

                from watchglass.reports import table

                table.show(whole, Console())
        return exit_code(whole, self.fail_on or fail_on)

    @property
    def _json_path(self) -> Path | None:
        return Path(self.json_file) if self.json_file not in ("", "-") else None


def writable(path: Path) -> None:
    """Refuse a file that cannot be written.

    Raises:
        UsageError: It is a folder, or in none, or forbidden.
    """
    if path.is_dir():
        raise UsageError(f"{path}: cannot be written (it is a folder)")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: cannot be written (there is no folder {path.parent})")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path}: cannot be written (permission denied)")


def _save(path: Path, text: Callable[[], str]) -> None:
    try:
        path.write_text(text(), encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"{path}: cannot be written ({exc.strerror})") from exc


def exit_code(whole: RunReport, fail_on: str) -> int:
    """3 if an input could not be read, else 1 if something is grave enough, else 0."""
    if whole.unreadable:
        return 3
    worst = whole.worst
    return int(fail_on != "never" and worst is not None and worst >= Severity[fail_on.upper()])
