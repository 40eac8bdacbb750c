"""RTSP as servers speak it, from a script: a picture in H.264 and a tone in PCM, on the connection or as datagrams."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np

from peer_servers import RATE, Serve, wait_for_end
from watchglass.net.rtsp_messages import Message, Splitter

SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=test
t=0 0
a=control:*
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1
a=control:trackID=0
m=audio 0 RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=control:trackID=1
"""
FIRST = 123_456
"""Where RTP clocks begin: anywhere but at 0, which FFmpeg (8.1) takes for not known."""
Answer = Callable[[Message], Message | None]
"""What to say to a request; None for what servers say."""


def packets(seconds: float, *, size: tuple[int, int] = (96, 64), seed: int = 1) -> list[tuple[int, bytes]]:
    """Tracks (0 the picture, 1 the sound) and RTP packets."""
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt, coder.framerate = *size, "yuv420p", Fraction(RATE)
    coder.time_base = Fraction(1, RATE)
    coder.options = {"g": "10", "preset": "ultrafast", "tune": "zerolatency"}
    rng, made = np.random.default_rng(seed), []
    counts = [0, 0]

    def rtp(track: int, payload: bytes, time: int, *, last: bool) -> None:
        head = bytes([0x80, (0x80 if last else 0) | (96, 0)[track]]) + (counts[track] & 0xFFFF).to_bytes(2, "big")
        made.append((track, head + (FIRST + time).to_bytes(4, "big") + bytes([0, 0, 0, 7 + track]) + payload))
        counts[track] += 1

    for n in range(round(seconds * RATE)):
        noise = rng.integers(40, 200, (size[1] * 3 // 2 // 8, size[0] // 8), np.uint8).repeat(8, 0).repeat(8, 1)
        frame = av.VideoFrame.from_ndarray(noise, format="yuv420p")
        frame.pts, frame.time_base = n, Fraction(1, RATE)
        for packet in coder.encode(frame):
            units = [each for each in re.split(b"\x00\x00\x00?\x01", bytes(packet)) if each]
            for unit in units:
                rtp(0, unit, n * 90_000 // RATE, last=unit is units[-1])
        tone = np.arange(320) + 320 * n
        rtp(1, (0x80 | (40 + 20 * np.sin(tone * 0.3)).astype(np.uint8)).astype(np.uint8).tobytes(), n * 320, last=False)
    return made


def rtsp(
    sent: list[tuple[int, bytes]] = (),  # type: ignore[assignment]
    *,
    then: Serve = wait_for_end,
    answer: Answer = lambda request: None,
    heard: list[Message] | None = None,
    sdp: str = SDP,
) -> Serve:
    """A script that describes, sets up, and plays these packets at once.

    Args:
        sent: What to play.
        then: What comes after them.
        answer: Says something else to some requests.
        heard: Takes the requests of the client.
        sdp: How the stream is described.
    """

    def serve(wire: socket.socket) -> None:
        ports: dict[int, int] = {}
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with own:
            own.bind(("127.0.0.1", 0))
            for request in _requests(wire):
                if heard is not None:
                    heard.append(request)
                method = request.first.partition(" ")[0]
                reply = answer(request) or _usual(request, sdp, ports, own.getsockname()[1])
                wire.sendall(reply.having("CSeq", request.get("CSeq")).coded())
                if method == "PLAY" and " 200 " in reply.first:
                    for track, data in sent:
                        if track in ports:
                            own.sendto(data, ("127.0.0.1", ports[track]))
                            time.sleep(0.002)  # the kernel keeps a quarter of a megabyte, and drops the rest
                        else:
                            wire.sendall(b"$" + bytes([2 * track]) + len(data).to_bytes(2, "big") + data)
                    then(wire)
                    return

    return serve


def _usual(request: Message, sdp: str, ports: dict[int, int], own: int) -> Message:
    method, uri, _ = request.first.split(" ")
    fields = [("Session", "12345678")]
    if method == "OPTIONS":
        return Message("RTSP/1.0 200 OK", [("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")])
    if method == "DESCRIBE":
        return Message("RTSP/1.0 200 OK", [("Content-Type", "application/sdp")], sdp.replace("\n", "\r\n").encode())
    if method == "SETUP":
        transport, track = request.get("Transport"), int(uri.rpartition("trackID=")[2])
        client = re.search(r"client_port=(\d+)", transport)
        if client:
            ports[track] = int(client[1])
            transport += f";server_port={own}-{own}"
        fields.append(("Transport", transport))
    return Message("RTSP/1.0 200 OK", fields)


def _requests(wire: socket.socket) -> Iterator[Message]:
    splitter = Splitter()
    while data := wire.recv(1 << 16):
        yield from (each for each in splitter.feed(data) if isinstance(each, Message))
