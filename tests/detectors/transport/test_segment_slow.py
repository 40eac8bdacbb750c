import pytest

from ruling import closed
from watchglass.detectors.transport.segment_slow import SegmentSlow, SegmentSlowSettings
from watchglass.model.transport import SegmentArrival


def arrivals(*seconds, rendition="video"):
    """Segments of two seconds, and how long each took."""
    return [SegmentArrival(2.0 * n, 2.0, f"{n}.ts", rendition, n, 1000, float(each)) for n, each in enumerate(seconds)]


def spans(items, settings=None):
    return [(each.opened_at, each.closed_at) for each in closed(SegmentSlow, items, settings)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param([0.5] * 9, [], id="fast"),
        pytest.param([2.0] * 9, [], id="as fast as they are played"),
        pytest.param([0.5, 9.0, 9.0, 0.5, 9.0, 9.0, 0.5], [], id="a hiccup"),
        pytest.param([0.5, 2.1, 2.1, 2.1, 2.1, 0.5, 0.5], [(2.0, 10.0)], id="slow from the first to the next"),
        pytest.param([3.0, 3.0, 3.0], [(0.0, 6.0)], id="to the end"),
    ],
)
def test_spans(seconds, expected):
    assert spans(arrivals(*seconds)) == expected


def test_each_rendition_counts_for_itself():
    video, audio = arrivals(*[3.0] * 4), arrivals(*[0.1] * 4, rendition="audio:en")
    [finding] = closed(SegmentSlow, [item for pair in zip(video, audio, strict=True) for item in pair])
    assert finding.message == "Segments take up to 1.5 times as long to come as they last (video)"
    mixed = [one if n % 2 else other for n, (one, other) in enumerate(zip(video, audio, strict=True))]
    assert closed(SegmentSlow, mixed) == []


def test_other_limits():
    assert spans(arrivals(*[3.0] * 5), SegmentSlowSettings(open_at=1.6)) == []
    assert spans(arrivals(0.1, 3.0, 0.1), SegmentSlowSettings(segments=1)) == [(2.0, 4.0)]
