"""``watchglass serve`` as people run it: a process of its own, real streams, a real web server that it tells."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from receiving import Receiver

pytestmark = pytest.mark.slow

PATIENCE = 90.0
"""Seconds until what does not come fails a test."""


class Serving:
    """A process that serves, and what became of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "watchglass", "serve", "--config", str(folder / "watchglass.toml")]
        with (folder / "log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def status(self) -> dict[str, Any]:
        try:
            return json.loads((self.folder / "data/status.json").read_text())
        except (OSError, ValueError):
            return {"streams": []}

    def until(self, holds: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = holds()
            if found:
                return found
            assert self.process.poll() is None, self.said
            time.sleep(0.05)
        raise AssertionError(f"it did not come: {self.said} {self.status}")

    def until_watching(self, *names: str) -> None:
        def are_watching() -> bool:
            phases = {each["name"]: each["phase"] for each in self.status["streams"]}
            return all(phases.get(name) == "watching" for name in names)

        self.until(are_watching)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30.0)
        assert "Traceback" not in self.said
        return code


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def serving(tmp_path, receiver) -> Iterator[Callable[..., Serving]]:
    begun: list[Serving] = []

    def begin(streams: dict[str, str] | None = None) -> Serving:
        if streams is not None:
            write(tmp_path, receiver, streams)
        begun.append(Serving(tmp_path))
        return begun[-1]

    yield begin
    for each in begun:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def write(folder: Path, receiver: Receiver, streams: dict[str, str]) -> None:
    text = "".join(f'[streams.{name}]\nurl = "{url}?token=SECRET"\n' for name, url in streams.items())
    sink = f'[sinks.ops]\ntype = "webhook"\nurl = "{receiver.url("/hook")}?key=SECRET"\nallow_private = ["127.0.0.1"]\n'
    (folder / "watchglass.toml").write_text(f'{text}{sink}[serve]\ndata = "data"\nincidents.keep = 2\n')


def events(receiver: Receiver, detector: str = "video.freeze") -> list[dict[str, Any]]:
    posted = [json.loads(request.body) for request in list(receiver.came)]
    flat = [each for body in posted for each in (body if isinstance(body, list) else [body])]
    return [each for each in flat if each["data"]["detector"] == detector]


def kinds(receiver: Receiver, detector: str = "video.freeze") -> list[str]:
    return [each["data"]["event"] for each in events(receiver, detector)]


def test_a_fault_is_told_with_proof_and_its_end_is_told(serving, live, receiver, tmp_path):
    served = serving({"news": live("video.freeze@10+6")})
    served.until(lambda: kinds(receiver) == ["opened"])
    (opened,) = events(receiver)
    finding = opened["data"]["findings"][0]
    served.until((tmp_path / "data/evidence" / finding / "clip.mp4").exists)
    served.until(lambda: kinds(receiver) == ["opened", "closed"])
    assert served.end() == 0
    assert {each["subject"] for each in events(receiver)} == {opened["subject"]}


def test_killed_in_the_middle_it_goes_on_with_the_same_incident(serving, live, receiver):
    url = live("video.freeze@10+18")
    served = serving({"news": url})
    served.until(lambda: kinds(receiver) == ["opened"])
    served.process.kill()
    served.process.wait()
    served = serving()
    served.until_watching("news")
    served.until(lambda: "closed" in kinds(receiver))
    assert served.end() == 0
    assert len({each["subject"] for each in events(receiver)}) == 1
    assert len({each["id"] for each in events(receiver)}) == 2


def test_settings_are_read_again_and_who_has_not_changed_does_not_notice(serving, live, receiver, tmp_path):
    one, two = live(), live()
    served = serving({"one": one})
    served.until_watching("one")
    pid = served.status["streams"][0]["pid"]
    write(tmp_path, receiver, {"one": one, "two": two})
    served.process.send_signal(signal.SIGHUP)
    served.until_watching("one", "two")
    assert served.status["streams"][0]["pid"] == pid
    (tmp_path / "watchglass.toml").write_text("[streams.one]\n")
    served.process.send_signal(signal.SIGHUP)
    served.until(lambda: "were not taken over" in served.said)
    served.until_watching("one", "two")
    assert served.end(signal.SIGINT) == 0


def test_two_do_not_serve_from_the_same_folder(serving, live):
    served = serving({"one": live()})
    served.until_watching("one")
    other = serving()
    assert other.process.wait(30.0) == 2
    assert "another watchglass serves from this folder" in other.said
    assert served.end() == 0


def test_secrets_are_nowhere(serving, live, receiver, tmp_path):
    served = serving({"news": live("video.freeze@8+6"), "gone": "http://127.0.0.1:9/live.m3u8"})
    served.until(lambda: kinds(receiver) == ["opened", "closed"] and kinds(receiver, "monitor.blind"))
    pids = [each["pid"] for each in served.status["streams"] if each["pid"]]
    told = "".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in pids) + json.dumps(events(receiver))
    assert served.end() == 0
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert "SECRET" not in told + served.said
    assert not [path for path in kept if b"SECRET" in path.read_bytes()]
