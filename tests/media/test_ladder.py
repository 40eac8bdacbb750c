"""Each rule of the ladder is broken by one change to renditions that fit together."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from live_channel import frames, source_of
from origin import Answer, Origin, Request
from segments import Media, rendition
from watchglass.kernels.picture import tile_mean
from watchglass.media.ladder import _nearest, differences, pairs, shows_other
from watchglass.media.playlist import MediaPlaylist, parse
from watchglass.model.media import Item
from watchglass.model.transport import ManifestCheck
from watching import watched

NAMES = ("low", "high")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def copy(text: str = "", *, first: int = 0, count: int = 6, target: int = 4, end: bool = False) -> MediaPlaylist:
    head = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
    clock = f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:{4 * first // 60:02}:{4 * first % 60:02}Z\n"
    body = "".join(f"#EXTINF:4.0,\n{n}.ts\n" for n in range(first, first + count))
    playlist = parse(head + (text or clock + body) + "#EXT-X-ENDLIST\n" * end, "copy")
    assert isinstance(playlist, MediaPlaylist)
    return playlist


CLOCKLESS = "".join(f"#EXTINF:4.0,\n{n}.ts\n" for n in range(6))
SHIFTED = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.2Z\n" + CLOCKLESS
BROKEN = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n" + CLOCKLESS.replace(
    "#EXTINF:4.0,\n3", "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:12Z\n#EXTINF:4.0,\n3"
)


@pytest.mark.parametrize(
    ("rules", "reference", "other"),
    [
        ([], copy(), copy()),
        ([], copy(), replace(copy(first=1), segments=copy(first=1).segments)),
        ([], copy(end=True), copy(end=True)),
        ([], copy(CLOCKLESS), copy(CLOCKLESS, first=9)),
        ([], copy(), copy(CLOCKLESS)),
        ([], copy(first=1), copy()),
        (["target_duration_differs"], copy(), copy(target=5)),
        (["behind"], copy(first=2), copy()),
        (["ended_differs"], copy(), copy(end=True)),
        (
            ["duration_differs"],
            copy(CLOCKLESS, end=True),
            copy(CLOCKLESS.removesuffix("#EXTINF:4.0,\n5.ts\n"), end=True),
        ),
        (["boundaries_differ"], copy(), copy(SHIFTED)),
        (["boundaries_differ"], copy(CLOCKLESS, end=True), copy(CLOCKLESS.replace("4.0", "4.3", 1), end=True)),
        (["discontinuities_differ"], copy(), copy(BROKEN)),
    ],
)
def test_differences(rules: list[str], reference: MediaPlaylist, other: MediaPlaylist) -> None:
    assert [one.rule for one in differences(reference, other)] == rules


def tiles(seed: int, height: int, gain: float = 1.0) -> NDArray[np.float32]:
    """Of a picture that is made larger or smaller."""
    scene = np.random.default_rng(seed).integers(30, 200, (9, 16), np.uint8)
    picture = cv2.resize(scene, (height * 16 // 9, height), interpolation=cv2.INTER_CUBIC)
    return tile_mean(np.clip(gain * picture, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (tiles(1, 90), False),
        (tiles(1, 360, gain=1.2), False),
        (tiles(2, 90), True),
        (np.zeros_like(tiles(1, 360)), True),
    ],
)
def test_a_picture_is_known_again_in_another_size(other: NDArray[np.float32], differs: bool) -> None:
    assert shows_other(tiles(1, 360), other) is differs


def media(name: str, seconds: float, seed: int = 0) -> Media:
    """Of the same size, as the picture is made of noise that another size would change."""
    return rendition(seconds, seed=seed, audio=False)


def serve(origin: Origin, seconds: float = 4.0, seed: int = 0) -> str:
    for name in NAMES:
        made = media(name, seconds, seed if name == "low" else 0)
        for file, data in {**made.files, "media.m3u8": made.playlist.encode()}.items():
            origin.routes[f"/{name}/{file}"] = data
    origin.routes["/main.m3u8"] = (
        b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=96x64\nlow/media.m3u8\n"
        b"#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=96x64\nhigh/media.m3u8\n"
    )
    return origin.url("/main.m3u8")


def told(items: list[Item]) -> list[ManifestCheck]:
    return [item for item in items if isinstance(item, ManifestCheck) and item.of == "ladder"]


def rules(items: list[Item]) -> set[str]:
    return {one.rule for check in told(items) for one in check.breaks}


def test_on_demand_each_rendition_is_looked_at_once(origin: Origin) -> None:
    items = watched(serve(origin))
    [check] = told(items)
    assert (check.rendition, check.breaks) == ("64p 100 kb/s", ())
    assert origin.paths.count("/low/media.m3u8") == 1
    assert sum(path.startswith("/low/s") for path in origin.paths) == 1
    assert frames(items) == 100


def test_a_rendition_that_shows_something_else_is_told(origin: Origin) -> None:
    assert rules(watched(serve(origin, seed=5))) == {"content_differs"}


def test_a_rendition_that_is_not_there_is_told(origin: Origin) -> None:
    url = serve(origin)
    del origin.routes["/low/media.m3u8"]
    items = watched(url)
    assert rules(items) == {"unavailable"}
    assert "HTTP 404" in told(items)[0].breaks[0].detail
    assert frames(items) == 100


def test_a_rendition_that_breaks_rules_by_itself_is_told(origin: Origin) -> None:
    url = serve(origin)
    origin.routes["/low/media.m3u8"] = media("low", 4.0).playlist.replace("DURATION:1", "DURATION:0").encode()
    checks = [item for item in watched(url) if isinstance(item, ManifestCheck) and item.rendition == "64p 100 kb/s"]
    assert {one.rule for check in checks if check.of == "hls" for one in check.breaks} == {"target_duration_exceeded"}


def test_a_single_rendition_has_nothing_to_fit(origin: Origin) -> None:
    url = serve(origin)
    origin.routes["/main.m3u8"] = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/media.m3u8\n"
    assert told(watched(url)) == []


@pytest.mark.parametrize(("stuck", "expected"), [(False, set()), (True, {"behind"})])
def test_live_a_rendition_that_stands_still_is_told(origin: Origin, stuck: bool, expected: set[str]) -> None:
    url = serve(origin, 16.0)
    loads = {"high": 0, "low": 0}

    def answer(request: Request) -> bytes | Answer:
        name = request.path.split("/")[1]
        loads["high"] += name == "high"
        now = 0 if stuck and name == "low" else loads["high"]
        names = media(name, 16.0).segments
        end = min(len(names), now + 4)
        lines = "".join(f"#EXTINF:1.0,\n{one}\n" for one in names[end - 4 : end])
        over = "#EXT-X-ENDLIST\n" * (end == len(names) and not (stuck and name == "low"))
        head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n"
        return f"{head}#EXT-X-MEDIA-SEQUENCE:{end - 4}\n{lines}{over}".encode()

    for name in NAMES:
        origin.routes[f"/{name}/media.m3u8"] = answer
    with source_of(url) as source:
        items = list(source)
    assert frames(items) == 25 * 14
    assert told(items)
    assert rules(items) == expected


def test_segments_are_paired_with_the_nearest() -> None:
    rng = np.random.default_rng(4)
    for count in (1, 2, 30):
        starts, wanted = rng.integers(0, 40, count) * 0.5, rng.uniform(-5.0, 25.0, 200)
        nearest = _nearest(starts, wanted)
        assert np.array_equal(nearest, np.abs(starts - wanted[:, None]).argmin(axis=1))


def test_pairs_of_segments() -> None:
    both = pairs(copy(first=1), copy())
    assert [(pair.reference.sequence, pair.other.sequence) for pair in both] == [(n, n) for n in range(1, 6)]
    assert pairs(copy(CLOCKLESS), copy(CLOCKLESS)) == []
