"""RTSP: a server of our own that does what servers do to one, and GStreamer's."""

import shutil
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from certificates import certified
from live_items import of, pictures, seen
from peer_servers import Server, hang_up, wait_for_end
from rtsp_serving import SDP, packets, rtsp
from watchglass.media.source import SourceOptions
from watchglass.model.errors import TransferError
from watchglass.model.media import AudioBlock, ClockAnchor, Damage, NotWatched, Stall, TimelineBreak, Tracks, VideoFrame
from watchglass.net import line
from watchglass.net.rtsp_messages import Message

CANARY = "CANARYTOKEN"


def address(server, login=""):
    return f"rtsp://{login}127.0.0.1:{server.port}/cam?key={CANARY}"


@pytest.mark.parametrize("over_udp", [False, True], ids=["tcp", "udp"])
def test_pictures_and_sound_come(over_udp):
    heard = []
    with Server(rtsp(packets(4.0), heard=heard)) as server:
        items = seen(address(server), pictures(98), options=SourceOptions(rtsp_over_udp=over_udp), patience=5)
    assert [sorted(track.kind for track in each.tracks) for each in of(Tracks, items)] == [["audio", "video"]]
    assert len(of(VideoFrame, items)) >= 98
    assert len(of(AudioBlock, items)) >= 30
    assert of(ClockAnchor, items)[0].source == "arrival"
    assert of(Damage, items) + of(TimelineBreak, items) + of(NotWatched, items) == []
    asked = {each.first.split(" ")[1] for each in heard}
    assert asked == {
        f"rtsp://127.0.0.1:{server.port}/cam?key={CANARY}{end}" for end in ("", "/trackID=0", "/trackID=1")
    }
    assert {"client_port" in each.get("Transport") for each in heard if each.get("Transport")} == {over_udp}


def test_a_connection_that_ends_is_begun_anew_and_the_timeline_goes_on():
    with Server(rtsp(packets(3.0), then=hang_up), rtsp(packets(3.0, size=(128, 96), seed=2))) as server:
        items = seen(address(server), pictures(148))
    shown = of(VideoFrame, items)
    assert all(before.pts < after.pts for before, after in pairwise(shown))
    assert shown[-1].pts == pytest.approx(5.9, abs=0.3)
    assert all(each.announced for each in of(TimelineBreak, items))
    [lost] = of(NotWatched, items)
    assert "the stream has ended; watched again after" in lost.reason
    assert CANARY not in lost.reason
    assert [track.facts["width"] for each in of(Tracks, items) for track in each.tracks if track.kind == "video"] == [
        96,
        128,
    ]


def test_over_tls(tmp_path, monkeypatch):
    context = certified("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    line._tls.cache_clear()
    heard = []
    serve = rtsp(packets(3.0), heard=heard)

    def secured(wire):
        with context.wrap_socket(wire, server_side=True) as inner:
            serve(inner)

    with Server(secured) as server:
        items = seen(f"rtsps://localhost:{server.port}/cam", pictures(73))
    line._tls.cache_clear()
    assert len(of(VideoFrame, items)) >= 73
    assert heard[0].first == f"OPTIONS rtsps://localhost:{server.port}/cam RTSP/1.0"


@pytest.mark.parametrize("over_udp", [False, True], ids=["tcp", "udp"])
def test_a_server_that_plays_nothing_keeps_nobody(over_udp):
    with Server(rtsp()) as server:
        before = threading.active_count()
        items = seen(
            address(server), lambda items: len(of(Stall, items)) >= 2, options=SourceOptions(rtsp_over_udp=over_udp)
        )
        after = threading.active_count()
    assert of(Stall, items)[-1].reason == "waiting for the stream"
    assert after <= before + 1  # the server's own


def elsewhere(canary, where):
    """Answers that lead to another server, at one method."""

    def answer(request):
        if not request.first.startswith(where):
            return None
        return Message("RTSP/1.0 302 Moved", [("Location", f"rtsp://127.0.0.1:{canary.port}/cam?key={CANARY}")])

    return answer


@pytest.mark.parametrize("where", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_redirect_is_not_followed(where):
    with Server(rtsp(packets(1.0))) as canary:
        with (
            Server(rtsp(packets(1.0), answer=elsewhere(canary, where))) as server,
            pytest.raises(TransferError, match=r"elsewhere \(302 Moved\)") as raised,
        ):
            seen(address(server))
        assert canary.connections == 0
    assert CANARY not in str(raised.value)


def test_a_server_that_asks_us_to_go_elsewhere_in_the_middle_is_not_followed():
    with Server(rtsp(packets(1.0))) as canary:

        def redirect(wire):
            location = f"rtsp://127.0.0.1:{canary.port}/cam"
            wire.sendall(Message("REDIRECT * RTSP/1.0", [("CSeq", "9"), ("Location", location)]).coded())
            wait_for_end(wire)

        with Server(rtsp(packets(3.0), then=redirect), rtsp(packets(3.0))) as server:
            items = seen(address(server), pictures(140))
        assert canary.connections == 0
    assert "the server sends us elsewhere" in of(NotWatched, items)[0].reason


def test_a_description_that_names_another_server_reaches_nobody_else():
    with Server(rtsp(packets(1.0))) as canary:
        other = f"rtsp://127.0.0.1:{canary.port}/cam"
        sdp = SDP.replace("a=control:track", f"a=control:{other}/track").replace("c=IN", "c=IN IP4 127.0.0.2\nc=IN")

        def answer(request):
            if not request.first.startswith("DESCRIBE"):
                return None
            fields = [("Content-Type", "application/sdp"), ("Content-Base", other), ("Content-Location", other)]
            return Message("RTSP/1.0 200 OK", fields, sdp.encode())

        heard = []
        with Server(rtsp(packets(3.0), answer=answer, heard=heard)) as server:
            items = seen(address(server), pictures(60))
        assert canary.connections == 0
    assert len(of(VideoFrame, items)) >= 60
    assert f"{other}/trackID=0" in {each.first.split(" ")[1] for each in heard}


@pytest.mark.parametrize(
    "challenges",
    [
        pytest.param(['Basic realm="cam"'], id="basic"),
        pytest.param(['Digest realm="cam", nonce="abc"', 'Basic realm="cam"'], id="digest before basic"),
        pytest.param(['Digest realm="cam", nonce="abc", qop="auth", algorithm=SHA-256, opaque="x"'], id="sha-256"),
    ],
)
def test_a_login_is_answered(challenges):
    heard = []

    def answer(request):
        heard.append(request.get("Authorization"))
        if request.get("Authorization") or request.first.startswith("OPTIONS"):
            return None
        return Message("RTSP/1.0 401 Unauthorized", [("WWW-Authenticate", each) for each in challenges])

    with Server(rtsp(packets(3.0), answer=answer)) as server:
        items = seen(address(server, "me:PASSWORD@"), pictures(60))
    assert len(of(VideoFrame, items)) >= 60
    kinds = {each.split(" ")[0] for each in heard if each}
    assert kinds == {challenges[0].split(" ")[0]}
    assert not any("PASSWORD" in each for each in heard)


@pytest.mark.parametrize("login", ["", f"me:{CANARY}@"])
def test_a_login_that_fails_is_said_without_it(login):
    refusal = Message("RTSP/1.0 401 Unauthorized", [("WWW-Authenticate", 'Basic realm="cam"')])
    with (
        Server(rtsp(answer=lambda request: refusal)) as server,
        pytest.raises(TransferError, match="401 Unauthorized to") as raised,
    ):
        seen(address(server, login))
    assert CANARY not in str(raised.value)


def test_what_is_not_there_is_said():
    refusal = Message(f"RTSP/1.0 404 {CANARY} Not Found", [])
    answer = {"DESCRIBE": refusal}
    with (
        Server(rtsp(answer=lambda request: answer.get(request.first.split(" ")[0]))) as server,
        pytest.raises(TransferError, match=r"the server answers 404 \*\*\* Not Found to DESCRIBE"),
    ):
        seen(address(server))


def test_gstreamer_serves():
    server = gstreamer()
    if server is None:
        pytest.skip("there is no GStreamer with an RTSP server (gir1.2-gst-rtsp-server-1.0)")
    try:
        port = int(server.stdout.readline())
        for over_udp in (False, True):
            options = SourceOptions(rtsp_over_udp=over_udp)
            items = seen(f"rtsp://127.0.0.1:{port}/cam", pictures(60), options=options)
            assert len(of(VideoFrame, items)) >= 60
            assert len(of(AudioBlock, items)) >= 10
            assert of(Damage, items) == []
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def gstreamer():
    """A real server, and its port on its first line; None where there is none."""
    script = Path(__file__).parents[1] / "gstreamer_rtsp.py"
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    has_it = subprocess.run([python, str(script), "--try"], capture_output=True, timeout=60.0).returncode == 0
    return subprocess.Popen([python, str(script)], stdout=subprocess.PIPE, text=True) if has_it else None
