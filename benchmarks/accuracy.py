"""How often the detectors are right, and how often they cry wolf: `make accuracy`.

Defects are put into clean content with the recipes of `watchglass inject`; everything is examined as `watchglass
check` does it. Outcomes are kept in a folder, line by line, so that a run that was cut off goes on where it was; delete
it after a detector has changed. Hours of work: `--hours 0.2 --recipes audio.silence` is a taste of it.

    python benchmarks/accuracy.py [--half reporting] [--recipes video.freeze,...] [--levels noticeable,...] [--write]

With `--peers`, FFmpeg's detectors are asked about the same files, and Essentia's where it is installed (it is under
the AGPL, and so no dependency of ours: `pip install --pre essentia`).
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import watchglass  # noqa: F401 (before numpy: it asks for one BLAS thread)
from proving import generated, page, peers
from proving.cases import Case, Outcome, planned, tried
from proving.corpus import clips
from proving.earned import DELIVERY
from proving.score import about, false_alarms, is_alarm
from watchglass.detectors import CATALOGUE
from watchglass.faults.level import Level
from watchglass.faults.recipes import RECIPES

DOCS = Path(__file__).resolve().parent.parent / "docs"
Key = tuple[str, str | None, str | None]


def outcomes(cases: list[Case], log: Path, jobs: int, others: Sequence[str] = ()) -> Iterator[Outcome]:
    """Those that are known already, then the others as they come.

    A case in which some of ``others`` (peers, by name) were not asked yet is tried anew, so that they see what ours
    see; its answers are added to those that there are, and of two lines the later one holds.
    """
    known = _known(log)
    by_key: dict[Key, Case] = {(each.clip.name, each.recipe, each.level and str(each.level)): each for each in cases}
    left = left_to_try(by_key, known, others)
    yield from (outcome for key, outcome in known.items() if key in by_key and key not in left)
    log.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool, log.open("a", encoding="utf-8") as file:
        begun = time.monotonic()
        waiting = {pool.submit(tried, by_key[key], names): key for key, names in left.items()}
        for number, done in enumerate(as_completed(waiting), 1):
            outcome, before = done.result(), known.get(waiting[done])
            if before is not None:
                outcome = replace(outcome, peers=before.peers | outcome.peers)
            file.write(json.dumps(outcome.as_json()) + "\n")
            file.flush()
            _progress(number, len(left), time.monotonic() - begun)
            yield outcome


def left_to_try(cases: dict[Key, Case], known: dict[Key, Outcome], others: Sequence[str]) -> dict[Key, list[str]]:
    """The cases that are not known or not known to the end, each with the peers that are still to be asked."""
    left = {}
    for key, case in cases.items():
        before, names = known.get(key), [name for name in others if case.concerns(name)]
        if before is not None:
            names = [name for name in names if before.counts and name not in before.peers]
        if before is None or names:
            left[key] = names
    return left


def _known(log: Path) -> dict[Key, Outcome]:
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    read = [Outcome.from_json(json.loads(line)) for line in lines]
    return {(each.clip, each.recipe, each.level): each for each in read}


def _progress(number: int, whole: int, seconds: float) -> None:
    if sys.stderr.isatty() or number % 50 == 0 or number == whole:
        left = seconds / number * (whole - number) / 60.0
        sys.stderr.write(f"\r{number} of {whole}, {left:.1f} min to go " + ("\n" if number == whole else ""))
        sys.stderr.flush()


def main() -> None:
    """Run what was asked for, print the figures, and write them down if asked."""
    asked = parsed()
    real = [clip for clip in clips(asked.corpus) if asked.half in ("both", clip.half)]
    cases = [Case(clip) for clip in real if clip.is_clean]
    cases += planned(real, asked.recipes, asked.levels)
    cases += [Case(programme) for programme in generated.clean(asked.hours)]
    cases += planned(generated.spoilt(asked.spoilt), asked.spoilt_by or asked.recipes, asked.levels)
    others = peers.here(peers.of({RECIPES[name].detector for name in asked.recipes})) if asked.peers else []
    seen = list(outcomes(cases, asked.out / "outcomes.jsonl", asked.jobs, others))
    found = page.figures(seen, asked.recipes, asked.levels)
    command = f'make accuracy ACCURACY="{" ".join(sys.argv[1:])}"' if sys.argv[1:] else "make accuracy"
    print(page.page(found, command).removeprefix(page.HEAD))
    if asked.errors:
        _tell_errors(seen)
    if asked.write:
        page.write(DOCS, found, command)


def _tell_errors(seen: list[Outcome]) -> None:
    """Every false alarm and every miss, to be looked at."""
    for each in seen:
        where = f"{each.clip} {each.recipe or ''} {each.level or ''} (seed {each.seed})"
        for said in false_alarms(each):
            print(f"FALSE {where}: {said}")
        if each.recipe and each.counts and not any(is_alarm(said) for said in about(each)):
            told = "; ".join(f"{said.detector} {said.start:.2f} to {said.end:.2f} s" for said in each.said)
            print(f"MISSED {where}: {each.start:.2f} to {each.end:.2f} s; told: {told or each.error or 'nothing'}")


def parsed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere"))
    parser.add_argument("--corpus", type=Path, default=corpus, help="folder of clips; WATCHGLASS_CORPUS unless told")
    parser.add_argument("--half", choices=("tuning", "reporting", "both"), default="reporting")
    parser.add_argument("--recipes", type=_recipes, default=_recipes("default"), help="names or parts of them")
    parser.add_argument("--levels", type=_levels, default=list(Level))
    parser.add_argument("--hours", type=float, default=10.0, help="of generated clean programme")
    parser.add_argument("--spoilt", type=int, default=12, help="generated programmes to put defects into")
    parser.add_argument("--spoilt-by", type=_recipes, help="recipes for these: what clips are too short for, say")
    parser.add_argument("--out", type=Path, default=Path("build/accuracy"), help="where outcomes are kept")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument(
        "--peers", action="store_true", help="ask FFmpeg's detectors and Essentia's about the same files"
    )
    parser.add_argument("--errors", action="store_true", help="name every miss and every false alarm")
    parser.add_argument("--write", action="store_true", help="write docs/accuracy.md and docs/accuracy.json")
    return parser.parse_args()


def _recipes(text: str) -> list[str]:
    wanted = text.split(",")
    if text == "default":
        return [name for name in RECIPES if name.partition(":")[0] in set(CATALOGUE) - DELIVERY]
    return [
        name for name in RECIPES if any(name == each or name.startswith((f"{each}:", f"{each}.")) for each in wanted)
    ]


def _levels(text: str) -> list[Level]:
    return [Level(name) for name in text.split(",")]


if __name__ == "__main__":
    main()
