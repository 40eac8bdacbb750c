"""Who records and tells is killed while web servers answer it badly: each message arrives, under one id."""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET

from harming.promises import Promises
from killing import Notes


class Rough:
    """A web server that answers as it likes, and notes what it has accepted, a line each, before it answers.

    Args:
        seed: For its likes.
        is_tame: True if it takes all in order.
    """

    def __init__(self, seed: str, is_tame: bool = False) -> None:
        self.came: list[str] = []
        """Id and event of what it took, also where it said nothing of that."""
        self.lock = threading.Lock()
        self.is_tame = is_tame
        self.behaved = Counter[str]()
        rng, rough = random.Random(seed), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                likes = "well" if rough.is_tame else rng.choices(_LIKES, _WEIGHTS)[0]
                rough.behaved[likes] += 1
                if likes == "refuses":
                    self.close_connection = True
                    return
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if likes == "fails":
                    self._answer(500)
                    return
                if likes == "takes its time":
                    time.sleep(0.4)
                    self._answer(503)
                    return
                with rough.lock:
                    each = body if isinstance(body, list) else [body]
                    rough.came += [f"{one['id']} {one['data']['event']} {one['subject']}" for one in each]
                if likes == "takes it and hangs up":
                    self.connection.setsockopt(SOL_SOCKET, SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, no end
                    self.connection.close()
                    self.close_connection = True
                    return
                self._answer(204)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"


_LIKES = ("well", "fails", "takes its time", "refuses", "takes it and hangs up")
_WEIGHTS = (70, 8, 4, 8, 10)


def sinks(runs: int, seed: int, promises: Promises) -> None:
    """Kill as often; then let all be told, and compare what came with what was recorded."""
    print(f"{runs} runs before two web servers that misbehave", flush=True)
    servers = [Rough(f"{seed} a"), Rough(f"{seed} b")]
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "harming.rough_worker", name, str(runs), str(seed)]
        command += [server.url for server in servers]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        working = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, env=environment, text=True)
        assert working.stdout is not None
        for line in working.stdout:  # it says when it has been killed for the last time
            if line.startswith("killed"):
                break
            print(f"  {line.strip()}", flush=True)
        for server in servers:
            server.is_tame = True
        working.communicate("tell\n", timeout=600.0)
        recorded = set(Notes(Path(name) / "recorded").lines())
        kept = set(Notes(Path(name) / "kept").lines())
    lost = again = strange = disordered = 0
    hung_up = sum(server.behaved["takes it and hangs up"] for server in servers)
    for server in servers:
        came = Counter(line.split()[0] for line in server.came)
        lost += len(kept - came.keys())
        strange += len(came.keys() - kept)
        again += came.total() - len(came)
        first = {line.split()[0]: place for place, line in reversed(list(enumerate(server.came)))}
        places = {(line.split()[2], line.split()[1]): first[line.split()[0]] for line in server.came}
        disordered += sum(
            places.get((incident, "opened"), -1) > place
            for (incident, event), place in places.items() if event == "closed"
        )  # fmt: skip
    told = ", ".join(f"{kind} {sum(each.behaved[kind] for each in servers)}" for kind in _LIKES)
    print(f"  {len(kept)} pieces of news for each; answers: {told}", flush=True)
    promises.none("recorded, and not kept", len(recorded - kept), f" of {len(recorded)}")
    promises.none("kept, and never told", lost, f" of {2 * len(kept)}")
    promises.none("told under an id that nobody knows", strange)
    promises.none("closed before it was opened", disordered)
    promises.hold("told again, under the same id", "<= messages at deaths and resets", f"{again}",
                  again <= (2 * runs + hung_up) * 500)  # fmt: skip
    promises.hold("processes that were killed", str(runs), str(runs), working.returncode == 0)
