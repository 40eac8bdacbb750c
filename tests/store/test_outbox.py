"""Who is told of what, in which order, and what is held back, in SQLite and PostgreSQL."""

import threading

import pytest

from telling import NOW, bulletin, incident, news
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.outbox import Standing

LEASE = 30.0
OPENED, RAISED, CLOSED = IncidentEvent.OPENED, IncidentEvent.RAISED, IncidentEvent.CLOSED
REMINDED, MERGED = IncidentEvent.REMINDED, IncidentEvent.MERGED
CRITICAL = Severity.CRITICAL
WINDOW = NOW + 100.0


def told(ledger, now=NOW, sink="hook"):
    """Claim and deliver."""
    claimed = ledger.claim(now, LEASE, sink)
    ledger.sent(claimed)
    return [(one.event, one.incident.id) for one in claimed]


def test_news_of_an_incident_do_not_overtake_each_other(ledger):
    ledger.record([bulletin(news(), "hook", "mail")], NOW)
    first = ledger.claim(NOW, LEASE, "hook")
    ledger.record([bulletin(news(CLOSED), "hook", "mail"), bulletin(news(number=2), "hook")], NOW)
    assert told(ledger) == [("opened", "i2")]
    ledger.failed(first, "HTTP 503", NOW + 10.0)
    assert told(ledger, NOW + 9.0) == []
    assert told(ledger, sink="mail") == [("opened", "i1"), ("closed", "i1")]  # it is another sink's affair
    assert told(ledger, NOW + 10.0) == [("opened", "i1"), ("closed", "i1")]


def test_several_that_claim_at_once_get_each_piece_once_and_in_order(ledger, url):
    """As two processes would, each with its own connections."""
    numbers = range(60)
    opened = [bulletin(news(number=number), "hook") for number in numbers]
    ledger.record(opened + [bulletin(news(CLOSED, number), "hook") for number in numbers], NOW)
    arrived, lock = [], threading.Lock()

    def tell(engine):
        own = Ledger(engine)
        while len(arrived) < 2 * len(numbers):
            claimed = own.claim(NOW, LEASE, "hook", most=7)
            with lock:
                arrived.extend((one.incident.id, one.event) for one in claimed)
            own.sent(claimed)

    engines = [open_database(url) for _ in range(3)]
    threads = [threading.Thread(target=tell, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    assert len(arrived) == len(set(arrived)) == 2 * len(numbers)
    for number in numbers:
        assert [event for id, event in arrived if id == f"i{number}"] == ["opened", "closed"]


def test_what_was_given_up_keeps_nothing_waiting(ledger):
    ledger.record([bulletin(news(), "hook")], NOW)
    ledger.failed(ledger.claim(NOW, LEASE, "hook"), "HTTP 410", None)
    ledger.record([bulletin(news(CLOSED), "hook")], NOW)
    assert told(ledger) == [("closed", "i1")]


def test_an_end_is_told_to_whom_was_told_of_the_beginning_and_to_nobody_else(ledger):
    ledger.record([bulletin(news(), "hook", group="g")], NOW)
    told(ledger)
    end = bulletin(news(CLOSED), "new", sequel=True, followers=("hook", "other"))
    assert {sink for _, sink in ledger.record([end], NOW)} == {"hook"}
    [one] = ledger.claim(NOW, LEASE, "hook")
    assert (one.event, one.group) == ("closed", "g")


def test_beginning_and_end_may_be_recorded_at_once(ledger):
    ledger.record([bulletin(news(), "hook"), bulletin(news(CLOSED), "hook", "new", sequel=True)], NOW)
    assert told(ledger) == [("opened", "i1"), ("closed", "i1")]
    assert told(ledger, sink="new") == []


def held(ledger, *several, until=WINDOW, now=NOW):
    ledger.record([bulletin(one, "hook", held_until=until) for one in several], now)


def test_what_is_held_and_over_by_then_is_never_told(ledger):
    held(ledger, news(), news(number=2))
    held(ledger, news(CLOSED, at=NOW + 50.0), news(MERGED, 2, NOW + 50.0))
    assert [told(ledger, at) for at in (NOW, WINDOW - 1.0, WINDOW, WINDOW + 1e6)] == [[]] * 4
    assert len(list(ledger.history())) == 4
    assert ledger.expire(WINDOW + 1e6) == 2


def test_what_is_held_and_goes_on_is_told_once_as_it_is_then(ledger):
    held(ledger, news(), news(RAISED, severity=CRITICAL))
    assert told(ledger, WINDOW - 1.0) == []
    [one] = ledger.claim(WINDOW, LEASE, "hook")
    assert (one.event, one.id, one.since) == ("opened", news().id, WINDOW)
    assert one.incident == incident(severity=CRITICAL)
    ledger.failed([one], "HTTP 503", WINDOW + 10.0)
    [again] = ledger.claim(WINDOW + 10.0, LEASE, "hook")
    assert (again.id, again.incident, again.since) == (one.id, one.incident, WINDOW)


def test_what_was_told_before_it_was_held_is_told_to_its_end(ledger):
    ledger.record([bulletin(news(), "hook")], NOW)
    assert told(ledger) == [("opened", "i1")]
    held(ledger, news(RAISED, severity=CRITICAL), news(CLOSED, severity=CRITICAL))
    assert told(ledger, WINDOW - 1.0) == []
    assert told(ledger, WINDOW) == [("raised", "i1"), ("closed", "i1")]


def test_what_ends_in_the_moment_after_the_window_is_not_told_either(ledger):
    held(ledger, news())
    ledger.record([bulletin(news(CLOSED), "hook", sequel=True)], WINDOW)
    assert told(ledger, WINDOW) == []
    assert told(ledger, WINDOW + 1e6) == []


def test_what_is_told_after_the_window_is_over_when_it_is(ledger):
    held(ledger, news())
    assert told(ledger, WINDOW) == [("opened", "i1")]
    ledger.record([bulletin(news(CLOSED), "hook", sequel=True)], WINDOW + 1.0)
    assert told(ledger, WINDOW + 1.0) == [("closed", "i1")]


def test_a_window_that_is_ended_early_lets_go_of_its_own_streams(ledger):
    held(ledger, news(), news(number=2, stream="sport"))
    ledger.release(["news"], NOW + 5.0)
    assert told(ledger, NOW + 5.0) == [("opened", "i1")]
    assert told(ledger, WINDOW) == [("opened", "i2")]


def test_what_follows_waits_for_what_is_held_whatever_became_of_the_window(ledger):
    held(ledger, news())
    ledger.record([bulletin(news(RAISED, severity=CRITICAL), "hook")], NOW)
    assert told(ledger) == []
    ledger.release(["news"], NOW + 1.0)
    assert told(ledger, NOW + 1.0) == [("opened", "i1"), ("raised", "i1")]


def test_a_window_that_is_made_longer_holds_all_of_an_incident(ledger):
    held(ledger, news())
    held(ledger, news(RAISED, severity=CRITICAL), until=WINDOW + 50.0)
    assert told(ledger, WINDOW) == []
    assert told(ledger, WINDOW + 50.0) == [("opened", "i1")]


def test_one_window_after_the_other(ledger):
    held(ledger, news())
    assert told(ledger, WINDOW) == [("opened", "i1")]
    held(ledger, news(CLOSED), until=WINDOW + 50.0, now=WINDOW + 1.0)
    assert told(ledger, WINDOW + 49.0) == []
    assert told(ledger, WINDOW + 50.0) == [("closed", "i1")]


def test_what_was_told_before_it_could_be_recorded_is_recorded_as_told(ledger):
    first, second = news(), news(number=2)
    standings = {
        (first.id, "hook"): Standing("sent"),
        (second.id, "hook"): Standing("pending", NOW + 10.0, 3, "HTTP 503"),
    }
    ledger.record([bulletin(first, "hook", "mail"), bulletin(second, "hook")], NOW, standings)
    assert told(ledger) == []
    [one] = ledger.claim(NOW + 10.0, LEASE, "hook")
    assert (one.id, one.attempts) == (second.id, 3)
    assert told(ledger, sink="mail") == [("opened", "i1")]


@pytest.mark.parametrize("state", ["sent", "dead"])
def test_what_became_of_it_meanwhile_is_noted(ledger, state):
    ledger.record([bulletin(news(), "hook")], NOW)
    ledger.settle({(news().id, "hook"): Standing(state, error="HTTP 410"), ("unknown", "hook"): Standing("sent")})
    assert told(ledger, NOW + 1e6) == []
    assert len(ledger.dead_letters()) == (state == "dead")
