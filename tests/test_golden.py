"""What is found in media that FFmpeg's filters spoilt, as it was when somebody last looked: `tests/golden/`.

A case is a recipe (`NAME.toml`) and what the default detectors say about it (`NAME.findings.jsonl`), a line for each.
`pytest tests/test_golden.py --update-golden` writes the lines anew: read the difference before you commit it.
"""

import json
import re
import tomllib
from pathlib import Path

import pytest

import lavfi
from watchglass.config.examine import Plan, examine
from watchglass.config.settings import Config
from watchglass.detectors import CATALOGUE

GOLDEN = Path(__file__).parent / "golden"
SOURCES = tomllib.loads((GOLDEN / "sources.toml").read_text("utf-8"))
CASES = sorted(path.stem for path in GOLDEN.glob("*.toml") if path.stem != "sources")
ELSEWHERE = {name for name in CATALOGUE if name.startswith(("transport.", "captions."))}
"""Nothing stalls in a file, nor do filters break packets or write captions: `tests/media` and the tests of each do."""
NEAR = 0.2
"""Seconds by which times may differ: encoders are not the same everywhere."""


def lines(name, folder):
    """What is said about a case: plain data, a finding each."""
    case = tomllib.loads((GOLDEN / f"{name}.toml").read_text("utf-8"))
    detectors = {}
    if "card" in case:
        detectors["video"] = {"slate": {"images": [str(lavfi.card(folder / "card.png", case["card"], SOURCES))]}}
    delivery = {"profile": case["profile"]} if "profile" in case else None
    plan = Plan(config=Config.model_validate({"detectors": detectors, "delivery": delivery}), threads=1)
    path = lavfi.made(folder / "case.mp4", case, SOURCES)
    report = examine(str(path), plan, lambda finding: None, lambda reached, whole: None)
    assert report.error is None
    return [
        {
            "detector": each.detector,
            "from": round(each.opened_at, 2),
            "to": round(each.closed_at, 2),
            "severity": each.severity.name.lower(),
            "reason": each.reason,
            "explained_by": each.explained_by,
            "message": each.message,
        }
        for each in sorted(report.findings, key=lambda each: (each.opened_at, each.detector, each.track or ""))
    ]


def told(line):
    """A line without its times, and without the numbers in its message."""
    return {**line, "from": None, "to": None, "message": re.sub(r"\d+(\.\d+)?", "#", line["message"])}


@pytest.mark.parametrize("name", CASES)
def test_the_same_is_found_as_ever(name, tmp_path, request):
    found, golden = lines(name, tmp_path), GOLDEN / f"{name}.findings.jsonl"
    if request.config.getoption("--update-golden"):
        golden.write_text("".join(json.dumps(line) + "\n" for line in found), "utf-8")
    expected = [json.loads(line) for line in golden.read_text("utf-8").splitlines()]
    assert [told(line) for line in found] == [told(line) for line in expected]
    for line, known in zip(found, expected, strict=True):
        assert (line["from"], line["to"]) == pytest.approx((known["from"], known["to"]), abs=NEAR)


@pytest.mark.parametrize("name", sorted(set(CATALOGUE) - ELSEWHERE))
def test_each_detector_has_a_case_in_which_it_speaks(name):
    said = (GOLDEN / f"{name}.findings.jsonl").read_text("utf-8").splitlines()
    assert name in {json.loads(line)["detector"] for line in said}


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("clean")])
def test_nothing_is_said_about_what_is_clean(name):
    assert (GOLDEN / f"{name}.findings.jsonl").read_text("utf-8") == ""
