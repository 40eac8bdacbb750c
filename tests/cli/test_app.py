import subprocess
import sys

import pytest

import watchglass
from command import Command
from watchglass.detectors import CATALOGUE


@pytest.fixture
def command(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(option):
    done = subprocess.run([sys.executable, "-m", "watchglass", option], capture_output=True, text=True, check=True)
    assert done.stdout == f"watchglass {watchglass.__version__}\n"


def test_version_needs_nothing_heavy():
    program = (
        "import sys; sys.argv = ['watchglass', '--version']; from watchglass.cli import main; main();"
        "assert not {'av', 'cv2', 'numpy', 'scipy', 'typer', 'rich', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)


def test_help_names_every_command(command):
    outcome = command("--help")
    assert outcome.code == 0
    for name in ("check", "watch", "demo", "detectors", "explain"):
        assert name in outcome.out


@pytest.mark.parametrize("name", ["check", "watch", "demo", "explain"])
def test_help_of_commands(command, name):
    outcome = command(name, "--help")
    assert outcome.code == 0
    assert "Usage: " in outcome.out


@pytest.mark.parametrize("arguments", [("frobnicate",), ("check",), ("explain",), ("watch",), ("check", "--loud")])
def test_wrong_usage(command, arguments):
    outcome = command(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Usage: watchglass" in outcome.err


def test_no_command_at_all_shows_the_help(command):
    outcome = command()
    assert "Usage: watchglass" in outcome.out + outcome.err


def test_detectors_are_listed(command):
    outcome = command("detectors")
    assert outcome.code == 0
    assert all(name in outcome.out for name in CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_explains_itself(command, name):
    outcome = command("explain", name)
    assert outcome.code == 0
    assert "What it measures" in outcome.out


def test_what_does_not_exist_cannot_be_explained(command):
    outcome = command("explain", "video.frieze")
    assert (outcome.code, outcome.out) == (2, "")
    assert "no detector 'video.frieze'" in outcome.err
