"""The scripts behind `make docs` and `make new-detector`, run on a copy of their folder."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from watchglass.model.detector import Detector, Status
from watchglass.reports.manual import SECTIONS

HOME = Path(__file__).resolve().parents[1]


@pytest.fixture
def home(tmp_path):
    shutil.copytree(HOME / "scripts", tmp_path / "scripts")
    return tmp_path


def imported(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(home, capsys):
    """Runs a script of the copy: exit code, stdout, stderr."""

    def run(script, *arguments):
        code = imported(home / "scripts" / f"{script}.py", f"copied_{script}").main(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", ["video.ghost", "audio.wow", "sync.offset", "captions.drift", "transport.slow"])
def test_a_scaffold_stands(home, run, name):
    code, said, _ = run("new_detector", name)
    assert code == 0
    family, _, defect = name.partition(".")
    folder = home / "src" / "watchglass" / "detectors" / family
    test = home / "tests" / "detectors" / family / f"test_{defect}.py"
    module = imported(folder / f"{defect}.py", f"scaffold_{defect}")
    [kind] = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Detector) and each.__module__ == module.__name__
    ]
    assert kind.name == name
    assert kind.status is Status.PREVIEW
    assert kind().settings.open_after == 1.0
    assert [line.removeprefix("## ") for line in module.__doc__.splitlines() if line.startswith("## ")] == [*SECTIONS]
    assert (folder / "__init__.py").exists()
    assert f'"{name}": "{kind.__name__}"' in said, "what to add to CATALOGUE"
    compile(test.read_text("utf-8"), test, "exec")
    linter = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,W", "--line-length", "120"]
    subprocess.run([*linter, str(folder), str(test)], check=True)


@pytest.mark.parametrize("name", ["", "video", "video.", "smell.burnt", "video.Freeze", "video.a.b", "../video.freeze"])
def test_a_name_that_is_none_is_refused(home, run, name):
    code, _, complaint = run("new_detector", *([name] if name else []))
    assert code == 2
    assert "NAME=FAMILY.DEFECT" in complaint
    assert not (home / "src").exists()


def test_nothing_is_overwritten(run):
    assert run("new_detector", "video.freeze")[0] == 2
    assert run("new_detector", "video.ghost")[0] == 0
    code, _, complaint = run("new_detector", "video.ghost")
    assert code == 2
    assert "is there already" in complaint


def test_pages_are_written_compared_and_removed(home, run):
    assert run("catalogue", "--check")[0] == 1
    assert run("catalogue")[0] == 0
    assert run("catalogue", "--check")[0] == 0
    page, stray = (home / "docs" / "detectors" / "video" / name for name in ("freeze.md", "gone.md"))
    page.write_text("Something else.\n")
    stray.write_text("Of a detector that is no more.\n")
    code, _, complaint = run("catalogue", "--check")
    assert code == 1
    assert "freeze.md" in complaint
    assert "gone.md" in complaint
    assert run("catalogue")[0] == 0
    assert run("catalogue", "--check")[0] == 0
    assert not stray.exists()
