import sys
from dataclasses import replace

import numpy as np
import pytest

from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import ClockAnchor, NotWatched, Track, Tracks
from watchglass.monitor.record import MOST_REASONS, Record

TRACK = Track("video:0", "video", "h264")


def opened(at=1.0, severity=Severity.WARNING, detector="video.black"):
    return Finding(
        event=Event.OPENED, detector=detector, track="video:0", opened_at=at, told_at=at + 0.5, severity=severity
    )


def closed(finding, at):
    return replace(finding, event=Event.CLOSED, closed_at=at, told_at=at)


def report(*seen, **how):
    record = Record("clip.mp4", run="1", **how)
    for each in seen:
        record.add(each)
    return record.report()


def test_the_last_state_of_a_finding_wins():
    first = opened()
    changed = replace(first, event=Event.CHANGED, severity=Severity.INFO, explained_by="transport.stall")
    [kept] = report(first, changed, closed(changed, 3.0)).findings
    assert (kept.severity, kept.explained_by, kept.closed_at) == (Severity.INFO, "transport.stall", 3.0)


def test_findings_stand_in_the_order_of_their_beginning():
    assert [f.opened_at for f in report(opened(5.0), opened(1.0), opened(3.0)).findings] == [1.0, 3.0, 5.0]


def test_a_flood_of_information_never_hides_an_alarm():
    notes = [opened(float(n), Severity.INFO) for n in range(100)]
    alarm = opened(500.0, Severity.CRITICAL)
    told = report(*notes, alarm, most_findings=50)
    assert alarm in told.findings
    assert len(told.findings) == 41
    assert told.coverage.findings_left_out == 60
    assert not told.coverage.is_complete


def test_a_finding_left_out_as_information_is_kept_when_it_becomes_an_alarm():
    notes = [opened(float(n), Severity.INFO) for n in range(11)]
    raised = replace(notes[-1], event=Event.CHANGED, severity=Severity.CRITICAL)
    told = report(*notes, raised, most_findings=10)
    assert raised in told.findings
    assert told.coverage.findings_left_out == 2


def test_readings_become_curves_by_detector_track_and_name():
    seen = [Reading("video.black", t, "share", n / 25, 0.04, n % 2, "1") for n in range(1000) for t in ("v0", "v1")]
    curves = report(*seen).curves
    assert [(c.detector, c.track, c.name, c.unit) for c in curves] == [
        ("video.black", "v0", "share", "1"),
        ("video.black", "v1", "share", "1"),
    ]
    assert curves[0].begin + curves[0].step * len(curves[0].mean) == pytest.approx(40.0)
    assert (curves[0].low.min(), curves[0].high.max()) == (0.0, 1.0)


def test_memory_does_not_grow_with_the_media():
    record = Record("live")
    for n in range(200_000):
        record.add(Reading("video.black", "video:0", "share", n / 25, 0.04, 0.5, "1"))
    [curve] = record.report().curves
    assert curve.mean.size <= 2000
    assert sum(len(waiting) for waiting in record._waiting.values()) < 1000
    assert sys.getsizeof(record._findings) < 1000


def test_a_report_may_be_made_while_watching_goes_on():
    record = Record("live")
    record.add(Reading("a.b", None, "x", 0.0, 1.0, 1.0, "s"))
    assert record.report().curves[0].mean.size > 0
    record.add(Reading("a.b", None, "x", 1.0, 1.0, 3.0, "s"))
    assert np.nanmax(record.report().curves[0].high) == 3.0


def test_tracks_are_those_that_were_ever_declared_as_last_declared():
    changed = replace(TRACK, facts={"width": 1280})
    told = report(Tracks(0.0, (TRACK,)), Tracks(5.0, (changed, Track("audio:0", "audio", "aac")), is_live=True))
    assert [track.id for track in told.tracks] == ["video:0", "audio:0"]
    assert told.tracks[0].facts == {"width": 1280}
    assert told.is_live


def test_utc_comes_from_the_anchors():
    assert report(ClockAnchor(2.0, 102.0, "arrival")).start_utc == (100.0, "arrival")


def test_the_same_reason_is_told_once_with_its_sum():
    hole = NotWatched(5.0, "undecodable", "video:0", None, 0.25)
    [part] = report(hole, replace(hole, pts=9.0)).coverage.not_watched
    assert (part.start, part.end, part.seconds, part.count) == (5.0, 9.25, 0.5, 2)


def test_reasons_are_limited_too():
    seen = [NotWatched(float(n), f"segment {n}: HTTP 404") for n in range(MOST_REASONS * 2)]
    parts = report(*seen).coverage.not_watched
    assert len(parts) == MOST_REASONS + 1
    assert (parts[-1].reason, parts[-1].count) == ("further reasons", MOST_REASONS)


def test_what_was_not_asked_for_is_said():
    record = Record("clip.mp4")
    record.watched(40.0)
    coverage = record.report(duration=100.0, asked=(10.0, 40.0)).coverage
    assert [(part.start, part.end, part.seconds) for part in coverage.not_watched] == [(0, 10, 10), (40, 100, 60)]
    assert (coverage.start, coverage.end) == (10.0, 40.0)


def test_an_end_beyond_the_media_leaves_nothing_out():
    assert Record("clip.mp4").report(duration=30.0, asked=(0.0, 40.0)).coverage.is_complete


def test_nothing_observed():
    told = Record("x").report(error="it is empty")
    assert (told.error, told.duration, told.findings, told.coverage.end) == ("it is empty", None, (), None)
