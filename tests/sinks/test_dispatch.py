"""From the outbox to a real server, through failures, to the end."""

import io
import json
import random

import pytest

from receiving import Receiver
from watchglass.model.finding import Severity
from watchglass.model.incident import Incident, IncidentEvent, IncidentNews
from watchglass.net.guard import parse_networks
from watchglass.sinks.dispatch import LEASE, Dispatcher
from watchglass.sinks.jsonl import JsonLines
from watchglass.sinks.webhook import Webhook
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

NOW = 1_700_000_000.0


@pytest.fixture
def ledger(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/watchglass.db")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


def news(number=1):
    told = Incident(
        id=f"i{number}", stream="s", detector="video.black", severity=Severity.WARNING, message="", opened_at=NOW
    )
    return IncidentNews(IncidentEvent.OPENED, told, NOW)


@pytest.fixture
def dispatcher(ledger, receiver):
    """Makes one with a webhook and more sinks."""
    hook = Webhook(receiver.url(), allow_private=parse_networks(["127.0.0.0/8"]))
    yield lambda **more: Dispatcher(ledger, {"hook": hook, **more}, random.Random(1))
    hook.close()


def ids(receiver):
    return [json.loads(came.body)["subject"] for came in receiver.came]


def test_each_sink_is_told_once(dispatcher, ledger, receiver):
    out = io.StringIO()
    telling = dispatcher(lines=JsonLines(out))
    ledger.record([news(1), news(2)], ["hook", "lines"], NOW)
    assert [telling.turn(NOW), telling.turn(NOW + 10 * LEASE)] == [4, 0]
    assert ids(receiver) == ["i1", "i2"]
    assert [json.loads(line)["subject"] for line in out.getvalue().splitlines()] == ["i1", "i2"]


def test_what_fails_is_told_again_after_longer_and_longer_pauses(dispatcher, ledger, receiver):
    telling = dispatcher()
    receiver.answers.extend([(503, {}, b"")] * 12)
    ledger.record([news()], ["hook"], NOW)
    at, tries = NOW, []
    while len(receiver.came) < 13:
        if telling.turn(at):
            tries.append(at - NOW)
        at += 1.0
    assert tries[1] <= 6.0
    assert 1_000.0 < tries[-1] < 6_000.0
    assert ledger.claim(at + 10**6, LEASE) == []
    assert len({json.loads(came.body)["id"] for came in receiver.came}) == 1


def test_a_receiver_that_wants_to_be_left_alone_is(dispatcher, ledger, receiver):
    telling = dispatcher()
    receiver.answers.append((429, {"Retry-After": "300"}, b""))
    ledger.record([news()], ["hook"], NOW)
    assert [telling.turn(NOW + at) for at in (0.0, 299.0, 300.0)] == [1, 0, 1]


def test_what_is_hopeless_or_a_day_old_is_a_dead_letter(dispatcher, ledger, receiver):
    telling = dispatcher()
    receiver.answers.append((410, {}, b"gone"))
    ledger.record([news(1)], ["hook", "nobody"], NOW)
    telling.turn(NOW)
    receiver.answers.append((503, {}, b""))
    ledger.record([news(2)], ["hook"], NOW)
    telling.turn(NOW + 86_400.0)
    assert [(sink, why) for _, sink, why in ledger.dead_letters()] == [
        ("hook", f"{receiver.url()}: HTTP 410 (gone)"),
        ("nobody", "there is no sink 'nobody' any more"),
        ("hook", f"{receiver.url()}: HTTP 503"),
    ]


def test_a_sink_that_is_broken_costs_no_other_its_news(dispatcher, ledger, receiver):
    class Broken:
        def send(self, notification):
            raise ZeroDivisionError("http://u:SECRET@h/x")

    telling = dispatcher(broken=Broken())
    ledger.record([news()], ["broken", "hook"], NOW)
    assert telling.turn(NOW) == 2
    assert ids(receiver) == ["i1"]
    [again] = ledger.claim(NOW + 10.0, LEASE)
    assert (again.sink, again.attempts) == ("broken", 1)


def test_whoever_dies_between_claim_and_delivery_delays_it_only(dispatcher, ledger, receiver):
    ledger.record([news()], ["hook"], NOW)
    assert len(ledger.claim(NOW, LEASE)) == 1  # and never comes back
    telling = dispatcher()
    assert [telling.turn(NOW + LEASE - 1.0), telling.turn(NOW + LEASE)] == [0, 1]
    assert ids(receiver) == ["i1"]


def test_a_pipe_that_nobody_reads_is_tried_again(ledger):
    out = io.StringIO()
    out.close()
    telling = Dispatcher(ledger, {"lines": JsonLines(out)}, random.Random(1))
    ledger.record([news()], ["lines"], NOW)
    telling.turn(NOW)
    assert [one.attempts for one in ledger.claim(NOW + 10.0, LEASE)] == [1]
