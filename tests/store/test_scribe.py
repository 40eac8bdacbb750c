"""What is written, and what is told while nothing can be."""

import random
import sqlite3
import threading
import time

import pytest

from telling import NOW, bulletin, news
from watchglass.model.errors import StoreError
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.sinks.dispatch import Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.scribe import Scribe

LEASE = 30.0
OPENED, CLOSED = IncidentEvent.OPENED, IncidentEvent.CLOSED
PATIENCE = 30.0


class Fragile:
    """A ledger whose database may be away; ``is_rude`` does what it is asked, and says that it has not."""

    def __init__(self, ledger):
        self._ledger, self.is_away, self.is_rude = ledger, False, False

    def __getattr__(self, name):
        step = getattr(self._ledger, name)

        def perhaps(*args, **more):
            if self.is_away:
                if self.is_rude:
                    step(*args, **more)
                raise StoreError("database or disk is full")
            return step(*args, **more)

        return perhaps


@pytest.fixture
def fragile(ledger):
    return Fragile(ledger)


@pytest.fixture
def scribe(fragile):
    return Scribe(fragile)


def told(outbox, now=NOW, sink="hook"):
    claimed = outbox.claim(now, LEASE, sink)
    outbox.sent(claimed)
    return [(one.event, one.incident.id) for one in claimed]


def test_what_is_told_is_written_and_then_given_out(scribe, ledger):
    scribe.tell([bulletin(news(), "hook")], NOW)
    assert told(scribe) == []
    assert scribe.turn(NOW)
    assert told(scribe) == [("opened", "i1")]
    assert (told(scribe, NOW + 1e6), told(ledger, NOW + 1e6), scribe.trouble) == ([], [], "")


def test_while_nothing_can_be_written_sinks_are_told_from_memory_and_that_is_written_later(scribe, fragile, ledger):
    fragile.is_away = True
    scribe.tell([bulletin(news(), "hook", "mail", group="g"), bulletin(news(number=2), "hook")], NOW)
    assert not scribe.turn(NOW)
    assert scribe.trouble == "database or disk is full; 2 pieces of news wait in memory"
    claimed = scribe.claim(NOW, LEASE, "hook")
    assert [(one.key, one.group, one.since) for one in claimed] == [
        ((news().id, "hook"), "g", NOW), ((news(number=2).id, "hook"), "", NOW),
    ]  # fmt: skip
    scribe.sent(claimed[:1])
    scribe.failed(claimed[1:], "HTTP 503", NOW + 5.0)
    assert told(scribe, NOW + 4.0) == []
    fragile.is_away = False
    assert scribe.turn(NOW + 4.0)
    assert scribe.trouble == ""
    assert told(scribe, NOW + 4.0) == []
    assert told(scribe, NOW + 4.0, "mail") == [("opened", "i1")]
    [again] = scribe.claim(NOW + 5.0, LEASE, "hook")
    assert (again.id, again.attempts) == (claimed[1].id, 1)
    scribe.failed([again], "HTTP 410", None)
    assert ledger.dead_letters() == [(again.id, "hook", "HTTP 410")]


def test_what_was_written_before_is_told_from_memory_too_and_noted_later(scribe, fragile, ledger):
    scribe.tell([bulletin(news(), "hook", "mail")], NOW)
    scribe.turn(NOW)
    fragile.is_away = True
    assert told(scribe) == [("opened", "i1")]
    assert "0 pieces of news wait" in scribe.trouble
    fragile.is_away = False
    assert scribe.turn(NOW)
    assert (told(ledger), told(ledger, sink="mail")) == ([], [("opened", "i1")])


@pytest.mark.parametrize("what", ["sent", "later", "failed"])
def test_what_became_of_it_cannot_be_noted_at_once(scribe, fragile, ledger, what):
    ledger.record([bulletin(news(), "hook")], NOW)
    claimed = scribe.claim(NOW, LEASE, "hook")
    fragile.is_away = True
    {
        "sent": lambda: scribe.sent(claimed),
        "later": lambda: scribe.later(claimed, NOW + 1.0),
        "failed": lambda: scribe.failed(claimed, "HTTP 503", NOW + 1.0),
    }[what]()
    assert scribe.trouble
    fragile.is_away = False
    assert scribe.turn(NOW)
    assert [one.attempts for one in ledger.claim(NOW + 1.0, LEASE, "hook")] == {
        "sent": [], "later": [0], "failed": [1],
    }[what]  # fmt: skip


def test_news_of_an_incident_do_not_overtake_each_other_in_memory_either(scribe, fragile):
    fragile.is_away = True
    scribe.tell([bulletin(news(), "hook"), bulletin(news(CLOSED), "hook"), bulletin(news(number=2), "hook")], NOW)
    scribe.turn(NOW)
    first = scribe.claim(NOW, LEASE, "hook", most=1)
    assert told(scribe) == [("opened", "i2")]
    scribe.later(first, NOW + 5.0)
    assert told(scribe, NOW + 4.0) == []
    assert told(scribe, NOW + 5.0) == [("opened", "i1"), ("closed", "i1")]


def test_what_is_held_stays_so(scribe, fragile, ledger):
    fragile.is_away = True
    scribe.tell([bulletin(news(), "hook", held_until=NOW + 10.0)], NOW)
    scribe.tell([bulletin(news(CLOSED), "hook", held_until=NOW + 10.0)], NOW)
    scribe.tell([bulletin(news(number=2), "hook", held_until=NOW + 10.0)], NOW)
    assert told(scribe, NOW + 20.0) == []
    fragile.is_away = False
    assert scribe.turn(NOW + 20.0)
    assert told(scribe, NOW + 20.0) == [("opened", "i2")]


def test_a_window_that_is_ended_early_lets_go_of_what_is_not_written_yet_too(scribe, fragile):
    for number, stream in ((1, "news"), (2, "news"), (3, "sport")):
        scribe.tell([bulletin(news(number=number, stream=stream), "hook", held_until=NOW + 10.0)], NOW)
        if number == 1:
            assert scribe.turn(NOW)
    scribe.release(["news"], NOW + 2.0)
    assert scribe.turn(NOW + 2.0)
    assert told(scribe, NOW + 2.0) == [("opened", "i1"), ("opened", "i2")]
    assert told(scribe, NOW + 10.0) == [("opened", "i3")]
    fragile.is_away = True
    with pytest.raises(StoreError):
        scribe.release(["news"], NOW + 11.0)


def test_a_database_that_writes_and_says_that_it_has_not_tells_nothing_twice(scribe, fragile):
    fragile.is_away = fragile.is_rude = True
    scribe.tell([bulletin(news(), "hook")], NOW)
    scribe.turn(NOW)
    assert told(scribe) == [("opened", "i1")]
    fragile.is_away = False
    assert scribe.turn(NOW)
    assert told(scribe, NOW + 1e6) == []


def test_memory_has_an_end_and_notes_go_first(fragile, caplog):
    scribe = Scribe(fragile, most=100)
    fragile.is_away = True
    severities = [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    for number in range(150):
        scribe.tell([bulletin(news(number=number, severity=severities[number % 3]), "hook")], NOW)
    scribe.turn(NOW)
    left = [one.incident for one in scribe.claim(NOW, LEASE, "hook", most=1_000)]
    assert [int(one.id[1:]) for one in left] == [number for number in range(150) if number % 3]
    assert scribe.lost == 50
    assert "memory was full, 50 were let go" in scribe.trouble
    assert "the oldest notes are let go" in caplog.text


def test_of_notes_the_oldest_go_and_of_all_else_too(fragile):
    scribe = Scribe(fragile, most=100)
    fragile.is_away = True
    for number in range(110):
        scribe.tell([bulletin(news(number=number, severity=Severity.INFO), "hook")], NOW)
    scribe.tell([bulletin(news(number=number, severity=Severity.WARNING), "hook") for number in range(200, 350)], NOW)
    scribe.turn(NOW)
    left = [int(one.incident.id[1:]) for one in scribe.claim(NOW, LEASE, "hook", most=1_000)]
    assert left == list(range(250, 350))
    assert scribe.lost == 160


def test_another_database_gets_what_was_not_told_yet(scribe, ledger, tmp_path):
    scribe.tell([bulletin(news(), "hook"), bulletin(news(number=2), "hook")], NOW)
    scribe.turn(NOW)
    scribe.sent(scribe.claim(NOW, LEASE, "hook", most=1))
    engine = open_database(f"sqlite:///{tmp_path}/new.db")
    scribe.reopen(Ledger(engine))
    assert scribe.turn(NOW)
    assert told(scribe) == [("opened", "i2")]
    engine.dispose()


def test_alerts_leave_before_the_database_could_be_opened(ledger):
    scribe = Scribe(None)
    scribe.tell([bulletin(news(), "hook")], NOW)
    assert not scribe.turn(NOW)
    assert told(scribe) == [("opened", "i1")]
    assert scribe.trouble.startswith("the database has not been opened; 1 piece")
    scribe.reopen(ledger)
    assert scribe.turn(NOW)
    assert (scribe.trouble, told(scribe), ledger.open_incidents() != []) == ("", [], True)


class Sink:
    def __init__(self):
        self.told, self._arrived = [], threading.Condition()

    def send(self, news):
        with self._arrived:
            self.told += [one.id for one in news]
            self._arrived.notify_all()

    def wait(self, count):
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(set(self.told)) >= count, PATIENCE), len(self.told)


def test_threads_write_and_tell_while_the_database_comes_and_goes(fragile, ledger):
    sink, scribe, rng = Sink(), Scribe(fragile), random.Random(1)
    deliveries = Deliveries(scribe, {"hook": sink}, {"hook": Pace(digests=False)})
    scribe.on_news = deliveries.wake
    scribe.start()
    deliveries.start()
    try:
        for number in range(100):
            fragile.is_away = rng.random() < 0.5
            scribe.tell([bulletin(news(number=number), "hook")], time.time())
            if number % 10 == 0:
                sink.wait(number + 1)  # also while it is away
        fragile.is_away = True
        sink.wait(100)
        fragile.is_away = False
    finally:
        deliveries.stop()
        scribe.stop()
    assert scribe.trouble == ""
    assert len(list(ledger.history())) == 100
    assert ledger.claim(time.time() + 1e6, LEASE, "hook") == []
    assert len(sink.told) == len(set(sink.told)) == 100


def test_what_cannot_be_written_in_the_end_is_said(fragile, caplog):
    scribe = Scribe(fragile)
    fragile.is_away = True
    scribe.start()
    scribe.tell([bulletin(news(), "hook")], NOW)
    scribe.stop()
    assert "what could not be recorded is lost: database or disk is full; 1 pieces" in caplog.text


class Slow:
    """A ledger that lets somebody else go on between what it has done and that it says so."""

    def __init__(self, ledger):
        self._ledger, self.meanwhile = ledger, None

    def __getattr__(self, name):
        step = getattr(self._ledger, name)

        def slowly(*args, **more):
            done = step(*args, **more)
            if name == "record" and self.meanwhile:
                self.meanwhile()
            return done

        return slowly


@pytest.mark.parametrize("what", ["sent", "later", "failed"])
def test_what_is_claimed_while_it_is_being_written_stands_as_it_became(ledger, what):
    slow = Slow(ledger)
    scribe = Scribe(slow)

    def deliver():
        claimed = scribe.claim(NOW, LEASE, "hook")
        {
            "sent": lambda: scribe.sent(claimed),
            "later": lambda: scribe.later(claimed, NOW + 5.0),
            "failed": lambda: scribe.failed(claimed, "HTTP 503", NOW + 5.0),
        }[what]()

    slow.meanwhile = deliver
    scribe.tell([bulletin(news(), "hook")], NOW)
    assert scribe.turn(NOW)
    assert scribe.claim(NOW + 4.0, LEASE, "hook") == []
    assert [one.attempts for one in scribe.claim(NOW + 5.0, LEASE, "hook")] == {
        "sent": [], "later": [0], "failed": [1],
    }[what]  # fmt: skip


def test_a_disk_that_stands_still_keeps_no_alarm(tmp_path):
    """Who waits for the lock here waits as for a disk: without an error, and for as long as it takes."""
    url = f"sqlite:///{tmp_path}/w.db"
    open_database(url).dispose()
    patient = open_database(url, patience=120.0)
    other = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
    scribe, sink = Scribe(Ledger(patient)), Sink()
    deliveries = Deliveries(scribe, {"hook": sink}, {"hook": Pace(digests=False)})
    scribe.on_news = deliveries.wake
    scribe.start()
    deliveries.start()
    try:
        other.execute("BEGIN IMMEDIATE")
        scribe.tell([bulletin(news(), "hook")], time.time())
        sink.wait(1)
        assert "to write" in scribe.trouble
        other.execute("ROLLBACK")
        end = time.monotonic() + PATIENCE
        while scribe.trouble and time.monotonic() < end:
            time.sleep(0.05)
        assert scribe.trouble == ""
        assert Ledger(patient).claim(time.time() + 1e6, LEASE, "hook") == []
        assert [one.id for one in Ledger(patient).open_incidents()] == ["i1"]
    finally:
        other.close()
        deliveries.stop()
        scribe.stop()
        patient.dispose()
    assert len(sink.told) == 1
