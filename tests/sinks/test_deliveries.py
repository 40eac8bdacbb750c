"""Threads: each sink by itself, woken at once, exchanged and stopped without losing anything."""

import threading
import time

import pytest

from telling import bulletin, news
from watchglass.model.errors import StoreError
from watchglass.model.sink import SinkError
from watchglass.sinks.dispatch import LEASE, Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

PATIENCE = 30.0


@pytest.fixture
def ledger(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/watchglass.db")
    yield Ledger(engine)
    engine.dispose()


class Sink:
    """Remembers whom it was told of, and lets others wait for that."""

    def __init__(self):
        self.told, self.began, self.may_go_on = [], threading.Event(), threading.Event()
        self.may_go_on.set()
        self._arrived = threading.Condition()

    def send(self, news):
        self.began.set()
        assert self.may_go_on.wait(PATIENCE)
        with self._arrived:
            self.told += [one.incident.id for one in news]
            self._arrived.notify_all()

    def wait(self, *ids):
        with self._arrived:
            assert self._arrived.wait_for(lambda: self.told == list(ids), PATIENCE), self.told


@pytest.fixture
def made(ledger):
    """Starts deliveries that are stopped in the end."""
    several = []

    def make(**sinks):
        several.append(Deliveries(ledger, sinks, dict.fromkeys(sinks, Pace(group_interval=0.0))))
        several[-1].start()
        return several[-1]

    yield make
    for each in several:
        each.stop()


def record(ledger, deliveries, *numbers, sinks=("hook",)):
    ledger.record([bulletin(news(number=number), *sinks) for number in numbers], time.time())
    deliveries.wake()


def test_a_sink_that_hangs_keeps_no_other_waiting(made, ledger):
    slow, quick = Sink(), Sink()
    slow.may_go_on.clear()
    deliveries = made(slow=slow, quick=quick)
    record(ledger, deliveries, 1, sinks=("slow", "quick"))
    assert slow.began.wait(PATIENCE)
    record(ledger, deliveries, 2, sinks=("slow", "quick"))
    quick.wait("i1", "i2")
    assert slow.told == []
    slow.may_go_on.set()
    slow.wait("i1", "i2")


def test_what_is_being_sent_when_we_stop_arrives_and_is_noted(made, ledger):
    sink = Sink()
    sink.may_go_on.clear()
    deliveries = made(hook=sink)
    record(ledger, deliveries, 1)
    assert sink.began.wait(PATIENCE)
    record(ledger, deliveries, 2)
    threading.Timer(0.05, sink.may_go_on.set).start()
    deliveries.stop()
    assert sink.told == ["i1"]
    assert [one.incident.id for one in ledger.claim(time.time() + 2 * LEASE, LEASE, "hook")] == ["i2"]


def test_sinks_are_exchanged_and_nothing_is_lost(made, ledger):
    old, new, other = Sink(), Sink(), Sink()
    old.may_go_on.clear()
    deliveries = made(hook=old, gone=Sink())
    record(ledger, deliveries, 1)
    assert old.began.wait(PATIENCE)
    threading.Timer(0.05, old.may_go_on.set).start()
    deliveries.swap({"hook": new, "other": other})
    assert old.told == ["i1"]  # and nobody uses it any more
    record(ledger, deliveries, 2, sinks=("hook", "other", "gone"))
    new.wait("i2")
    other.wait("i2")
    back = Sink()
    deliveries.swap({"gone": back})
    back.wait("i2")
    assert deliveries.ended == []


@pytest.mark.parametrize("rounds", [30])
def test_sinks_are_exchanged_again_and_again_while_all_goes_on(made, ledger, rounds):
    arrived = []
    lock = threading.Lock()

    class Counting:
        def send(self, news):
            with lock:
                arrived.extend(one.incident.id for one in news)

    deliveries = made(hook=Counting())
    for number in range(rounds):
        record(ledger, deliveries, number)
        deliveries.swap({"hook": Counting()} if number % 3 else {}, {"hook": Pace(digests=False)})
    last = Sink()
    deliveries.swap({"hook": last}, {"hook": Pace(digests=False)})
    record(ledger, deliveries, rounds)
    end = time.monotonic() + PATIENCE
    while len(arrived) + len(last.told) < rounds + 1 and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert sorted(arrived + last.told) == sorted(f"i{number}" for number in range(rounds + 1))


def test_what_has_to_wait_is_told_without_being_woken(made, ledger):
    class Weak(Sink):
        def send(self, news):
            if not self.began.is_set():
                self.began.set()
                raise SinkError("HTTP 503", retry_after=0.05)
            super().send(news)

    sink = Weak()
    record(ledger, made(hook=sink), 1)
    sink.wait("i1")


def test_an_outbox_that_fails_is_asked_again(ledger, caplog):
    class Failing:
        def __init__(self):
            self.failures = 2

        def claim(self, *args, **more):
            if self.failures:
                self.failures -= 1
                raise StoreError("database is locked")
            return ledger.claim(*args, **more)

        def __getattr__(self, name):
            return getattr(ledger, name)

    sink = Sink()
    deliveries = Deliveries(Failing(), {"hook": sink})
    record(ledger, deliveries, 1)
    deliveries.start()
    sink.wait("i1")
    deliveries.stop()
    assert "database is locked" in caplog.text


def test_a_mistake_of_ours_is_no_secret(made, monkeypatch, ledger):
    class Broken:
        def claim(self, *args, **more):
            raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    deliveries = Deliveries(Broken(), {"hook": Sink()})
    deliveries.start()
    end = time.monotonic() + PATIENCE
    while not deliveries.ended and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert deliveries.ended == ["hook"]
    deliveries.stop()
