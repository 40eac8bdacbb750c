"""All recipes, by name."""

from watchglass.faults.recipe import Recipe
from watchglass.faults.recipes import (
    bitstreams,
    blocks,
    borders,
    captions,
    cards,
    clocks,
    disturbances,
    flashes,
    levels,
    loudness,
    moments,
    offsets,
    optics,
    plain,
    stills,
    tables,
    transport,
)

_ALL: tuple[Recipe, ...] = (
    *stills.RECIPES,
    *plain.RECIPES,
    *cards.RECIPES,
    *bitstreams.RECIPES,
    *blocks.RECIPES,
    *optics.RECIPES,
    *moments.RECIPES,
    *flashes.RECIPES,
    *borders.RECIPES,
    *levels.RECIPES,
    *loudness.RECIPES,
    *disturbances.RECIPES,
    *clocks.RECIPES,
    *offsets.RECIPES,
    *transport.RECIPES,
    *tables.RECIPES,
    *captions.RECIPES,
)
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
