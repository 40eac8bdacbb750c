"""How often the detectors are right, and how often they cry wolf: `make accuracy`.

Defects are put into clean content with the recipes of `watchglass inject`; everything is examined as `watchglass
check` does it. Outcomes are kept in a folder, line by line, so that a run that was cut off goes on where it was.

    python benchmarks/accuracy.py [--half reporting] [--recipes video.freeze,...] [--levels noticeable,...]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from proving.cases import Case, Outcome, planned, tried
from proving.corpus import clips
from proving.score import about, false_alarms, row, wilson

import watchglass  # noqa: F401 (before numpy: it asks for one BLAS thread)
from watchglass.detectors import CATALOGUE
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES


def outcomes(cases: list[Case], log: Path, jobs: int) -> Iterator[Outcome]:
    """Those that are known already, then the others as they come."""
    known = {}
    if log.exists():
        for line in log.read_text("utf-8").splitlines():
            outcome = Outcome.from_json(json.loads(line))
            known[(outcome.clip, outcome.recipe, outcome.level, outcome.seed if outcome.recipe else None)] = outcome
    keys = {_key(case): case for case in cases}
    yield from (outcome for key, outcome in known.items() if key in keys)
    todo = [case for key, case in keys.items() if key not in known]
    begun = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool, log.open("a", encoding="utf-8") as file:
        waiting = {pool.submit(tried, case): case for case in todo}
        for number, done in enumerate(as_completed(waiting), 1):
            outcome = done.result()
            file.write(json.dumps(outcome.as_json()) + "\n")
            file.flush()
            left = (time.monotonic() - begun) / number * (len(todo) - number)
            if sys.stderr.isatty() or number % 50 == 0 or number == len(todo):
                print(f"\r{number} of {len(todo)}, {left / 60:.1f} min to go ", end="", file=sys.stderr, flush=True)
            yield outcome
    print(file=sys.stderr)


def _key(case: Case) -> tuple[str, str | None, str | None, int | None]:
    return (case.clip.path.name, case.recipe, case.level and str(case.level), case.seed if case.recipe else None)


def main() -> None:
    """Run what was asked for and print the figures."""
    arguments = parsed()
    found = [clip for clip in clips(arguments.corpus) if arguments.half in ("both", clip.half)]
    cases = list(planned(found, arguments.recipes, arguments.levels))
    seen = list(outcomes(cases, arguments.out / "outcomes.jsonl", arguments.jobs))
    clean = [each for each in seen if each.recipe is None]
    hours = sum(each.duration for each in clean) / 3600.0
    print(f"{len(clean)} clean clips, {hours:.2f} h: {sum(len(false_alarms(each)) for each in clean)} false alarms")
    for each in clean:
        for said in false_alarms(each):
            print(f"  FALSE {each.clip}: {said}")
    for name in arguments.recipes:
        for level in arguments.levels:
            mine = [each for each in seen if each.recipe == name and each.level == str(level)]
            _print(row(name, str(level), mine, clean))
            if arguments.misses:
                for each in mine:
                    if each.counts and not any(s.severity >= 1 or s.explained_by for s in about(each)):
                        told = "; ".join(
                            f"{s.detector} {s.start:.2f}-{s.end:.2f} {s.severity} {s.reason}" for s in each.said
                        )
                        print(
                            f"  MISS {each.clip} {each.start:.2f}-{each.end:.2f} of {each.duration:.1f} changed {each.changed:.2f} {each.error or ''}: {told}"
                        )


def _print(line) -> None:
    low, high = wilson(line.alarms, line.n)
    number = lambda value: "  -  " if value is None else f"{value:5.2f}"  # noqa: E731
    print(
        f"{line.recipe:26} {line.level:16} n {line.n:3} recall {line.recall:.3f} [{low:.2f} {high:.2f}] told {line.told:3} "
        f"precision {number(line.precision)} AUC {number(line.auc)} onset {number(line.onset_median)} {number(line.onset_p95)}"
    )


def parsed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere")))
    parser.add_argument("--half", choices=("tuning", "reporting", "both"), default="reporting")
    parser.add_argument("--recipes", type=_recipes, default=_recipes("default"))
    parser.add_argument("--levels", type=_levels, default=list(Level))
    parser.add_argument("--out", type=Path, default=Path("build/accuracy"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--misses", action="store_true", help="name every case that was missed")
    return parser.parse_args()


def _recipes(text: str) -> list[str]:
    wanted: Iterable[str] = text.split(",")
    have = {name: name.partition(":")[0] in CATALOGUE for name in RECIPES}
    if text == "default":
        return [name for name, is_there in have.items() if is_there]
    return [name for name in have if any(name == each or name.startswith((f"{each}:", f"{each}.")) for each in wanted)]


def _levels(text: str) -> list[Level]:
    return [Level(name) for name in text.split(",")]


if __name__ == "__main__":
    main()
