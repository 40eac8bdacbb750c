"""All recipes, by name."""

from watchglass.faults.recipe import Recipe
from watchglass.faults.recipes import clocks, levels, plain, stills

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for recipe in (*stills.RECIPES, *plain.RECIPES, *levels.RECIPES, *clocks.RECIPES)
}
