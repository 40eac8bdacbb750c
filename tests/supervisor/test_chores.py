"""What is done aside."""

import threading

from watchglass.model.errors import StoreError
from watchglass.supervisor.chores import Chores

PATIENCE = 30.0


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_due_is_done_and_what_came_of_it_is_for_the_loop():
    clock, done, heard = Hands(), [], []
    chores = Chores(clock)
    chores.every(10.0, "a", lambda: done.append(clock.now) or len(done), heard.append)
    chores.once("b", lambda: done.append("once"))
    for _ in range(3):
        chores.turn()
    assert done == [1_000.0, "once"]
    assert heard == []
    chores.take()
    assert heard == [1]
    clock.now += 10.0
    chores.turn()
    chores.take()
    assert done == [1_000.0, "once", 1_010.0]
    assert heard == [1, 3]


def test_what_fails_is_told_once_and_done_again(caplog):
    clock, tries = Hands(), []

    def fails() -> None:
        tries.append(clock.now)
        raise StoreError("database is locked")

    chores = Chores(clock)
    chores.every(5.0, "it could not be read", fails, lambda result: tries.append("never"))
    for _ in range(3):
        chores.turn()
        chores.take()
        clock.now += 5.0
    assert tries == [1_000.0, 1_005.0, 1_010.0]
    assert [record.message for record in caplog.records] == ["it could not be read: database is locked"]


def test_a_mistake_in_one_costs_the_others_nothing(caplog):
    chores, done = Chores(Hands()), []
    chores.once("a", lambda: 1 / 0)
    chores.once("b", lambda: done.append("b"))
    chores.turn()
    assert done == ["b"]
    assert "ZeroDivisionError" in caplog.text


def test_in_a_thread_the_loop_waits_for_nobody():
    chores, begun, goes_on = Chores(), threading.Event(), threading.Event()
    heard = []
    chores.start()
    chores.once("slow", lambda: begun.set() or goes_on.wait(PATIENCE), heard.append)
    assert begun.wait(PATIENCE)
    chores.take()
    assert heard == []
    goes_on.set()
    finished = threading.Event()
    chores.once("next", finished.set)  # comes after it, and wakes a thread that has nothing to do
    assert finished.wait(PATIENCE)
    chores.take()
    assert heard == [True]
    chores.stop()
