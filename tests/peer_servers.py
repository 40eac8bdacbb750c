"""Servers on this machine that follow a script for each connection; and RTMP, as servers speak it."""

import contextlib
import io
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from watchglass.net import amf
from watchglass.net.rtmp_chunks import COMMAND, ChunkReader, Message, chunked

Serve = Callable[[socket.socket], None]
"""What is done with one connection."""
RATE = 25


class Server:
    """Serves one connection after the other, each by the next of its scripts; the last one is used again."""

    def __init__(self, *scripts: Serve, port: int = 0) -> None:
        self.connections = 0
        self._scripts = scripts
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = self._listening.getsockname()[1]
        self.is_over = threading.Event()
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, _ = self._listening.accept()
                self._held.append(wire)
                script = self._scripts[min(self.connections, len(self._scripts) - 1)]
                self.connections += 1
                threading.Thread(target=self._serve, args=(script, wire), daemon=True).start()

    def _serve(self, script: Serve, wire: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), wire:
            wire.settimeout(30.0)
            script(wire)

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for wire in self._held:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()
        self._thread.join(5.0)


def wait_for_end(wire: socket.socket) -> None:
    """Says nothing more, and takes what comes until the other side leaves."""
    while wire.recv(1 << 16):
        pass


def hang_up(wire: socket.socket) -> None:
    """Has no more to say, in good order."""
    wire.shutdown(socket.SHUT_WR)
    wait_for_end(wire)


def wait_until_listened_to(port: int, server: "subprocess.Popen[bytes]", protocol: str = "tcp") -> None:
    """Until a server that takes one connection only has begun; asking it would be that one."""
    listening = {"tcp": "0A", "udp": "07"}[protocol]
    until = time.monotonic() + 30.0
    while time.monotonic() < until and server.poll() is None:
        for table in (f"/proc/net/{protocol}", f"/proc/net/{protocol}6"):
            for line in Path(table).read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if state == listening and int(local.rpartition(":")[2], 16) == port:
                    return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens to port {port}")


def rtmp(
    tags: Sequence[Message] = (),
    *,
    then: Serve = wait_for_end,
    refusal: dict[str, amf.Value] | None = None,
    status: dict[str, amf.Value] | None = None,
    heard: list[list[amf.Value]] | None = None,
) -> Serve:
    """A script that answers as a server does, and plays these tags at once.

    Args:
        tags: What to play.
        then: What comes after them.
        refusal: With what the connection is refused.
        status: What is said instead of that it plays.
        heard: Takes the commands of the client.
    """

    def serve(wire: socket.socket) -> None:
        reading = wire.makefile("rb")

        def take(n: int) -> bytes:
            data = reading.read(n)
            if len(data) < n:
                raise EOFError
            return data

        def say(*values: amf.Value, stream: int = 0) -> None:
            wire.sendall(chunked(Message(COMMAND, 0, stream, amf.encode(*values)), 3))

        hello = take(1537)
        wire.sendall(b"\3" + bytes(1536) + hello[1:])
        take(1536)
        chunks = ChunkReader(take)
        while True:
            message = chunks.message()
            if message.kind != COMMAND:
                continue
            name, number, *told = amf.decode(message.body)
            if heard is not None:
                heard.append([name, *told])
            if name == "connect" and refusal is not None:
                say("_error", number, None, refusal)
            elif name == "connect":
                say("_result", number, None, {"code": "NetConnection.Connect.Success", "level": "status"})
            elif name == "createStream":
                say("_result", number, None, 1.0)
            elif name == "play":
                say("onStatus", 0.0, None, status or {"code": "NetStream.Play.Start", "level": "status"}, stream=1)
                for tag in tags:
                    wire.sendall(chunked(tag, 6))
                then(wire)
                return

    return serve


def tags(
    seconds: float,
    *,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    sound: bool = True,
    first: float = 0.0,
    black_from: float = float("inf"),
) -> list[Message]:
    """What a publisher sends: something that moves, with a tone; from ``first`` seconds on, and black later."""
    written = io.BytesIO()
    with av.open(written, "w", format="flv", options={"flvflags": "no_duration_filesize"}) as out:
        options = {"g": "10", "preset": "ultrafast", "tune": "zerolatency"} if codec == "libx264" else {"g": "10"}
        picture = out.add_stream(codec, rate=RATE, options=options)
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        tone = out.add_stream("aac", rate=48_000, layout="stereo") if sound else None
        rng = np.random.default_rng(1)
        for n in range(round(seconds * RATE)):
            noise = rng.integers(40, 200, (size[1] * 3 // 2 // 8, size[0] // 8), np.uint8).repeat(8, 0).repeat(8, 1)
            if n >= black_from * RATE:
                noise[: size[1]], noise[size[1] :] = 16, 128
            frame = av.VideoFrame.from_ndarray(noise, format="yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, RATE)
            out.mux(picture.encode(frame))
            if tone is not None:
                samples = (0.2 * np.sin(np.arange(1920) * 0.05)).astype(np.float32)
                block = av.AudioFrame.from_ndarray(np.stack([samples, samples]), format="fltp", layout="stereo")
                block.sample_rate, block.pts, block.time_base = 48_000, 1920 * n, Fraction(1, 48_000)
                out.mux(tone.encode(block))
        out.mux(picture.encode(None))
        if tone is not None:
            out.mux(tone.encode(None))
    return [each._replace(time=each.time + round(first * 1000)) for each in _taken_apart(written.getvalue())]


def _taken_apart(data: bytes) -> list[Message]:
    found, at = [], 13
    while at < len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4], "big")
        time = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
        found.append(Message(kind, time, 1, data[at + 11 : at + 11 + size]))
        at += 11 + size + 4
    return found
