"""Clips of all kinds in a real browser: they play, with sound, to their end, and can be sought in."""

import io
import re
from pathlib import Path

import av
import numpy as np
import pytest

from browser import browser, picture, played
from keeping import kept
from making import clip, joined
from origin import Answer, Origin
from segments import rendition
from watchglass.media.clip import Clip, write_clip
from watchglass.media.timeline import WRAP

SIZE = (320, 180)
B_FRAMES = {"preset": "medium", "tune": "film", "bf": "3"}
APART = (
    b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",LANGUAGE="en",URI="a/media.m3u8"\n'
    b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/media.m3u8\n'
)

pytestmark = [
    pytest.mark.skipif(browser() is None, reason="no Chromium is installed"),
    pytest.mark.timeout(500),  # it plays all of them, before the first test
]


def _lossy(path: Path) -> Path:
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    path.write_bytes(b"".join(each for n, each in enumerate(packets) if not (len(packets) // 2 < n and n % 40 == 0)))
    return path


def _apart(origin: Origin) -> str:
    picture = rendition(8.0, kind="fmp4", audio=False, size=SIZE)
    sound = rendition(8.0, kind="fmp4", video=False)
    for folder, media in (("v", picture), ("a", sound)):
        origin.routes[f"/{folder}/media.m3u8"] = media.playlist.encode()
        origin.routes.update({f"/{folder}/{name}": data for name, data in media.files.items()})
    origin.routes["/apart.m3u8"] = Answer(APART)
    return origin.url("/apart.m3u8")


def _broken_off(origin: Origin) -> str:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1"]
    for folder, start in (("one", 900.0), ("two", 30.0)):
        media = rendition(4.0, start=start, seed=round(start), size=SIZE)
        origin.routes.update({f"/{folder}/{name}": data for name, data in media.files.items()})
        lines += [line for name in media.segments for line in ("#EXTINF:1.0,", f"{folder}/{name}")]
        lines.append("#EXT-X-DISCONTINUITY" if folder == "one" else "#EXT-X-ENDLIST")
    origin.routes["/broken_off.m3u8"] = Answer("\n".join(lines).encode())
    return origin.url("/broken_off.m3u8")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Clip, dict[str, object]]]:
    """All clips, and what the browser told of each; it is started once."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Clip] = {}

    def make(name: str, target: Path | str, **how: bool) -> None:
        made[name] = write_clip(kept(target), folder / f"{name}.mp4", 2.5, 6.0, **how)

    def source(ending: str, **how: object) -> Path:
        how = {"audio": ("aac",), "size": SIZE, "gop": 25, **how}
        return clip(folder / f"source.{ending}", seconds=8.0, **how)  # type: ignore[arg-type]

    make("ts", source("ts"))
    make("b_frames", source("ts", video_options=B_FRAMES))
    make("flv", source("flv"))
    make("wrap", source("ts", start=WRAP - 4.0))
    make("lossy", _lossy(source("ts")))
    make("mended", folder / "source.ts", without_damaged=True)
    make("sound", source("ts", video=None))
    make("mp3", source("mp3", video=None, audio=("libmp3lame",)))
    make("opus", source("mkv", video="libvpx-vp9", audio=("libopus",)))
    make("av1", source("mkv", video="libsvtav1", video_options={"preset": "12"}, audio=("flac",)))
    make("mpeg2", source("mpg", video="mpeg2video", audio=("mp2",)))
    make("ac3", source("ts", audio=("ac3",)))
    parts = [
        clip(folder / f"{n}.ts", seconds=4.0, gop=25, size=SIZE, audio=("aac",), start=at)
        for n, at in enumerate((900.0, 50.0))
    ]
    make("leap", joined(folder / "leap.ts", *parts))
    with Origin() as origin:
        make("apart", _apart(origin))
        make("broken_off", _broken_off(origin))
    told = played(folder, [each.path.name for each in made.values()], tmp_path_factory.mktemp("profile"))
    return {name: (each, told[each.path.name]) for name, each in made.items()}


PLAYABLE = ["ts", "b_frames", "flv", "wrap", "mended", "leap", "apart", "broken_off", "opus", "av1"]


@pytest.mark.parametrize("name", PLAYABLE)
def test_it_plays_to_its_end_with_sound(seen: dict[str, tuple[Clip, dict[str, object]]], name: str) -> None:
    made, saw = seen[name]
    assert made.is_playable, made.reason
    assert saw["error"] == ""
    assert saw["duration"] == pytest.approx(made.stop - made.start, abs=0.05)
    assert (saw["width"], saw["height"]) == SIZE
    assert saw["played"] == pytest.approx(saw["duration"], abs=0.1)
    assert saw["pictures"] >= (40 if name == "mended" else 60)  # type: ignore[operator]
    assert saw["sound"] > 10_000  # type: ignore[operator]
    assert saw["sought"] == pytest.approx(saw["duration"] / 2, abs=0.1)  # type: ignore[operator]
    with av.open(io.BytesIO(picture(saw))) as shown:
        [frame] = shown.decode(video=0)
    assert np.std(frame.to_ndarray(format="gray")) > 10.0, "a picture, and not an empty one"


@pytest.mark.parametrize("name", ["sound", "mp3"])
def test_sound_alone_plays(seen: dict[str, tuple[Clip, dict[str, object]]], name: str) -> None:
    made, saw = seen[name]
    assert made.is_playable
    assert saw["error"] == ""
    assert saw["width"] == 0
    assert saw["duration"] == pytest.approx(made.stop - made.start, abs=0.05)
    assert saw["played"] == pytest.approx(saw["duration"], abs=0.1)
    assert saw["sound"] > 10_000  # type: ignore[operator]


@pytest.mark.parametrize("name", ["mpeg2", "ac3"])
def test_what_is_said_not_to_play_does_not(seen: dict[str, tuple[Clip, dict[str, object]]], name: str) -> None:
    made, saw = seen[name]
    assert not made.is_playable
    assert saw["error"] or not saw["width"] or not saw["sound"]


def test_where_a_browser_stops_is_said(seen: dict[str, tuple[Clip, dict[str, object]]]) -> None:
    made, saw = seen["lossy"]
    assert not made.is_playable
    assert made.stops_at is not None
    stopped = re.search(r"timestamp=(\d+)", str(saw["error"]))
    assert stopped is not None, saw
    assert int(stopped[1]) / 1e6 == pytest.approx(made.stops_at - made.start, abs=0.1)
    mended, _ = seen["mended"]
    assert any("packets of video:0 that came damaged" in each for each in mended.left_out)
