"""``watchglass check``: files, folders and addresses, one report."""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os import cpu_count
from pathlib import Path

from watchglass import __version__
from watchglass.cli.output import Output, writable
from watchglass.cli.teller import Teller
from watchglass.cli.workers import examine_all
from watchglass.config.build import crew
from watchglass.config.examine import Plan
from watchglass.config.settings import Config, load_config
from watchglass.detectors import broken
from watchglass.media.content_keys import ContentKeys
from watchglass.media.named_files import whole_inputs
from watchglass.media.source import SourceOptions
from watchglass.model.errors import UsageError
from watchglass.model.report import FileReport, RunReport
from watchglass.net.guard import parse_networks

MEDIA = frozenset(
    f".{ending}"
    for line in (
        "264 265 3gp aac ac3 aif aiff avi av1 caf dv ec3 f4v flac flv gxf h264 h265 hevc ivf m2t m2ts m2v m3u8 m4a m4v",
        "mka mkv mov mp2 mp3 mp4 mpd mpeg mpg mts mxf obu oga ogg ogv opus ts vob wav webm wma wmv y4m",
    )
    for ending in line.split()
)
"""Endings of the files that are examined in a folder; a file that is named itself is always examined."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for beside the inputs."""

    plan: Plan
    output: Output
    readings: Path | None
    """Where to keep the readings, if at all."""
    jobs: int
    quiet: bool


def plan(
    *,
    config: Path | None,
    detectors: str,
    start: str = "",
    stop: str = "",
    rendition: str = "",
    audio: str = "",
    captions: str = "",
    headers: Sequence[str] = (),
    allow_private: Sequence[str] = (),
    keys: Sequence[str] = (),
    rtsp_over_udp: bool = False,
    threads: int = 0,
    light: bool = False,
) -> Plan:
    """From what was typed to a plan.

    Raises:
        UsageError: Something that was typed cannot be followed.
    """
    settings = load_config(config) if config else Config()
    if rendition and not re.fullmatch(r"best|worst|i-frames|[1-9]\d{1,4}", rendition):
        raise UsageError(f"--rendition {rendition}: must be best, worst, i-frames or a height in pixels such as 720")
    chosen = (("rendition", rendition), ("audio", audio), ("captions", captions))
    overrides = {key: text for key, text in chosen if text}
    names = named(detectors)
    crew(settings, names)  # what cannot be hired is told before anything is opened
    for reason in broken().values():
        sys.stderr.write(f"watchglass: left out: {reason}\n")
    begin, end = part(start, stop)
    return Plan(
        config=settings.model_copy(update=overrides),
        detectors=names,
        start=begin,
        stop=end,
        threads=threads,
        light=light,
        source=SourceOptions(
            headers=_headers(headers),
            allow_private=parse_networks(allow_private),
            keys=_content_keys(keys),
            rtsp_over_udp=rtsp_over_udp,
        ),
    )


def named(detectors: str) -> tuple[str, ...]:
    """What was typed as ``--detectors``, one by one."""
    return tuple(name.strip() for name in detectors.split(",") if name.strip())


def part(start: str, stop: str) -> tuple[float, float | None]:
    """What was typed as ``--from`` and ``--to``, in seconds.

    Raises:
        UsageError: One is no time, or they are the wrong way round.
    """
    begin, end = seconds("--from", start) or 0.0, seconds("--to", stop)
    if end is not None and end <= begin:
        raise UsageError(f"--to {stop}: must come after --from {start or 0}")
    return begin, end


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


def _content_keys(options: Sequence[str]) -> ContentKeys:
    try:
        return ContentKeys.parse([line for option in options for line in _key_lines(option)])
    except UsageError as exc:
        raise UsageError(f"--key: {exc}") from None


def _key_lines(option: str) -> list[str]:
    if not option.startswith("@"):
        return [option]
    try:
        lines = Path(option[1:]).read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as exc:
        raise UsageError(f"{option}: cannot be read ({getattr(exc, 'strerror', None) or 'not text'})") from None
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def run(paths: Sequence[str], request: Request) -> int:
    """Examine everything and tell; returns the exit code."""
    request.output.check(paths)
    if request.readings is not None:
        writable(request.readings, paths)
    targets: list[str] = []
    refused: list[FileReport] = []
    for path in paths:
        found = list(_targets(path))
        targets += found
        if not found:
            refused.append(FileReport(source=path, error=f"{path}: the folder holds no audio or video"))
    request.output.check(targets)
    jobs = min(request.jobs or cpu_count() or 1, max(1, len(targets)))
    teller = Teller(sys.stderr, quiet=request.quiet, several=len(targets) > 1)
    for report in refused:
        teller.refused(report)
    with ExitStack() as keeping:  # left last: also after Ctrl-C what was kept becomes a file
        plan = replace(request.plan, with_evidence=request.output.html_file is not None)
        if request.readings is not None:
            from watchglass.store.binding import Binder

            plan = replace(plan, parts=keeping.enter_context(Binder(request.readings, __version__)).folder)
        reports = examine_all(targets, plan, jobs=jobs, teller=teller)
        whole = RunReport(files=(*reports, *refused), version=__version__, made_utc=time.time())
        return request.output.write(whole, plan.config.fail_on)


def _targets(path: str) -> Iterator[str]:
    if path in ("", "-"):
        raise UsageError("PATH is empty" if not path else "-: standard input cannot be examined; name a file or a URL")
    if "://" in path or not Path(path).is_dir():
        yield path
        return
    media = (
        found
        for found in sorted(Path(path).rglob("*"))
        if found.suffix.lower() in MEDIA and found.is_file() and not found.name.startswith(".")
    )
    yield from map(str, whole_inputs(media))
