import pytest

from making import bomb, clip
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import FileSource, SourceOptions, open_source
from watchglass.model.errors import NotFoundError, NotMediaError, SourceError, TooLargeError
from watchglass.model.media import AudioBlock, NotWatched, Tracks, VideoFrame


def options(**more):
    return SourceOptions(decode=DecodeOptions(**more))


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return str(clip(tmp_path_factory.mktemp("film") / "film.mp4", audio=("aac",)))


@pytest.mark.parametrize("name", ["none.mp4", "none/at/all.mp4"])
def test_nothing_is_there(tmp_path, name):
    with pytest.raises(NotFoundError, match=r"none.*there is no such file"):
        open_source(str(tmp_path / name))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(NotMediaError, match="is a folder"):
        open_source(str(tmp_path))


@pytest.mark.parametrize(
    "address", ["ftp://h/a.ts", "file:///etc/passwd", "gopher://me:SECRET@h/a?token=SECRET", "://a"]
)
def test_addresses_of_another_kind(address):
    with pytest.raises(SourceError, match=r":// is no kind of address that is read; those are http") as told:
        open_source(address)
    assert "SECRET" not in str(told.value)


def test_an_empty_file(tmp_path):
    (tmp_path / "a.mp4").touch()
    with pytest.raises(NotMediaError, match="is empty"):
        open_source(str(tmp_path / "a.mp4"))


@pytest.mark.parametrize("name", ["a b.mp4", "50%03d.mp4", "a:b.mp4", "ü.mp4", "-.mp4", "film.txt.mp4", "no_ending"])
def test_odd_names(film, tmp_path, name):
    (tmp_path / name).symlink_to(film)
    assert sum(isinstance(item, VideoFrame) for item in open_source(str(tmp_path / name))) == 25


def test_tracks_come_first_and_the_duration_with_them(film):
    with open_source(film) as source:
        items = iter(source)
        assert isinstance(next(items), Tracks)
        assert source.duration == pytest.approx(1.0, abs=0.05)
        assert not source.is_live


def test_stopping(film):
    with open_source(film) as source:
        seen = []
        for item in source:
            seen.append(item)
            source.stop()
        assert len(seen) == 1


def test_a_bomb_is_an_error_at_the_end(tmp_path):
    source = open_source(str(bomb(tmp_path / "b.avi")))
    with pytest.raises(TooLargeError, match=r"b\.avi: .*16000 x 16000 pixels"):
        list(source)


def test_nothing_in_the_part(film):
    with pytest.raises(SourceError, match=r"nothing to watch from 5\.00 s on: it ends at 1\.0"):
        list(open_source(film, options(start=5.0)))


def test_sound_that_was_not_wanted_and_nothing_else(tmp_path):
    path = clip(tmp_path / "sound.wav", video=None, audio=("pcm_s16le",))
    with pytest.raises(NotMediaError, match="audio track 0 was not chosen"):
        list(open_source(str(path), options(audio="none")))


def test_sound_that_was_wanted_and_is_not_there(film):
    notes = [item.reason for item in open_source(film, options(audio="fin")) if isinstance(item, NotWatched)]
    assert "audio track fin was asked for and is not there" in notes


def test_a_declared_track_of_which_nothing_comes(tmp_path):
    """The picture is declared, and not one packet of it is there: the sound is watched, and the report says so."""
    path = clip(tmp_path / "a.mkv", audio=("aac",), hole=None, ticks=())
    items = list(FileSource(str(path), "a.mkv", DecodeOptions()))
    assert any(isinstance(item, AudioBlock) for item in items)
    assert [(item.track, item.reason) for item in items if isinstance(item, NotWatched)] == [
        ("video:0", "nothing of this track could be decoded")
    ]


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_download_that_broke_off(tmp_path, ending):
    front = {"movflags": "faststart"} if ending == "mp4" else {}
    whole = clip(tmp_path / f"whole.{ending}", seconds=6.0, container_options=front)
    data = whole.read_bytes()
    path = tmp_path / f"half.{ending}"
    path.write_bytes(data[: len(data) // 2])
    for name, expected in ((whole, []), (path, ["declares 6.00 s"])):
        notes = [item.reason for item in open_source(str(name)) if isinstance(item, NotWatched)]
        assert [note[-len("declares 6.00 s") :] for note in notes if "declares" in note] == expected


def test_a_file_that_goes_away_after_it_was_looked_at(tmp_path):
    path = clip(tmp_path / "film.ts", seconds=0.4)
    with open_source(str(path)) as source:
        path.unlink()
        with pytest.raises(SourceError, match=r"film\.ts: No such file"):
            list(source)
