"""Processes of streams that crash, hang and spin, the one of which they are copies, and the supervisor's own."""

import os
import random
import signal
import time
from contextlib import suppress

from harming.promises import Promises
from harming.ward import CONTROL, Ward, fork_server, state_of, unharmed

CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGBUS)
VICTIMS = 4
DEATHS = 4
"""Of one stream, before another takes its place: one more and it would be left alone."""


def crash(ward: Ward, urls: list[str], count: int, promises: Promises, rng: random.Random) -> None:
    """End processes at random moments, also while they begin."""
    print(f"{count} crashes at random moments", flush=True)
    took: list[float] = []
    with unharmed(ward, promises):
        for generation in range(-(-count // (VICTIMS * DEATHS))):
            names = [f"v{generation}-{number}" for number in range(VICTIMS)]
            ward.want({name: _stream(urls[n % len(urls)]) for n, name in enumerate(names)})
            ward.until(lambda names=names: all(ward.is_watched(name) for name in names), 30.0)
            for _ in range(DEATHS):
                took += _crashed(ward, names, rng)
            lost = [name for name in names if not ward.is_watched(name)]
            if lost:
                print(f"  not watched again: {', '.join(lost)}", flush=True)
    promises.at_most("watching again after a crash", 2.0, took)


def _crashed(ward: Ward, names: list[str], rng: random.Random) -> list[float]:
    gone: dict[str, tuple[int, float]] = {}
    for name in names:
        status = ward.status(name)
        if status is None or status.pid is None:
            continue
        time.sleep(rng.uniform(0.0, 0.3))
        with suppress(ProcessLookupError):
            os.kill(status.pid, rng.choice(CRASHES))
            gone[name] = status.pid, time.monotonic()
    took: dict[str, float] = {}
    end = time.monotonic() + 20.0
    while len(took) < len(gone) and time.monotonic() < end:
        for name, (pid, at) in gone.items():
            if name not in took and ward.is_watched(name, pid):
                took[name] = time.monotonic() - at
        time.sleep(0.01)
    return [took.get(name, 20.0) for name in gone]


def fork_server_dies(ward: Ward, urls: list[str], count: int, promises: Promises, rng: random.Random) -> None:
    """End the process of which all others are copies: they die with it, and all begin anew.

    Every other time that happens while it begins some.
    """
    print(f"the process that begins all others is killed {count} times", flush=True)
    took: list[float] = []
    names = [f"f{number}" for number in range(VICTIMS)]
    with unharmed(ward, promises, may_die=True):
        ward.want({name: _stream(urls[n % len(urls)]) for n, name in enumerate(names)})
        for number in range(count):
            ward.until(lambda: all(ward.is_watched(name) for name in [CONTROL, *names]), 30.0)
            before = {name: status.pid for name in [CONTROL, *names] if (status := ward.status(name))}
            pid = fork_server()
            if pid is None:
                break
            if number % 2:
                more = {f"f{number}-{each}": _stream(urls[0]) for each in range(6)}
                ward.want({**{name: _stream(urls[n % len(urls)]) for n, name in enumerate(names)}, **more})
                time.sleep(rng.uniform(0.0, 0.3))
            os.kill(pid, signal.SIGKILL)
            again = ward.until(lambda was=before: all(ward.is_watched(name, pid) for name, pid in was.items()), 30.0)
            took.append(30.0 if again is None else again)
            left = [pid for pid in before.values() if pid is not None and state_of(pid) not in ("", "Z")]
            if left:
                print(f"  still there: {left}", flush=True)
    promises.hold("begun anew each time", str(count), str(len(took)), len(took) == count)
    promises.at_most("all are watched again after that", 5.0, took)
    ward.until(lambda: ward.is_watched(CONTROL), 30.0)


def hang(ward: Ward, urls: list[str], rounds: int, promises: Promises) -> None:
    """Processes that are stopped."""
    print(f"{rounds} x {VICTIMS} processes are stopped", flush=True)
    killed: list[float] = []
    again: list[float] = []
    with unharmed(ward, promises):
        for number in range(rounds):
            names = [f"h{number}-{victim}" for victim in range(VICTIMS)]
            ward.want({name: _stream(urls[n % len(urls)]) for n, name in enumerate(names)})
            ward.until(lambda names=names: all(ward.is_watched(name) for name in names), 30.0)
            stopped = _pids(ward, names)
            for pid in stopped.values():
                os.kill(pid, signal.SIGSTOP)
            ended, back = _until_again(ward, stopped, dict.fromkeys(stopped, time.monotonic()))
            killed, again = killed + ended, again + back
    promises.at_most("a stopped process is killed", 10.0, killed)
    promises.at_most("watching again after it was stopped", 15.0, again)


def spin(ward: Ward, urls: list[str], promises: Promises) -> None:
    """Processes that compute without end, in code that nothing in their own process can interrupt."""
    print(f"{VICTIMS} processes spin, {VICTIMS} write where they must not", flush=True)
    harm = {"foreign": {"harm": {"spin_at": 3.0}}}
    with unharmed(ward, promises):
        names = [f"spin{victim}" for victim in range(VICTIMS)]
        ward.want({name: {**_stream(urls[n % len(urls)]), "detectors": harm} for n, name in enumerate(names)})
        ward.until(lambda: all(ward.is_watched(name) for name in names), 30.0)
        spinning = _pids(ward, names)
        since = dict.fromkeys(spinning, 0.0)
        beats: dict[str, float] = {}
        end = time.monotonic() + 20.0
        while len(beats) < len(spinning) and time.monotonic() < end:  # it spins when its pictures stand still
            for name in spinning:
                status = ward.status(name)
                if status is not None and status.position != since[name]:
                    since[name] = status.position
                    beats.pop(name, None)
                elif name not in beats:
                    beats[name] = time.monotonic()
            time.sleep(0.5)
        ended, back = _until_again(ward, spinning, {name: beats.get(name, time.monotonic()) for name in spinning})
        harm["foreign"]["harm"] = {"crash_at": 3.0}
        names = [f"wild{victim}" for victim in range(VICTIMS)]
        ward.want({name: {**_stream(urls[n % len(urls)]), "detectors": harm} for n, name in enumerate(names)})
        died = ward.until(lambda: all((each := ward.status(name)) and each.deaths >= 2 for name in names), 30.0)
    promises.at_most("a spinning process is killed", 10.0, ended)
    promises.at_most("watching again after it span", 15.0, back)
    promises.hold("wild processes are begun anew", "all", "all" if died else "not all", died is not None)


def _pids(ward: Ward, names: list[str]) -> dict[str, int]:
    return {name: status.pid for name in names if (status := ward.status(name)) and status.pid}


def _until_again(ward: Ward, victims: dict[str, int], since: dict[str, float]) -> tuple[list[float], list[float]]:
    """Seconds until each was killed, and until its stream is watched again."""
    ended: dict[str, float] = {}
    back: dict[str, float] = {}
    end = time.monotonic() + 40.0
    while len(back) < len(victims) and time.monotonic() < end:
        for name, pid in victims.items():
            if name not in ended and state_of(pid) in ("", "Z"):
                ended[name] = time.monotonic() - since[name]
            if name not in back and ward.is_watched(name, pid):
                back[name] = time.monotonic() - since[name]
        time.sleep(0.02)
    return [ended.get(name, 40.0) for name in victims], [back.get(name, 40.0) for name in victims]


def _stream(url: str) -> dict[str, object]:
    return {"url": url, "allow_private": ["127.0.0.1"]}
