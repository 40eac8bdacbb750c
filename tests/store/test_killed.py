"""Killed at any moment, again and again: nothing that was recorded is lost, and little is told twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import killing
import postgres
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

RUNS = {"sqlite": 120, "postgresql": 40}


@pytest.mark.parametrize("kind", RUNS)
def test_nothing_is_lost_and_at_most_one_is_told_twice_for_each_death(kind, tmp_path):
    if kind == "sqlite":
        check(f"sqlite:///{tmp_path}/watchglass.db", tmp_path, RUNS[kind])
        return
    if postgres.program("initdb") is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    with postgres.server() as url:
        check(url, tmp_path, RUNS[kind])


def check(url: str, folder: Path, runs: int) -> None:
    command = [sys.executable, killing.__file__, url, str(folder), str(runs), "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    recorded = (folder / "recorded").read_text().split()
    told = Counter((folder / "told").read_text().split())
    engine = open_database(url)
    kept = {killing_id(one.id) for _, _, one in Ledger(engine).history(most=10**6)}
    engine.dispose()
    assert len(recorded) > runs  # they got somewhere
    assert set(recorded) <= kept
    assert set(told) == kept  # also what was recorded in the moment before a death
    assert sum(told.values()) - len(told) <= runs
    assert max(told.values()) <= 2


def killing_id(incident: str) -> str:
    """The id of the news of an incident."""
    run, number = incident.split("-")
    return killing.news(int(run), int(number)).id
