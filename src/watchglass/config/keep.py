"""What is told about an input in the header of its readings, and a keeper for it."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from watchglass import __version__
from watchglass.config.build import chosen
from watchglass.config.settings import Config
from watchglass.detectors import CATALOGUE
from watchglass.model.stored import Header

if TYPE_CHECKING:
    from watchglass.config.examine import Plan
    from watchglass.store.keeping import Keeper


def keeper(plan: "Plan", source: str, run: str) -> "Keeper | None":
    """Who keeps the readings of an input, if the plan says where; ``source`` without secrets."""
    if plan.parts is None:
        return None
    from watchglass.store.keeping import Keeper

    return Keeper(plan.parts, plan.number, header(plan, source, run))


def header(plan: "Plan", source: str, run: str) -> Header:
    """Of what the readings are, and how they are judged."""
    names = chosen(plan.detectors or plan.config.watch)
    return Header(
        source=source,
        run=run,
        version=__version__,
        versions=versions(names),
        settings=settings(plan.config, names),
        delivery=plan.config.delivery_profile,
        start=plan.start,
        stop=plan.stop,
    )


def settings(config: Config, names: Sequence[str]) -> dict[str, dict[str, object]]:
    """Every setting of these detectors."""
    return {name: config.settings_of(name).model_dump() for name in names}


def versions(names: Sequence[str]) -> dict[str, str]:
    """Detectors with the versions of the packages that they come from."""
    foreign = {point.name: point.dist.version for point in entry_points(group="watchglass.detectors") if point.dist}
    return {name: __version__ if name in CATALOGUE else foreign.get(name, "?") for name in names}
