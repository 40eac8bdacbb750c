"""All recipes, by name."""

from watchglass.faults.recipe import Recipe
from watchglass.faults.recipes import bitstreams, blocks, clocks, disturbances, levels, plain, stills

_ALL: tuple[Recipe, ...] = (
    *stills.RECIPES,
    *plain.RECIPES,
    *levels.RECIPES,
    *disturbances.RECIPES,
    *bitstreams.RECIPES,
    *blocks.RECIPES,
    *clocks.RECIPES,
)
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
