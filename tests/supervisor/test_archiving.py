"""A station that keeps what is measured, with real processes, and what becomes of it."""

import json
import os
import signal
from pathlib import Path

import pytest

from aws_servers import CREDENTIALS, REGION, moto, second_opinion
from command import Command
from supervising import Serving, serving
from watchglass.store.archive import open_archive

pytestmark = pytest.mark.slow


@pytest.fixture
def watchglass(monkeypatch, capsys) -> Command:
    return Command(monkeypatch, capsys)


def written(folder: Path, streams: str, archive: str = 'folder = "archive"') -> Path:
    path = folder / "watchglass.toml"
    path.write_text(f'{streams}\n[serve]\ndata = "data"\n[serve.evidence]\nkeep = false\n[serve.archive]\n{archive}\n')
    return path


def watching(served: Serving, beyond: float) -> int:
    """The process that has watched so far."""

    def found() -> list[int]:
        statuses = served.station.status
        return [each.pid for each in statuses if each.phase == "watching" and each.position > beyond and each.pid]

    return served.until(found)[0]


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def test_a_live_stream_is_rejudged_as_it_was_judged(live, tmp_path, watchglass):
    config = written(tmp_path, f'[streams.news]\nurl = "{live("video.black@4+4")}"')
    with serving(config) as served:
        served.until(lambda: [one for one in served.news if one.event == "opened"])
        watching(served, 10.0)
    [path] = files(tmp_path / "data/archive")
    assert files(tmp_path / "data/archive-parts") == []
    outcome = watchglass("rejudge", path, "--json", "-")
    report = outcome.json
    assert "video.black" in {each["detector"] for each in report["findings"]}
    assert report["differences"] == {"new": [], "gone": [], "changed": []}
    known = {finding for one in served.news for finding in one.incident.findings}
    assert known & {each["id"] for each in report["findings"]}  # ids are those of the incidents


def test_a_recording_is_kept_to_its_end(loop_clip, tmp_path, watchglass):
    config = written(tmp_path, f'[streams.news]\nurl = "{loop_clip}"')
    with serving(config) as served:
        served.until(lambda: files(tmp_path / "data/archive"))  # at the end of the stretch, and not of the hour
        assert served.station.status[0].phase == "ended"
    [path] = files(tmp_path / "data/archive")
    report = watchglass("rejudge", path, "--json", "-").json
    assert report["duration"] == pytest.approx(40.0, abs=0.2)
    assert not any(report["differences"].values())


def test_what_a_killed_process_has_kept_becomes_a_file_too(live, tmp_path):
    config = written(tmp_path, f'[streams.news]\nurl = "{live()}"')
    with serving(config) as served:
        pid = watching(served, 12.0)
        served.until(lambda: files(tmp_path / "data/archive-parts"))
        os.kill(pid, signal.SIGKILL)
        [first] = served.until(lambda: files(tmp_path / "data/archive"))
        served.until(lambda: served.station.status[0].deaths == 1)
        watching(served, 1.0)
    assert len(files(tmp_path / "data/archive")) == 2
    [kept], _ = open_archive(first)
    assert kept.rows("video.black") > 100


def test_what_was_left_when_all_of_it_was_killed_is_seen_to_by_the_next_one(live, tmp_path):
    config = written(tmp_path, f'[streams.news]\nurl = "{live()}"')
    with serving(config) as served:
        watching(served, 2.0)
        archivist = served.station._archiving._process
        assert archivist is not None
        os.kill(archivist.pid, signal.SIGSTOP)  # so that it makes nothing of what is left
        served.station.stop()
        served._thread.join(60.0)
    assert files(tmp_path / "data/archive") == []
    assert files(tmp_path / "data/archive-parts")
    config.write_text(config.read_text().replace("streams.news", "streams.other"))
    with serving(config):
        served.until(lambda: files(tmp_path / "data/archive"))


def test_an_archivist_that_dies_is_begun_anew_and_that_is_told(live, tmp_path):
    config = written(tmp_path, f'[streams.news]\nurl = "{live()}"')
    with serving(config) as served:
        archivist = served.until(lambda: served.station._archiving._process)
        before = archivist.pid
        os.kill(before, signal.SIGKILL)
        served.opened("watchglass", "monitor.archive")
        after = served.until(lambda: served.station._archiving._process)
        assert after.pid != before
        served.until(lambda: [one for one in served.news if one.event == "closed"])


def test_a_disk_that_fails_is_told_and_watching_goes_on(live, tmp_path):
    config = written(tmp_path, f'[streams.news]\nurl = "{live()}"')
    (tmp_path / "data/archive-parts").mkdir(parents=True)
    (tmp_path / "data/archive-parts/news").touch()
    with serving(config) as served:
        incident = served.opened("news", "monitor.archive")
        assert "readings are not kept" in incident.message
        watching(served, 5.0)
        assert served.station.status[0].deaths == 0


def test_a_bucket_gets_what_is_kept_and_nothing_stays_here(live, tmp_path):
    with moto(tmp_path) as endpoint:
        client = second_opinion("s3", endpoint)
        client.create_bucket(Bucket="readings", CreateBucketConfiguration={"LocationConstraint": REGION})
        (tmp_path / "key").write_text(CREDENTIALS.secret_key)
        config = written(
            tmp_path,
            f'[streams.news]\nurl = "{live()}"',
            f'bucket = "readings"\nprefix = "glass"\nregion = "{REGION}"\nendpoint = "{endpoint}"\n'
            f'access_key = "{CREDENTIALS.access_key}"\nsecret_key = {{ file = "{tmp_path / "key"}" }}\n'
            'allow_private = ["127.0.0.1"]',
        )
        with serving(config) as served:
            watching(served, 2.0)
        [found] = client.list_objects_v2(Bucket="readings")["Contents"]
        assert found["Key"].startswith("glass/news/")
        assert files(tmp_path / "data") == []
        assert CREDENTIALS.secret_key not in json.dumps([served.notes, str(served.news)])
