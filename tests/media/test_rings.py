"""What has been watched is let go at once: objects in a ring would wait for the collector, and decoders are large."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from origin import Origin
from segments import rendition
from watchglass.media.source import open_source
from watching import assert_whole, serve


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


OURS = ("watchglass", "av", "httpx", "httpcore", "m3u8")


@contextmanager
def left_in_rings() -> Iterator[Counter[str]]:
    """What was left of what happened within that only the collector would find, of us and of what we fetch with."""
    left: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield left
        gc.collect()
        kinds = [type(one) for one in gc.garbage]
        left.update(each.__qualname__ for each in kinds if each.__module__.partition(".")[0] in OURS)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_segments_leave_nothing(origin: Origin, kind: str) -> None:
    media = rendition(kind=kind)
    third = media.segments[2]
    playlist = media.playlist.replace(
        f"#EXTINF:1.000000,\n{third}", f"#EXT-X-DISCONTINUITY\n#EXTINF:1.000000,\n{third}"
    )
    assert playlist != media.playlist
    with open_source(serve(origin, media, playlist)) as source, left_in_rings() as left:
        assert_whole(list(source))
    assert not left


def test_a_file_leaves_nothing(tmp_path: Path) -> None:
    media = rendition(kind="mpegts")
    target = tmp_path / "clip.ts"
    target.write_bytes(b"".join(media.files[name] for name in media.segments))
    with open_source(str(target)) as source, left_in_rings() as left:
        assert_whole(list(source))
    assert not left
