import pytest

from ruling import closed, observe
from watchglass.detectors.transport.segment_failed import SegmentFailed, SegmentFailedSettings
from watchglass.model.finding import Event, Severity
from watchglass.model.transport import FetchFailure, SegmentArrival


def came(*at):
    return [SegmentArrival(float(pts), 2.0, "1.ts", "video", 1, 1000, 0.1) for pts in at]


def failed(at, since=0.0, lost=0.0, what="segment", **more):
    return FetchFailure(at, what, "video", "http://h/1.ts: HTTP 503", 503, since, lost, **more)


def spans(items, settings=None):
    return [
        (each.opened_at, each.closed_at, each.severity)
        for each in closed(SegmentFailed, sorted(items, key=lambda item: item.pts), settings)
    ]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(came(*range(0, 30, 2)), [], id="all comes"),
        pytest.param(
            [*came(*range(0, 30, 2)), failed(5.0)], [(5.0, 6.0, Severity.INFO)], id="the second try helps"
        ),
        pytest.param(
            [*came(0, 2, *range(8, 30, 2)), failed(5.0), failed(6.9, since=1.9)],
            [(5.0, 8.0, Severity.INFO)],
            id="late, but not too late",
        ),
        pytest.param(
            [*came(0, 2, *range(8, 30, 2)), failed(5.0), failed(7.0, since=2.0)],
            [(5.0, 8.0, Severity.WARNING)],
            id="too late",
        ),
        pytest.param(
            [*came(0, 2, *range(8, 30, 2)), failed(5.0), failed(5.5, since=0.5, lost=2.0)],
            [(5.0, 8.0, Severity.WARNING)],
            id="lost",
        ),
        pytest.param(
            [*came(*range(0, 30, 2)), failed(5.0), failed(7.0)], [(5.0, 8.0, Severity.INFO)], id="again and again"
        ),
        pytest.param(
            [failed(5.0, what="playlist"), failed(7.0, 2.0, what="playlist"), *came(9.0)],
            [(5.0, 9.0, Severity.WARNING)],
            id="a playlist",
        ),
        pytest.param(
            [failed(5.0, what="key"), failed(6.0, what="key", since=1.0, is_over=True), *came(*range(6, 20, 2))],
            [(5.0, 6.0, Severity.INFO)],
            id="what came in the end is none",
        ),
    ],
)  # fmt: skip
def test_spans(items, expected):
    assert spans(items) == expected


def test_what_is_said():
    told = observe(SegmentFailed, [failed(5.0), failed(5.5, since=0.5), failed(5.5, since=0.5, lost=2.0)])
    why = "(segment of video: http://h/1.ts: HTTP 503)"
    assert [each.message for each in told] == [
        f"What was asked for did not come, once {why}",
        *[f"What was asked for did not come, 2 times; 2.0 s of media are missing {why}"] * 2,
    ]


def test_it_lasts_as_long_as_what_is_missing():
    """On demand the timeline stands still while segments are passed over."""
    missing = [FetchFailure(5.0, "segment", "video", "a gap", lost=2.0)] * 2
    assert spans([*came(0, 2, 4), *missing, *came(4, 9, 11, 13)]) == [(5.0, 9.0, Severity.WARNING)]


def test_it_is_over_soon_after_all_comes_again_wherever_the_timeline_is():
    """It went on by the wall clock for half a minute, and the media go on where they stopped."""
    items = [*came(0, 2), failed(5.0), failed(35.0, since=30.0), *came(4, 6, 8), failed(9.0)]
    told = observe(SegmentFailed, items)
    assert [each.event for each in told] == [Event.OPENED, Event.CHANGED, Event.CLOSED, Event.OPENED, Event.CLOSED]
    assert told[2].closed_at == 35.0


def test_what_came_broken_is_an_alarm():
    broken = FetchFailure(5.0, "segment", "video", "1.ts: ends within a packet", is_broken=True)
    [finding] = closed(SegmentFailed, [*came(0, 2, 4), broken, *came(6, 8, 10)])
    assert (finding.opened_at, finding.severity) == (5.0, Severity.WARNING)
    assert finding.message == "What came was not whole, once (segment of video: 1.ts: ends within a packet)"


def test_another_patience():
    items = [failed(5.0), failed(9.0, since=4.0)]
    assert [severity for *_, severity in spans(items, SegmentFailedSettings(alarm_after=5.0))] == [Severity.INFO]
