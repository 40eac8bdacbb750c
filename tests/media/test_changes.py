"""What changes in mid-stream is watched on, and is no defect: six kinds of change, at a break and without one."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

import watchglass
from making import clip, joined, shapes
from origin import Origin
from watchglass.model.finding import Severity

SECONDS = 4.0
BEFORE = {"size": (160, 96), "audio": ("aac",)}
CHANGES = {
    "resolution": {"size": (240, 136)},
    "frame rate": {"rate": 50},
    "pixel format": {"pixel_format": "yuv422p"},
    "codec": {"video": "mpeg2video"},
    "sample rate": {"sample_rate": 44_100},
    "channels": {"layout": "mono"},
}


def moving(pixel_format: str, size: tuple[int, int], rate: int):
    """A landscape that goes by at the same speed whatever its format."""
    rng = np.random.default_rng(3)
    scene = cv2.resize(rng.integers(40, 200, (12, 60), np.uint8), (size[0] * 4, size[1]), interpolation=cv2.INTER_CUBIC)

    def picture(number: int):
        at = round(number / rate * 40.0 * size[0] / 160)
        planes = []
        for height, width, kind, factor in shapes(pixel_format, size):
            plane = cv2.resize(scene[:, at : at + size[0]], (width, height), interpolation=cv2.INTER_AREA)
            planes.append((plane if not planes else plane // 4 + 96).astype(kind) * factor)
        return planes

    return picture


def part(path: Path, start: float, **changes: object) -> Path:
    how = {**BEFORE, **changes}
    shown = moving(str(how.get("pixel_format", "yuv420p")), how["size"], int(how.get("rate", 25)))  # type: ignore[arg-type]
    return clip(path, seconds=SECONDS, start=start, picture=shown, **how)  # type: ignore[arg-type]


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def assert_well(target: str, *true: str) -> None:
    """Nothing is found but what is true of how it was made; and a chord that repeats itself exactly looks clipped."""
    report = watchglass.check(target)
    assert report.error is None
    found = [each for each in report.findings if each.detector not in (*true, "audio.clipping")]
    grave = [(each.detector, each.opened_at, each.message) for each in found if each.severity > Severity.INFO]
    assert grave == []
    assert report.duration == pytest.approx(2 * SECONDS, abs=0.15)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_at_a_break_is_no_defect(tmp_path: Path, origin: Origin, what: str) -> None:
    for number, changes in enumerate(({}, CHANGES[what])):
        origin.routes[f"/{number}.ts"] = part(tmp_path / f"{number}.ts", 100.0 * number, **changes).read_bytes()
    origin.routes["/media.m3u8"] = (
        b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\n1.ts\n#EXT-X-ENDLIST\n"
    )
    assert_well(origin.url("/media.m3u8"))


@pytest.mark.parametrize("what", ["resolution", "frame rate", "pixel format"])
def test_a_change_without_any_break_is_no_defect(tmp_path: Path, what: str) -> None:
    first, second = (
        part(tmp_path / f"{number}.ts", number * SECONDS, audio=(), **changes)
        for number, changes in enumerate(({}, CHANGES[what]))
    )
    assert_well(str(joined(tmp_path / "both.ts", first, second)), "transport.ts_continuity")
