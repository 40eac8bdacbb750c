"""A webhook, before a real server that takes, refuses, resets and redirects."""

import hashlib
import hmac
import json
from dataclasses import replace

import pytest

from receiving import Receiver
from refused_hosts import REFUSED_HOSTS
from watchglass.model.errors import SourceError
from watchglass.model.finding import Severity
from watchglass.model.incident import Incident
from watchglass.model.sink import Notification, SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.webhook import Webhook, key_of, signature

LOOPBACK = parse_networks(["127.0.0.0/8"])
NOW = 1_700_000_000.25


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


def notification(**more):
    told = {
        "id": "i1",
        "stream": "news “live”",
        "detector": "video.freeze",
        "severity": Severity.CRITICAL,
        "message": "Motion stopped",
        "opened_at": NOW - 2.0,
        "findings": ("f1",),
        "others": ("audio.silence",),
    }
    return Notification(1, "n1", "hook", "opened", NOW, Incident(**(told | more)))


@pytest.fixture
def made():
    """Webhooks that are closed in the end."""
    sinks = []

    def make(url, **more):
        sinks.append(Webhook(url, **more))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


@pytest.fixture
def hook(made, receiver):
    return lambda path="/hook", **more: made(receiver.url(path), allow_private=LOOPBACK, **more)


def refused(sink):
    with pytest.raises(SinkError) as told:
        sink.send([notification()])
    return told.value


def test_what_arrives_is_a_cloud_event(hook, receiver):
    hook().send([notification()])
    [came] = receiver.came
    event = json.loads(came.body)
    assert came.headers["content-type"] == "application/cloudevents+json"
    assert came.headers["idempotency-key"] == event["id"] == "n1"
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "watchglass.incident.opened", "i1")
    assert event["time"] == "2023-11-14T22:13:20.250Z"
    assert event["data"] == {
        "incident": "i1", "event": "opened", "stream": "news “live”", "detector": "video.freeze",
        "severity": "critical", "message": "Motion stopped", "opened": "2023-11-14T22:13:18.250Z", "closed": None,
        "labels": {}, "group": "", "flapping": False, "acknowledged_by": None, "merged_into": None, "findings": ["f1"],
        "effects": ["audio.silence"],
    }  # fmt: skip
    assert "watchglass-signature" not in came.headers


def test_several_are_a_batch(hook, receiver):
    first, second = notification(), replace(notification(id="i2"), id="n2")
    sink = hook(secret="SECRET", clock=lambda: NOW)
    sink.send([first, second])
    sink.send([second, first])
    one, other = receiver.came
    assert one.headers["content-type"] == "application/cloudevents-batch+json"
    assert [(event["id"], event["subject"]) for event in json.loads(one.body)] == [("n1", "i1"), ("n2", "i2")]
    assert one.headers["idempotency-key"] == other.headers["idempotency-key"] not in {"n1", "n2"}
    assert one.headers["watchglass-signature"] == signature("SECRET", round(NOW), one.body)
    assert key_of([first]) == "n1"
    assert key_of([first, second]) != key_of([first, replace(second, id="n3")])


def test_a_secret_signs_it(hook, receiver):
    hook(secret="SECRET", clock=lambda: NOW).send([notification()])
    [came] = receiver.came
    at, _, made = came.headers["watchglass-signature"].removeprefix("t=").partition(",v1=")
    assert at == "1700000000"
    assert made == hmac.new(b"SECRET", f"{at}.".encode() + came.body, hashlib.sha256).hexdigest()
    assert "SECRET" not in str(came)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(hook, receiver, status):
    receiver.answers.append((status, {}, b""))
    hook().send([notification()])


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(status, True) for status in (400, 413, 422)]
    + [(status, False) for status in (401, 403, 404, 410, 408, 429, 500, 503)],
)
def test_what_the_server_says_is_told_and_whether_it_may_be_well_later(hook, receiver, status, is_final):
    receiver.answers.append((status, {}, b"no, http://u:SECRET@h/x\n is not"))
    error = refused(hook("/hook?token=SECRET"))
    assert error.is_final is is_final
    assert f"HTTP {status} (no, http://***@h/x is not)" in str(error)
    assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    ("told", "seconds"), [("30", 30.0), ("999999999", 3600.0), ("-5", 0.0), ("Tue, 14 Nov 2023 22:13:20 GMT", 0.0)]
)
def test_a_server_may_want_to_be_left_alone(hook, receiver, told, seconds):
    receiver.answers.append((503, {"Retry-After": told}, b""))
    assert refused(hook()).retry_after == seconds


def test_redirects_are_not_followed(hook, receiver):
    with Receiver() as canary:
        receiver.answers.append((307, {"Location": canary.url()}, b""))
        error = refused(hook())
        assert (error.is_final, "HTTP 307" in str(error), canary.came) == (False, True, [])


def test_a_connection_that_is_reset_is_tried_again(hook, receiver):
    receiver.answers.append("reset")
    sink = hook()
    assert not refused(sink).is_final
    sink.send([notification()])
    assert [json.loads(came.body)["id"] for came in receiver.came] == ["n1", "n1"]


def test_a_long_answer_is_not_read_to_its_end(hook, receiver):
    receiver.answers.append((500, {}, b"x" * 10_000_000))
    assert len(str(refused(hook()))) < 400


def test_nobody_is_there(made):
    assert not refused(made("http://127.0.0.1:1/x", allow_private=LOOPBACK)).is_final


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_nothing_private_is_told_anything(made, receiver, host):
    try:
        sink = made(f"http://{host}:{receiver.port}/hook")
    except SourceError:
        return  # no address for us
    refused(sink)
    assert receiver.came == []
