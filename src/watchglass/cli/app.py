"""The commands and their options; what they do is in the module of each."""

import logging
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from watchglass.cli.injecting import inject
from watchglass.cli.serving import ack, check_config, incidents, outbox, serve, status
from watchglass.model.errors import UsageError, WatchglassError

app = typer.Typer(
    name="watchglass",
    help="Watches audio and video streams, finds what a viewer would call broken, and tells you at once.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Detectors = Annotated[
    str,
    typer.Option(
        "--detectors",
        "-d",
        metavar="IDS",
        help="Ids or families, with commas: video,audio.silence; 'default', 'all' (previews too), -ID leaves one out.",
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings, as in watchglass.example.toml.")
]
AllowPrivate = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-private", metavar="CIDR", help="A private network that a playlist may lead to, such as 10.0.0.0/8."
    ),
]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="'NAME: VALUE'", help="Sent to the server that you name, and no other."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key", metavar="KID:KEY", help="A key for encrypted media, in hex; KEY alone for all; @FILE has one a line."
    ),
]
Rendition = Annotated[
    str,
    typer.Option("--rendition", metavar="WHICH", help="best, worst, i-frames, or a height such as 720 (HLS, DASH)."),
]
Captions = Annotated[str, typer.Option("--captions", metavar="WHICH", help="all, none, or a language: subtitles too.")]
Audio = Annotated[str, typer.Option("--audio", metavar="TRACK", help="all, none, a track's number, or a language.")]


Light = Annotated[
    bool,
    typer.Option(
        "--light", help="Decode only key frames (and all sound), and every picture as soon as something looks wrong."
    ),
]
Readings = Annotated[
    Path | None,
    typer.Option(
        "--readings", metavar="FILE", help="Keep what was measured (Parquet), for `watchglass rejudge` and for you."
    ),
]

STOPPED = 128 + signal.SIGINT
"""As a shell counts a program that Ctrl-C ended."""


class RtspTransport(StrEnum):
    """How media of RTSP may come."""

    TCP = "tcp"
    UDP = "udp"


class FailOn(StrEnum):
    """Severities that an exit code may follow."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    NEVER = "never"


@app.command()
def check(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders or URLs.")],
    json_file: Annotated[
        str,
        typer.Option("--json", metavar="FILE", help="Write the report as JSON; - for stdout and nothing else there."),
    ] = "",
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page with pictures.")
    ] = None,
    junit_file: Annotated[
        str, typer.Option("--junit", metavar="FILE", help="Write the report as JUnit XML, for CI; - for stdout.")
    ] = "",
    csv_file: Annotated[
        str, typer.Option("--csv", metavar="FILE", help="Write the findings as CSV, a row each; - for stdout.")
    ] = "",
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="Begin here: seconds or h:mm:ss.")] = "",
    stop: Annotated[str, typer.Option("--to", metavar="TIME", help="End here: seconds or h:mm:ss.")] = "",
    detectors: Detectors = "",
    config: ConfigFile = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Severity from which the exit code is 1; warning by default.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Files at the same time; 0 for as many as cores.")
    ] = 0,
    threads: Annotated[
        int, typer.Option("--threads", min=0, help="Threads of each decoder; 0 shares the cores among the jobs.")
    ] = 0,
    rendition: Rendition = "",
    audio: Audio = "",
    captions: Captions = "",
    header: Headers = None,
    allow_private: AllowPrivate = None,
    key: Keys = None,
    light: Light = False,
    readings: Readings = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no findings on stderr.")] = False,
) -> None:
    """Examine files, folders or on-demand addresses and report what is broken.

    Exit code: 0 nothing found, 1 something at or above --fail-on, 2 wrong usage, 3 an input could not be read.
    """
    from watchglass.cli import check as command
    from watchglass.cli.output import Output

    request = command.Request(
        plan=command.plan(
            config=config,
            detectors=detectors,
            start=start,
            stop=stop,
            rendition=rendition,
            audio=audio,
            captions=captions,
            headers=header or [],
            allow_private=allow_private or [],
            keys=key or [],
            threads=threads,
            light=light,
        ),
        output=Output(json_file, html_file, fail_on or "", junit_file, csv_file),
        readings=readings,
        jobs=jobs,
        quiet=quiet,
    )
    raise typer.Exit(command.run(paths, request))


@app.command()
def watch(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="A live HLS or DASH address; udp://[@]ADDRESS:PORT, rtp://; rtmp(s)://, rtsp(s)://, srt://, rist://; "
            "or anything that check takes.",
        ),
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="A line of JSON for each event.")] = False,
    duration: Annotated[float, typer.Option("--duration", metavar="S", min=0.0, help="Stop after S seconds.")] = 0.0,
    until_finding: Annotated[bool, typer.Option("--until-finding", help="Stop at the first alarm.")] = False,
    detectors: Detectors = "",
    config: ConfigFile = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit with 1 if this severity was reached.")
    ] = FailOn.NEVER,
    rendition: Rendition = "",
    audio: Audio = "",
    captions: Captions = "",
    header: Headers = None,
    allow_private: AllowPrivate = None,
    key: Keys = None,
    rtsp_transport: Annotated[
        RtspTransport, typer.Option("--rtsp-transport", help="How a server of RTSP shall send.")
    ] = RtspTransport.TCP,
    light: Light = False,
    readings: Readings = None,
) -> None:
    """Watch a live stream and tell what happens as it happens; Ctrl-C stops.

    Exit code: 0 stopped, 1 something at or above --fail-on, 2 wrong usage, 3 the stream could never be read.
    """
    from watchglass.cli import check as shared
    from watchglass.cli import watch as command

    plan = shared.plan(
        config=config,
        detectors=detectors,
        rendition=rendition,
        audio=audio,
        captions=captions,
        headers=header or [],
        allow_private=allow_private or [],
        keys=key or [],
        rtsp_over_udp=rtsp_transport is RtspTransport.UDP,
        light=light,
    )
    raise typer.Exit(command.run(url, command.Request(plan, json_lines, duration, until_finding, fail_on, readings)))


@app.command()
def rejudge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `check --readings` or `watch --readings` wrote.")],
    json_file: Annotated[
        str,
        typer.Option("--json", metavar="FILE", help="Write the report as JSON; - for stdout and nothing else there."),
    ] = "",
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page, without pictures.")
    ] = None,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="Begin here: seconds or h:mm:ss.")] = "",
    stop: Annotated[str, typer.Option("--to", metavar="TIME", help="End here: seconds or h:mm:ss.")] = "",
    detectors: Detectors = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Settings to judge by; those of then unless told."),
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option("--fail-on", help="Severity from which the exit code is 1; warning by default.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Detectors at the same time; 0 for as many as cores.")
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
) -> None:
    """Judge stored readings again: what would have alarmed with other settings, and what differs from then.

    A day takes a minute or two instead of an hour, and needs no media. With the settings of then (no --config) the
    findings are the same. Settings that shape the measurement cannot be changed afterwards: `watchglass explain ID`
    says which.

    Exit code: 0 nothing found, 1 something at or above --fail-on, 2 wrong usage, 3 the file could not be read.
    """
    from watchglass.cli import rejudge as command

    raise typer.Exit(
        command.run(
            file,
            command.request(
                config=config,
                detectors=detectors,
                start=start,
                stop=stop,
                json_file=json_file,
                html_file=html_file,
                fail_on=fail_on or "",
                jobs=jobs,
                quiet=quiet,
            ),
        )
    )


@app.command()
def demo(
    duration: Annotated[float, typer.Option("--duration", metavar="S", min=1.0, help="Seconds of channel.")] = 60.0,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Draws the programme and its faults.")] = None,
) -> None:
    """Broadcast a small live channel on this machine, break it, and watch the alarms come."""
    from watchglass.cli.demo import demo as command

    raise typer.Exit(command(duration, seed))


app.command()(inject)
app.command()(serve)
app.command()(check_config)
for _command in (status, incidents, ack, outbox):
    app.command()(_command)


@app.command()
def detectors() -> None:
    """List the detectors: what each looks for and how far it may be trusted."""
    from watchglass.cli import learn

    learn.table()


@app.command()
def explain(name: Annotated[str, typer.Argument(metavar="ID", help="Such as video.freeze.")]) -> None:
    """Explain a detector: what it measures, why it matters, when it opens, what it cannot see, its settings."""
    from watchglass.cli import learn

    learn.page(name)


def version(value: bool) -> None:
    """Print the version and end."""
    if value:
        from watchglass import __version__

        typer.echo(f"watchglass {__version__}")
        raise typer.Exit


@app.callback()
def whole(
    show: Annotated[
        bool, typer.Option("--version", "-V", callback=version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell on stderr what goes on inside.")] = False,
) -> None:
    """Watches audio and video streams and tells what a viewer would call broken."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO if verbose else logging.CRITICAL, format="%(name)s: %(message)s"
    )


def run() -> int:
    """Run the command line; every error that a user may meet becomes a sentence and an exit code."""
    try:
        code = app(prog_name="watchglass", standalone_mode=False)
    except TyperException as exc:
        usage: Any = exc  # its declared type knows neither
        usage.show()
        return int(usage.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        code = STOPPED
    except UsageError as exc:
        _say(exc)
        return 2
    except WatchglassError as exc:
        _say(exc)
        return 3
    except BrokenPipeError:
        return _nobody_reads()
    except OSError as exc:  # of inputs they are all translated: this is stdout, as on a full disk
        _say(WatchglassError(f"the output cannot be written ({exc.strerror or exc})"))
        _nobody_reads()
        return 2
    except SystemExit as exc:  # so Click and Rich end where nobody reads what they write
        if isinstance(exc.__context__, BrokenPipeError):
            return _nobody_reads()
        raise
    if code == STOPPED:  # so Typer hands on Ctrl-C, too
        typer.echo("stopped", err=True)
    return code if isinstance(code, int) else 0


def _say(error: WatchglassError) -> None:
    from watchglass.reports import wording

    typer.echo(f"watchglass: {wording.clean(str(error))}", err=True)


def _nobody_reads() -> int:
    """As a shell counts a program that SIGPIPE ended; what is still to be flushed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE
