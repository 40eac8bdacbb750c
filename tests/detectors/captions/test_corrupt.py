import pytest

from captioned import clip, line21, pop_on
from watchglass.config.examine import check
from watchglass.detectors.captions.corrupt import Corrupt, CorruptSettings
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import Damage, Progress, Track, Tracks
from watchglass.monitor.watch import watch

TRACK = Track("captions:CC1", "captions", "cea-608")


def told(errors, seconds=60.0, settings=None, track="captions:CC1"):
    damage = [Damage(track, at, "undecodable", "the parity of captions is wrong") for at in errors]
    items = sorted([*damage, *(Progress(n / 4) for n in range(round(4 * seconds)))], key=lambda item: item.pts)
    source = [Tracks(0.0, (TRACK,)), *items]
    return list(watch(source, lambda each: [Corrupt(settings, each)] if each else []))


def spans(errors, **options):
    found = [each for each in told(errors, **options) if isinstance(each, Finding)]
    return [(f.opened_at, f.closed_at) for f in found if f.event is Event.CLOSED]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([20.1], [], id="one, as after a splice"),
        pytest.param([5.1, 20.1, 35.1, 50.1], [], id="rarely"),
        pytest.param([20.1, 22.1, 24.1], [(20.1, 25.25)], id="three"),
        pytest.param([3.1, 20.1, 20.2, 20.3], [(20.1, 21.25)], id="dated back to those that count"),
        pytest.param([20.1, 20.2, 20.3, 29.1], [(20.1, 30.25)], id="and one more"),
        pytest.param([20.1, 20.2, 20.3, 40.1, 40.2, 40.3], [(20.1, 21.25), (40.1, 41.25)], id="twice"),
        pytest.param([57.1, 57.2, 58.1], [(57.1, 58.25)], id="at the end"),
    ],
)
def test_spans(errors, expected):
    assert spans(errors) == expected


def test_settings():
    assert spans([20.1], settings=CorruptSettings(open_at=1)) == [(20.1, 21.25)]
    assert spans([20.1, 20.2, 26.1], settings=CorruptSettings(within=5.0)) == []


def test_what_is_wrong_with_other_tracks_is_not_its_own():
    assert spans([20.1, 20.2, 20.3], track="video:0") == []


def test_what_is_said():
    [finding] = [each for each in told([20.1, 20.2, 23.1, 24.1]) if isinstance(each, Finding) and each.closed_at]
    assert finding.message == "4 errors in caption data within 4 s: the parity of captions is wrong"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("is_broken", [False, True])
def test_real_clips(tmp_path, is_broken):
    data = line21([(at, pop_on("SOME LETTERS")) for at in (0.5, 3.0, 6.0)], 9.0)
    if is_broken:
        data[4 * 25 :] = [
            each[:1] + bytes([each[1] ^ 0x80 if each[1] & 0x7F else each[1]]) + each[2:] for each in data[100:]
        ]
    report = check(str(clip(tmp_path / "clip.ts", data)), detectors=["captions.corrupt"])
    assert bool(report.findings) is is_broken
    if is_broken:
        assert report.findings[0].opened_at == pytest.approx(6.0, abs=1.0)
