"""The commands around ``watchglass serve`` and their options; what they do is in the module of each."""

from pathlib import Path
from typing import Annotated

import typer

from watchglass.store import require_database

ServeConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Streams, sinks and limits; watchglass.toml unless told."),
]


def serve(config: ServeConfig = None) -> None:
    """Watch many streams, day and night, and tell sinks of every incident; Ctrl-C stops, SIGHUP reads FILE again.

    A process for each stream: one that crashes or hangs costs that stream a moment, and the others nothing. Incidents
    and what is to be told of them are kept in a database: nothing is lost when a process, a sink or the machine fails.

    Exit code: 0 stopped, 2 settings that cannot be followed, 3 a database that cannot be used.
    """
    require_database()
    from watchglass.cli import serve as command

    raise typer.Exit(command.run(command.existing(config)))


def check_config(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="watchglass.toml unless told.")] = None,
) -> None:
    """Say what a configuration means: streams, sinks, routes; or what is wrong with it, and where.

    Secrets are read to see that they are there, and not shown. Nothing is connected to.

    Exit code: 0 it is in order, 2 it is not.
    """
    from watchglass.cli import serve as command

    raise typer.Exit(command.check(command.existing(file)))


AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs.")]


def status(
    config: ServeConfig = None,
    json_lines: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it anew every 2 s, until Ctrl-C.")] = False,
) -> None:
    """Show how each stream is that `watchglass serve` watches, and how the machine is.

    Exit code: 0 it is served, 1 nobody serves any more, 2 wrong usage, 3 nobody has ever served.
    """
    from watchglass.cli import serve as shared
    from watchglass.cli import status as command

    raise typer.Exit(command.run(shared.existing(config), as_json=json_lines, again=watch))


def incidents(
    config: ServeConfig = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="The last 100, those that are over, too.")] = False,
    stream: Annotated[str | None, typer.Option("--stream", metavar="NAME", help="Of this stream only.")] = None,
    json_lines: AsJson = False,
) -> None:
    """List the incidents that go on; of `watchglass serve`, whether it runs or not.

    Exit code: 0 listed, 2 wrong usage, 3 a database that cannot be used.
    """
    require_database()
    from watchglass.cli import incidents as command
    from watchglass.cli import serve as shared

    raise typer.Exit(command.show(shared.existing(config), everything=everything, stream=stream, as_json=json_lines))


def ack(
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who has them in hand.")],
    incident: Annotated[
        list[str] | None, typer.Argument(metavar="[INCIDENT]...", help="Ids, as `watchglass incidents` lists them.")
    ] = None,
    stream: Annotated[
        str | None, typer.Option(metavar="NAME", help="All of this stream that nobody has in hand.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="All that nobody has in hand.")] = False,
    config: ServeConfig = None,
) -> None:
    """Say that somebody has incidents in hand: those who were told of them hear that, and are reminded no more.

    Exit code: 0 noted, 2 there is no such incident, it is over or in other hands, 3 a database that cannot be used.
    """
    require_database()
    from watchglass.cli import incidents as command
    from watchglass.cli import serve as shared

    path = shared.existing(config)
    raise typer.Exit(command.acknowledge(path, incident or (), by, stream=stream, everything=everything))


def outbox(
    config: ServeConfig = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try what was given up again, as if it were new.")] = False,
    json_lines: AsJson = False,
) -> None:
    """Show what has not been told yet, by sink, and what was given up.

    Exit code: 0 nothing was given up, 1 something was, 2 wrong usage, 3 a database that cannot be used.
    """
    require_database()
    from watchglass.cli import outbox as command
    from watchglass.cli import serve as shared

    raise typer.Exit(command.run(shared.existing(config), retry=retry, as_json=json_lines))
