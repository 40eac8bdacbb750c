"""``watchglass inject``: put a known defect into a file, to rehearse what follows an alarm."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import typer
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from watchglass.faults.inject import Truth, duration_of, inject
from watchglass.faults.level import Level
from watchglass.faults.recipe import Recipe
from watchglass.faults.recipes import RECIPES
from watchglass.model.errors import UsageError

FIRST = 0.4
"""Where a defect begins unless told, as a share of the file."""


def table() -> None:
    """Every recipe with what it does, and its strength and how long it lasts at the four levels."""
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("defect")
    rows.add_column("from very noticeable to very subtle", justify="right", no_wrap=True)
    for recipe in RECIPES.values():
        what = Group(Text(recipe.name, "bold"), Padding(Text(recipe.about), (0, 0, 0, 2)))
        rows.add_row(what, f"{_steps(recipe)}\n{_lasts(recipe)}")
    Console(highlight=False).print(rows)


def _steps(recipe: Recipe) -> str:
    """Its strengths, where they differ."""
    if len(set(recipe.strengths)) == 1:
        return ""
    return " / ".join(f"{step:g}" for step in recipe.strengths) + (f" {recipe.unit}" if recipe.unit != "1" else "")


def _lasts(recipe: Recipe) -> str:
    if not math.isfinite(recipe.seconds[0]):
        return "to the end"
    if len(set(recipe.seconds)) == 1:
        return f"for {recipe.seconds[0]:g} s"
    return "for " + " / ".join(f"{step:g}" for step in recipe.seconds) + " s"


def run(
    name: str,
    source: Path,
    target: Path | None,
    *,
    level: Level,
    at: float | None,
    seconds: float | None,
    strength: float | None,
    seed: int,
    truth_file: Path | None,
) -> Truth:
    """Write the file and the truth about it.

    Raises:
        UsageError: There is no such recipe, or it cannot be used on this file.
        SourceError: The file cannot be read or written.
    """
    recipe = _recipe(name)
    whole = duration_of(source)
    order = recipe.order(level, round(FIRST * whole, 2) if at is None else at, seconds, seed)
    if strength is not None:
        order = replace(order, strength=strength)
    if target is None:
        target = source.with_name(f"{source.stem}.{name.replace(':', '.')}.{level}{source.suffix}")
    if target.resolve() == source.resolve():
        raise UsageError(f"{target}: is the clean file itself; name another one to write")
    truth = inject(source, target, recipe, order, level=level if strength is None else None, told=_Progress(whole))
    truth.write(truth_file or target.with_name(target.name + ".truth.json"))
    return truth


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        near = [each for each in RECIPES if name.partition(":")[0] in each]
        hint = f"did you mean {' or '.join(near)}?" if near else "`watchglass inject --list` shows them"
        raise UsageError(f"there is no recipe {name!r}; {hint}")
    return RECIPES[name]


class _Progress:
    """One line on a terminal, and nothing elsewhere."""

    def __init__(self, whole: float) -> None:
        self._whole = whole
        self._shows = sys.stderr.isatty() and self._whole > 0.0
        self._told = -1

    def __call__(self, seconds: float) -> None:
        share = min(100, int(100 * seconds / self._whole)) if self._shows else 0
        if self._shows and share != self._told:
            self._told = share
            end = "\r\x1b[K" if share >= 100 else ""
            typer.echo(f"\rwriting ... {share} %{end}", nl=False, err=True)
