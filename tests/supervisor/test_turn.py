"""Of the processes of a machine, only some at once."""

import multiprocessing
import signal
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from watchglass.supervisor.turn import at_once, turn

SPAWN = multiprocessing.get_context("spawn")


def holds(folder: Path, places: int, pipe: Connection) -> None:
    with turn(folder, places, lambda: True) as has_place:
        pipe.send(has_place)
        pipe.recv()


class Others:
    """Processes that hold places."""

    def __init__(self, folder: Path, places: int, count: int):
        self.processes, self.pipes = [], []
        for _ in range(count):
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=holds, args=(folder, places, theirs), daemon=True)
            process.start()
            assert ours.recv() is True
            self.processes.append(process)
            self.pipes.append(ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.join()


@pytest.mark.parametrize("places", [1, 2])
def test_there_are_so_many_places(tmp_path, places):
    with turn(tmp_path, places, lambda: False) as first:
        assert first is True
    with Others(tmp_path, places, places) as others:
        with turn(tmp_path, places, lambda: False) as mine:
            assert mine is False  # and one goes ahead all the same
        others.pipes[0].send("go")
        with turn(tmp_path, places, lambda: True) as mine:
            assert mine is True


def test_the_place_of_a_process_that_was_killed_is_free(tmp_path):
    with Others(tmp_path, 1, 1) as others:
        others.processes[0].kill()
        others.processes[0].join()
        assert others.processes[0].exitcode == -signal.SIGKILL
        with turn(tmp_path, 1, lambda: True) as mine:
            assert mine is True


def test_the_place_of_one_that_failed_is_free(tmp_path):
    with pytest.raises(ValueError, match="cut"), turn(tmp_path, 1, lambda: False):
        raise ValueError("cut")
    with Others(tmp_path, 1, 1):
        pass


def test_nobody_waits_where_nothing_can_be_written(tmp_path):
    with turn(tmp_path / "gone", 1, lambda: True) as mine:
        assert mine is False


@pytest.mark.parametrize(("processors", "places"), [(1, 1), (2, 1), (3, 1), (4, 2), (64, 32)])
def test_half_the_processors_are_left_for_watching(processors, places):
    assert at_once(processors) == places
