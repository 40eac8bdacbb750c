import pytest

from watchglass.config.settings import PROFILES
from watchglass.model.errors import ArchiveError
from watchglass.model.finding import Event, Finding, Reading, Region, Severity
from watchglass.model.media import ClockAnchor, NotWatched, TimelineBreak, Track, Tracks
from watchglass.model.stored import End, Header
from watchglass.store import happenings

FINDING = Finding(
    event=Event.CHANGED,
    detector="video.freeze",
    track="video:0",
    opened_at=0.1 + 0.2,
    closed_at=None,
    told_at=1e-17,
    severity=Severity.CRITICAL,
    confidence=0.7,
    message="caf\u00e9 \U0001f4fa",
    reason="cut",
    explained_by="video.black",
    region=Region(0.0, 0.1, 0.2, 0.3),
    readings=(Reading("video.freeze", "video:0", "change", 0.04, 0.04, float("inf"), "code values", "why"),),
)
TRACK = Track("audio:0", "audio", "aac", "eng", {"rate": 48_000, "layout": "stereo", "drift": 0.1})


@pytest.mark.parametrize(
    "what",
    [
        Tracks(1.5, (TRACK, Track("video:0", "video", "h264")), is_live=True),
        NotWatched(0.0, "encrypted", "video:1", None, 3.0, is_loss=False),
        ClockAnchor(4.0, 1.7e9, "program-date-time"),
        TimelineBreak("video:0", 2.0, "discontinuity", 9.0, 1.0, announced=True),
        FINDING,
        End(7.0, "failed", "it broke", None),
    ],
    ids=lambda what: type(what).__name__,
)
def test_what_happened_comes_back_as_it_was(what):
    assert happenings.happening(happenings.line(what)) == what


def test_headers_come_back():
    header = Header(source="a\udce9.mp4", run="check", version="1", delivery=PROFILES["ebu-r128"], stop=4.0)
    assert happenings.headers(happenings.text_of({3: header})) == {3: header}


@pytest.mark.parametrize("text", ["", "{}", '{"event": "Party"}', '{"event": "End"}', "[1]"])
def test_what_is_no_happening(text):
    with pytest.raises(ArchiveError):
        happenings.happening(text)


@pytest.mark.parametrize("text", ["", "[]", '{"0": 1}', '{"0": {"source": "a"}}'])
def test_what_is_no_header(text):
    with pytest.raises(ArchiveError):
        happenings.headers(text)
