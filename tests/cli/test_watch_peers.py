"""Peers, watched as a person does: what is told, and what must never be."""

import json
import logging
import threading

import pytest

from command import Command
from peer_servers import Server, hang_up, rtmp, tags
from rtsp_serving import packets, rtsp
from transport import free_port
from watchglass.net.rtsp_messages import Message

CANARY = "CANARYTOKEN"


@pytest.fixture
def watchglass(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


def test_an_outage_is_one_finding_and_no_secret_is_told(watchglass, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    kept = tmp_path / "kept.parquet"
    over = threading.Event()
    with Server(rtmp(tags(3.0), then=hang_up), lambda wire: over.wait(2.6), rtmp(tags(3.0))) as server:
        target = f"rtmp://127.0.0.1:{server.port}/live/{CANARY}?token={CANARY}"
        looked_for = "transport,sync,video.freeze,video.black"
        how = ("--json", "--duration", "7", "--readings", kept, "--detectors", looked_for)
        outcome = watchglass("watch", target, *how)
        over.set()
    assert outcome.code == 0
    told = [json.loads(line) for line in outcome.out.splitlines()]
    opened = {each["detector"] for each in told if each["event"] == "opened" and not each["explained_by"]}
    assert opened == {"transport.stall"}
    assert "watched again after" in outcome.err
    assert CANARY not in outcome.out + outcome.err + caplog.text
    assert CANARY.encode() not in kept.read_bytes()


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Message(f"RTSP/1.0 403 no {CANARY}", []), id="refused"),
        pytest.param(Message("RTSP/1.0 302 Moved", [("Location", f"rtsp://127.0.0.1:9/{CANARY}")]), id="redirected"),
        pytest.param(Message("RTSP/1.0 200 OK", [("Content-Type", "application/sdp")], CANARY.encode()), id="nonsense"),
    ],
)
def test_what_cannot_be_watched_is_an_error_without_secrets(watchglass, caplog, refusal):
    caplog.set_level(logging.DEBUG)
    with Server(rtsp(answer=lambda request: refusal)) as server:
        outcome = watchglass("watch", f"rtsp://me:{CANARY}@127.0.0.1:{server.port}/cam?token={CANARY}")
    assert outcome.code == 3
    assert f"rtsp://***@127.0.0.1:{server.port}/cam?token=***: " in outcome.err
    assert CANARY not in outcome.out + outcome.err + caplog.text


def test_datagrams_when_they_are_asked_for(watchglass):
    heard = []
    with Server(rtsp(packets(3.0), heard=heard)) as server:
        target = f"rtsp://127.0.0.1:{server.port}/cam"
        outcome = watchglass("watch", target, "--rtsp-transport", "udp", "--duration", "2")
    assert outcome.code == 0
    assert any("client_port" in each.get("Transport") for each in heard)


@pytest.mark.parametrize(
    ("scheme", "rest"),
    [("rtmp", f"/live/{CANARY}"), ("rtsp", f"/?key={CANARY}"), ("srt", f"?streamid={CANARY}"), ("rist", "")],
)
def test_check_refuses_what_is_live(watchglass, scheme, rest):
    outcome = watchglass("check", f"{scheme}://127.0.0.1:{free_port()}{rest}")
    assert outcome.code == 3
    assert "`watchglass watch` follows it" in outcome.err or "pip install" in outcome.err
    assert CANARY not in outcome.out + outcome.err
