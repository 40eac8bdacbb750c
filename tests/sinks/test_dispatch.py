"""From the outbox to a real server, through failures, to the end."""

import io
import json
import random

import pytest

from receiving import Receiver
from telling import NOW, bulletin, news
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.sink import SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.dispatch import LEASE, Deliveries, Dispatcher, Failing
from watchglass.sinks.grouping import Pace
from watchglass.sinks.jsonl import JsonLines
from watchglass.sinks.webhook import Webhook
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

MACHINE = Pace(digests=False)
CLOSED = IncidentEvent.CLOSED


@pytest.fixture
def ledger(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/watchglass.db")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


@pytest.fixture
def hook(receiver):
    sink = Webhook(receiver.url(), allow_private=parse_networks(["127.0.0.0/8"]))
    yield sink
    sink.close()


@pytest.fixture
def dispatcher(ledger, hook):
    return Dispatcher("hook", hook, ledger, rng=random.Random(1))


class Told:
    """A sink that remembers; ``refuses`` says what it makes of a message."""

    def __init__(self, refuses=lambda ids: None):
        self.messages, self.tries, self._refuses = [], 0, refuses

    def send(self, news):
        ids = [one.incident.id for one in news]
        self.tries += 1
        error = self._refuses(ids)
        if error is not None:
            raise error
        self.messages.append(ids)


def record(ledger, *several, sinks=("hook",), now=NOW, **more):
    ledger.record([bulletin(one, *sinks, **more) for one in several], now)


def ids(receiver):
    return [json.loads(came.body)["subject"] for came in receiver.came]


def test_each_sink_is_told_once(ledger, hook, receiver):
    out = io.StringIO()
    telling = Deliveries(ledger, {"hook": hook, "lines": JsonLines(out)}, {"lines": MACHINE})
    record(ledger, news(1), news(number=2), sinks=("hook", "lines"))
    assert [telling.turn(NOW), telling.turn(NOW + 10 * LEASE)] == [4, 0]
    assert ids(receiver) == ["i1", "i2"]
    assert [json.loads(line)["subject"] for line in out.getvalue().splitlines()] == ["i1", "i2"]


def test_what_fails_is_told_again_after_longer_and_longer_pauses(dispatcher, ledger, receiver):
    receiver.answers.extend([(503, {}, b"")] * 12)
    record(ledger, news())
    at, tries = NOW, []
    while len(receiver.came) < 13:
        if dispatcher.turn(at):
            tries.append(at - NOW)
        at += 1.0
    assert tries[1] <= 6.0
    assert 1_000.0 < tries[-1] < 6_000.0
    assert ledger.claim(at + 10**6, LEASE, "hook") == []
    assert len({json.loads(came.body)["id"] for came in receiver.came}) == 1


def test_a_receiver_that_wants_to_be_left_alone_is(dispatcher, ledger, receiver):
    receiver.answers.append((429, {"Retry-After": "300"}, b""))
    record(ledger, news())
    assert dispatcher.turn(NOW) == 1
    record(ledger, news(number=2))
    assert [dispatcher.turn(NOW + at) for at in (1.0, 299.0, 300.0)] == [0, 0, 2]


def test_what_is_hopeless_or_a_day_old_is_a_dead_letter(dispatcher, ledger, receiver):
    receiver.answers.append((400, {}, b"gone"))
    record(ledger, news())
    dispatcher.turn(NOW)
    receiver.answers.append((503, {}, b""))
    record(ledger, news(number=2))
    dispatcher.turn(NOW + 86_400.0)
    assert [(sink, why) for _, sink, why in ledger.dead_letters()] == [
        ("hook", f"{receiver.url()}: HTTP 400 (gone)"),
        ("hook", f"{receiver.url()}: HTTP 503"),
    ]


def test_what_was_held_for_days_or_revived_has_a_day_from_then(ledger):
    sink = Told(lambda ids: SinkError("HTTP 503"))
    telling = Dispatcher("hook", sink, ledger, rng=random.Random(1))
    record(ledger, news(), held_until=NOW + 3 * 86_400.0)
    telling.turn(NOW + 3 * 86_400.0)
    assert (sink.tries, ledger.dead_letters()) == (1, [])
    telling.turn(NOW + 4 * 86_400.0)
    assert len(ledger.dead_letters()) == 1
    ledger.revive(NOW + 9 * 86_400.0)
    telling.turn(NOW + 9 * 86_400.0)
    assert (sink.tries, ledger.dead_letters()) == (3, [])


def test_a_sink_that_is_broken_costs_no_other_its_news(ledger, hook, receiver):
    def breaks(ids):
        raise ZeroDivisionError("http://u:SECRET@h/x")

    telling = Deliveries(ledger, {"broken": Told(breaks), "hook": hook}, rng=random.Random(1))
    record(ledger, news(), sinks=("broken", "hook"))
    assert telling.turn(NOW) == 2
    assert ids(receiver) == ["i1"]
    [again] = ledger.claim(NOW + 10.0, LEASE, "broken")
    assert again.attempts == 1


def test_whoever_dies_between_claim_and_delivery_delays_it_only(dispatcher, ledger, receiver):
    record(ledger, news())
    assert len(ledger.claim(NOW, LEASE, "hook")) == 1  # and never comes back
    assert [dispatcher.turn(NOW + LEASE - 1.0), dispatcher.turn(NOW + LEASE)] == [0, 1]
    assert ids(receiver) == ["i1"]


def test_a_pipe_that_nobody_reads_is_tried_again(ledger):
    out = io.StringIO()
    out.close()
    telling = Dispatcher("lines", JsonLines(out), ledger, MACHINE, random.Random(1))
    record(ledger, news(), sinks=("lines",))
    telling.turn(NOW)
    assert [one.attempts for one in ledger.claim(NOW + 10.0, LEASE, "lines")] == [1]


def test_one_that_is_refused_costs_the_others_of_its_message_nothing(ledger):
    sink = Told(lambda ids: SinkError("HTTP 400", is_final=True) if "i5" in ids else None)
    telling = Dispatcher("hook", sink, ledger, MACHINE)
    record(ledger, *(news(number=number) for number in range(20)))
    telling.turn(NOW)
    arrived = [one for message in sink.messages for one in message]
    assert sorted(arrived) == sorted(f"i{number}" for number in range(20) if number != 5)
    assert [(sink, why) for _, sink, why in ledger.dead_letters()] == [("hook", "HTTP 400")]


def test_a_message_that_is_too_long_is_told_in_parts(ledger):
    sink = Told(lambda ids: SinkError("HTTP 413", is_final=True) if len(ids) > 30 else None)
    record(ledger, *(news(number=number) for number in range(100)))
    Dispatcher("hook", sink, ledger, MACHINE).turn(NOW)
    assert sum(map(len, sink.messages)) == 100
    assert ledger.dead_letters() == []


def test_an_address_that_is_gone_is_not_asked_for_each_piece_of_news(ledger):
    sink = Told(lambda ids: SinkError("HTTP 400", is_final=True))
    record(ledger, *(news(number=number) for number in range(500)))
    Dispatcher("hook", sink, ledger, MACHINE, random.Random(1)).turn(NOW)
    assert sink.tries < 50


def test_what_follows_a_failure_in_the_same_message_waits_for_it(ledger):
    """The halves of a message are two: the end of an incident must not be told before its beginning."""

    def refuses(ids):
        if len(ids) > 2:
            return SinkError("HTTP 413", is_final=True)
        return SinkError("HTTP 503") if sink.tries < 4 else None

    sink = Told(refuses)
    told = [news(), news(number=2), news(IncidentEvent.CLOSED), news(number=3)]
    record(ledger, *told)
    telling = Dispatcher("hook", sink, ledger, MACHINE, random.Random(1))
    telling.turn(NOW)
    telling.turn(NOW + 10.0)
    assert sink.messages == [["i1", "i2"], ["i1", "i3"]]
    assert ledger.dead_letters() == []


def test_a_slow_turn_gives_back_what_it_would_hold_for_too_long(ledger):
    seconds = iter([0.0, 1.0, LEASE, LEASE])
    sink = Told()
    telling = Dispatcher("hook", sink, ledger, clock=lambda: next(seconds))
    for number in range(3):
        record(ledger, news(number=number), group=f"g{number}")
    telling.turn(NOW)
    assert sink.messages == [["i0"]]
    assert telling.next_at == NOW
    assert [one.incident.id for one in ledger.claim(NOW, LEASE, "hook")] == ["i1", "i2"]


def test_how_a_sink_fails_is_known_until_something_arrives(ledger):
    answers = [SinkError("HTTP 401"), SinkError("HTTP 400", is_final=True), None]
    telling = Dispatcher("hook", Told(lambda ids: answers.pop(0)), ledger, MACHINE, random.Random(1))
    record(ledger, news())
    telling.turn(NOW)
    assert telling.failing == Failing(NOW, NOW, "HTTP 401", 0)
    telling.turn(NOW + 10.0)
    assert telling.failing == Failing(NOW, NOW + 10.0, "HTTP 400", 1)
    record(ledger, news(number=2))
    telling.turn(NOW + 20.0)
    assert telling.failing is None


def test_what_has_become_graver_does_not_wait_behind_its_own_beginning(ledger):
    sink = Told(lambda ids: None)
    telling = Dispatcher("hook", sink, ledger, Pace(), random.Random(1))

    def happens(at, *more, **facts):
        ledger.record([bulletin(news(*more, **facts), "hook", group="g")], NOW + at)
        telling.turn(NOW + at)

    happens(0.0)
    happens(1.0, number=2)
    assert sink.messages == [["i1"]]
    happens(2.0, IncidentEvent.RAISED, number=2, severity=Severity.CRITICAL)
    assert sink.messages == [["i1"], ["i2", "i2"]]
