import logging
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchglass.detectors.audio.lost import Lost
from watchglass.model.detector import Detector
from watchglass.model.finding import Event, Finding, Reading
from watchglass.model.gate import Gate
from watchglass.model.media import (
    KEY_FRAMES_ONLY,
    AudioBlock,
    ClockAnchor,
    NotWatched,
    Progress,
    Stall,
    Track,
    Tracks,
)
from watchglass.model.transport import ManifestCheck, SegmentArrival
from watchglass.monitor.watch import watch

VIDEO, SOUND = Track("video:0", "video", "h264"), Track("audio:0", "audio", "aac")


class Damaged(Detector[SegmentArrival]):
    """Finds every item of its track bad; raises where it is told to."""

    name = "video.damaged"
    kind = "video"
    consumes: ClassVar = (SegmentArrival, Progress)
    fails: ClassVar[str] = ""

    def prepare(self):
        self.gate = Gate(self.name, self.track_id)

    def measure(self, item):
        self._fail("measure", item.pts)
        if isinstance(item, SegmentArrival):
            yield Reading(self.name, item.track, "value", item.pts, item.duration, 1.0, "1")

    def judge(self, reading):
        self._fail("judge", reading.pts)
        yield from self.gate.update(reading)

    def finish(self, pts):
        if self.fails == "finish":
            raise RuntimeError("at the end")
        yield from self.gate.finish(pts)

    def _fail(self, where, pts):
        if self.fails == where and pts >= 2.0:
            raise RuntimeError("a fault of the detector")


class Other(Damaged):
    name = "video.other"
    fails: ClassVar[str] = ""


class Eavesdropper(Damaged):
    name = "video.eavesdropper"
    hears_others = True
    fails: ClassVar[str] = ""


def item(pts, track="video:0"):
    return SegmentArrival(
        pts=pts, duration=1.0, uri="u", rendition="r", sequence=0, size=1, fetch_seconds=0.1, track=track
    )


def items(count, track="video:0", start=0.0):
    return [item(start + n, track) for n in range(count)]


def hiring(*kinds):
    def hire(track):
        return [kind(None, track) for kind in kinds if track is not None and track.kind == "video"]

    return hire


def findings(seen):
    return [each for each in seen if isinstance(each, Finding)]


def test_the_end_of_the_media_closes_what_is_open():
    seen = list(watch([Tracks(0.0, (VIDEO,)), *items(3)], hiring(Damaged)))
    opened, closed = findings(seen)
    assert (opened.event, opened.opened_at) == (Event.OPENED, 0.0)
    assert (closed.event, closed.closed_at) == (Event.CLOSED, 3.0)
    assert len([each for each in seen if isinstance(each, Reading)]) == 3


def test_the_end_of_watching_does_not():
    seen = watch([Tracks(0.0, (VIDEO,)), *items(3)], hiring(Damaged), is_stopped=lambda: True)
    assert [each.event for each in findings(seen)] == [Event.OPENED]


@pytest.mark.parametrize("where", ["measure", "judge"])
def test_a_detector_that_raises_is_dismissed_and_the_others_go_on(where, caplog):
    class Failing(Damaged):
        fails: ClassVar[str] = where

    with caplog.at_level(logging.ERROR):
        told = findings(watch([Tracks(0.0, (VIDEO,)), *items(5)], hiring(Failing, Other)))
    assert [(f.detector, f.event, f.told_at) for f in told if f.detector != "video.other"] == [
        ("video.damaged", Event.OPENED, 1.0),
        ("video.damaged", Event.CLOSED, 2.0),
        ("monitor.detector_failed", Event.OPENED, 2.0),
    ]
    failed = next(f for f in told if f.detector == "monitor.detector_failed")
    assert (failed.track, failed.reason) == ("video:0", "video.damaged")
    assert "not of the stream" in failed.message
    assert [(f.event, f.closed_at) for f in told if f.detector == "video.other"][-1] == (Event.CLOSED, 5.0)
    assert len(caplog.records) == 1


def test_a_detector_that_raises_at_the_end_costs_nobody_else_anything(caplog):
    class Failing(Damaged):
        fails: ClassVar[str] = "finish"

    told = findings(watch([Tracks(0.0, (VIDEO,)), *items(2)], hiring(Failing, Other)))
    assert [f.detector for f in told if f.event is Event.CLOSED] == ["video.other"]
    assert len(caplog.records) == 1


def test_tracks_that_come_and_go():
    source = [
        Tracks(0.0, (VIDEO,)),
        *items(2),
        Tracks(2.0, (VIDEO, Track("video:1", "video", "h264"))),
        *items(2, "video:1", 2.0),
        Tracks(4.0, (Track("video:1", "video", "h264"),)),
        *items(1, "video:1", 4.0),
        *items(1, "video:0", 4.0),  # nobody watches it any more
        Tracks(5.0, (VIDEO,)),
        *items(1, "video:0", 5.0),
    ]
    told = findings(watch(source, hiring(Damaged)))
    assert [(f.track, f.event.value, f.closed_at or f.opened_at) for f in told] == [
        ("video:0", "opened", 0.0),
        ("video:1", "opened", 2.0),
        ("video:0", "closed", 4.0),
        ("video:1", "closed", 5.0),
        ("video:0", "opened", 5.0),
        ("video:0", "closed", 6.0),
    ]


def test_a_track_that_is_told_again_keeps_its_detectors():
    source = [Tracks(0.0, (VIDEO,)), item(0.0), Tracks(1.0, (VIDEO, SOUND)), item(1.0)]
    assert [f.event for f in findings(watch(source, hiring(Damaged)))] == [Event.OPENED, Event.CLOSED]


def test_everybody_sees_what_concerns_the_whole_stream():
    seen = []

    class Stream(Damaged):
        consumes: ClassVar = (Stall,)

        def measure(self, item):
            seen.append((self.track_id, item.pts))
            yield from ()

    def hire(track):
        return [Stream(None, track)]

    list(watch([Tracks(0.0, (VIDEO, SOUND)), Stall(3.0, waited=3.0, buffer=1.0), item(4.0)], hire))
    assert sorted(seen, key=str) == [("audio:0", 3.0), ("video:0", 3.0), (None, 3.0)]


def test_what_is_no_reading_passes_through():
    note, anchor = NotWatched(0.0, "why"), ClockAnchor(0.0, 1e9, "arrival")
    tracks = Tracks(0.0, (VIDEO,))
    assert list(watch([tracks, note, anchor, Progress(0.5)], hiring())) == [tracks, note, anchor]


@given(st.lists(st.sampled_from(["video:0", "video:1", None]), max_size=30))
def test_nothing_stays_open(order):
    both = Tracks(0.0, (VIDEO, Track("video:1", "video", "h264")))
    source = [both, *(item(float(n), track) for n, track in enumerate(order))]
    told = findings(watch(source, hiring(Damaged)))
    opened = {f.key for f in told if f.event is Event.OPENED}
    assert opened == {f.key for f in told if f.event is Event.CLOSED}


def test_a_detector_that_hears_others_is_shown_their_items_once():
    def hire(track):
        return [kind(None, track) for kind in (Damaged, Eavesdropper) if track and track.kind == "video"]

    source = [Tracks(0.0, (VIDEO, SOUND)), item(0.0), item(1.0, "audio:0"), item(2.0, None)]
    told = [each.track for each in watch(source, hire) if isinstance(each, Reading)]
    assert told == ["video:0", "video:0", "audio:0", None, None]


def test_what_is_known_beside_the_media_does_not_make_them_longer():
    """It is told by a clock of our own, which may be ahead: what is not there by then is not missing."""
    heard = AudioBlock(track="audio:0", pts=0.0, samples=np.zeros((1, 16_000), np.float32), rate=8_000)
    late = [ManifestCheck(9.0, "hls", "video", target_duration=2.0), Stall(pts=9.0, waited=7.0, buffer=0.0)]
    items = [Tracks(0.0, (SOUND,)), heard, *late]
    told = watch(items, lambda track: [Lost(None, track)] if track else [])
    assert [each for each in told if isinstance(each, Finding)] == []


FEW = Track("video:0", "video", "h264", facts={"pictures": KEY_FRAMES_ONLY})


class Mover(Damaged):
    name = "video.mover"
    needs_every_picture = True
    fails: ClassVar[str] = ""


def by_tier(track):
    if track is None or track.kind != "video":
        return []
    return [
        kind(None, track) for kind in (Damaged, Mover) if not (kind.needs_every_picture and track.has_key_frames_only)
    ]


def test_at_a_turn_between_the_tiers_those_who_watch_in_both_go_on():
    source = [
        Tracks(0.0, (FEW,)),
        *items(3),
        Tracks(3.0, (VIDEO,)),
        *items(3, start=3.0),
        Tracks(6.0, (FEW,)),
        item(6.0),
    ]
    told = findings(watch(source, by_tier))
    assert [(f.detector, f.event.value, f.opened_at, f.told_at) for f in told] == [
        ("video.damaged", "opened", 0.0, 1.0),
        ("video.mover", "opened", 3.0, 4.0),
        ("video.mover", "unwatched", 3.0, 6.0),
        ("video.damaged", "closed", 0.0, 7.0),
    ]


def test_whoever_goes_on_knows_what_the_track_is_now():
    hired = []

    def hire(track):
        made = by_tier(track)
        hired.extend(made)
        return made

    list(watch([Tracks(0.0, (FEW,)), item(0.0), Tracks(1.0, (VIDEO,)), item(1.0)], hire))
    assert hired[0].track is VIDEO


def test_who_failed_is_not_hired_again_at_a_turn(caplog):
    class Failing(Damaged):
        fails: ClassVar[str] = "measure"

    source = [Tracks(0.0, (FEW,)), *items(3), Tracks(3.0, (VIDEO,)), *items(3, start=3.0)]
    told = findings(watch(source, hiring(Failing)))
    assert [f.event.value for f in told] == ["opened", "closed", "opened"]
    assert len(caplog.records) == 1
