import pytest

from ruling import closed
from watchglass.detectors.transport.playlist_stale import PlaylistStale, PlaylistStaleSettings
from watchglass.model.transport import ManifestCheck


def loads(*unchanged, rendition="video", target=2.0):
    """A copy a second; since when each has not changed, in seconds."""
    return [
        ManifestCheck(10.0 + n, "hls", rendition, unchanged=float(each), target_duration=target)
        for n, each in enumerate(unchanged)
    ]


def spans(items, settings=None):
    return [(each.opened_at, each.closed_at) for each in closed(PlaylistStale, items, settings)]


@pytest.mark.parametrize(
    ("unchanged", "expected"),
    [
        pytest.param([0, 1, 2, 0, 1, 2, 0], [], id="it grows"),
        pytest.param([0, 1, 2, 2.99, 0, 1], [], id="late, but not too late"),
        pytest.param([0, 1, 2, 3, 4, 5, 0, 1], [(10.0, 16.0)], id="stale from its last change to the next"),
        pytest.param([0, 1, 2, 3], [(10.0, 13.0)], id="to the end"),
        pytest.param([0, 3, 0, 3, 0], [(8.0, 12.0), (10.0, 14.0)], id="twice"),
    ],
)
def test_spans(unchanged, expected):
    assert spans(loads(*unchanged)) == expected


def test_one_rendition_is_enough():
    video, audio = loads(0, 1, 0, 1, 0, 1, 0), loads(0, 1, 2, 3, 4, 5, 0, rendition="audio:en")
    items = [item for pair in zip(video, audio, strict=True) for item in pair]
    [finding] = closed(PlaylistStale, items)
    assert (finding.opened_at, finding.closed_at) == (10.0, 16.0)
    assert finding.message == "Nothing new in the playlist for 2.5 target durations (audio:en)"


def test_what_need_not_grow_is_never_stale():
    assert spans(loads(0, 100, target=0.0)) == []


def test_another_patience():
    assert spans(loads(0, 1, 2, 3, 4, 0), PlaylistStaleSettings(open_at=3.0)) == []


def test_it_lasts_as_long_as_it_was_waited():
    """What comes then goes on where the media had stopped."""
    items = [*loads(0, 1, 2, 3, 4, 5), ManifestCheck(10.5, "hls", "video", unchanged=0.0, target_duration=2.0)]
    assert spans(items) == [(10.0, 15.0)]
