"""Spoilt inputs, many at a time, each a stream of its own for some seconds."""

import random
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harming.media import samples
from harming.mutants import mutant
from harming.promises import Promises
from harming.ward import CONTROL, Ward, unharmed

AT_ONCE = 6
LONGEST = 8.0
"""Seconds of watching after which an input has had its time."""
HANG = 30.0
"""Seconds without a sign of life that none may reach."""


class Server:
    """Serves files from memory."""

    def __init__(self) -> None:
        files = self.files = dict[str, bytes]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = files.get(unquote(urlsplit(self.path).path))
                part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                knows_ranges = urlsplit(self.path).path.split("/")[1][-1:] in "02468"
                if body and part and knows_ranges and int(part[1]) < len(body):
                    begin, end = int(part[1]), min(int(part[2] or len(body) - 1), len(body) - 1)
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {begin}-{end}/{len(body)}")
                    body = body[begin : end + 1]
                else:
                    self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # watchers hang up as they like
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"


class _Queue:
    """The inputs that are being watched, and what became of those that were."""

    def __init__(self, ward: Ward, folder: Path, count: int, seed: int) -> None:
        self._ward, self._folder, self._count, self._seed = ward, folder, count, seed
        self._samples, self._server = samples(), Server()
        self._running: dict[str, tuple[str, dict[str, object], float]] = {}
        self._next = 0
        self.became = Counter[str]()
        self.hung: list[str] = []
        self.silent = 0.0
        """The longest time without a sign of life, in seconds."""

    def run(self) -> None:
        while (self._next < self._count or self._running) and self._ward.is_alive:
            while len(self._running) < AT_ONCE and self._next < self._count:
                self._add(self._next)
                self._next += 1
                if self._next % 250 == 0:
                    print(f"  {self._next} begun: {dict(self.became)}", flush=True)
            self._ward.want({name: stream for name, (_, stream, _) in self._running.items()})
            time.sleep(0.1)
            self._look()

    def _add(self, number: int) -> None:
        rng = random.Random(f"{self._seed} {number}")
        what, spoilt = mutant(self._samples, rng)
        name = f"i{number}"
        if len(spoilt.files) == 1 and rng.random() < 0.7:
            path = self._folder / f"{number}-{spoilt.entry}"
            path.write_bytes(spoilt.files[spoilt.entry])
            url = str(path)
        else:
            self._server.files |= {f"/{number}/{file}": data for file, data in spoilt.files.items()}
            url = f"{self._server.url}/{number}/{spoilt.entry}"
        self._running[name] = what, {"url": url, "allow_private": ["127.0.0.1"]}, time.monotonic()

    def _look(self) -> None:
        known = {each.name: each for each in self._ward.supervising.supervisor.status()}
        streams = self._ward.supervising.supervisor._streams
        for name, (what, _, since) in list(self._running.items()):
            if name in streams:
                silent = streams[name]._board.silent_for
                self.silent = max(self.silent, silent)
                if silent > HANG:
                    self.hung.append(f"{name} {what}")
            status, fate = known.get(name), ""
            if status is None:
                continue
            if status.phase == "ended":
                fate = "watched to its end"
            elif status.deaths:
                fate = re.sub(r"0x[0-9a-f]+|\d+", "N", status.trouble)[:70]
                print(f"  {name} ({what}): {status.trouble}", flush=True)
            elif status.phase == "resting":
                fate = "not watched: " + ("refused" if "large" in status.trouble else "unreadable, or ended early")
            elif time.monotonic() - since > LONGEST and status.phase in ("watching", "opening") and silent < 2.0:
                fate = "taken away while it was watched"
            elif time.monotonic() - since > HANG + LONGEST:
                fate = "taken away, though nothing came of it"
            if fate:
                self._forget(name)
                self.became[fate] += 1

    def _forget(self, name: str) -> None:
        number = name[1:]
        del self._running[name]
        for file in [file for file in self._server.files if file.startswith(f"/{number}/")]:
            del self._server.files[file]


def watch_spoilt(ward: Ward, folder: Path, count: int, seed: int, promises: Promises) -> None:
    """Watch so many; judge what became of the others."""
    print(f"{count} spoilt inputs, {AT_ONCE} at a time", flush=True)
    queue = _Queue(ward, folder, count, seed)
    first = len(ward.supervising.notes)
    began = time.monotonic()
    with unharmed(ward, promises):
        queue.run()
    print(f"  in {time.monotonic() - began:.0f} s", flush=True)
    for fate, number in queue.became.most_common():
        print(f"  {number:6d} {fate}", flush=True)
    notes = [(name, line) for name, line in list(ward.supervising.notes)[first:] if name != CONTROL]
    ended = [line for _, line in notes if "no sign of life" in line]
    faults = sorted({line for _, line in notes if "watchglass failed on it" in line})
    for line in faults[:20]:
        print(f"  {line}", flush=True)
    promises.hold("inputs that were watched, or not, in order", str(count), str(queue.became.total()),
                  queue.became.total() == count)  # fmt: skip
    promises.none(f"hung for more than {HANG:g} s", len(queue.hung), f" (longest silence {queue.silent:.1f} s)")
    promises.hold("ended for giving no sign of life", "told", str(len(ended)), True)
    promises.none("faults of our own", len(faults))
