import csv
import json
import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from command import Command, Outcome, in_own_process
from making import bomb, clip, flat, flipped, joined, noise
from watchglass.cli.check import seconds
from watchglass.model.errors import UsageError


@pytest.fixture
def watchglass(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


CALM = noise(between=(100, 124))
"""Too little contrast to flash."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Clean clips, made once."""
    made = tmp_path_factory.mktemp("clips")
    clip(made / "good.mp4", seconds=1.2, audio=("aac",), picture=CALM)
    clip(made / "good.ts", seconds=1.2, audio=("aac",), picture=CALM)
    return made


@pytest.fixture(scope="module")
def good(folder):
    return folder / "good.mp4"


def refused(outcome: Outcome, *words: str) -> None:
    """Exit 3, a sentence on stderr that names the file, and the other file examined all the same."""
    assert outcome.code == 3
    assert all(re.search(word, outcome.err) for word in words), outcome.err
    report = outcome.json
    assert [bool(file["error"]) for file in report["files"]] == [True, False]
    assert report["files"][1]["duration"] == pytest.approx(1.2, abs=0.05)
    assert report["summary"]["unreadable"] == 1


def test_a_missing_file(watchglass, good, tmp_path):
    refused(watchglass("check", tmp_path / "none.mp4", good, "--json", "-", "-j1"), "none.mp4", "no such file")


def test_a_folder_without_media(watchglass, good, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("nothing to see")
    outcome = watchglass("check", tmp_path / "empty", good, "--json", "-", "-j1")
    assert outcome.code == 3
    assert "holds no audio or video" in outcome.err
    assert {file["source"]: bool(file["error"]) for file in outcome.json["files"]} == {
        str(good): False,
        str(tmp_path / "empty"): True,
    }


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"Dear viewer,\nthis is a letter and no film.\n" * 40, "not audio or video"),
        ("text.txt", b"The quick brown fox\n" * 40, "not audio or video"),
        ("null.bin", bytes(100_000), "not audio or video|nothing to watch"),
        ("other.ffconcat", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not audio or video|nothing to watch"),
    ],
)
def test_what_is_no_media(watchglass, good, tmp_path, name, content, word):
    (tmp_path / name).write_bytes(content)
    refused(watchglass("check", tmp_path / name, good, "--json", "-", "-j1"), name, word)


def test_an_mp4_that_ends_before_its_index(watchglass, good, tmp_path):
    whole = clip(tmp_path / "whole.mp4", seconds=2.0, audio=("aac",)).read_bytes()
    assert whole.rindex(b"moov") > len(whole) // 2
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    refused(watchglass("check", tmp_path / "cut.mp4", good, "--json", "-", "-j1"), "cut.mp4", "not audio or video")


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "ts"])
def test_not_one_picture(watchglass, good, tmp_path, ending):
    path = clip(tmp_path / f"zero.{ending}", seconds=0.0)
    refused(
        watchglass("check", path, good, "--json", "-", "-j1"),
        "zero",
        "not one picture|ends before|it holds no|is empty",
    )


@pytest.mark.parametrize("ending", ["avi", "mp4", "mjpeg"])
def test_a_bomb(good, tmp_path, ending):
    """16,000 x 16,000 pixels: refused in less than 200 MB."""
    path = bomb(tmp_path / f"bomb.{ending}")
    outcome = in_own_process("check", path, good, "--json", "-", "-j1")
    refused(outcome, f"bomb.{ending}", "16000 x 16000 pixels is more than max_pixels")
    assert outcome.peak < 200


@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv"])
def test_the_limit_of_pixels_is_the_users(watchglass, tmp_path, ending):
    config = tmp_path / "small.toml"
    config.write_text("[limits]\nmax_pixels = 6000\n")
    path = clip(tmp_path / f"clip.{ending}", seconds=0.4)  # 96 x 64 = 6144
    outcome = watchglass("check", path, "--config", config, "--json", "-")
    assert outcome.code == 3
    assert "96 x 64 pixels is more than max_pixels = 6000" in outcome.err


def test_a_transport_stream_cut_in_a_packet(watchglass, folder, tmp_path):
    whole = (folder / "good.ts").read_bytes()
    (tmp_path / "cut.ts").write_bytes(whole[: len(whole) * 2 // 3 // 188 * 188 + 77])
    outcome = watchglass("check", tmp_path / "cut.ts", "--json", "-")
    assert outcome.code in (0, 1)
    assert 0.5 < outcome.json["duration"] < 1.25


def test_sound_alone(watchglass, tmp_path):
    outcome = watchglass("check", clip(tmp_path / "sound.m4a", video=None, audio=("aac",)), "--json", "-")
    assert outcome.code == 0
    assert [track["kind"] for track in outcome.json["tracks"]] == ["audio"]


def test_picture_alone(watchglass, tmp_path):
    outcome = watchglass("check", clip(tmp_path / "picture.mp4", picture=CALM), "--json", "-")
    assert outcome.code == 0
    assert [track["kind"] for track in outcome.json["tracks"]] == ["video"]
    assert outcome.json["duration"] == pytest.approx(1.0)


@pytest.mark.parametrize("size", [(2, 2), (17, 33), (1, 1)])
def test_tiny_pictures(watchglass, tmp_path, size):
    clip(tmp_path / "tiny.mkv", video="ffv1", size=size, seconds=0.4, picture=noise("yuv420p", size))
    outcome = watchglass("check", tmp_path / "tiny.mkv", "--json", "-", "--detectors", "all")
    assert outcome.code in (0, 1)
    assert (outcome.json["tracks"][0]["facts"]["width"], outcome.json["tracks"][0]["facts"]["height"]) == size


def test_resolution_and_rate_that_change(watchglass, tmp_path):
    first = clip(tmp_path / "1.ts", seconds=1.0, audio=("aac",))
    second = clip(tmp_path / "2.ts", seconds=1.0, audio=("aac",), size=(128, 96), rate=50, start=1.0)
    outcome = watchglass("check", joined(tmp_path / "both.ts", first, second), "--json", "-")
    assert outcome.code in (0, 1)
    assert outcome.json["tracks"][0]["facts"]["width"] == 128
    assert outcome.json["coverage"]["end"] == pytest.approx(2.0, abs=0.1)
    assert outcome.json["summary"]["findings"]["critical"] == 0


def test_a_picture_that_becomes_a_bomb(watchglass, tmp_path):
    small = clip(tmp_path / "small.mjpeg", video="mjpeg", pixel_format="yuvj420p", seconds=1.0)
    path = joined(tmp_path / "grows.mjpeg", small, bomb(tmp_path / "bomb.mjpeg"))
    outcome = watchglass("check", path, "--json", "-")
    assert outcome.code in (0, 1)
    [part] = [part for part in outcome.json["coverage"]["not_watched"] if "too large" in part["reason"]]
    assert "16000 x 16000" in part["reason"]
    assert part["start"] == pytest.approx(1.0, abs=0.1)
    assert outcome.json["coverage"]["complete"] is False


def test_thirty_two_channels(watchglass, tmp_path):
    path = clip(tmp_path / "many.wav", video=None, audio=("pcm_s16le",), layout="32 channels")
    outcome = watchglass("check", path, "--json", "-", "--html", tmp_path / "report.html")
    assert outcome.code == 0
    assert outcome.json["tracks"][0]["facts"]["channels"] == 32


@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv", "avi", "mp3", "flv", "ogg", "wav"])
def test_a_hundred_flipped_bytes(watchglass, tmp_path, ending):
    """Whatever comes of it, it is a report or a sentence."""
    sounds = {"mp3": ("libmp3lame",), "ogg": ("libopus",), "wav": ("pcm_s16le",)}
    video = None if ending in sounds else "mpeg4" if ending == "avi" else "libx264"
    audio = sounds.get(ending, ("libmp3lame",) if ending in ("avi", "flv") else ("aac",))
    rate = 44_100 if ending == "flv" else 48_000
    whole = clip(tmp_path / f"whole.{ending}", video=video, audio=audio, sample_rate=rate).read_bytes()
    paths = [tmp_path / f"{seed}.{ending}" for seed in range(6)]
    for seed, path in enumerate(paths):
        path.write_bytes(flipped(whole, seed))
    outcome = watchglass("check", *paths, "--json", "-", "-j1")
    assert outcome.code in (0, 1, 3)
    for file in outcome.json["files"]:
        assert file["error"] or file["coverage"]["end"] > 0.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "soon"), "--from soon: must be seconds or h:mm:ss"),
        (("--from", "5", "--to", "4"), "--to 4: must come after --from 5"),
        (("--detectors", "video.frieze"), "no detector 'video.frieze'"),
        (("--fail-on", "panic"), "fail-on"),
        (("--jobs", "-1"), "jobs"),
        (("--rendition", "huge"), "--rendition huge"),
        (("--header", "no colon"), "--header: must be 'Name: value'"),
        (("--key", "hunter2"), "--key: a key must be KID:KEY or KEY"),
        (("--key", "@/nowhere/keys"), "--key: @/nowhere/keys: cannot be read"),
        (("--allow-private", "10.0.0.0/99"), "10.0.0.0/99"),
        (("--config", "/nowhere/at/all.toml"), "/nowhere/at/all.toml: cannot be read"),
        (("--no-such-option",), "--no-such-option"),
        (("--json", "/nowhere/report.json"), "/nowhere/report.json"),
    ],
)
def test_wrong_usage(watchglass, good, arguments, words):
    outcome = watchglass("check", good, *arguments)
    assert outcome.code == 2
    assert words in outcome.err
    assert outcome.out == "" or "report.json" in words


def test_no_argument_is_wrong_usage(watchglass):
    assert watchglass("check").code == 2


def test_a_secret_header_is_not_repeated(watchglass, good):
    assert "hunter2" not in watchglass("check", good, "--header", "Authorization hunter2").err


def test_a_key_decrypts_and_is_told_nowhere(watchglass, tmp_path):
    key, kid = "00112233445566778899aabbccddeeff", "ab" * 16
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": key, "encryption_kid": kid}
    path = clip(tmp_path / "a.mp4", seconds=1.2, audio=("aac",), picture=CALM, container_options=options)
    keys = tmp_path / "keys"
    keys.write_text(f"# of the channel\n\n{kid}:{key}\n")
    for given in (f"{kid}:{key}", key, f"@{keys}"):
        outcome = watchglass("check", path, "--key", given, "--json", "-")
        assert outcome.code == 0
        assert key not in outcome.out + outcome.err
    refused = watchglass("check", path)
    assert refused.code == 3
    assert kid in refused.err
    assert watchglass("check", path, "--key", key[::-1]).code == 3
    assert key[:8] not in watchglass("check", path, "--key", key[:-1]).err


def test_one_file_stands_at_the_top_too(watchglass, good):
    report = watchglass("check", good, "--json", "-").json
    assert report["schema"] == "watchglass.report/1"
    assert report["source"] == str(good)
    assert {key: report[key] for key in report["files"][0]} == report["files"][0]


def test_only_json_on_stdout_and_the_findings_on_stderr(watchglass, tmp_path):
    path = clip(tmp_path / "black.mp4", seconds=2.0, picture=flat((16, 128, 128)))
    outcome = watchglass("check", path, "--json", "-")
    assert outcome.code == 1
    assert outcome.json["findings"][0]["detector"] == "video.black"
    assert "video.black" in outcome.err
    assert watchglass("check", path, "--json", "-", "--quiet").err == ""


def test_json_and_page_into_files_and_the_table_on_stdout(watchglass, good, tmp_path):
    outcome = watchglass("check", good, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    assert outcome.code == 0
    assert "Nothing found" in outcome.out
    assert json.loads((tmp_path / "r.json").read_text())["error"] is None
    assert "<html" in (tmp_path / "r.html").read_text()


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    """Black without sound: a warning."""
    made = tmp_path_factory.mktemp("grey") / "grey.mkv"
    return clip(made, video="ffv1", seconds=2.0, picture=flat((16, 128, 128)))


def test_every_report_of_one_run_into_its_file(watchglass, grey, good, tmp_path):
    files = {ending: tmp_path / f"report.{ending}" for ending in ("json", "html", "xml", "csv")}
    options = [part for ending, path in files.items() for part in (OPTIONS[ending], path)]
    outcome = watchglass("check", grey, good, tmp_path / "none.mp4", *options, "-j1")
    assert outcome.code == 3
    assert "could not be read" in outcome.out
    found = json.loads(files["json"].read_text())["files"][0]["findings"]
    root = ElementTree.parse(files["xml"]).getroot()
    assert [suite.get("name") for suite in root] == [str(grey), str(good), str(tmp_path / "none.mp4")]
    assert (root.get("failures"), root.get("errors")) == ("1", "1")
    with files["csv"].open(newline="", encoding="utf-8") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [each["id"] for each in found]
    assert "threshold 98 %" in files["html"].read_text("utf-8")


OPTIONS = {"json": "--json", "html": "--html", "xml": "--junit", "csv": "--csv"}


@pytest.mark.parametrize(("option", "begin"), [("--junit", "<?xml"), ("--csv", "source,"), ("--json", "{")])
def test_one_report_may_go_to_stdout_and_nothing_else_there(watchglass, good, option, begin):
    outcome = watchglass("check", good, option, "-")
    assert outcome.code == 0
    assert outcome.out.startswith(begin)
    assert "Nothing found" not in outcome.out


def test_two_reports_on_stdout_are_refused_before_the_work(watchglass, tmp_path):
    outcome = watchglass("check", tmp_path / "none.mp4", "--junit", "-", "--csv", "-")
    assert (outcome.code, outcome.out) == (2, "")
    assert "--junit and --csv: only one of them can go to stdout" in outcome.err


@pytest.mark.parametrize(("fail_on", "failures"), [(None, "1"), ("critical", "0"), ("never", "0"), ("by config", "0")])
def test_tests_fail_as_the_exit_code_does(watchglass, grey, tmp_path, fail_on, failures):
    (tmp_path / "w.toml").write_text('fail_on = "critical"\n')
    options = ["--config", tmp_path / "w.toml"] if fail_on == "by config" else ["--fail-on", fail_on] if fail_on else []
    outcome = watchglass("check", grey, "--junit", "-", *options)
    assert outcome.code == int(failures)
    assert ElementTree.fromstring(outcome.out).get("failures") == failures


@pytest.mark.parametrize(
    ("fail_on", "code"), [("info", 1), ("warning", 1), ("critical", 0), ("never", 0), (None, 1), ("by config", 0)]
)
def test_exit_code_follows_fail_on(watchglass, tmp_path, fail_on, code):
    path = clip(tmp_path / "grey.mkv", video="ffv1", seconds=2.0, picture=flat((16, 128, 128)))
    (tmp_path / "w.toml").write_text('fail_on = "critical"\n')
    options = ["--config", tmp_path / "w.toml"] if fail_on == "by config" else ["--fail-on", fail_on] if fail_on else []
    assert watchglass("check", path, *options).code == code


@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv"])
def test_a_part_keeps_the_times_of_the_whole(watchglass, tmp_path, ending):
    """Black from 3 to 5 s is found there, however far one looks into the file."""
    moving, black = noise(), flat((16, 128, 128))
    path = clip(
        tmp_path / f"film.{ending}",
        seconds=7.0,
        gop=60,
        audio=("aac",),
        picture=lambda n: black(n) if 75 <= n < 125 else moving(n),
    )
    whole = watchglass("check", path, "--json", "-", "--detectors", "video.black").json
    part = watchglass("check", path, "--json", "-", "--detectors", "video.black", "--from", "2.4", "--to", "0:06").json
    for report in (whole, part):
        [found] = report["findings"]
        assert (found["start"], found["end"]) == pytest.approx((3.0, 5.0), abs=0.05)
    inside = watchglass("check", path, "--json", "-", "--detectors", "video.black", "--from", "3.6", "--to", "4.8").json
    assert (inside["findings"][0]["start"], inside["findings"][0]["end"]) == pytest.approx((3.6, 4.8), abs=0.11)
    reasons = [skipped["reason"] for skipped in inside["coverage"]["not_watched"]]
    assert reasons == ["before the part that was asked for", "after the part that was asked for"]


def test_nothing_is_missing_before_the_part_that_was_asked_for(watchglass, tmp_path):
    path = clip(tmp_path / "film.mp4", seconds=7.0, audio=("aac",), picture=noise())
    whole, part = (watchglass("check", path, "--json", "-", *begin).json for begin in ((), ("--from", "3.5")))
    assert {found["detector"] for found in part["findings"]} <= {found["detector"] for found in whole["findings"]}
    assert not any(found["start"] < 3.5 for found in part["findings"])


def test_a_part_beyond_the_end(watchglass, good):
    outcome = watchglass("check", good, "--from", "60")
    assert outcome.code == 3
    assert "nothing to watch from 60.00 s on: it ends at 1.2" in outcome.err


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("video.black", {"video.black"}),
        ("video.black, audio.silence", {"video.black", "audio.silence"}),
        ("audio,-audio.loudness,-audio.true_peak", None),
        ("all", None),
    ],
)
def test_detectors(watchglass, good, names, expected):
    outcome = watchglass("check", good, "--detectors", names, "--json", "-")
    assert outcome.code == 0
    assert expected is None or {f["detector"] for f in outcome.json["findings"]} <= expected


def test_a_folder_is_searched_for_media(watchglass, folder, tmp_path):
    below = tmp_path / "deep" / "below"
    below.mkdir(parents=True)
    shutil.copy(folder / "good.ts", below / "B.TS")
    shutil.copy(folder / "good.mp4", tmp_path / "deep" / "a.mp4")
    (below / ".hidden.mp4").write_bytes(b"x")
    (below / "notes.txt").write_text("no media")
    outcome = watchglass("check", tmp_path / "deep", "--json", "-", "-j1")
    assert outcome.code == 0
    assert [os.path.relpath(file["source"], tmp_path) for file in outcome.json["files"]] == [
        "deep/a.mp4",
        "deep/below/B.TS",
    ]


def test_names_that_would_steer_a_terminal(watchglass, folder, tmp_path):
    path = tmp_path / "evil\x1b[2J\n.mp4"
    shutil.copy(folder / "good.mp4", path)
    broken = tmp_path / "bad\x1b[2J.mp4"
    broken.write_text("text")
    outcome = watchglass("check", path, broken, "-j1")
    assert outcome.code == 3
    assert "\x1b[2J" not in outcome.out + outcome.err


def test_a_name_that_is_not_utf8(watchglass, good, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")
    shutil.copy(good, path)
    outcome = watchglass("check", path, "--json", "-")
    assert outcome.code == 0
    assert outcome.json["source"].endswith("caf\N{REPLACEMENT CHARACTER}.mp4")


@pytest.mark.parametrize(("path", "word"), [("-", "standard input cannot be examined"), ("", "PATH is empty")])
def test_what_is_no_path(watchglass, good, path, word):
    outcome = watchglass("check", good, path)
    assert (outcome.code, outcome.out) == (2, "")
    assert word in outcome.err


@pytest.mark.parametrize("option", ["--json", "--html", "--junit", "--csv"])
@pytest.mark.parametrize(("place", "word"), [("none/report", "there is no folder"), ("", "it is a folder")])
def test_a_report_that_has_no_place_is_refused_before_the_work(watchglass, tmp_path, option, place, word):
    outcome = watchglass("check", tmp_path / "none.mp4", option, tmp_path / place)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"cannot be written ({word}" in outcome.err
    assert "none.mp4" not in outcome.err


def test_a_report_that_cannot_be_written_costs_no_other(watchglass, good, tmp_path):
    """A full disk: the table is shown and the other report is written all the same."""
    outcome = watchglass("check", good, "--json", "/dev/full", "--html", tmp_path / "report.html")
    assert outcome.code == 2
    assert "Nothing found" in outcome.out
    assert "/dev/full: cannot be written (No space left on device)" in outcome.err
    assert (tmp_path / "report.html").stat().st_size > 1000


@pytest.mark.parametrize("options", [["--json", "-"], []])
def test_output_that_goes_to_a_full_disk(good, options):
    with open("/dev/full", "w") as full:  # noqa: PTH123 (a device)
        done = subprocess.run(
            [sys.executable, "-m", "watchglass", "check", str(good), *options],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == "watchglass: the output cannot be written (No space left on device)\n"


@pytest.mark.parametrize(("text", "expected"), [("90", 90.0), ("1:30", 90.0), ("0:01:30.5", 90.5), ("", None)])
def test_times(text, expected):
    assert seconds("--from", text) == expected


@pytest.mark.parametrize("text", ["-1", "1:2:3:4", "1m", "inf", "1:", ":1"])
def test_times_that_are_none(text):
    with pytest.raises(UsageError):
        seconds("--from", text)


def test_nobody_reads_the_output(good):
    """As in ``watchglass check ... | head``: no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    for options in (["--json", "-"], []):
        done = subprocess.run(
            [sys.executable, "-m", "watchglass", "check", str(good), *options],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 141
        assert "Traceback" not in done.stderr
        assert "Exception" not in done.stderr
    os.close(writing)


def test_little_memory_is_needed(good):
    """A guard against something huge being imported or kept: the peak of a small file stays below 200 MB."""
    outcome = in_own_process("check", good, "--json", "-")
    assert outcome.peak < 200


def test_many_files_need_no_more_memory_than_one(good):
    one, many = (in_own_process("check", *[good] * count, "-q", "-j1").peak for count in (1, 20))
    assert many - one < 8


@pytest.mark.parametrize("option", ["--json", "--html", "--csv", "--junit"])
def test_no_report_is_written_over_what_is_read(watchglass, tmp_path, option):
    path = clip(tmp_path / "a.mp4", seconds=0.4)
    before = path.read_bytes()
    for given in (path, tmp_path):
        outcome = watchglass("check", given, option, path)
        assert outcome.code == 2
        assert "is an input itself" in outcome.err
    assert path.read_bytes() == before
