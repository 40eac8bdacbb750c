"""A watcher that is stopped, as by ``kill -STOP`` or on a suspended machine, beside a stream that is in order.

What was missed is told as not watched, and as nothing else; a fault that comes afterwards is found.
"""

import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from manifests import Stream
from on_air import BEGUN, WINDOW, OnAir
from origin import Origin
from peer_servers import Server, rtmp, tags
from running import PATIENCE, Watching
from segments import Media, rendition
from transport import free_port
from watchglass.net.rtmp_chunks import VIDEO, chunked

STOPPED = 8.0
BLACK = 22
"""Seconds of media after which there is a fault."""
LASTS = 60.0
LOOKED_FOR = (
    "transport,sync,audio.lost,audio.silence,audio.dropout,video.freeze,video.stutter,video.corrupt,video.black"
)
"""All that a hole could be taken for."""
PACKET, DATAGRAMS = 188, 1_800
"""Bytes, and how many datagrams a second: 19 Mb/s."""
STUFFING = b"\x47\x1f\xff\x10" + bytes([255]) * 184
WORDS = re.compile(r"did not keep up: ([\d.]+) s were not watched")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def alarms(watching: Watching) -> list[dict[str, Any]]:
    """What was told at warning or above up to the fault, which is awaited."""
    told = []
    while True:
        line = watching.line()
        if line.get("event") in ("opened", "changed") and line["severity"] != "info" and not line["explained_by"]:
            told.append(line)
            if line["detector"] == "video.black":
                return told


def is_missed_and_nothing_else(
    watching: Watching, has_begun: Callable[[], bool], is_stopped: threading.Event | None = None
) -> None:
    until = time.monotonic() + PATIENCE
    while not has_begun():
        assert time.monotonic() < until
        time.sleep(0.05)
    is_stopped = is_stopped or threading.Event()
    watching.process.send_signal(signal.SIGSTOP)
    is_stopped.set()
    time.sleep(STOPPED)
    is_stopped.clear()
    watching.process.send_signal(signal.SIGCONT)
    told = alarms(watching)
    assert [(each["detector"], each["message"]) for each in told[:-1]] == [], watching.said
    assert watching.stopped(signal.SIGTERM) == 0
    missed = [float(found[1]) for line in watching.said if (found := WORDS.search(line))]
    assert missed, watching.said
    assert STOPPED - WINDOW - 2.0 <= missed[0] <= STOPPED + 1.0, missed
    assert not [line for line in watching.said if "Nothing has arrived" in line]


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_hls(origin: Origin, kind: str) -> None:
    media = rendition(LASTS, kind=kind, black_from=BLACK)
    air = OnAir()
    air.put(origin, media)
    with Watching(origin.url("/live.m3u8"), "--json", "--detectors", LOOKED_FOR) as watching:
        is_missed_and_nothing_else(watching, lambda: air.complete >= BEGUN + 4 and air.fetched >= 5)


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_hls_with_its_sound_apart(origin: Origin, kind: str) -> None:
    picture = rendition(LASTS, kind=kind, audio=False, black_from=BLACK)
    sound = rendition(LASTS, kind=kind, video=False)
    air = OnAir()
    air.put(origin, picture, "/v")
    air.put(origin, sound, "/a")
    origin.routes["/main.m3u8"] = (
        b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="a/live.m3u8"\n'
        b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/live.m3u8\n'
    )
    with Watching(origin.url("/main.m3u8"), "--json", "--detectors", LOOKED_FOR) as watching:
        is_missed_and_nothing_else(watching, lambda: air.complete >= BEGUN + 4 and air.fetched >= 10)


def test_dash(origin: Origin) -> None:
    media = rendition(LASTS, kind="fmp4", audio=False, black_from=BLACK)
    air, stream = OnAir(), Stream(media, "v")
    air.put(origin, media, "/v")
    origin.routes["/live.mpd"] = lambda request: air.manifest(stream)
    with Watching(origin.url("/live.mpd"), "--json", "--detectors", LOOKED_FOR) as watching:
        is_missed_and_nothing_else(watching, lambda: air.complete >= BEGUN + 4 and air.fetched >= 5)


class Sender(threading.Thread):
    """Sends a transport stream at the pace at which it plays, and stuffing with it: no kernel keeps 8 s of that."""

    def __init__(self, media: Media, port: int) -> None:
        super().__init__(daemon=True)
        self.media, self.port, self.second = media, port, 0

    def run(self) -> None:
        began = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for second, name in enumerate(self.media.segments):
                self.second = second
                data = self.media.files[name]
                packets = [data[at : at + PACKET] for at in range(0, len(data), PACKET)]
                share = len(packets) / DATAGRAMS
                for number in range(DATAGRAMS):
                    pause = began + second + number / DATAGRAMS - time.monotonic()
                    if pause > 0.002:
                        time.sleep(pause)
                    told = packets[round(number * share) : round((number + 1) * share)]
                    sender.sendto(b"".join(told) + STUFFING * (7 - len(told)), ("127.0.0.1", self.port))


def test_datagrams() -> None:
    port = free_port()
    sender = Sender(rendition(LASTS, black_from=BLACK), port)
    looked_for = LOOKED_FOR.replace("transport", "transport.stall,transport.ts_continuity,transport.ts_sync_loss")
    with Watching(f"udp://127.0.0.1:{port}", "--json", "--detectors", looked_for) as watching:
        sender.start()
        is_missed_and_nothing_else(watching, lambda: sender.second >= 6)


def test_rtmp() -> None:
    on_air, is_stopped, begun = tags(40.0, black_from=BLACK), threading.Event(), threading.Event()

    def play(wire: socket.socket) -> None:
        """As servers do: what a client does not take for long is dropped, up to the next key frame."""
        began, drops = time.monotonic(), False
        for tag in on_air:
            time.sleep(max(0.0, began + tag.time / 1000.0 - time.monotonic()))
            is_key = tag.kind == VIDEO and tag.body[0] >> 4 == 1
            drops = is_stopped.is_set() or (drops and not is_key)
            if not drops:
                wire.sendall(chunked(tag, 6))
            if tag.time > 6_000:
                begun.set()

    with Server(rtmp(then=play)) as server:
        address = f"rtmp://127.0.0.1:{server.port}/live/x"
        with Watching(address, "--json", "--detectors", LOOKED_FOR) as watching:
            is_missed_and_nothing_else(watching, begun.is_set, is_stopped)
