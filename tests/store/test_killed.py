"""Killed at any moment, again and again: nothing that was recorded is lost, and little is told twice."""

import subprocess
import sys

import pytest

import killing
import postgres

RUNS = {"sqlite": 120, "postgresql": 40}


@pytest.mark.parametrize("kind", RUNS)
def test_nothing_is_lost_and_little_is_told_twice(kind, tmp_path):
    if kind == "sqlite":
        drill(f"sqlite:///{tmp_path}/watchglass.db", tmp_path, RUNS[kind])
        return
    if postgres.program("initdb") is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    with postgres.server() as url:
        drill(url, tmp_path, RUNS[kind])


def drill(url, folder, runs):
    command = [sys.executable, killing.__file__, url, str(folder), str(runs), "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = killing.check(url, folder, runs)
    assert counts["recorded"] > runs  # they got somewhere
    assert counts["minutes"] > runs / 20
    assert counts["sent"] > runs
    assert counts["moot"] > 0
