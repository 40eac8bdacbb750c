import json

import pytest
from tests.command import Command
from tests.making import clip


@pytest.fixture
def run(monkeypatch, capsys):
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    path = tmp_path_factory.mktemp("clean") / "news.mp4"
    clip(path, seconds=4.0, audio=("aac",))
    return path


def test_what_was_injected_is_found(run, clean, tmp_path):
    target = tmp_path / "black.mp4"
    injected = run("inject", "video.black", clean, target, "--at", "1", "--for", "2")
    assert injected.code == 0
    assert "black.mp4: video.black from 1.00 to 3.00 s" in injected.out
    truth = json.loads((tmp_path / "black.mp4.truth.json").read_text("utf-8"))
    report = run("check", target, "--json", "-").json
    [found] = [f for f in report["findings"] if f["detector"] == truth["detector"]]
    assert found["start"] == pytest.approx(truth["start"], abs=0.05)
    assert found["end"] == pytest.approx(truth["end"], abs=0.05)


def test_the_output_lies_beside_the_input_unless_told(run, clean):
    assert run("inject", "audio.silence", clean, "-l", "subtle").code == 0
    assert (clean.parent / "news.audio.silence.subtle.mp4").is_file()
    assert (clean.parent / "news.audio.silence.subtle.mp4.truth.json").is_file()


@pytest.mark.parametrize("columns", ["80", "120"])
def test_list_shows_every_recipe(run, monkeypatch, columns):
    from watchglass.faults.recipes import RECIPES

    monkeypatch.setenv("COLUMNS", columns)
    listed = run("inject", "--list")
    assert listed.code == 0
    lines = listed.out.splitlines()
    for name in RECIPES:
        assert [line.split()[0] for line in lines].count(name) == 1, "in one piece, at the front of a line"
    assert max(len(line) for line in lines) <= int(columns)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["video.frieze", "news.mp4"], 2, "there is no recipe 'video.frieze'", id="unknown recipe"),
        pytest.param(
            ["video.solid_color", "news.mp4"], 2, "did you mean video.solid_color:green", id="variant missing"
        ),
        pytest.param(["video.black"], 2, "name a defect and a file", id="no file"),
        pytest.param(["video.black", "absent.mp4"], 3, "there is no such file", id="missing file"),
        pytest.param(["video.black", "news.mp4", "news.mp4"], 2, "is the clean file itself", id="onto itself"),
        pytest.param(["video.black", "news.mp4", "--at", "noon"], 2, "--at noon: must be seconds", id="no time"),
        pytest.param(["video.black", "news.mp4", "--at", "99"], 2, "is over before 99.00 s", id="behind the end"),
        pytest.param(["video.black", "notes.mp4"], 3, "not audio or video that can be read", id="not media"),
    ],
)
def test_what_cannot_be_done_is_said(run, clean, monkeypatch, arguments, code, said):
    monkeypatch.chdir(clean.parent)
    (clean.parent / "notes.mp4").write_text("notes", "utf-8")
    refused = run("inject", *arguments)
    assert refused.code == code
    assert said in refused.err
