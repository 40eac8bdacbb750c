"""Apprise in its process, before real receivers: HTTP, mail, MQTT, datagrams."""

import asyncio
import contextlib
import email
import email.policy
import html
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from aws_servers import free_port
from notifying import notification
from receiving import Receiver
from watchglass.model.errors import UsageError
from watchglass.model.finding import Severity
from watchglass.model.sink import SinkError
from watchglass.net.guard import parse_networks
from watchglass.sinks.apprise import Apprise

LOOPBACK = parse_networks(["127.0.0.0/8"])
PATIENCE = 30.0
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
PAYLOADS = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{7*7}}", "${7*7}", "&lt;b&gt;", "'\"><svg/>"]


@pytest.fixture
def receiver():
    with Receiver() as here:
        yield here


@pytest.fixture
def made():
    """Sinks that are closed in the end."""
    sinks = []

    def make(url, **more):
        sinks.append(Apprise(url, **({"allow_private": LOOPBACK} | more)))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


def refused(sink, news=None):
    with pytest.raises(SinkError) as told:
        sink.send(news or [notification()])
    return told.value


def to(receiver, more=""):
    return f"json://127.0.0.1:{receiver.port}/hook{more}"


def worker(sink):
    return sink._worker._process


@pytest.mark.parametrize(
    ("event", "severity", "kind"),
    [
        ("opened", Severity.CRITICAL, "failure"),
        ("opened", Severity.WARNING, "warning"),
        ("opened", Severity.INFO, "info"),
        ("acknowledged", Severity.CRITICAL, "info"),
        ("closed", Severity.CRITICAL, "success"),
    ],
)
def test_a_message_arrives(made, receiver, event, severity, kind):
    made(to(receiver)).send([notification(event=event, severity=severity)])
    [came] = receiver.came
    told = json.loads(came.body)
    assert (told["type"], "Motion stopped" in told["title"], "Stream: news" in told["message"]) == (kind, True, True)


def test_several_are_one_message_of_one_process(made, receiver):
    sink = made(to(receiver))
    pid = worker(sink).pid
    sink.send([notification(number) for number in range(30)])
    sink.send([notification()])
    first, second = (json.loads(came.body) for came in receiver.came)
    assert (first["title"], first["message"].splitlines()[-1]) == ("30 pieces of news: 30 critical", "and 10 more")
    assert second["title"] == "critical: news: Motion stopped"
    assert worker(sink).pid == pid


@pytest.mark.parametrize("more", ["", "?redirect=yes", "?Redirect=YES", "?%72edirect=yes", "?redirect=1&redirect=yes"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed_and_not_taken_for_success(made, receiver, status, more):
    with Receiver() as canary:
        receiver.answers.append((status, {"Location": canary.url()}, b""))
        error = refused(made(to(receiver, more)))
        assert (canary.came, len(receiver.came), error.is_final) == ([], 1, False)
        assert f"error={status}" in str(error)


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_what_failed_is_told_again(made, receiver, status):
    receiver.answers.append((status, {}, b"REPLY"))
    sink = made(to(receiver))
    error = refused(sink)
    assert (error.is_final, "REPLY" in str(error), f"error={status}" in str(error)) == (False, False, True)
    sink.send([notification()])


def test_nothing_private_is_told_anything(made, receiver):
    error = refused(made(to(receiver), allow_private=()))
    assert (error.is_final, receiver.came) == (True, [])
    assert "it is a loopback address" in str(error)


def test_nobody_is_there(made):
    assert not refused(made("json://127.0.0.1:1/")).is_final


@pytest.mark.parametrize(
    "url",
    [
        *("dbus://", "qt://", "kde://", "glib://", "gio://", "gnome://", "macosx://", "windows://", "syslog://"),
        *("blink1://", "SYSLOG://local0", " syslog://", "file:///etc/passwd", "", "no address", "CANARY", "json://"),
        "discord://CANARY",
    ],
)
def test_what_cannot_be_used_is_said_at_once(url):
    with pytest.raises(UsageError) as told:
        Apprise(url)
    assert "CANARY" not in str(told.value)


def test_files_of_this_machine_are_not_read(made, monkeypatch, tmp_path):
    """Even where they lie in a folder that Python looks for modules in."""
    monkeypatch.syspath_prepend(tmp_path)
    template = tmp_path / "template.json"
    template.write_text('{"content": "CANARY"}')
    sink = made(f"workflows://127.0.0.1:1/work/flow/signature/?template={template}")
    assert "could not be read" in str(refused(sink))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_chat_gets_text(made, receiver, payload):
    receiver.answers.append((200, {}, b"ok"))
    made(f"mmost://127.0.0.1:{receiver.port}/3ccdd113474722377935511fc85d3dd4").send([notification(stream=payload)])
    [came] = receiver.came
    assert f"Stream: {payload}" in json.loads(came.body)["text"].splitlines()


def test_a_process_that_has_ended_is_started_anew(made, receiver):
    sink = made(to(receiver))
    worker(sink).send_signal(signal.SIGKILL)
    worker(sink).wait(PATIENCE)
    sink.send([notification()])
    assert len(receiver.came) == 1


def test_a_process_that_does_not_answer_is_ended(made, receiver):
    sink = made(to(receiver), deadline=0.5)
    stuck = worker(sink)
    stuck.send_signal(signal.SIGSTOP)
    error = refused(sink)
    assert (error.is_final, str(error)) == (False, "apprise: no answer in time")
    assert stuck.returncode == -signal.SIGKILL
    sink._deadline = PATIENCE
    sink.send([notification()])
    assert len(receiver.came) == 1


def test_a_process_ends_when_nobody_can_ask_any_more(made):
    sink = made("json://127.0.0.1:1/")
    ended = worker(sink)
    ended.stdin.close()
    assert ended.wait(PATIENCE) == 0
    sink.close()
    sink.close()


def test_a_long_answer_is_not_read_to_its_end(made, receiver):
    receiver.answers.append((200, {}, b"x" * 50_000_000))
    assert not refused(made(to(receiver))).is_final
    receiver.answers.append((200, {}, b"x" * 100_000))
    made(to(receiver)).send([notification()])


CANARIES = ("CANARYUSER", "CANARYPASS", "CANARYPATH", "CANARYQUERY", "CANARYHEADER")


def test_no_secret_is_told(made, receiver, caplog):
    caplog.set_level("DEBUG")
    url = f"json://CANARYUSER:CANARYPASS@127.0.0.1:{receiver.port}/CANARYPATH?x=CANARYQUERY&+Y=CANARYHEADER"
    sink = made(url)
    shown = "".join(
        Path(f"/proc/{worker(sink).pid}/{name}").read_bytes().decode() for name in ("cmdline", "environ")
    )  # fmt: skip
    receiver.answers.append((500, {}, b"CANARYPATH CANARYPASS"))
    said = [shown, str(refused(sink))]
    receiver.answers.append("reset")
    said.append(str(refused(sink)))
    said.append(str(refused(made(url, allow_private=()))))
    said.append(str(refused(made(url.replace("127.0.0.1", "CANARYUSER.invalid")))))
    text = "".join(said) + caplog.text
    assert receiver.came
    assert [one for one in CANARIES if one.lower() in text.lower()] == []


def test_the_process_knows_nothing_of_ours(made, receiver, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    sink = made(to(receiver))
    assert b"CANARY" not in Path(f"/proc/{worker(sink).pid}/environ").read_bytes()
    sink.send([notification()])
    assert len(receiver.came) == 1


def test_who_has_no_apprise_is_told_what_to_install():
    code = "import sys; sys.modules['apprise'] = None\nimport watchglass.sinks.apprise_worker as worker\nworker.main()"
    done = subprocess.run(
        [sys.executable, "-c", code], input=b'{"url": "json://h", "allow": []}\n', capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}, timeout=PATIENCE,
    )  # fmt: skip
    assert json.loads(done.stdout) == {"ok": False, "missing": True}


class Mailbox:
    def __init__(self):
        self.came = queue.Queue()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.came.put(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.url = f"mailto://127.0.0.1:{controller.port}/?from=watchglass@example.org&to=ann@example.org"
    yield box
    controller.stop()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_sent_as_html_mail_is_text(made, mailbox, payload):
    made(mailbox.url + "&format=html").send([notification(stream=payload)])
    mail = mailbox.came.get(timeout=PATIENCE)
    assert mail["to"] == "ann@example.org"
    assert payload in mail["subject"]
    markup = mail.get_body(("html",)).get_content()
    assert set(re.findall(r"<[^>]*>", markup)) == {"<br/>"}
    text = html.unescape(markup.replace("<br/>", "\n")).replace("\xa0", " ")
    for shown in (text, mail.get_body(("plain",)).get_content()):
        assert f"Stream: {payload}" in shown.splitlines()


def test_a_name_adds_no_headers(made, mailbox):
    made(mailbox.url).send([notification(stream="a\r\nBcc: eve@evil.example\r\n\r\nbody")])
    mail = mailbox.came.get(timeout=PATIENCE)
    assert mail["bcc"] is None
    assert "a Bcc: eve" in mail["subject"]


@pytest.fixture
def broker(tmp_path):
    if MOSQUITTO is None:
        pytest.skip("needs a broker (Debian: apt install mosquitto)")
    port = free_port()
    (tmp_path / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen(
        [MOSQUITTO, "-c", str(tmp_path / "m.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        assert time.monotonic() < end
        time.sleep(0.02)
    yield port
    process.terminate()
    process.wait(PATIENCE)


def test_a_broker_passes_it_on(made, broker):
    from paho.mqtt import client as mqtt

    came, is_ready = queue.Queue(), queue.Queue()
    listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    listener.on_message = lambda _, __, told: came.put(told.payload.decode())
    listener.on_subscribe = lambda *_: is_ready.put(True)
    listener.connect("127.0.0.1", broker)
    listener.subscribe("alerts/#", qos=1)
    listener.loop_start()
    try:
        is_ready.get(timeout=PATIENCE)
        made(f"mqtt://127.0.0.1:{broker}/alerts/news?qos=1").send([notification()])
        assert "Motion stopped" in came.get(timeout=PATIENCE)
    finally:
        listener.loop_stop()
        listener.disconnect()


def test_a_broker_that_is_private_is_not_reached(made, broker):
    error = refused(made(f"mqtt://127.0.0.1:{broker}/alerts", allow_private=()))
    assert (error.is_final, "loopback" in str(error)) == (True, True)


def test_a_datagram_to_a_syslog_far_away(made):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(PATIENCE)
        made(f"rsyslog://localhost:{sock.getsockname()[1]}").send([notification()])
        assert b"Motion stopped" in sock.recv(4096)


def test_it_may_be_told_from_a_thread_of_an_event_loop(made, receiver):
    sink = made(to(receiver))

    async def told():
        await asyncio.to_thread(sink.send, [notification()])

    asyncio.run(told())
    assert len(receiver.came) == 1
