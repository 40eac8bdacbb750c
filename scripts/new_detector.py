"""Scaffold a detector: ``make new-detector NAME=audio.click`` writes the module and its test."""

import re
import sys
from pathlib import Path
from string import Template

from watchglass.detectors import CATALOGUE

HOME = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "templates"
PICTURE = {
    "item": "VideoFrame",
    "room": "media",
    "kind": '"video"',
    "reading": "luma_mean",
    "unit": "8-bit code values",
    "quantity": "CodeValues",
    "open_at": "250.0",
    "measured": 'item.reading(self.name, "luma_mean", item.luma_stats[0], "code values")',
    "helpers": "from looking import frames, moving, observe, spans",
    "clean": "moving(4.0)",
    "items": "frames(clip)",
}
SOUND = {
    "item": "AudioBlock",
    "room": "media",
    "kind": '"audio"',
    "reading": "peak",
    "unit": "fraction of full scale",
    "quantity": "FullScale",
    "open_at": "1.0",
    "measured": 'item.reading(self.name, "peak", float(abs(item.samples).max(initial=0.0)), "fraction of full scale")',
    "helpers": "from listening import blocks, observe, programme, spans",
    "clean": "programme(4.0)",
    "items": "blocks(clip)",
}
ARRIVALS = {
    "item": "SegmentArrival",
    "room": "transport",
    "kind": "None",
    "reading": "fetch_share",
    "unit": "times",
    "quantity": "Factor",
    "open_at": "1.0",
    "measured": (
        'Reading(\n            self.name, None, "fetch_share", item.pts, item.duration, '
        'item.fetch_seconds / item.duration, "times"\n        )'
    ),
    "helpers": "from listening import observe, spans",
    "clean": "[]",
    "items": "clip",
}
FAMILIES = {"video": PICTURE, "audio": SOUND, "sync": PICTURE, "captions": PICTURE, "transport": ARRIVALS}


def main(arguments: list[str]) -> int:
    """Write two files and say what is left to do."""
    name = arguments[0] if len(arguments) == 1 else ""
    family, _, defect = name.partition(".")
    if family not in FAMILIES or not re.fullmatch(r"[a-z][a-z0-9_]*", defect):
        print(f"usage: make new-detector NAME=FAMILY.DEFECT, with a family of {', '.join(FAMILIES)}", file=sys.stderr)
        return 2
    module = HOME / "src" / "watchglass" / "detectors" / family / f"{defect}.py"
    test = HOME / "tests" / "detectors" / family / f"test_{defect}.py"
    if name in CATALOGUE or module.exists() or test.exists():
        print(f"{name} is there already", file=sys.stderr)
        return 2
    title = defect.replace("_", " ").capitalize()
    words = {**FAMILIES[family], "name": name, "title": title, "cls": title.title().replace(" ", "")}
    _package(module.parent)
    _write(module, "detector.txt", words)
    _write(test, "test.txt", words)
    print(f"""
Now
  1. write the five sections of its docstring
  2. write the clips that must and must not fire
  3. implement until they are green:  make test TEST=tests/detectors/{family}/test_{defect}.py
  4. add it to CATALOGUE in src/watchglass/detectors/__init__.py:  "{name}": "{words["cls"]}",
  5. make docs check, and a line in CHANGELOG.md""")
    return 0


def _package(folder: Path) -> None:
    if not (folder / "__init__.py").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text('"""Detectors of this family, one file per defect."""\n', "utf-8")


def _write(path: Path, template: str, words: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template((TEMPLATES / template).read_text("utf-8")).substitute(words), "utf-8")
    print(f"wrote {path.relative_to(HOME)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
