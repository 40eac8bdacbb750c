import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import TRACK, findings, frames, moving, observe, readings, spans
from watchglass.detectors.video.corrupt import Corrupt, CorruptSettings
from watchglass.model.finding import Severity
from watchglass.model.media import Damage, Track

CLIP = moving(6.0)


def damaged(corrupt=(), refused=(), packets=(), start=0.0):
    """Frames, some flagged by the decoder; ``Damage`` before those whose numbers are given."""
    items = []
    for n, frame in enumerate(frames(CLIP, start=start, corrupt=corrupt)):
        items += [Damage(TRACK.id, frame.pts, "undecodable")] * refused.count(n)
        items += [Damage(TRACK.id, frame.pts, "packet")] * packets.count(n)
        items.append(frame)
    return items


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(damaged(), [], id="intact"),
        pytest.param(damaged(corrupt=[50]), [(2.0, 2.04, Severity.WARNING)], id="one, after which all goes on"),
        pytest.param(damaged(corrupt=[3]), [(0.12, 0.16, Severity.INFO)], id="one just after joining is information"),
        pytest.param(damaged(corrupt=[149]), [(5.96, 6.0, Severity.INFO)], id="one just before the end, too"),
        pytest.param(damaged(corrupt=[50, 60]), [(2.0, 2.44, Severity.WARNING)], id="two in a second are an alarm"),
        pytest.param(
            damaged(corrupt=[50, 90]),
            [(2.0, 2.04, Severity.WARNING), (3.6, 3.64, Severity.WARNING)],
            id="two, far apart, are two",
        ),
        pytest.param(damaged(corrupt=range(50, 100)), [(2.0, 4.0, Severity.WARNING)], id="two seconds of them"),
        pytest.param(damaged(refused=(50, 50)), [(2.0, 2.04, Severity.WARNING)], id="packets that were refused"),
        pytest.param(damaged(corrupt=range(140, 150)), [(5.6, 6.0, Severity.WARNING)], id="to the end"),
        pytest.param(damaged(packets=tuple(range(150))), [], id="wrong lengths all day long"),
    ],
)
def test_findings(items, expected):
    found = [(f.opened_at, f.closed_at, f.severity) for f in findings(observe(Corrupt, items))]
    assert found == [(pytest.approx(a, abs=0.01), pytest.approx(b, abs=0.01), severity) for a, b, severity in expected]


def test_broken_packets_are_counted():
    told = observe(Corrupt, damaged(packets=(3, 3, 80)))
    assert readings(told, "broken_packets") == [2, 1]
    assert readings(told, "damaged") == [0] * 150


def test_the_message_says_how_many():
    [finding] = findings(observe(Corrupt, damaged(corrupt=range(50, 60))))
    assert "up to 10 in a second" in finding.message


def test_another_limit():
    told = observe(Corrupt, damaged(corrupt=[50, 60]), settings=CorruptSettings(alarm_at=3.0, goes_on=9.0))
    assert [f.severity for f in findings(told)] == [Severity.INFO]


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    items = damaged(corrupt=range(50, 75), start=float(start))
    [(opened, closed)] = spans(observe(Corrupt, items, start=float(start)))
    assert (opened - start, closed - start) == pytest.approx((2.0, 3.0), abs=0.01)


HEVC = Track("video:0", "video", "hevc")


def misplaced(clip, numbers, top=32, left=64):
    """A clip in whose pictures of these numbers some blocks are wrong."""
    for number in numbers:
        wrong = clip[number][top : top + 32, left : left + 48]
        wrong[:] = np.minimum(wrong, 195) + 60
    return clip


def told(clip, track):
    """What is said about a clip of a codec."""
    detector = Corrupt(track=track)
    for frame in frames(clip):
        for reading in detector.measure(frame):
            yield reading
            yield from detector.judge(reading)
    yield from detector.finish(len(clip) / 25)


@pytest.mark.parametrize(
    ("clip", "track", "expected"),
    [
        pytest.param(moving(4.0), HEVC, [], id="intact"),
        pytest.param(misplaced(moving(4.0), [50]), HEVC, [2.0], id="one picture"),
        pytest.param(misplaced(moving(4.0), range(50, 80)), HEVC, [2.0, 3.2], id="it comes, and goes"),
        pytest.param(misplaced(moving(4.0), [50]), TRACK, [], id="a decoder that would have said so"),
        pytest.param(misplaced(moving(4.0), [50], top=36, left=68), HEVC, [], id="beside the grid"),
        pytest.param(misplaced(moving(4.0), range(100)), HEVC, [], id="all along: a logo"),
        pytest.param(moving(2.0) + misplaced(moving(2.0, seed=2), range(50)), HEVC, [], id="it comes with a cut"),
    ],
)
def test_wrong_blocks_where_the_decoder_is_mute(clip, track, expected):
    found = findings(list(told(clip, track)))
    assert [f.opened_at for f in found] == pytest.approx(expected, abs=0.01)
    assert all(f.severity is Severity.WARNING for f in found)
