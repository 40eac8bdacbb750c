"""A real Alertmanager between us and a receiver of the test's own."""

import json
import shutil
import subprocess
import time

import pytest

from receiving import Receiver
from transport import free_port
from watchglass.model.finding import Severity
from watchglass.model.incident import Incident
from watchglass.model.sink import Notification, SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.alertmanager import Alertmanager, alerts

LOOPBACK = parse_networks(["127.0.0.0/8"])
PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
PATIENCE = 30.0


def told(event="opened", *, severity=Severity.WARNING, closed_at=None, at=None):
    at = time.time() if at is None else at
    incident = Incident(
        id="i1", stream="news", detector="video.freeze", severity=severity, message="Motion stopped",
        opened_at=at - 5.0, closed_at=closed_at, others=("audio.silence",),
    )  # fmt: skip
    return Notification(1, f"n-{event}", "am", event, at, incident)


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server


@pytest.fixture
def running(tmp_path, receiver):
    """Its address; what it has to say goes to the receiver at once."""
    if PROGRAM is None:
        pytest.skip("needs Alertmanager (Debian: apt install prometheus-alertmanager)")
    config = tmp_path / "am.yml"
    config.write_text(
        "route: {receiver: us, group_wait: 10ms, group_interval: 100ms, group_by: ['...']}\n"
        f"receivers: [{{name: us, webhook_configs: [{{url: '{receiver.url()}', send_resolved: true}}]}}]\n"
    )
    port = free_port()
    command = [
        PROGRAM, f"--config.file={config}", f"--storage.path={tmp_path}/data", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sink = Alertmanager(f"http://127.0.0.1:{port}/", allow_private=LOOPBACK)
    try:
        yield sink
    finally:
        sink.close()
        process.terminate()
        process.wait(PATIENCE)


def sent(sink, notification):
    """Again and again, until it is there: it has only just been started."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return sink.send([notification])
        except SinkError:
            assert time.monotonic() < end
            time.sleep(0.05)


def heard(receiver, status, severity):
    """Wait until this has been said of the incident."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for came in list(receiver.came):
            for alert in json.loads(came.body)["alerts"]:
                if (alert["status"], alert["labels"]["severity"]) == (status, severity):
                    return alert
        time.sleep(0.05)
    raise AssertionError([came.body for came in receiver.came])


def test_an_incident_fires_is_raised_and_is_resolved(running, receiver):
    sent(running, told())
    fires = heard(receiver, "firing", "warning")
    assert (fires["labels"]["alertname"], fires["labels"]["stream"]) == ("video.freeze", "news")
    assert fires["annotations"] == {"summary": "news: Motion stopped", "effects": "audio.silence"}
    running.send([told("acknowledged")])
    running.send([told("acknowledged"), told("raised", severity=Severity.CRITICAL)])
    heard(receiver, "firing", "critical")
    heard(receiver, "resolved", "warning")
    running.send([told("reminded"), told("closed", severity=Severity.CRITICAL, closed_at=time.time())])
    heard(receiver, "resolved", "critical")


def test_an_open_one_does_not_end_by_itself_and_a_closed_one_has_ended():
    [opened] = alerts(told(at=1_700_000_000.0))
    assert (opened["startsAt"], opened["endsAt"]) == ("2023-11-14T22:13:15.000Z", "2024-11-13T22:13:20.000Z")
    closed = list(alerts(told("closed", at=1_700_000_100.0, closed_at=1_700_000_098.0)))
    assert {one["endsAt"] for one in closed} == {"2023-11-14T22:14:58.000Z"}


def test_of_each_incident_only_how_it_is_in_the_end(receiver):
    sink = Alertmanager(receiver.url(""), allow_private=LOOPBACK)
    sink.send([told("acknowledged")])
    sink.send([told(), told("raised", severity=Severity.CRITICAL), told("flapping", severity=Severity.CRITICAL)])
    sink.close()
    [came] = receiver.came
    assert came.path == "/api/v2/alerts"
    assert [one["labels"]["severity"] for one in json.loads(came.body)] == ["info", "warning", "critical"]


def test_nothing_private_is_told_anything(receiver):
    sink = Alertmanager(f"http://127.0.0.1:{receiver.port}")
    with pytest.raises(SinkError) as refusal:
        sink.send([told()])
    sink.close()
    assert refusal.value.is_final
    assert receiver.came == []
