"""The command ``inject`` and its options; what it does is in ``inject`` and ``inject_live``."""

from pathlib import Path
from typing import Annotated

import typer

from watchglass.faults.level import Level
from watchglass.model.errors import UsageError


def inject(
    defect: Annotated[
        str, typer.Argument(metavar="DEFECT", help="Such as video.freeze or video.freeze:ticker; --list shows all.")
    ] = "",
    source: Annotated[Path | None, typer.Argument(metavar="INPUT", help="A clean file.", show_default=False)] = None,
    output: Annotated[
        Path | None, typer.Argument(metavar="[OUTPUT]", help="What to write; beside the input unless told.")
    ] = None,
    level: Annotated[Level, typer.Option("--level", "-l", help="How much of it one notices.")] = Level.NOTICEABLE,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Where it begins: seconds or h:mm:ss.")] = "",
    seconds: Annotated[
        float | None, typer.Option("--for", metavar="S", min=0.001, help="How long it lasts.", show_default="by level")
    ] = None,
    strength: Annotated[
        float | None, typer.Option("--strength", metavar="X", help="Instead of a level; --list shows the unit.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Draws what is left to chance.")] = 0,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="Where to say what was done: OUTPUT.truth.json.")
    ] = None,
    live: Annotated[
        Path | None, typer.Option("--live", metavar="SOURCE", help="Play a file in a loop, as a live stream.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME[:STRENGTH]@S[+S]", help="Live: what goes wrong, when, how long."),
    ] = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Live: where HLS is served.")
    ] = "127.0.0.1:0",
    to: Annotated[str, typer.Option("--to", metavar="udp://ADDRESS:PORT", help="Live: as datagrams instead.")] = "",
    duration: Annotated[
        float, typer.Option("--duration", metavar="S", min=0.0, help="Live: stop after S seconds.")
    ] = 0.0,
    segment: Annotated[
        float, typer.Option("--segment", metavar="S", min=0.1, max=60.0, help="Live: length of a segment.")
    ] = 2.0,
    start_pts: Annotated[
        float | None, typer.Option("--start-pts", metavar="S", min=0.0, help="Live: where timestamps begin.")
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Live: a line of JSON for each event.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="List the defects with their levels.")] = False,
) -> None:
    """Put a known defect into a file, or into a live stream: to rehearse your alarms, and to see what is found.

    The output is the input with one defect; what was done is written beside it as JSON. The same arguments write the
    same defect again. With --live a file is played in a loop, and what goes wrong is told as it happens.
    """
    from watchglass.cli import inject as command
    from watchglass.cli import inject_live

    if show_list:
        command.table()
        inject_live.table()
        return
    if live is not None:
        if defect:
            raise UsageError(f"{defect}: with --live, faults are given by --fault, such as --fault {defect}@20")
        request = inject_live.Request(live, fault or [], listen, to, duration, json_lines, segment, start_pts, seed)
        raise typer.Exit(inject_live.run(request))
    if not defect or source is None:
        raise UsageError("name a defect and a file: watchglass inject video.freeze clean.mp4 (--list shows all)")
    from watchglass.cli.check import seconds as in_seconds

    made = command.run(
        defect,
        source,
        output,
        level=level,
        at=in_seconds("--at", at),
        seconds=seconds,
        strength=strength,
        seed=seed,
        truth_file=truth,
    )
    typer.echo(f"{made.output}: {made.recipe} from {made.start:.2f} to {made.end:.2f} s")
    if not made.counts:
        typer.echo("nothing that one could notice was changed there: try another time or level", err=True)
