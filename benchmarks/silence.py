"""A dead man's switch, and streams that nobody watches: `make drill-silence`.

A real `watchglass serve` gives signs of life to a web server while all is well. Held are: between two of them there are
never more than 30 s; a service that stands still, or was killed, gives none for 60 s and more, so that a switch set to
60 s rings; a stream whose source is not there, or whose process is killed again and again, is told as `monitor.blind`
within 60 s.

    PYTHONPATH=tests python benchmarks/silence.py

Exit code: 1 if a promise was broken.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

from harming.promises import Promises
from reaching.serving import Receiver, Serve
from reaching.studio import Studio, clip_of

WELL, SILENT = 65.0, 65.0
"""Seconds."""


class Switch:
    """Notes when a sign of life came."""

    def __init__(self) -> None:
        came = self.came = list[float]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                came.append(time.monotonic())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/"

    def since(self, at: float) -> int:
        """Signs of life after a moment."""
        return sum(each > at for each in self.came)


def main() -> int:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("build"), help="where the clip is kept")
    given = parser.parse_args()
    promises, receiver, switch = Promises(), Receiver(), Switch()
    more = f'heartbeat = "{switch.url}"\nheartbeat_allow_private = ["127.0.0.1"]\n'
    with tempfile.TemporaryDirectory() as name, Studio(clip_of(given.folder, (320, 180), 300_000), 2, 500.0) as studio:
        urls = [*studio.urls, "http://127.0.0.1:9/gone.m3u8"]
        with Serve(Path(name), urls, receiver.url, "full", more) as serve:
            began = time.monotonic()
            time.sleep(WELL)
            gaps = [later - sooner for sooner, later in pairwise(switch.came)]
            promises.hold("signs of life while all is well", "every 20 s", f"{len(switch.came)}, "
                          f"gaps up to {max(gaps, default=99.0):.1f} s", max(gaps, default=99.0) <= 30.0)  # fmt: skip
            blind = [at - began for at, event in receiver.news if event["data"]["stream"] == "s002"]
            promises.at_most("a source that is not there is told of", 60.0, blind[:1])
            began, killed = time.monotonic(), 0
            while time.monotonic() - began < 60.0 and not _blind(receiver, "s001"):
                pid = serve.status()["streams"][1]["pid"]
                if pid:
                    killed += _killed(pid)
                time.sleep(0.2)
            print(f"  its process was killed {killed} times", flush=True)
            promises.at_most("a stream whose process dies again and again", 60.0,
                             [at - began for at in _blind(receiver, "s001")[:1]])  # fmt: skip
            os.kill(serve.process.pid, signal.SIGSTOP)
            at = time.monotonic()
            time.sleep(SILENT)
            promises.none("signs of life of a service that stands still", switch.since(at + 1.0))
            os.kill(serve.process.pid, signal.SIGCONT)
            at = time.monotonic()
            while not switch.since(at) and time.monotonic() - at < 40.0:
                time.sleep(0.1)
            promises.at_most("signs of life when it goes on", 30.0, [time.monotonic() - at])
            phases = [each["phase"] for each in serve.status()["streams"]]
            promises.hold("it watches on", "watching", phases[0], phases[0] == "watching")
            serve.process.kill()
            at = time.monotonic()
            time.sleep(SILENT)
            promises.none("signs of life of a service that was killed", switch.since(at + 1.0))
    return promises.tell()


def _killed(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _blind(receiver: Receiver, stream: str) -> list[float]:
    return [
        at
        for at, event in list(receiver.news)
        if (event["data"]["stream"], event["data"]["detector"]) == (stream, "monitor.blind")
    ]


if __name__ == "__main__":
    sys.exit(main())
