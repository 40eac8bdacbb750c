"""``watchglass check``: files, folders and addresses, one report."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from os import cpu_count
from pathlib import Path

from watchglass import __version__
from watchglass.cli.teller import Teller
from watchglass.cli.workers import examine_all
from watchglass.config.build import crew
from watchglass.config.examine import Plan
from watchglass.config.settings import Config, load_config
from watchglass.detectors import broken
from watchglass.media.source import SourceOptions
from watchglass.model.errors import UsageError
from watchglass.model.finding import Severity
from watchglass.model.report import FileReport, RunReport
from watchglass.net.guard import parse_networks

MEDIA = frozenset(
    f".{ending}"
    for line in (
        "264 265 3gp aac ac3 aif aiff avi av1 caf dv ec3 f4v flac flv gxf h264 h265 hevc ivf m2t m2ts m2v m3u8 m4a m4v",
        "mka mkv mov mp2 mp3 mp4 mpeg mpg mts mxf obu oga ogg ogv opus ts vob wav webm wma wmv y4m",
    )
    for ending in line.split()
)
"""Endings of the files that are examined in a folder; a file that is named itself is always examined."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for beside the inputs."""

    plan: Plan
    json_file: str
    html_file: Path | None
    fail_on: str
    jobs: int
    quiet: bool
    junit_file: str = ""
    csv_file: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """Option to file of the reports that may go to stdout, where ``-`` stands for it."""
        named = {"--json": self.json_file, "--junit": self.junit_file, "--csv": self.csv_file}
        return {option: name for option, name in named.items() if name}

    @property
    def severity(self) -> str:
        """From where the exit code is 1."""
        return self.fail_on or self.plan.config.fail_on


def plan(
    *,
    config: Path | None,
    detectors: str,
    start: str = "",
    stop: str = "",
    rendition: str = "",
    audio: str = "",
    headers: Sequence[str] = (),
    allow_private: Sequence[str] = (),
    threads: int = 0,
) -> Plan:
    """From what was typed to a plan.

    Raises:
        UsageError: Something that was typed cannot be followed.
    """
    settings = load_config(config) if config else Config()
    if rendition and not re.fullmatch(r"best|worst|[1-9]\d{1,4}", rendition):
        raise UsageError(f"--rendition {rendition}: must be best, worst or a height in pixels such as 720")
    overrides = {key: text for key, text in (("rendition", rendition), ("audio", audio)) if text}
    names = tuple(name.strip() for name in detectors.split(",") if name.strip())
    crew(settings, names)  # what cannot be hired is told before anything is opened
    for reason in broken().values():
        sys.stderr.write(f"watchglass: left out: {reason}\n")
    begin, end = seconds("--from", start) or 0.0, seconds("--to", stop)
    if end is not None and end <= begin:
        raise UsageError(f"--to {stop}: must come after --from {start or 0}")
    return Plan(
        config=settings.model_copy(update=overrides),
        detectors=names,
        start=begin,
        stop=end,
        threads=threads,
        source=SourceOptions(headers=_headers(headers), allow_private=parse_networks(allow_private)),
    )


def seconds(option: str, text: str) -> float | None:
    """A time as ``90``, ``1:30`` or ``0:01:30.5``.

    Raises:
        UsageError: It is none.
    """
    if not text:
        return None
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", text):
        raise UsageError(f"{option} {text}: must be seconds or h:mm:ss")
    total = 0.0
    for part in text.split(":"):
        total = total * 60.0 + float(part)
    return total


def _headers(lines: Sequence[str]) -> dict[str, str]:
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()):
            raise UsageError("--header: must be 'Name: value'")  # the value may be a secret: it is not repeated
        headers[name.strip()] = value.strip()
    return headers


def run(paths: Sequence[str], request: Request) -> int:
    """Examine everything and tell; returns the exit code."""
    on_stdout = [option for option, name in request.texts.items() if name == "-"]
    if len(on_stdout) > 1:
        raise UsageError(f"{' and '.join(on_stdout)}: only one of them can go to stdout")
    for wanted in (request.html_file, *(Path(name) for name in request.texts.values() if name != "-")):
        if wanted is not None:
            _writable(wanted)
    targets: list[str] = []
    refused: list[FileReport] = []
    for path in paths:
        found = list(_targets(path))
        targets += found
        if not found:
            refused.append(FileReport(source=path, error=f"{path}: the folder holds no audio or video"))
    jobs = min(request.jobs or cpu_count() or 1, max(1, len(targets)))
    teller = Teller(sys.stderr, quiet=request.quiet, several=len(targets) > 1)
    for report in refused:
        teller.refused(report)
    plan = replace(request.plan, with_evidence=request.html_file is not None)
    reports = examine_all(targets, plan, jobs=jobs, teller=teller)
    whole = RunReport(files=(*reports, *refused), version=__version__, made_utc=time.time())
    _write(whole, request)
    return exit_code(whole, request.severity)


def _targets(path: str) -> Iterator[str]:
    if path in ("", "-"):
        raise UsageError("PATH is empty" if not path else "-: standard input cannot be examined; name a file or a URL")
    if "://" in path or not Path(path).is_dir():
        yield path
        return
    for found in sorted(Path(path).rglob("*")):
        if found.suffix.lower() in MEDIA and found.is_file() and not found.name.startswith("."):
            yield str(found)


def _write(whole: RunReport, request: Request) -> None:
    """Write what was asked for; what cannot be written costs none of the rest."""
    with ExitStack() as reports:  # first those that are shown, then those that are saved
        if request.html_file:
            from watchglass.reports import html

            reports.callback(_save, request.html_file, lambda: html.render(whole))
        to_stdout = None
        for option, name in request.texts.items():
            if name == "-":
                to_stdout = option
            else:
                reports.callback(_save, Path(name), partial(_text, option, whole, request))
        if to_stdout:
            sys.stdout.write(_text(to_stdout, whole, request))
            sys.stdout.flush()
            return
        from rich.console import Console

        from watchglass.reports import table

        table.show(whole, Console())


def _text(option: str, whole: RunReport, request: Request) -> str:
    """A report as text, by the option that asks for it."""
    from watchglass.reports import csv_report, json_report, junit

    if option == "--junit":
        return junit.dumps(whole, request.severity)
    return csv_report.dumps(whole) if option == "--csv" else json_report.dumps(whole) + "\n"


def _writable(path: Path) -> None:
    """Refuse a file that cannot be written before hours are spent on what it is to hold."""
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
