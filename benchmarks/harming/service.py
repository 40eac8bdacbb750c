"""The whole service is killed while processes run, one of them is stopped, and incidents are open."""

import os
import random
import re
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

from harming.promises import Promises
from harming.rough import Rough
from harming.ward import state_of
from reaching.serving import OFTEN, Receiver, Serve
from reaching.studio import Studio

_SOON = f"{OFTEN}keep = 4.0\n"
"""Incidents are over soon, so that there are many of them."""
_SAID = re.compile(r": OPENED .* \[([0-9a-f]+)\]$", re.MULTILINE)
"""A line of the log that tells of a new incident."""


def killed(studio: Studio, rounds: int, promises: Promises, rng: random.Random) -> None:
    """No process may be left after 2 s; incidents go on under the ids that they had."""
    print(f"the service is killed {rounds} times, one of its processes being stopped", flush=True)
    receiver, gone, lost = Receiver(), list[float](), list[str]()
    again: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(rounds):
            with Serve(folder, studio.urls, receiver.url, "full", OFTEN) as serve:
                began = time.monotonic()
                if not serve.until_all_watch(30.0):
                    lost.append("not all were watched")
                again.append(time.monotonic() - began)
                time.sleep(rng.uniform(3.0, 12.0))
                family = serve.pids
                stopped = rng.choice([each["pid"] for each in serve.status()["streams"] if each["pid"]])
                with suppress(ProcessLookupError):  # it was begun anew meanwhile
                    os.kill(stopped, signal.SIGSTOP)
                time.sleep(0.1)
                serve.process.kill()
                serve.process.wait()
                at = time.monotonic()
                left = family
                while time.monotonic() - at < 6.0 and left:
                    left = [pid for pid in left if state_of(pid) not in ("", "Z")]
                    time.sleep(0.02)
                gone.append(time.monotonic() - at)
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        with Serve(folder, studio.urls, receiver.url, "full", OFTEN) as serve:
            serve.until_all_watch(30.0)
            known = {event["data"]["incident"] for _, event in receiver.news}
            end = time.monotonic() + 100.0
            while time.monotonic() < end and known - _closed(receiver):  # incidents wait for half a minute, well
                time.sleep(0.5)
            for _, event in receiver.news:
                if event["data"]["incident"] in known - _closed(receiver):
                    print(f"  not closed: {event['data']}", flush=True)
            promises.none("incidents that nobody closed", len(known - _closed(receiver)), f" of {len(known)}")
    promises.at_most("no process is left after the service is killed", 2.0, gone)
    promises.at_most("all are watched after the next start", 15.0, again)
    promises.none("starts that failed", len(lost))
    _told(receiver, promises)


def _closed(receiver: Receiver) -> set[str]:
    return {event["data"]["incident"] for _, event in receiver.news if event["data"]["event"] == "closed"}


def _told(receiver: Receiver, promises: Promises) -> None:
    opened, closed, events = dict[str, str](), set[str](), dict[str, int]()
    for _, event in receiver.news:
        data = event["data"]
        events[event["id"]] = events.get(event["id"], 0) + 1
        if data["event"] == "opened":
            opened[data["incident"]] = f"{data['stream']} {data['detector']} {data['opened'][:19]}"
        elif data["event"] == "closed":
            closed.add(data["incident"])
    twice = len(opened.values()) - len(set(opened.values()))
    promises.none("incidents that began anew under another id", twice, f" of {len(opened)}")
    strange = closed - opened.keys()
    promises.none("closed without having been opened", len(strange), f" of {len(closed)}")
    print(f"  {sum(count > 1 for count in events.values())} told twice, under the same id", flush=True)


def killed_at_work(studio: Studio, kills: int, promises: Promises, rng: random.Random) -> None:
    """Kill the service while it finds faults; all that went by while it watched is told, opened and closed."""
    print(f"the service is killed {kills} times while it works", flush=True)
    server = Rough(f"{kills}")
    found, early = set[str](), set[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(kills + 1):
            with Serve(folder, studio.urls, server.url, "full", _SOON) as serve:
                if not serve.until_all_watch(40.0):
                    print(f"  not all were watched at start {number}", flush=True)
                if number < kills:
                    time.sleep(rng.uniform(0.0, 20.0))
                    serve.process.kill()
                    serve.process.wait()
                else:
                    server.is_tame = True
                    early = _spoken_of(server)[0]
                    end = time.monotonic() + 120.0
                    while time.monotonic() < end and early - _spoken_of(server)[1]:
                        time.sleep(1.0)
                found |= set(_SAID.findall((folder / "log").read_text()))
            print(f"  {number} kills: {len(found)} found, {len(server.came)} messages", flush=True)
        kept = folder / "data/watchglass.db"
        with closing(sqlite3.connect(kept)) as connection:
            recorded = {row[0] for row in connection.execute("SELECT DISTINCT incident FROM news")}
            integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
    opened, closed = _spoken_of(server)
    ids = Counter(line.split()[0] for line in server.came)
    promises.none("recorded, and nobody was told", len(recorded - opened), f" of {len(recorded)}")
    promises.none("said to be found, and nobody was told", len(found - opened), f" of {len(found)}")
    promises.none("told as opened, never as closed", len(early - closed), f" of {len(early)}")
    promises.none("told as closed, never as opened", len(closed - opened))
    promises.hold("told again, under the same id", f"<= {kills} + resets", str(ids.total() - len(ids)),
                  ids.total() - len(ids) <= kills + server.behaved["takes it and hangs up"])  # fmt: skip
    promises.hold("the database is whole", "ok", str(integrity), integrity == "ok")


def _spoken_of(server: Rough) -> tuple[set[str], set[str]]:
    """Incidents that were told as opened, and as closed."""
    told = [line.split()[1:] for line in list(server.came)]
    return {name for event, name in told if event == "opened"}, {name for event, name in told if event == "closed"}
