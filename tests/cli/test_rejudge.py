"""Readings kept by check and watch, judged again as a person would do it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command import Command
from json_schema import faults
from making import clip, flat, noise
from watchglass.config.examine import Plan, examine
from watchglass.config.rejudge import again
from watchglass.config.settings import Config
from watchglass.store import happenings, layout
from watchglass.store.archive import open_archive
from watchglass.store.binding import Binder, parts_of

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/report-1.schema.json").read_text("utf-8"))
DETECTORS = "default"


@pytest.fixture
def watchglass(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Motion, a freeze, motion, black, a hole in everything, motion; a tone all the while."""
    moving, black = noise(), flat((16, 128, 128))
    still = moving(0)

    def picture(n):
        return still if 75 <= n < 150 else black(n) if 200 <= n < 260 else moving(n)

    path = tmp_path_factory.mktemp("clips") / "broken.mkv"
    return clip(path, seconds=14.0, picture=picture, audio=("aac", "ac3"), languages=("eng", "deu"), hole=(11.2, 12.9))


@pytest.fixture(scope="module")
def kept(broken, tmp_path_factory):
    """Its readings, and the report of then."""
    path = tmp_path_factory.mktemp("kept") / "a.parquet"
    plan = Plan(config=Config.model_validate({"delivery": {"profile": "ebu-r128"}}))
    with Binder(path, "0") as binder:
        report = examine(
            str(broken),
            Plan(config=plan.config, parts=binder.folder),
            lambda finding: None,
            lambda reached, whole: None,
        )
    return path, report


@pytest.mark.parametrize("skims", [True, False])
def test_with_unchanged_settings_the_findings_are_the_same(kept, skims):
    path, report = kept
    [found], _ = open_archive(path)
    plan = again(found, None, (), skims=skims)
    now = plan.report([plan.judge(name) for name in plan.names])
    assert {each.detector for each in report.findings} >= {
        "video.freeze",
        "video.black",
        "audio.lost",
        "audio.loudness",
    }
    assert now.findings == report.findings
    assert [now.id_of(each) for each in now.findings] == [report.id_of(each) for each in report.findings]
    assert (now.source, now.run, now.tracks, now.duration) == (
        report.source,
        report.run,
        report.tracks,
        report.duration,
    )
    assert now.coverage == report.coverage
    assert not now.differences


def test_check_then_rejudge(watchglass, broken, tmp_path):
    path = tmp_path / "a.parquet"
    then = watchglass("check", broken, "--readings", path, "--json", "-")
    now = watchglass("rejudge", path, "--json", "-")
    assert now.code == then.code == 1
    report = now.json
    assert report.pop("differences") == {"new": [], "gone": [], "changed": []}
    for each in (report, then.json):
        each["summary"].pop("made_utc")
    assert report["files"][0].pop("differences")
    assert report == {**then.json, "summary": report["summary"]}
    assert list(tmp_path.iterdir()) == [path]


def test_keeping_changes_nothing_of_what_is_found(watchglass, broken, tmp_path):
    one, other = (watchglass("check", broken, "--json", "-", *o) for o in ([], ["--readings", tmp_path / "a.parquet"]))
    assert one.json["findings"] == other.json["findings"]


def test_other_settings_and_what_differs(watchglass, kept, tmp_path):
    config = tmp_path / "w.toml"
    config.write_text("[detectors.video.freeze]\nopen_after = 4.0\n[detectors.video.black]\nalarm_after = 30.0\n")
    outcome = watchglass("rejudge", kept[0], "--config", config, "--json", "-", "--html", tmp_path / "r.html")
    report = outcome.json
    assert list(faults(report, SCHEMA, SCHEMA)) == []
    gone = {each["detector"] for each in report["differences"]["gone"]}
    assert {"video.freeze", "audio.loudness"} <= gone  # no delivery profile is named any more
    ids = {each["id"]: each for each in report["findings"]}
    [black] = [each for each in report["differences"]["changed"] if each["then"]["detector"] == "video.black"]
    assert black["then"]["severity"] == "critical"
    assert ids[black["id"]]["severity"] == "info"
    shown = watchglass("rejudge", kept[0], "--config", config)
    assert "Against what was found then: " in shown.out
    assert "critical -> info" in shown.out
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "Against what was found then" in page
    assert "Black share" in page  # the curves are of the readings


def test_a_delivery_profile_may_be_named_afterwards(watchglass, broken, tmp_path):
    path, config = tmp_path / "a.parquet", tmp_path / "w.toml"
    watchglass("check", broken, "--readings", path, "-q")
    config.write_text('[delivery]\nprofile = "ebu-r128"\n')
    report = watchglass("rejudge", path, "--config", config, "--json", "-").json
    new = {each["detector"] for each in report["findings"] if each["id"] in report["differences"]["new"]}
    assert "audio.loudness" in new


def test_what_shapes_the_measurement_cannot_be_changed(watchglass, kept, tmp_path):
    config = tmp_path / "w.toml"
    config.write_text("[detectors.video.black]\nceiling = 0.2\n")
    outcome = watchglass("rejudge", kept[0], "--config", config)
    assert (outcome.code, outcome.out) == (2, "")
    assert "detectors.video.black.ceiling = 0.2: it shapes the measurement, which was made with 0.07" in outcome.err
    config.write_text("[detectors.video.black]\nceiling = 0.07\n")
    assert watchglass("rejudge", kept[0], "--config", config, "-q").code == 1


def test_some_detectors_and_a_part(watchglass, kept):
    report = watchglass(
        "rejudge", kept[0], "-d", "video.black,video.freeze", "--from", "7", "--to", "0:09.4", "--json", "-"
    )
    [black] = [each for each in report.json["findings"] if each["detector"] == "video.black"]
    assert (black["start"], black["end"]) == pytest.approx((8.0, 9.4), abs=0.05)
    assert {each["detector"] for each in report.json["findings"]} <= {"video.black", "video.freeze"}
    reasons = [part["reason"] for part in report.json["coverage"]["not_watched"]]
    assert "before the part that was asked for" in reasons


def test_fail_on(watchglass, kept):
    assert watchglass("rejudge", kept[0], "-q", "--fail-on", "never").code == 0


def test_several_inputs_in_one_file(watchglass, broken, tmp_path):
    good = clip(tmp_path / "good.mp4", seconds=1.2)
    bad = tmp_path / "bad.mp4"
    bad.write_text("text")
    path = tmp_path / "a.parquet"
    then = watchglass("check", good, bad, broken, "--readings", path, "--json", "-", "-q")
    now = watchglass("rejudge", path, "--json", "-", "-q")
    assert then.code == now.code == 3
    assert [(f["source"], f["error"], f["findings"]) for f in now.json["files"]] == [
        (f["source"], f["error"], f["findings"]) for f in then.json["files"]
    ]


def test_watch_keeps_them_too(watchglass, broken, tmp_path):
    path = tmp_path / "a.parquet"
    then = watchglass("watch", broken, "--readings", path, "--json")
    assert then.code == 0
    last = {}
    for line in map(json.loads, then.out.splitlines()):
        if line["event"] != "watching":
            last[line["id"]] = (line["detector"], line["start"], line["end"], line["severity"], line["message"])
    report = watchglass("rejudge", path, "--json", "-").json
    assert report["differences"] == {"new": [], "gone": [], "changed": []}
    found = {f["id"]: (f["detector"], f["start"], f["end"], f["severity"], f["message"]) for f in report["findings"]}
    assert found == last


def test_a_watch_that_was_stopped_leaves_open_what_was_open(watchglass, tmp_path):
    black = clip(tmp_path / "black.mp4", seconds=2.5, picture=flat((16, 128, 128)), audio=("aac",))
    path = tmp_path / "a.parquet"
    watchglass("watch", black, "--json", "--until-finding", "--readings", path)
    report = watchglass("rejudge", path, "--json", "-").json
    assert [(each["detector"], each["end"]) for each in report["findings"] if each["severity"] == "critical"] == [
        ("video.black", None)
    ]
    assert report["differences"] == {"new": [], "gone": [], "changed": []}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_check_that_is_ended_leaves_what_it_had(watchglass, tmp_path, how):
    planes = flat((16, 128, 128))(0)
    long = clip(tmp_path / "long.mp4", seconds=900.0, picture=lambda n: planes)
    path = tmp_path / "a.parquet"
    command = [sys.executable, "-m", "watchglass", "check", str(long), "--readings", str(path), "-q"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    patience = time.monotonic() + 60.0
    while not list(parts_of(path).glob("*.parquet")) and time.monotonic() < patience and process.poll() is None:
        os.sched_yield()
    os.kill(process.pid, how)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    assert path.exists() is (how == signal.SIGINT)
    outcome = watchglass("rejudge", path, "--json", "-")
    assert outcome.code == 1
    assert outcome.json["findings"][0]["detector"] == "video.black"
    assert outcome.json["findings"][0]["end"] is None
    reasons = [part["reason"] for part in outcome.json["coverage"]["not_watched"]]
    assert "the readings were cut off here: what came after is not known" in reasons


def test_ctrl_c_while_it_judges(kept):
    """Whenever it comes: no traceback, and no process is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "watchglass", "rejudge", str(kept[0]), "--json", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and not children.read_text():
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "stopped\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("none.parquet",), 3, "there is no such file"),
        (("text",), 3, "is not a whole Parquet file"),
        (("{kept}", "--from", "soon"), 2, "--from soon"),
        (("{kept}", "--from", "5", "--to", "4"), 2, "must come after"),
        (("{kept}", "--detectors", "video.frieze"), 2, "no detector 'video.frieze'"),
        (("{kept}", "--config", "none.toml"), 2, "cannot be read"),
        (("{kept}", "--json", "none/report.json"), 2, "there is no folder"),
        (("{kept}", "--fail-on", "panic"), 2, "fail-on"),
        ((), 2, "FILE"),
    ],
)
def test_wrong_usage(watchglass, kept, tmp_path, monkeypatch, arguments, code, words):
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("text")
    outcome = watchglass("rejudge", *(each.format(kept=kept[0]) for each in arguments))
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err


def test_a_place_for_readings_that_is_none(watchglass, broken, tmp_path):
    for command in ("check", "watch"):
        outcome = watchglass(command, broken, "--readings", tmp_path / "none" / "a.parquet")
        assert outcome.code == 2
        assert "there is no folder" in outcome.err


def test_what_was_not_measured_cannot_be_judged(watchglass, broken, tmp_path):
    path = tmp_path / "a.parquet"
    watchglass("check", broken, "--readings", path, "-q", "-d", "video.black")
    outcome = watchglass("rejudge", path, "-d", "video.freeze")
    assert outcome.code == 2
    assert "there are no readings of video.freeze" in outcome.err
    assert "there are of video.black" in outcome.err


def rewritten(path, change):
    """The same file with another header."""
    facts = pq.read_metadata(path).metadata
    headers = json.loads(facts[layout.INPUTS_KEY])
    change(headers["0"])
    facts = {key: facts[key] for key in (layout.SCHEMA_KEY, layout.VERSION_KEY)}
    facts[layout.INPUTS_KEY] = json.dumps(headers).encode()
    with pq.ParquetFile(path) as old, pq.ParquetWriter(path.with_name("b.parquet"), layout.SCHEMA) as out:
        for group in range(old.num_row_groups):
            out.write_table(old.read_row_group(group).replace_schema_metadata(None))
        out.add_key_value_metadata(facts)
    assert happenings.headers(facts[layout.INPUTS_KEY].decode())
    return path.with_name("b.parquet")


def test_a_detector_that_is_not_installed_now(watchglass, kept):
    path = rewritten(kept[0], lambda header: header["settings"].update({"acme.overexposed": {}}))
    outcome = watchglass("rejudge", path)
    assert (outcome.code, outcome.out) == (2, "")
    assert "acme.overexposed measured" in outcome.err
    assert "is not installed here" in outcome.err
    assert watchglass("rejudge", path, "-d", "all", "-q").code == 1


def test_a_setting_of_then_that_may_not_be_now(watchglass, kept):
    path = rewritten(kept[0], lambda header: header["settings"]["video.black"].update(open_at=7.0))
    outcome = watchglass("rejudge", path)
    assert (outcome.code, outcome.out) == (2, "")
    assert "detectors.video.black.open_at of " in outcome.err


def test_another_version_is_mentioned(watchglass, kept):
    path = rewritten(kept[0], lambda header: header["versions"].update({"video.black": "0.0.7"}))
    assert "video.black 0.0.7 measured" in watchglass("rejudge", path).err


def test_without_pyarrow_a_sentence_says_what_to_install(broken, tmp_path):
    code = (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class Without:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        return None if name.split('.')[0] == 'pyarrow' else PathFinder.find_spec(name, path, target)\n"
        "sys.meta_path[:] = [Without if each is PathFinder else each for each in sys.meta_path]\n"
        "from watchglass.cli import main\n"
        "main()\n"
    )
    for arguments in (["check", str(broken), "--readings", str(tmp_path / "a")], ["rejudge", str(broken)]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert done.stderr == "watchglass: stored readings need pyarrow: pip install 'watchglass[archive]'\n"
