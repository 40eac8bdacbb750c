"""SRT and RIST: real senders, a real receiver."""

import contextlib
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from live_items import of, pictures, seen
from peer_servers import wait_until_listened_to
from transport import free_port
from watchglass.media import bridge
from watchglass.media.bridge import arguments, receiver
from watchglass.media.bridge_address import target
from watchglass.media.source import open_source
from watchglass.model.errors import SourceError, TransferError
from watchglass.model.media import AudioBlock, Damage, NotWatched, Stall, TimelineBreak, Tracks, VideoFrame
from watchglass.model.transport import TransportCheck
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress

PASSPHRASE, STREAM = "CANARYPASSPHRASE", "#!::r=CANARYSTREAM,m=request"
SECRETS = f"passphrase={PASSPHRASE}&streamid={STREAM}"
SOURCE = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25", "-f", "lavfi", "-i", "sine=r=48000"]


def program(scheme):
    try:
        return receiver(PeerAddress(f"{scheme}://127.0.0.1:9000"))
    except SourceError:
        pytest.skip(f"there is no FFmpeg with {scheme.upper()} (pip install 'watchglass[srt]')")


@contextlib.contextmanager
def sending(scheme, to, seconds=30.0):
    """A sender, as far as it lives."""
    # fmt: off
    command = [
        program(scheme), "-loglevel", "error", "-re", *SOURCE, "-t", str(seconds), "-c:v", "libx264", "-preset",
        "ultrafast", "-g", "10", "-c:a", "aac", "-f", "mpegts", to,
    ]
    # fmt: on
    sender = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield sender
    finally:
        sender.kill()
        sender.wait()


def watched(items, n):
    assert [sorted(track.kind for track in each.tracks) for each in of(Tracks, items)] == [["audio", "video"]]
    shown = of(VideoFrame, items)
    assert len(shown) >= n
    assert all(before.pts < after.pts for before, after in pairwise(shown))
    assert of(AudioBlock, items)
    assert of(Damage, items) == []


def test_we_call_and_every_packet_is_checked():
    port = free_port()
    with sending("srt", f"srt://127.0.0.1:{port}?mode=listener") as sender:
        wait_until_listened_to(port, sender, "udp")
        items = seen(f"srt://127.0.0.1:{port}?latency=50", pictures(75))
    watched(items, 75)
    assert of(TransportCheck, items)


def test_we_listen_and_the_secrets_are_in_no_argument():
    port = free_port()
    told = set()

    def enough(items):
        told.update(commands())
        return pictures(60)(items)

    with sending("srt", f"srt://127.0.0.1:{port}?mode=caller&connect_timeout=20000&passphrase={PASSPHRASE}"):
        items = seen(f"srt://:{port}?mode=listener&passphrase={PASSPHRASE}", enough)
    watched(items, 60)
    assert of(TransportCheck, items) == []
    assert any("packets were not checked" in each.reason for each in of(NotWatched, items))
    assert any("concat" in each for each in told)
    assert not any(PASSPHRASE in each for each in told)


def commands():
    """The arguments of our own children."""
    for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for pid in child.read_text().split():
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                if "pipe:1" in command:
                    yield command


def test_a_sender_that_comes_back_is_watched_again():
    port = free_port()
    to = f"srt://127.0.0.1:{port}?mode=listener"
    items = []
    with contextlib.ExitStack() as stack:
        sender = stack.enter_context(sending("srt", to, 3.0))
        wait_until_listened_to(port, sender, "udp")

        def enough(items):
            if sender.poll() is not None and len(stack._exit_callbacks) == 1:
                stack.enter_context(sending("srt", to))
            return pictures(120)(items)

        items = seen(f"srt://127.0.0.1:{port}?latency=50", enough)
    watched(items, 120)
    [lost] = of(NotWatched, items)
    assert "watched again after" in lost.reason
    assert all(each.announced for each in of(TimelineBreak, items))


def test_a_wrong_passphrase_is_told_without_it():
    port = free_port()
    with sending("srt", f"srt://127.0.0.1:{port}?mode=listener&passphrase=anotherpassphrase") as sender:
        wait_until_listened_to(port, sender, "udp")
        with pytest.raises(TransferError, match=r"^srt://127\.0\.0\.1:\d+\?passphrase=\*\*\*") as raised:
            seen(f"srt://127.0.0.1:{port}?{SECRETS}")
    assert "CANARY" not in str(raised.value)
    assert "Incorrect passphrase" in str(raised.value) or "failed" in str(raised.value)


def test_rist_is_received():
    port = free_port() // 2 * 2
    with sending("rist", f"rist://127.0.0.1:{port}"):
        items = seen(f"rist://@127.0.0.1:{port}", pictures(60))
    watched(items, 60)


def test_nobody_sends_and_that_is_told_and_nothing_is_left():
    program("srt")
    items = seen(f"srt://:{free_port()}", lambda items: len(of(Stall, items)) >= 2)
    assert of(Stall, items)[-1].reason == "waiting for a sender"
    assert list(commands()) == []


def test_it_dies_with_us():
    program("srt")
    ours = (
        "import sys, time; from watchglass.media.bridge import Bridge; from watchglass.net.guard import Guard;"
        "from watchglass.net.peer_address import PeerAddress;"
        f"bridge = Bridge(PeerAddress('srt://:{free_port()}'), Guard());\n"
        "while bridge._child is None: time.sleep(0.01)\n"
        "print(bridge._child.pid, flush=True); sys.stdin.read()"
    )
    us = subprocess.Popen([sys.executable, "-c", ours], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child = int(us.stdout.readline())
    until = time.monotonic() + 30.0
    while b"pipe:1" not in command_of(child) and time.monotonic() < until:
        time.sleep(0.01)
    us.kill()
    us.communicate()
    while command_of(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert command_of(child) == b""


def command_of(pid):
    """Its arguments; nothing where it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("srt://127.0.0.1:9000?latency=soon", "latency must be milliseconds"),
        ("srt://127.0.0.1:9000?latency=120000", "latency must be milliseconds"),
        ("srt://127.0.0.1:9000?passphrase=CANARY", "passphrase must be 10 to 79"),
        ("srt://127.0.0.1:9000/live", "has a path"),
        ("srt://127.0.0.1:9000?transtype=live", "transtype is not known"),
        ("srt://127.0.0.1:9000?streamid=a%0Afile", "streamid must be"),
        ("srt://studio.example:9000?mode=listener", "address of this machine"),
        ("srt://:9000?mode=caller", "no host to call"),
        ("rist://127.0.0.1:9000?secret=", "secret must be"),
    ],
)
def test_what_cannot_be_received_is_said(text, said):
    with pytest.raises(SourceError, match=said) as raised:
        open_source(text)
    assert "CANARY" not in str(raised.value)


def test_where_nothing_receives_it_that_is_said(monkeypatch):
    monkeypatch.setattr(bridge, "_programs", list)
    with pytest.raises(SourceError, match=r"pip install 'watchglass\[srt\]'"):
        open_source("srt://127.0.0.1:9000")


def test_what_is_secret_is_listed_as_it_was_meant():
    address = PeerAddress("srt://studio.example:9000?streamid=it%27s%20%5Cme&passphrase=longenough%27")
    where = target(address, Guard([address.host], resolve=lambda host, port: ["192.0.2.7"]))
    assert where.listed() == (
        "ffconcat version 1.0\nfile 'srt://192.0.2.7:9000'\noption srt_streamid 'it'\\''s \\me'\n"
        "option passphrase 'longenough'\\'''\noption mode 'caller'\n"
    )
    assert not any("longenough" in each or "me" in each for each in arguments(where))
