import json
import re
import signal
import subprocess
import sys

import pytest
from tests.command import Command
from tests.making import clip

from watchglass.faults.schedule import LIVE_FAULTS


@pytest.fixture
def run(monkeypatch, capsys):
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    return clip(tmp_path_factory.mktemp("news") / "news.mp4", seconds=2.0, size=(64, 48), audio=("aac",))


def test_lines_of_json(run, news):
    told = run("inject", "--live", news, "--json", "--duration", "0.6", "--fault", "segment.404@0.1+0.2")
    assert told.code == 0
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert [line["event"] for line in lines] == ["serving", "began", "ended", "stopped"]
    assert lines[0]["url"].startswith("http://127.0.0.1:")
    assert lines[0]["url"].endswith("/live.m3u8")
    assert (lines[1]["fault"], lines[1]["at"]) == ("segment.404", 0.1)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["utc"]) for line in lines[:3])
    assert lines[3]["canary"] == 0


def test_lines_for_people(run, news):
    told = run("inject", "--live", news, "--duration", "0.4", "--fault", "video.black@0.1+0.1")
    assert told.code == 0
    assert "news.mp4 is live at http://127.0.0.1:" in told.out
    assert re.search(r"0\.10 s  began  video\.black: the picture is black", told.out)
    assert "the picture is encoded anew" in told.err


def test_as_datagrams(run, news):
    told = run("inject", "--live", news, "--to", "udp://127.0.0.1:9", "--duration", "0.3", "--json")
    assert told.code == 0
    assert json.loads(told.out.splitlines()[0])["url"] == "udp://127.0.0.1:9"


def test_list_shows_every_fault_of_live_streams(run):
    names = [line.split()[0] for line in run("inject", "--list").out.splitlines() if line.split()]
    assert all(names.count(name) == 1 for name in LIVE_FAULTS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_asked_to(news, number):
    command = [sys.executable, "-m", "watchglass", "inject", "--live", str(news), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["event"] == "serving"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, json.loads(out)["event"], err) == (0, "stopped", "")


def test_it_ends_where_nobody_reads(news):
    command = [sys.executable, "-m", "watchglass", "inject", "--live", str(news), "--fault", "segment.404@0.5+0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 128 + signal.SIGPIPE
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["--live", "absent.mp4"], 3, "absent.mp4: there is no such file", id="no file"),
        pytest.param(["--live", "NEWS", "--fault", "x"], 2, "a fault is given as NAME", id="no form"),
        pytest.param(["--live", "NEWS", "--fault", "stall@3"], 2, "did you mean encoder.stall", id="no such fault"),
        pytest.param(["--live", "NEWS", "--listen", "here"], 2, "--listen here: must be of the form", id="no place"),
        pytest.param(["--live", "NEWS", "--to", "rtmp://x"], 2, "--to rtmp://x: must be of the form", id="no scheme"),
        pytest.param(["--live", "NEWS", "--to", "udp://x"], 2, "the host must be an address", id="no address"),
        pytest.param(
            ["--live", "NEWS", "--duration", "5", "--fault", "video.black@5"],
            2,
            "video.black@5: would begin after the stream's end (--duration 5)",
            id="too late",
        ),
        pytest.param(["video.black", "--live", "NEWS"], 2, "faults are given by --fault", id="mixed"),
        pytest.param(
            ["--live", "NEWS", "--to", "udp://127.0.0.1:9", "--fault", "segment.404@1"],
            2,
            "is a fault of HLS",
            id="no playlist",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, news, arguments, code, said):
    told = run("inject", *(str(news) if each == "NEWS" else each for each in arguments))
    assert told.code == code
    assert said in " ".join(told.err.split())
