"""The commands around ``watchglass serve`` and their options; what they do is in ``serve.py`` and ``incidents.py``."""

from pathlib import Path
from typing import Annotated

import typer

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
