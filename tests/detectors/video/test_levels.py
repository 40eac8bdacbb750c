import numpy as np
import pytest

from looking import SDR, findings, frames, moving, plain, readings
from watchglass.config.settings import PROFILES
from watchglass.detectors.video.levels import Levels
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import Track, Tracks
from watchglass.monitor.watch import watch

CLIP = [np.clip(picture, 16, 235) for picture in moving(8.0)]
LIGHT = (
    CLIP[:75] + [np.where(picture > np.quantile(picture, 0.95), 255, picture) for picture in CLIP[75:150]] + CLIP[150:]
)


def look(clip, *, delivery=PROFILES["ebu-r128"], **options):
    track = Track("video:0", "video", "h264")
    hire = lambda track: [Levels(None, track, delivery)] if track else []  # noqa: E731
    return list(watch([Tracks(0.0, (track,)), *frames(clip, **options)], hire))


def test_against_a_delivery_profile():
    [finding] = findings(look(LIGHT))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((3.0, 6.0), abs=0.5)
    assert (finding.severity, finding.reason) == (Severity.WARNING, "delivery")
    assert "5.0 % of the pixels" in finding.message


def test_without_one_it_only_measures():
    told = look(LIGHT, delivery=None)
    assert not any(isinstance(each, Finding) for each in told)
    assert max(readings(told, "luma_out")) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("clip", "options"),
    [
        pytest.param(CLIP, {}, id="all within"),
        pytest.param(CLIP[:75] + plain(0.8, 255) + CLIP[:75], {}, id="a white flash"),
        pytest.param(LIGHT, {"colour": SDR._replace(full_range=True)}, id="full range"),
        pytest.param(CLIP, {"chroma": None}, id="without colour"),
    ],
)
def test_nothing_to_tell(clip, options):
    assert findings(look(clip, **options)) == []


def test_it_looks_twice_a_second():
    assert len(readings(look(CLIP), "illegal_share")) == 16
