"""What it costs to load live streams, beside decoding them: `make bench-loading`.

An origin in a process of its own publishes streams in real time, in segments of six seconds. They are followed by the
loader that `watchglass watch` uses: playlists in step with the origin, held against their rules, segments through the
guarded client, and either thrown away or handed to FFmpeg's demuxer. Nothing is decoded. CPU time of the process, by
the time that it took, is the share of a core.

    python benchmarks/loading.py [--seconds S]
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

import av
import numpy as np

from watchglass.media.content_keys import ContentKeys
from watchglass.media.hls_schedule import Clock
from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.media.playlist_parts import Ask
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.media.segment_rendition import Rendition
from watchglass.media.segment_run import Run, runs
from watchglass.net.address import StreamUrl
from watchglass.net.http import HttpClient

SEGMENT, WINDOW, RATE = 6, 10, 25
"""Seconds of a segment, segments of a playlist, pictures a second."""
REACH = {"one": 3.0, "many": 40.0}
"""Per cent of a core: one stream at 5 Mb/s, and 60 of the light tier together."""
MANY = 60


def made(width: int, height: int) -> bytes:
    """A segment of noise, which no encoder makes small: its size sets the rate."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "segment.ts"
        with av.open(str(path), "w", format="mpegts") as out:
            picture = out.add_stream("mpeg2video", rate=RATE)
            picture.width, picture.height, picture.pix_fmt, picture.bit_rate = width, height, "yuv420p", 100_000
            for n in range(SEGMENT * RATE):
                frame = av.VideoFrame.from_ndarray(
                    rng.integers(0, 255, (height * 3 // 2, width), np.uint8), format="yuv420p"
                )
                frame.pts, frame.time_base = n, Fraction(1, RATE)
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        return path.read_bytes()


def publish(told: Connection, size: tuple[int, int]) -> None:
    """The origin: every path has a stream, which goes on by the clock."""
    segment, began = made(*size), time.time()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = segment if self.path.endswith(".ts") else playlist()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    def playlist() -> bytes:
        newest = WINDOW + int((time.time() - began) / SEGMENT)
        lines = [
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS",
            f"#EXT-X-TARGETDURATION:{SEGMENT}\n#EXT-X-MEDIA-SEQUENCE:{newest - WINDOW}",
        ]
        lines += [f"#EXTINF:{SEGMENT:.3f},\n{n}.ts" for n in range(newest - WINDOW, newest)]
        return "\n".join(lines).encode()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.send((server.server_port, 8 * len(segment) / SEGMENT))
    server.serve_forever()


class Listing:
    """The playlist of a stream."""

    has_alternatives = False

    def __init__(self, place: StreamUrl, origin: SegmentOrigin) -> None:
        self._place, self._origin = place, origin

    def load(self, ask: Ask | None = None) -> tuple[Place, MediaPlaylist]:
        """As it is now."""
        place, text = self._origin.text(self._place, ask)
        playlist = parse(text, str(place))
        assert isinstance(playlist, MediaPlaylist)
        return place, playlist

    def refresh(self) -> None:
        """There is nowhere to ask."""


def thrown_away(run: Run) -> None:
    """Read it."""
    while run.read(1 << 16):
        pass


def demuxed(run: Run) -> None:
    """Read it through FFmpeg's demuxer."""
    with av.open(run, "r", format="mpegts") as container:
        for _ in container.demux():
            pass


def follow(url: str, use: Callable[[Run], None], stop: threading.Event) -> None:
    """Load a stream until ``stop``."""
    place = StreamUrl(url)
    with HttpClient.towards(place) as client:
        origin = SegmentOrigin(place, client, ContentKeys())
        listing = Listing(place, origin)
        rendition = Rendition("video", listing, listing.load(), origin, is_live=True, stop=stop, clock=Clock())
        for run in runs(rendition):
            use(run)
            rendition.events.clear()
            rendition.aside.clear()


def share(port: int, streams: int, use: Callable[[Run], None], seconds: float) -> float:
    """Per cent of a core that following so many streams takes, once they have been joined."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=follow, args=(f"http://127.0.0.1:{port}/{n}/live.m3u8", use, stop), daemon=True)
        for n in range(streams)
    ]
    for thread in threads:
        thread.start()
        time.sleep(SEGMENT / streams)
    time.sleep(SEGMENT)
    began, cpu = time.monotonic(), time.process_time()
    time.sleep(seconds)
    used = (time.process_time() - cpu) / (time.monotonic() - began)
    stop.set()
    for thread in threads:
        thread.join(2 * SEGMENT)
    return 100.0 * used


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seconds", type=float, default=36.0, help="how long each is followed")
    seconds = options.parse_args().seconds
    context = multiprocessing.get_context("spawn")
    for what, streams, size in (("one", 1, (288, 224)), ("many", MANY, (80, 64))):
        here, there = context.Pipe()
        origin = context.Process(target=publish, args=(there, size), daemon=True)
        origin.start()
        port, rate = here.recv()
        print(f"{streams} live HLS stream{'s' * (streams > 1)} at {rate / 1e6:.1f} Mb/s, segments of {SEGMENT} s")
        print(f"  loading, and thrown away    {share(port, streams, thrown_away, seconds):5.1f} % of a core")
        print(
            f"  loading, and FFmpeg demuxes {share(port, streams, demuxed, seconds):5.1f} %   (reach {REACH[what]:g} %)"
        )
        origin.terminate()
        origin.join()


if __name__ == "__main__":
    main()
