"""What is kept is read back as it was, also where nobody came to finish it."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from readings import Stretch, readings
from watchglass.model.errors import ArchiveError, NotFoundError, UsageError
from watchglass.model.media import Tracks
from watchglass.model.stored import End, Header
from watchglass.store import keeping, layout
from watchglass.store.archive import open_archive
from watchglass.store.binding import Binder, parts_of
from watchglass.store.keeping import Keeper

TOLD = {
    name: readings(name, [Stretch("edge", 700)], 1) for name in ("video.freeze", "audio.silence", "transport.stall")
}


def mixed():
    """Readings of several detectors, taking turns."""
    left = {name: list(told) for name, told in TOLD.items()}
    while any(left.values()):
        for name, told in left.items():
            yield from told[:7]
            left[name] = told[7:]


def header(source="a.mp4"):
    return Header(source=source, run="check", version="0", settings={name: {} for name in TOLD})


def keep(folder, number=0, *, ends=True):
    keeper = Keeper(folder, number, header(f"{number}.mp4"))
    keeper.add(Tracks(0.0, ()))
    for reading in mixed():
        keeper.add(reading)
    if ends:
        keeper.close(End(28.0, "ended"))
    return keeper


@pytest.fixture(params=[300, 1 << 17], ids=["many parts", "one part"])
def path(request, tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "FULL", request.param)
    with Binder(tmp_path / "a.parquet", "0") as binder:
        keep(binder.folder, 2)
        keep(binder.folder, 7)
    return tmp_path / "a.parquet"


def test_readings_come_back_bit_by_bit_and_in_order(path):
    inputs, word = open_archive(path)
    assert word == ""
    assert [kept.header.source for kept in inputs] == ["2.mp4", "7.mp4"]
    everything = list(mixed())
    for kept in inputs:
        assert kept.detectors == tuple(TOLD)
        placed = {}
        for name, told in TOLD.items():
            found = [each for columns in kept.readings(name) for each in columns.readings()]
            assert found == told
            assert kept.rows(name) == len(told)
            orders = [order for columns in kept.readings(name) for order in columns.order.tolist()]
            placed |= dict(zip(orders, found, strict=True))
        assert [placed[order] for order in sorted(placed)] == everything
        (first, tracks), (last, end) = kept.happenings()
        assert (tracks, end) == (Tracks(0.0, ()), End(28.0, "ended"))
        assert first < min(placed) <= max(placed) < last


def test_only_the_file_is_left(path):
    assert [each.name for each in path.parent.iterdir()] == ["a.parquet"]


def test_any_reader_of_parquet_can_read_it(path):
    table = pq.read_table(path, filters=[("detector", "=", "audio.silence"), ("input", "=", 2)])
    assert table["value"].to_pylist() == [reading.value for reading in TOLD["audio.silence"]]
    assert set(table["unit"].to_pylist()) == {"dBFS"}


def test_a_run_that_was_killed_loses_its_unfinished_tail_only(tmp_path, monkeypatch):
    """The parts that were full are there, whatever ended the process."""
    monkeypatch.setattr(keeping, "FULL", 300)
    path = tmp_path / "a.parquet"
    parts_of(path).mkdir()
    keep(parts_of(path), ends=False)
    (parts_of(path) / "000000-000099.unfinished").write_bytes(b"PAR1 half of it")
    for named in (path, parts_of(path)):
        [kept], word = open_archive(named)
        assert "was cut off" in word
        for name, told in TOLD.items():
            found = [each for columns in kept.readings(name) for each in columns.readings()]
            assert found == told[: len(found)]
        assert sum(kept.rows(name) for name in TOLD) > sum(map(len, TOLD.values())) - 300 - 64
        assert not any(isinstance(what, End) for _, what in kept.happenings())


def test_what_is_not_yet_full_is_written_every_few_seconds(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "EVERY", 0.0)
    keep(tmp_path, ends=False)
    assert [each.name for each in tmp_path.iterdir()] == ["000000-000000.parquet"]
    assert sum(pq.read_metadata(each).num_rows for each in tmp_path.iterdir()) > sum(map(len, TOLD.values())) - 64


def test_a_later_run_that_was_cut_off_is_mentioned(path):
    parts_of(path).mkdir()
    assert "later run that was not finished" in open_archive(path)[1]


def test_what_an_earlier_run_left_is_replaced(tmp_path):
    parts_of(tmp_path / "a.parquet").mkdir()
    (parts_of(tmp_path / "a.parquet") / "000005-000000.parquet").write_bytes(b"old")
    with Binder(tmp_path / "a.parquet", "0") as binder:
        keep(binder.folder)
    assert len(open_archive(tmp_path / "a.parquet")[0]) == 1


def test_trouble_with_the_disk_ends_the_keeping_only(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    keeper = Keeper(folder, 0, header())
    shutil.rmtree(folder)
    for reading in mixed():
        keeper.add(reading)
    keeper.close(End(28.0, "ended"))
    assert "cannot be written (No such file or directory)" in keeper.error


def test_what_could_not_be_kept_is_told_when_it_is_bound(tmp_path):
    binder = Binder(tmp_path / "a.parquet", "0")
    with pytest.raises(UsageError, match="readings of 1 input"), binder:
        (keep(binder.folder), (binder.folder / "000001-000003.lost").touch())
    assert len(open_archive(tmp_path / "a.parquet")[0]) == 1


def test_a_place_that_cannot_be(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"), Binder(tmp_path / "none" / "a.parquet", "0"):
        pass


def other_parquet(path):
    pq.write_table(pa.table({"a": [1, 2]}), path)


def newer(path):
    facts = {layout.SCHEMA_KEY: b"watchglass.readings/99", layout.VERSION_KEY: b"9.9"}
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(facts), path)


def no_header(path):
    facts = {layout.SCHEMA_KEY: b"watchglass.readings/1", layout.INPUTS_KEY: b"{"}
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(facts), path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("text"), "is not a whole Parquet file"),
        (lambda path: path.write_bytes(b""), "is not a whole Parquet file"),
        (other_parquet, "is Parquet, but holds no readings of watchglass"),
        (newer, "written by a newer watchglass \\(9.9\\)"),
        (no_header, "its header cannot be understood"),
        (lambda path: path.mkdir(), "holds no parts of stored readings"),
    ],
)
def test_what_holds_no_readings(tmp_path, make, words):
    make(tmp_path / "a.parquet")
    with pytest.raises(ArchiveError, match=words):
        open_archive(tmp_path / "a.parquet")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NotFoundError, match="no such file"):
        open_archive(tmp_path / "a.parquet")


def test_a_file_that_was_cut_off(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="was it cut off"):
        open_archive(path)


def test_a_file_that_is_damaged_inside(path):
    whole = bytearray(path.read_bytes())
    whole[8 : len(whole) // 2] = b"\xff" * (len(whole) // 2 - 8)
    path.write_bytes(whole)
    with pytest.raises(ArchiveError, match="is damaged"):
        [(kept.happenings(), [list(kept.readings(name)) for name in TOLD]) for kept in open_archive(path)[0]]
