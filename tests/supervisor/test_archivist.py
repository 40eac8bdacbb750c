"""Files of readings, in a folder and in buckets of real servers."""

import os
import shutil
from pathlib import Path

import pytest

from aws_servers import CREDENTIALS, REGION, free_port, moto, rclone, second_opinion
from receiving import Receiver
from shelving import BEGIN, RUN, broken, judged, keep
from watchglass.config.archive import Archive, Bucket
from watchglass.model.stored import End, Header
from watchglass.net.guard import parse_networks
from watchglass.store.archive import open_archive
from watchglass.store.shelf import Shelf
from watchglass.supervisor.archivist import Archivist

DAY = 86_400.0
NAME = f"news/2025-11-29/010000-{RUN}.parquet"


@pytest.fixture(scope="module")
def moto_url(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture(scope="module")
def rclone_url(tmp_path_factory):
    with rclone(tmp_path_factory.mktemp("rclone")) as url:
        yield url


def bucket(endpoint: str) -> Bucket:
    return Bucket("readings", "glass", REGION, endpoint, CREDENTIALS, parse_networks(["127.0.0.0/8"]))


def archive(folder: Path, *, local: bool = True, endpoint: str = "") -> Archive:
    return Archive(
        parts=folder / "parts",
        outgoing=folder / "outgoing",
        folder=folder / "archive" if local else None,
        keep=DAY,
        bucket=bucket(endpoint) if endpoint else None,
    )


def little(folder: Path, number: int = 0) -> None:
    """Parts of a stretch in which nothing happened."""
    run = f"{BEGIN + number:.6f}"
    Shelf(folder / "parts", "news", Header(source="a", run=run, version="0"), BEGIN + number).close(End(0.0, "ended"))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_parts_become_a_file_in_a_folder_and_go_when_they_are_old(tmp_path):
    little(tmp_path)
    (tmp_path / "archive/mine/2025-11-29").mkdir(parents=True)
    theirs = tmp_path / "archive/mine/2025-11-29/notes.parquet"
    theirs.touch()
    archivist = Archivist(archive(tmp_path))
    archivist.turn(BEGIN)
    assert archivist.trouble == ""
    assert files(tmp_path) == ["archive/mine/2025-11-29/notes.parquet", f"archive/{NAME}"]
    for path in (tmp_path / "archive").rglob("*.parquet"):
        os.utime(path, (BEGIN, BEGIN))
    archivist.turn(BEGIN + DAY)
    assert (tmp_path / "archive" / NAME).exists()
    archivist.turn(BEGIN + 2 * DAY)
    assert not (tmp_path / "archive/news").exists()
    assert theirs.exists()


@pytest.mark.slow
@pytest.mark.parametrize("server", ["moto", "rclone"])
@pytest.mark.parametrize("local", [True, False])
def test_what_is_in_a_bucket_is_rejudged_identically(request, server, local, tmp_path):
    endpoint = request.getfixturevalue(f"{server}_url")
    client = second_opinion("s3", endpoint)
    client.create_bucket(Bucket="readings", CreateBucketConfiguration={"LocationConstraint": REGION})
    then = keep(broken(tmp_path / "broken.mkv"), tmp_path / "parts")
    archivist = Archivist(archive(tmp_path, local=local, endpoint=endpoint))
    archivist.turn(BEGIN)
    assert archivist.trouble == ""
    got = tmp_path / f"got-{RUN}.parquet"
    got.write_bytes(client.get_object(Bucket="readings", Key=f"glass/{NAME}")["Body"].read())
    [kept], _ = open_archive(got)
    now = judged(kept)
    assert now.findings == then.findings
    assert not now.differences
    assert files(tmp_path / "outgoing") == []
    assert (tmp_path / "archive" / NAME).exists() == local
    if local:
        assert (tmp_path / "archive" / NAME).read_bytes() == got.read_bytes()
    client.delete_object(Bucket="readings", Key=f"glass/{NAME}")
    client.delete_bucket(Bucket="readings")


def test_a_server_that_is_away_is_told_and_asked_again_until_it_has_all(tmp_path, moto_url):
    away = archive(tmp_path, local=False, endpoint=f"http://127.0.0.1:{free_port()}")
    for number in range(3):
        little(tmp_path, number)
    archivist = Archivist(away)
    archivist.turn(BEGIN)
    assert "readings cannot be sent" in archivist.trouble
    assert len(files(tmp_path / "outgoing")) == 3
    assert files(tmp_path / "parts") == []
    client = second_opinion("s3", moto_url)
    client.create_bucket(Bucket="readings", CreateBucketConfiguration={"LocationConstraint": REGION})
    archivist = Archivist(archive(tmp_path, local=False, endpoint=moto_url))  # the next one goes on
    archivist.turn(BEGIN + 60.0)
    assert archivist.trouble == ""
    assert len(client.list_objects_v2(Bucket="readings")["Contents"]) == 3
    assert files(tmp_path / "outgoing") == []


def test_a_server_that_fails_is_left_alone_for_longer_and_longer(tmp_path):
    little(tmp_path)
    with Receiver() as server:
        server.answers.extend([(503, {}, b"")] * 3 + [(200, {}, b"")])
        archivist = Archivist(archive(tmp_path, local=False, endpoint=server.url("")))
        asked = []
        for second in range(60):
            archivist.turn(BEGIN + second)
            if len(server.came) > len(asked):
                asked.append(second)
        assert asked == [0, 5, 15, 35]
        assert archivist.trouble == ""
        assert {came.path for came in server.came} == {f"/readings/glass/{NAME}"}


def test_what_is_refused_for_good_does_not_keep_the_others(tmp_path):
    little(tmp_path, 0)
    large = tmp_path / "outgoing/news/2025-11-29/000000-1700000000.000000.parquet"
    large.parent.mkdir(parents=True)
    large.touch()
    os.truncate(large, (64 << 20) + 1)
    with Receiver() as server:
        server.answers.append((200, {}, b""))
        archivist = Archivist(archive(tmp_path, local=False, endpoint=server.url("")))
        archivist.turn(BEGIN)
        archivist.turn(BEGIN + 10.0)
        assert "larger than 64 MiB" in archivist.trouble
        assert [came.path for came in server.came] == [f"/readings/glass/{NAME}"]
        large.unlink()
        archivist.turn(BEGIN + 20.0)
        assert archivist.trouble == ""


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_lost(tmp_path):
    little(tmp_path)
    (tmp_path / "archive").touch()
    archivist = Archivist(archive(tmp_path))
    archivist.turn(BEGIN)
    assert "no file can be made of it" in archivist.trouble
    (tmp_path / "archive").unlink()
    archivist.turn(BEGIN + 1.0)
    assert archivist.trouble  # it is not tried at each turn
    archivist.turn(BEGIN + 60.0)
    assert archivist.trouble == ""
    assert (tmp_path / "archive" / NAME).exists()


def test_who_is_killed_in_between_costs_nothing(tmp_path, monkeypatch):
    """Bound and not yet let go, or sent and not yet let go: it is done once more, to the same place."""
    little(tmp_path)
    shutil.copytree(tmp_path / "parts", tmp_path / "again")
    archivist = Archivist(archive(tmp_path))
    archivist.turn(BEGIN)
    shutil.copytree(tmp_path / "again", tmp_path / "parts", dirs_exist_ok=True)
    Archivist(archive(tmp_path)).turn(BEGIN)
    assert files(tmp_path / "archive") == [NAME]
    assert files(tmp_path / "parts") == []
