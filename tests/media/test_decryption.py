"""Encrypted MP4 through the whole source: with its key, without it, with another one."""

import io
from pathlib import Path

import pytest

from making import clip, noise
from protecting import Lock
from segments import Media, rendition
from watchglass.media.content_keys import ContentKeys
from watchglass.model.errors import NotMediaError
from watchglass.model.media import Damage, NotWatched, Tracks
from watching import assert_whole, frames, kinds, of, samples, watched

KEY, WRONG, KID = bytes(range(16)), bytes(16), "aa" * 16
LOCKS = {
    "cenc": Lock(KEY),
    "cbcs": Lock(KEY, scheme="cbcs"),
    "cbcs, one IV": Lock(KEY, scheme="cbcs", constant_iv=bytes(range(50, 66))),
}


def sealed(media: Media, lock: Lock) -> bytes:
    return lock.init(media.files["init.mp4"]) + b"".join(lock.segment(media.files[name]) for name in media.segments)


@pytest.fixture(params=LOCKS)
def encrypted(request, tmp_path: Path) -> str:
    path = tmp_path / "sealed.mp4"
    path.write_bytes(sealed(rendition(kind="fmp4"), LOCKS[request.param]))
    return str(path)


def keys(*lines: str) -> ContentKeys:
    return ContentKeys.parse(lines)


@pytest.mark.parametrize("line", [f"{KID}:{KEY.hex()}", KEY.hex()])
def test_with_its_key_all_is_watched(encrypted: str, line: str) -> None:
    assert_whole(watched(encrypted, keys=keys(line)))


def test_the_key_that_is_wanted_is_named(encrypted: str) -> None:
    for given in ((), (f"{'bb' * 16}:{KEY.hex()}",)):
        with pytest.raises(NotMediaError, match=f"no key was given for the key ID {KID}"):
            watched(encrypted, keys=keys(*given))


def test_a_wrong_key_is_told_and_not_believed(encrypted: str) -> None:
    with pytest.raises(NotMediaError, match=f"the key given for the key ID {KID} is not the one") as told:
        watched(encrypted, keys=keys(f"{KID}:{WRONG.hex()}"))
    assert WRONG.hex() not in str(told.value)


def test_keys_for_what_is_clear_change_nothing(tmp_path: Path) -> None:
    path = clip(tmp_path / "clear.mp4", seconds=1.0, audio=("aac",))
    assert kinds(watched(str(path), keys=keys(KEY.hex()))) == kinds(watched(str(path)))


def test_a_file_whose_index_is_at_its_end(tmp_path: Path) -> None:
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": KEY.hex(), "encryption_kid": KID}
    path = clip(tmp_path / "a.mp4", seconds=1.0, audio=("aac",), picture=noise(), container_options=options)
    assert len(frames(watched(str(path), keys=keys(f"{KID}:{KEY.hex()}")))) == 25
    with pytest.raises(NotMediaError, match=KID):
        watched(str(path))


def test_where_only_the_picture_is_encrypted_the_sound_is_watched(tmp_path: Path) -> None:
    picture = rendition(1.0, kind="fmp4", audio=False)
    both = rendition(1.0, kind="fmp4")
    lock = Lock(KEY, tracks=frozenset({1}))
    path = tmp_path / "half.mp4"
    path.write_bytes(sealed(both, lock))
    items = watched(str(path))
    [lost] = of(items, NotWatched)
    assert lost.track == "video:0"
    assert lost.is_loss
    assert KID in lost.reason
    assert not frames(items)
    assert samples(items) > 40_000
    items = watched(str(path), keys=keys(WRONG.hex()))
    assert [note.track for note in of(items, NotWatched)] == ["video:0"]
    assert not frames(items)
    assert not of(items, Damage)
    assert [track.id for track in of(items, Tracks)[-1].tracks] == ["audio:0"]
    path.write_bytes(sealed(picture, lock))
    assert len(frames(watched(str(path), keys=keys(KEY.hex())))) == 25


def test_an_input_that_only_goes_forward() -> None:
    from watchglass.media.decode import Converter, DecodeOptions
    from watchglass.media.timeline import Timeline

    class Pipe:
        def __init__(self, data: bytes) -> None:
            self._data = io.BytesIO(data)

        def read(self, n: int) -> bytes:
            return self._data.read(min(n, 777))

    for lock in LOCKS.values():
        pipe = Pipe(sealed(rendition(kind="fmp4"), lock))
        options = DecodeOptions(keys=keys(f"{KID}:{KEY.hex()}"))
        assert_whole(list(Converter(options, Timeline()).items(pipe, label="pipe")))
