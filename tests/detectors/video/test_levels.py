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

    def hire(track):
        return [Levels(None, track, delivery)] if track else []

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


DEEP = [(picture.astype(np.uint16) * 3 // 4) << 2 for picture in moving(14.0)]
PQ = SDR._replace(transfer="pq", is_wide=True)


def deep(clip, colour):
    return look(clip, colour=colour, bit_depth=10, chroma=(512, 512))


@pytest.mark.parametrize(
    ("declared", "reasons"),
    [
        pytest.param(100.0, ["max_cll"], id="exceeded"),
        pytest.param(4000.0, [], id="kept to"),
        pytest.param(0.0, [], id="none declared"),
    ],
)
def test_the_brightest_that_was_declared(declared, reasons):
    found = findings(deep(DEEP[:75], PQ._replace(max_cll=declared)))
    assert [each.reason for each in found] == reasons
    assert all("100 at most" in each.message for each in found)


def test_the_light_of_a_plain_picture():
    """ST 2084: a signal of 0.5081 is 100 cd/m2."""
    grey = [np.full((90, 160), round(64 + 0.5081 * 876), np.uint16)] * 13
    assert readings(deep(grey, PQ), "light")[0] == pytest.approx(100.0, rel=0.02)


@pytest.mark.parametrize(
    ("clip", "colour", "reasons"),
    [
        pytest.param(DEEP, SDR._replace(is_wide=True), ["flagged_sdr"], id="never white"),
        pytest.param(DEEP, SDR, [], id="not wide"),
        pytest.param(DEEP, PQ, [], id="flagged as it is"),
        pytest.param(DEEP[:200], SDR._replace(is_wide=True), [], id="not for long"),
        pytest.param(
            DEEP[:120] + [np.full((90, 160), 900, np.uint16)] * 25 + DEEP[:120],
            SDR._replace(is_wide=True),
            [],
            id="white now and then",
        ),
        pytest.param([picture // 3 for picture in DEEP], SDR._replace(is_wide=True), [], id="dark"),
    ],
)
def test_pq_that_is_flagged_as_sdr(clip, colour, reasons):
    found = [each for each in findings(deep(clip, colour)) if each.reason != "delivery"]
    assert [each.reason for each in found] == reasons
