"""Incidents and what is to be told of them, in SQLite and in a PostgreSQL server of the test's own."""

from dataclasses import replace

import pytest

from telling import NOW, bulletin, incident, news
from watchglass.model.errors import UsageError
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent

LEASE = 30.0
DAY = 86_400.0
OPENED, RAISED, CLOSED = IncidentEvent.OPENED, IncidentEvent.RAISED, IncidentEvent.CLOSED


def record(ledger, *several, sinks=("hook",), now=NOW, **more):
    return ledger.record([bulletin(one, *sinks, **more) for one in several], now)


def told(claimed):
    return [(one.event, one.incident.id) for one in claimed]


def test_what_is_opened_is_kept_and_what_is_closed_is_no_longer_open(ledger):
    lists = {"findings": ("a", "b"), "others": ("audio.silence",)}
    record(ledger, news(number=2), news(number=1, **lists))
    assert ledger.open_incidents() == [incident(1, **lists), incident(2)]
    assert ledger.open_incidents("other") == []
    record(ledger, news(CLOSED, 1, closed_at=NOW + 15.5))
    assert ledger.open_incidents("news") == [incident(2)]
    assert [(event, one.id, one.closed_at) for _, event, one in ledger.history()] == [
        ("opened", "i2", None), ("opened", "i1", None), ("closed", "i1", NOW + 15.5),
    ]  # fmt: skip
    assert len(list(ledger.history(after=next(ledger.history())[0]))) == 2


def test_what_is_recorded_again_changes_nothing(ledger):
    first, last = news(), news(RAISED, severity=Severity.CRITICAL)
    assert record(ledger, first, last, first) == {(first.id, "hook"), (last.id, "hook")}
    assert record(ledger, first, last, now=NOW + 1.0) == set()
    assert ledger.open_incidents() == [incident(severity=Severity.CRITICAL)]
    assert len(list(ledger.history())) == 2
    assert told(ledger.claim(NOW, LEASE, "hook")) == [("opened", "i1"), ("raised", "i1")]


def test_what_somebody_wrote_is_stored_whatever_it_is(ledger):
    odd = "a\0b \ud800 “c”"
    record(ledger, news(message=odd, acknowledged_by=odd))
    [kept] = ledger.open_incidents()
    assert kept.message == kept.acknowledged_by == "a�b ? “c”"
    [one] = ledger.claim(NOW, LEASE, "hook")
    assert one.incident.message == odd


def test_what_is_due_is_given_out_once_until_the_lease_is_over(ledger):
    record(ledger, news(), sinks=("hook", "mail"), group="g")
    assert ledger.claim(NOW - 1.0, LEASE, "hook") == []
    [one] = ledger.claim(NOW, LEASE, "hook")
    assert (one.key, one.event, one.attempts, one.incident) == ((news().id, "hook"), "opened", 0, incident())
    assert (one.group, one.since, one.at) == ("g", NOW, NOW)
    assert ledger.claim(NOW + LEASE - 1.0, LEASE, "hook") == []
    assert len(ledger.claim(NOW + LEASE, LEASE, "hook")) == 1
    ledger.sent([one])
    assert ledger.claim(NOW + 10 * LEASE, LEASE, "hook") == []
    assert len(ledger.claim(NOW + 10 * LEASE, LEASE, "mail")) == 1


def test_what_fails_is_tried_again_and_is_a_dead_letter_in_the_end(ledger):
    record(ledger, news())
    first = ledger.claim(NOW, LEASE, "hook")
    ledger.failed(first, "HTTP 503", NOW + 5.0)
    assert ledger.claim(NOW + 4.0, LEASE, "hook") == []
    second = ledger.claim(NOW + 5.0, LEASE, "hook")
    assert [(one.attempts, one.id) for one in second] == [(1, first[0].id)]
    ledger.failed(second, "HTTP 410", None)
    assert ledger.claim(NOW + DAY, LEASE, "hook") == []
    assert ledger.dead_letters() == [(first[0].id, "hook", "HTTP 410")]


def test_dead_letters_are_revived_as_if_they_were_new(ledger):
    record(ledger, news(), news(number=2))
    ledger.failed(ledger.claim(NOW, LEASE, "hook"), "HTTP 410", None)
    assert [ledger.revive(NOW + DAY), ledger.revive(NOW + DAY), ledger.dead_letters()] == [2, 0, []]
    again = ledger.claim(NOW + DAY, LEASE, "hook")
    assert [(one.attempts, one.since) for one in again] == [(0, NOW + DAY)] * 2


def test_a_dead_letter_that_was_overtaken_stays_dead(ledger):
    record(ledger, news(), news(number=2))
    ledger.failed(ledger.claim(NOW, LEASE, "hook"), "HTTP 410", None)
    record(ledger, news(CLOSED))
    ledger.sent(ledger.claim(NOW, LEASE, "hook"))
    assert ledger.revive(NOW) == 1
    assert told(ledger.claim(NOW, LEASE, "hook")) == [("opened", "i2")]
    assert ledger.dead_letters() == []


def test_what_was_sent_meanwhile_by_somebody_else_has_not_failed(ledger):
    record(ledger, news())
    slow, quick = ledger.claim(NOW, 1.0, "hook"), ledger.claim(NOW + 1.0, LEASE, "hook")
    ledger.sent(quick)
    ledger.failed(slow, "too late", NOW + 2.0)
    assert ledger.claim(NOW + DAY, LEASE, "hook") == []


def test_what_has_to_wait_has_not_been_tried(ledger):
    record(ledger, news())
    ledger.later(ledger.claim(NOW, LEASE, "hook"), NOW + 20.0)
    assert ledger.claim(NOW + 19.0, LEASE, "hook") == []
    assert [one.attempts for one in ledger.claim(NOW + 20.0, LEASE, "hook")] == [0]


def test_as_many_as_are_asked_for(ledger):
    record(ledger, *(news(number=number) for number in range(5)))
    assert [len(ledger.claim(NOW, LEASE, "hook", most=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_what_is_meant_for_nobody_any_more_is_given_up_after_a_day(ledger):
    record(ledger, news(), sinks=("gone", "hook"))
    assert [ledger.abandon(["hook"], NOW + DAY - 1.0), ledger.abandon(["hook"], NOW + DAY)] == [0, 1]
    assert [(sink, why) for _, sink, why in ledger.dead_letters()] == [("gone", "there is no such sink any more")]


def test_what_is_long_over_is_forgotten_unless_it_is_still_to_be_told(ledger):
    for number in range(7):
        record(ledger, news(number=number), news(CLOSED, number, NOW + number))
    ledger.sent(ledger.claim(NOW + 10.0, LEASE, "hook", most=10))
    record(ledger, news(number=8))
    assert ledger.expire(NOW + 5.0, most=2) == 5
    assert [incident.id for _, _, incident in ledger.history()] == ["i5", "i5", "i6", "i6", "i8"]
    assert ledger.expire(NOW + DAY) == 0
    ledger.sent(ledger.claim(NOW + DAY, LEASE, "hook"))
    assert ledger.expire(NOW + DAY) == 2
    assert [one.id for one in ledger.open_incidents()] == ["i8"]


def test_ids_differ_where_anything_differs():
    told = [
        news(),
        news(number=2),
        news(CLOSED),
        replace(news(), incident=incident(acknowledged_by="ann")),
        news(IncidentEvent.REMINDED),
        replace(news(IncidentEvent.REMINDED), number=1),
        replace(news(IncidentEvent.REMINDED), number=2),
    ]
    assert len({one.id for one in told}) == len(told)


def test_who_has_it_in_hand_is_noted_with_whom_to_tell(ledger):
    record(ledger, news())
    known = ledger.acknowledge("i1", "Aino", NOW + 1.0, lambda one: bulletin(one, "hook"))
    assert known == incident(acknowledged_by="Aino")
    assert ledger.acknowledged() == [("news", "i1", "Aino")]
    assert told(ledger.claim(NOW + 1.0, LEASE, "hook")) == [("opened", "i1"), ("acknowledged", "i1")]


def test_who_writes_without_knowing_of_it_does_not_take_it_back(ledger):
    record(ledger, news())
    ledger.acknowledge("i1", "Aino", NOW, lambda one: bulletin(one, "hook"))
    record(ledger, news(RAISED, severity=Severity.CRITICAL))
    assert ledger.open_incidents() == [incident(severity=Severity.CRITICAL, acknowledged_by="Aino")]
    record(ledger, news(CLOSED, closed_at=NOW))
    assert ledger.acknowledged() == []


@pytest.mark.parametrize(
    ("incident_id", "said"),
    [("i2", "there is no such incident"), ("i3", "is over"), ("i4", "Aino has it in hand already")],
)
def test_what_cannot_be_acknowledged_is_refused_and_left_as_it_is(ledger, incident_id, said):
    record(ledger, news(number=3), news(CLOSED, 3, closed_at=NOW), news(number=4, acknowledged_by="Aino"))
    before = list(ledger.history())
    with pytest.raises(UsageError, match=said):
        ledger.acknowledge(incident_id, "Eero", NOW, lambda one: bulletin(one, "hook"))
    assert list(ledger.history()) == before
