from collections.abc import Iterator

import pytest

from origin import Answer, Origin
from segments import rendition
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import open_source
from watchglass.model.errors import (
    SourceError,
)
from watchglass.model.media import AudioBlock, Stall
from watching import frames, serve, watched


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_a_part_is_fetched_alone_and_has_its_own_times(origin: Origin, kind: str) -> None:
    media = rendition(8.0, kind=kind, start=100.0)
    url = serve(origin, media)
    whole = watched(url)
    expected = [frame.pts for frame in frames(whole) if frame.end > 5.5 + 1e-6 and frame.pts < 6.2]
    origin.requests.clear()
    part = watched(url, decode=DecodeOptions(start=5.5, stop=6.2))
    assert [frame.pts for frame in frames(part)] == pytest.approx(expected, abs=1e-4)
    assert not set(origin.paths) & {f"/{media.segments[number]}" for number in (1, 2, 3)}
    loud = [item for item in part if isinstance(item, AudioBlock)]
    assert loud[0].pts <= 5.5 < loud[0].end


def test_a_part_after_a_break_is_placed_by_the_durations(origin: Origin) -> None:
    first, second = rendition(3.0), rendition(4.0, start=900.0, seed=5)
    for name, data in second.files.items():
        origin.routes[f"/b_{name}"] = data
    tail = second.playlist.split("#EXT-X-MEDIA-SEQUENCE:0\n")[1].split("\n", 1)[1]
    tail = "\n".join(f"b_{line}" if line.endswith(".ts") else line for line in tail.splitlines())
    url = serve(origin, first, first.playlist.replace("#EXT-X-ENDLIST", "#EXT-X-DISCONTINUITY\n" + tail))
    part = watched(url, decode=DecodeOptions(start=5.0))
    assert frames(part)[0].pts == pytest.approx(5.0, abs=0.05)
    assert frames(part)[-1].end == pytest.approx(7.0, abs=0.05)


def test_a_part_of_a_stream_without_its_first_segment_is_placed_by_the_durations(origin: Origin) -> None:
    url = serve(origin, rendition(8.0, start=100.0))
    origin.routes["/s000.ts"] = Answer(status=404)
    assert frames(watched(url, decode=DecodeOptions(start=5.5)))[0].end == pytest.approx(5.54, abs=0.03)


def test_a_part_beyond_the_end_is_a_sentence(origin: Origin) -> None:
    with pytest.raises(SourceError, match=r"nothing to watch from 60.00 s on: it ends at 4.\d\d s"):
        watched(serve(origin, rendition()), decode=DecodeOptions(start=60.0))


def test_a_live_playlist_in_which_nothing_is_yet_is_waited_for_aloud(origin: Origin) -> None:
    """Who watches over a watcher has to hear that it waits, and does not hang."""
    origin.routes["/media.m3u8"] = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    with open_source(origin.url("/media.m3u8")) as source:
        assert isinstance(next(iter(source)), Stall)
