import json
import os
import signal
import subprocess
import sys

import pytest

from command import Command
from making import clip, flat


@pytest.fixture
def watchglass(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def black(tmp_path_factory):
    """Two seconds of black under a tone."""
    made = tmp_path_factory.mktemp("clips") / "black.mp4"
    return clip(made, seconds=2.5, picture=flat((16, 128, 128)), audio=("aac",))


def events(outcome):
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_a_line_for_each_event(watchglass, black):
    outcome = watchglass("watch", black, "--json", "--detectors", "video.black,audio.silence")
    assert outcome.code == 0
    told = [(line["event"], line["detector"], line["severity"]) for line in events(outcome)]
    assert told[0] == ("opened", "video.black", "info")
    assert ("changed", "video.black", "critical") in told
    assert told[-1][:2] == ("closed", "video.black")
    assert len({line["id"] for line in events(outcome)}) == 1


def test_words_for_people(watchglass, black):
    outcome = watchglass("watch", black)
    assert "opened" in outcome.out
    assert "video.black" in outcome.out


@pytest.mark.parametrize(("fail_on", "code"), [("critical", 1), ("warning", 1), ("never", 0)])
def test_exit_code(watchglass, black, fail_on, code):
    assert watchglass("watch", black, "--fail-on", fail_on, "--json").code == code


def test_until_a_finding(watchglass, black):
    """Ends with the alarm, and what is open then is not told as closed."""
    last = events(watchglass("watch", black, "--json", "--until-finding"))[-1]
    assert (last["event"], last["detector"], last["end"]) == ("unwatched", "video.black", None)


def test_what_is_not_there(watchglass, tmp_path):
    outcome = watchglass("watch", tmp_path / "none.mp4")
    assert outcome.code == 3
    assert "no such file" in outcome.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_it_and_everything_is_told(tmp_path, number):
    planes = flat((16, 128, 128))(0)
    path = clip(tmp_path / "long.mp4", seconds=120.0, picture=lambda n: planes)
    command = [sys.executable, "-m", "watchglass", "watch", str(path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = json.loads(process.stdout.readline())
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=20)
    assert first["event"] == "opened"
    assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["event"] == "unwatched"
    assert "Traceback" not in err
