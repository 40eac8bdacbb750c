"""Parts of readings by the hour, and what becomes of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import shelving
from shelving import BEGIN, RUN, judged, keep
from watchglass.model.media import Tracks
from watchglass.model.stored import End, Header
from watchglass.store import shelf
from watchglass.store.archive import open_archive
from watchglass.store.shelf import Shelf, bind_folder, file_of, finished

HEADER = Header(source="a", run=RUN, version="0")


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    return shelving.broken(tmp_path_factory.mktemp("clip") / "broken.mkv")


def bind(parts: Path, archive: Path) -> list[Path]:
    """All that is finished, as files."""
    made = []
    for folder in finished(parts):
        made.append(archive / file_of(folder))
        assert bind_folder(folder, made[-1], "0")
    return made


def test_a_stretch_within_an_hour_is_rejudged_identically(media, tmp_path):
    then = keep(media, tmp_path / "parts")
    [path] = bind(tmp_path / "parts", tmp_path / "archive")
    assert path == tmp_path / f"archive/news/2025-11-29/010000-{RUN}.parquet"
    [kept], word = open_archive(path)
    now = judged(kept)
    assert word == ""
    assert {each.detector for each in now.findings} >= {"video.freeze", "video.black"}
    assert now.findings == then.findings
    assert [now.id_of(each) for each in now.findings] == [then.id_of(each) for each in then.findings]
    assert not now.differences


def test_hours_of_a_stretch_are_one_input_where_their_folder_is_named(media, tmp_path):
    """The freeze begins in one file and ends in the next."""
    then = keep(media, tmp_path / "parts", hour=4.5)
    paths = bind(tmp_path / "parts", tmp_path / "archive")
    assert [path.name[:2] for path in paths] == ["01", "02", "03", "04"]
    for folder in (tmp_path / "archive/news/2025-11-29", tmp_path / "archive/news", tmp_path / "archive"):
        [kept], _ = open_archive(folder)
        now = judged(kept)
        assert now.findings == then.findings
        assert not now.differences


def test_each_hour_can_be_judged_by_itself(media, tmp_path):
    keep(media, tmp_path / "parts", hour=7.0)
    for number, path in enumerate(bind(tmp_path / "parts", tmp_path / "archive")):
        [kept], _ = open_archive(path)
        now = judged(kept)
        assert [track.id for track in now.tracks] == ["video:0", "audio:0"]
        assert now.coverage.start == pytest.approx(7.0 * number, abs=0.2)
        found = {each.detector for each in now.findings}
        assert "video.freeze" in found  # black stands still, too
        assert ("video.black" in found) == (number == 1)
        assert not [each for each in now.coverage.not_watched if "cut off" in each.reason]


def test_several_stretches_in_one_folder_are_several_inputs(media, tmp_path):
    for run in (RUN, f"{BEGIN + 60.0:.6f}"):
        keep(media, tmp_path / "parts", run=run)
    bind(tmp_path / "parts", tmp_path / "archive")
    inputs, _ = open_archive(tmp_path / "archive")
    assert len({kept.header.run for kept in inputs}) == 2
    assert not any(judged(kept).differences for kept in inputs)


def test_what_is_still_kept_is_left_alone_and_of_the_dead_it_is_taken(tmp_path):
    code = (
        "import sys, pathlib, time\n"
        "from watchglass.store.shelf import Shelf\n"
        "from watchglass.model.stored import Header\n"
        "from watchglass.model.media import Tracks\n"
        f"made = Shelf(pathlib.Path(sys.argv[1]), 'news', Header(source='a', run='{RUN}', version='0'), {BEGIN})\n"
        "made.add(Tracks(0.0, ()))\n"
        "made._keeper._write()\n"
        "print('kept', flush=True)\n"
        "time.sleep(600.0)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"kept\n"
        assert list(finished(tmp_path)) == []
        process.send_signal(signal.SIGKILL)
        process.wait()
    [path] = bind(tmp_path, tmp_path / "archive")
    [kept], _ = open_archive(path)
    assert isinstance(kept.happenings()[0][1], Tracks)


def test_a_disk_that_fails_ends_nothing_and_the_next_hour_is_kept_again(tmp_path):
    (tmp_path / "news").write_text("where a folder should be")
    made = Shelf(tmp_path, "news", HEADER, BEGIN)
    assert "cannot be made" in made.trouble
    made.add(Tracks(0.0, ()))
    made.reached(BEGIN + 10.0)
    (tmp_path / "news").unlink()
    made.reached(BEGIN + shelf.HOUR)
    assert made.trouble == ""
    made.close(End(3_600.0, "ended"))
    assert made.trouble == ""
    [path] = bind(tmp_path, tmp_path / "archive")
    [kept], _ = open_archive(path)
    assert [type(what) for _, what in kept.happenings()] == [Tracks, End]


def test_a_part_that_a_loss_of_power_has_broken_costs_itself_only(media, tmp_path, monkeypatch):
    monkeypatch.setattr("watchglass.store.keeping.FULL", 2_000)
    keep(media, tmp_path / "parts")
    [folder] = finished(tmp_path / "parts")
    parts = sorted(folder.glob("*.parquet"))
    assert len(parts) > 2
    os.truncate(parts[1], 100)
    assert bind_folder(folder, tmp_path / "a.parquet", "0")
    [kept], _ = open_archive(tmp_path / "a.parquet")
    assert kept.rows("video.black") > 0


def test_what_nobody_began_is_let_go(tmp_path):
    made = Shelf(tmp_path, "news", HEADER, BEGIN)
    draft = tmp_path / "news/.2025-11-29_010000-1.0"
    draft.mkdir()
    assert list(finished(tmp_path)) == []
    assert draft.exists()  # whoever made it may be about to lock it
    os.utime(draft, (0.0, 0.0))
    assert list(finished(tmp_path)) == []
    assert not draft.exists()
    made.close(End(0.0, "ended"))
