"""What befalls processes and the machine, in short; `make drill-mishaps` and its like are the long versions."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver

import pytest

from harming.inputs import Server
from harming.media import samples
from harming.mutants import mutant
from harming.wall_clock import WallClock
from reaching.serving import Serve
from receiving import Receiver
from supervising import PATIENCE, is_alive, supervising
from watchglass.net.guard import parse_networks
from watchglass.sinks.posting import Poster
from watchglass.supervisor import heartbeat

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_process_that_hangs_does_not_outlive_a_service_that_is_killed(live, receiver, tmp_path):
    with Serve(tmp_path, [live(), live()], receiver.url(), "full") as serve:
        assert serve.until_all_watch(PATIENCE)
        family = serve.pids
        hanging = serve.status()["streams"][0]["pid"]
        os.kill(hanging, signal.SIGSTOP)
        serve.process.kill()
        serve.process.wait()
        try:
            until(lambda: not any(map(is_alive, family)))
        finally:
            for pid in filter(is_alive, family):
                os.kill(pid, signal.SIGKILL)


def test_the_process_of_which_all_are_copies_is_killed_again_and_again(live):
    with supervising({"a": {"url": live()}, "b": {"url": live()}}) as watched:
        for _ in range(6):  # once more than a stream's process may die before it is left alone
            pids = {watched.until_watching(name).pid for name in "ab"}
            server = forkserver._forkserver._forkserver_pid
            os.kill(server, signal.SIGKILL)
            watched.until(lambda pids=pids: all(watched.status(name).pid not in {None, *pids} for name in "ab"))
            assert not any(map(is_alive, pids))
        assert all(watched.until_watching(name) for name in "ab")
        assert any("of which all are copies" in line for _, line in watched.notes)


def test_spoilt_inputs_cost_nobody_else_a_picture(live, tmp_path, capfd):
    kinds = samples(["h264-aac.mp4", "h264-aac.ts", "mpeg2-mp2.ts", "mjpeg-pcm.avi", "h264-aac.flv", "flac.flac"])
    server, streams = Server(), {}
    for number in range(30):
        _what, spoilt = mutant(kinds, random.Random(number))
        server.files |= {f"/{number}/{name}": data for name, data in spoilt.files.items()}
        streams[f"i{number}"] = {"url": f"{server.url}/{number}/{spoilt.entry}", "allow_private": ["127.0.0.1"]}
    healthy = {"healthy": {"url": live()}}
    with supervising(healthy) as watched:
        begin = watched.until_watching("healthy", 1.0)
        for first in range(0, 30, 10):
            names = list(streams)[first : first + 10]
            watched.want({**healthy, **{name: streams[name] for name in names}})
            watched.until(lambda names=names: all(_had_its_time(watched, name) for name in names))
        watched.want(healthy)
        end = watched.until_watching("healthy", begin.position + 2.0)
        assert (end.pid, end.deaths) == (begin.pid, 0)
        assert end.frames - begin.frames == pytest.approx(25.0 * (end.position - begin.position), abs=3)
        assert not [line for _, line in watched.notes if "watchglass failed" in line or "no sign of life" in line]
    assert "Traceback" not in capfd.readouterr().err


def _had_its_time(watched, name: str) -> bool:
    status = watched.status(name)
    return status.phase in ("ended", "resting") or bool(status.deaths) or status.position > 0.5


def test_a_sign_of_life_is_given_for_as_long_as_there_is_life(receiver, monkeypatch):
    monkeypatch.setattr(heartbeat, "EVERY", 0.05)
    monkeypatch.setattr(heartbeat, "_STALE", 1.0)
    beating = heartbeat.Heartbeat(Poster(receiver.url(), parse_networks(["127.0.0.1"])))
    until(lambda: len(receiver.came) >= 3)
    before = len(receiver.came)
    until(lambda: beating.beat() or len(receiver.came) >= before + 30)
    until(lambda: _is_silent(receiver))
    beating.beat()
    count = len(receiver.came)
    until(lambda: len(receiver.came) > count)
    beating.stop()


def _is_silent(receiver: Receiver) -> bool:
    count = len(receiver.came)
    time.sleep(0.5)
    return len(receiver.came) == count


@pytest.mark.skipif(not WallClock.is_possible, reason="needs a C compiler: else no process can have a clock of its own")
def test_the_clock_is_set_while_a_fault_lasts(live, receiver, tmp_path):
    """An hour forth, two back: the incident lasts as long as the fault did, and nothing else is told."""
    clock = WallClock(tmp_path)
    with Serve(tmp_path, [live("video.freeze@10+12")], receiver.url(), "full", environment=clock.environment) as serve:
        until(lambda: _told(receiver, "opened"))
        for offset in (3_600.0, -3_600.0, 0.0, 3_600.0):
            clock.set(offset)
            time.sleep(0.5)
        until(lambda: _told(receiver, "closed"))
        assert serve.process.poll() is None
    log = (tmp_path / "log").read_text()
    [closed] = [line for line in log.splitlines() if "CLOSED" in line and "video.freeze" in line]
    lasted = float(closed.rpartition("(lasted ")[2].split()[0])
    assert lasted == pytest.approx(12.0, abs=0.1)
    assert "no sign of life" not in log
    assert {event["detector"] for event in _events(receiver)} == {"video.freeze"}


def _events(receiver: Receiver) -> list[dict[str, str]]:
    bodies = [json.loads(each.body) for each in list(receiver.came) if each.body]
    return [one["data"] for body in bodies for one in (body if isinstance(body, list) else [body])]


def _told(receiver: Receiver, event: str) -> bool:
    return any(each["event"] == event for each in _events(receiver))


def test_words_that_nobody_understands_end_only_who_says_them(live):
    """A process whose memory is no longer in order may say anything."""
    with supervising({"a": {"url": live()}, "b": {"url": live()}}) as watched:
        before = watched.until_watching("a"), watched.until_watching("b")
        stream = watched.supervisor._streams["a"]
        ours, theirs = stream._context.Pipe()
        theirs.send_bytes(b"\x80\x04garbage")
        stream._pipe, kept = ours, stream._pipe
        watched.until(lambda: watched.status("a").deaths == 1)
        kept.close()
        assert watched.until_watching("a").pid != before[0].pid
        assert watched.until_watching("b").pid == before[1].pid
        assert any("said what nobody understands" in line for _, line in watched.notes)


def test_no_process_can_be_begun_for_a_while(live, tmp_path):
    """For want of descriptors; it is tried again until there are some."""
    script = (
        "import os, resource, signal, sys, time\n"
        "from supervising import supervising\n"
        "with supervising({'a': {'url': sys.argv[1]}}) as watched:\n"
        "    pid = watched.until_watching('a').pid\n"
        "    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))\n"
        "    os.kill(pid, signal.SIGKILL)\n"
        "    time.sleep(2.0)\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))\n"
        "    assert watched.until_watching('a').pid != pid\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script, live()], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
