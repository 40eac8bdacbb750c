"""Where a report goes: a table on stdout, files of JSON, JUnit XML, CSV and HTML, the exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from watchglass.model.errors import UsageError
from watchglass.model.finding import Severity
from watchglass.model.report import RunReport


@dataclass(frozen=True, slots=True)
class Output:
    """What was asked for; of JSON, JUnit and CSV one may go to stdout, for which the file is `-`."""

    json_file: str = ""
    html_file: Path | None = None
    fail_on: str = ""
    """What the configuration says where empty."""
    junit_file: str = ""
    csv_file: str = ""

    def check(self, inputs: Sequence[str] = ()) -> None:
        """Refuse what cannot be written before hours are spent on what it is to hold.

        Args:
            inputs: What is read, and must not be written over.

        Raises:
            UsageError: One of the files has no place or is an input, or two are to go to stdout.
        """
        on_stdout = [option for option, name in self._texts.items() if name == "-"]
        if len(on_stdout) > 1:
            raise UsageError(f"{' and '.join(on_stdout)}: only one of them can go to stdout")
        for wanted in (self.html_file, *(Path(name) for name in self._texts.values() if name != "-")):
            if wanted is not None:
                writable(wanted, inputs)

    def write(self, whole: RunReport, fail_on: str) -> int:
        """Write what was asked for; what cannot be written costs none of the rest. Returns the exit code."""
        severity = self.fail_on or fail_on
        with ExitStack() as reports:  # first those that are shown, then those that are saved
            if self.html_file:
                from watchglass.reports import html

                reports.callback(_save, self.html_file, lambda: html.render(whole))
            to_stdout = None
            for option, name in self._texts.items():
                if name == "-":
                    to_stdout = option
                else:
                    reports.callback(_save, Path(name), partial(_text, option, whole, severity))
            if to_stdout:
                sys.stdout.write(_text(to_stdout, whole, severity))
                sys.stdout.flush()
            else:
                from rich.console import Console

                from watchglass.reports import table

                table.show(whole, Console())
        return exit_code(whole, severity)

    @property
    def _texts(self) -> dict[str, str]:
        """Option to file of the reports that may go to stdout."""
        named = {"--json": self.json_file, "--junit": self.junit_file, "--csv": self.csv_file}
        return {option: name for option, name in named.items() if name}


def _text(option: str, whole: RunReport, severity: str) -> str:
    """A report as text, by the option that asks for it."""
    from watchglass.reports import csv_report, json_report, junit

    if option == "--junit":
        return junit.dumps(whole, severity)
    return csv_report.dumps(whole) if option == "--csv" else json_report.dumps(whole) + "\n"


def writable(path: Path, inputs: Sequence[str] = ()) -> None:
    """Refuse a file that cannot be written, or must not be.

    Raises:
        UsageError: It is a folder, or in none, or forbidden, or an input.
    """
    if path.exists() and any(Path(one).exists() and path.samefile(one) for one in inputs if "://" not in one):
        raise UsageError(f"{path}: is an input itself; name another file to write")
    if path.is_dir():
        raise UsageError(f"{path}: cannot be written (it is a folder)")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: cannot be written (there is no folder {path.parent})")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path}: cannot be written (permission denied)")


def _save(path: Path, text: Callable[[], str]) -> None:
    try:
        path.write_text(text(), encoding="utf-8", newline="")
    except OSError as exc:
        raise UsageError(f"{path}: cannot be written ({exc.strerror})") from exc


def exit_code(whole: RunReport, fail_on: str) -> int:
    """3 if an input could not be read, else 1 if something is grave enough, else 0."""
    if whole.unreadable:
        return 3
    worst = whole.worst
    return int(fail_on != "never" and worst is not None and worst >= Severity[fail_on.upper()])
