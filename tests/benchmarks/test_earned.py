"""Who is stable: by hand, and as it was published."""

import json
from pathlib import Path

import pytest

from proving.earned import earned, table
from watchglass.detectors import load
from watchglass.model.detector import Status

PUBLISHED = json.loads((Path(__file__).resolve().parents[2] / "docs" / "accuracy.json").read_text("utf-8"))


def of(content, found, n, *, recipe="video.freeze", level="very-noticeable"):
    return {"content": content, "recipe": recipe, "level": level, "found": found, "n": n}


def freeze(*defects, reporting=0, generated=0):
    clean = [
        {"content": "reporting", "false_alarms": {"video.freeze": reporting}},
        {"content": "generated", "false_alarms": {"video.freeze": generated}},
    ]
    figures = {"clean": clean, "defects": [*defects]}
    return next(each for each in earned(figures) if each.detector == "video.freeze"), table(figures)


@pytest.mark.parametrize(
    ("defects", "alarms", "status"),
    [
        pytest.param([of("reporting", 4, 5)], {}, "stable", id="four of five"),
        pytest.param([of("reporting", 4, 5)], {"generated": 1}, "stable", id="one false alarm in programme"),
        pytest.param([of("reporting", 4, 5)], {"generated": 2}, "provisional", id="two"),
        pytest.param([of("reporting", 4, 5)], {"reporting": 1}, "provisional", id="one over the clips"),
        pytest.param([of("reporting", 7, 9)], {}, "provisional", id="fewer than four of five"),
        pytest.param([of("reporting", 4, 4)], {}, "provisional", id="too few cases"),
        pytest.param([of("reporting", 1, 4), of("generated", 9, 10)], {}, "stable", id="programme, for want of clips"),
        pytest.param([of("reporting", 4, 5), of("generated", 0, 10)], {}, "stable", id="clips, where there are enough"),
        pytest.param(
            [of("reporting", 5, 5), of("reporting", 3, 5, recipe="video.freeze:clock")],
            {},
            "provisional",
            id="each recipe",
        ),
        pytest.param(
            [of("reporting", 5, 5), of("reporting", 0, 5, level="noticeable")], {}, "stable", id="the very noticeable"
        ),
        pytest.param([of("tuning", 5, 5)], {}, "provisional", id="clips that it was tuned on"),
        pytest.param([], {}, "provisional", id="nothing is known"),
    ],
)
def test_what_a_detector_has_earned(defects, alarms, status):
    found, _ = freeze(*defects, **alarms)
    assert found.status is (Status.STABLE if status == "stable" else Status.PROVISIONAL)


def test_the_recipe_that_is_found_least_is_named():
    found, lines = freeze(of("reporting", 5, 5), of("reporting", 3, 5, recipe="video.freeze:clock"), generated=1)
    assert (found.recipe, found.found, found.n, found.false_alarms) == ("video.freeze:clock", 3, 5, 1)
    assert "| `video.freeze` | stable (provisional) | 1 | `video.freeze:clock`: 3 of 5 (reporting) |\n" in lines


@pytest.mark.parametrize("each", [*earned(PUBLISHED)], ids=lambda each: each.detector)
def test_detectors_claim_what_they_have_earned(each):
    assert load(each.detector).status is each.status
