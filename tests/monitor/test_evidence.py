from dataclasses import replace

import cv2
import numpy as np
import pytest

from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import AudioBlock, Track, Tracks, VideoFrame
from watchglass.monitor.evidence import Evidence

RATE = 25


def frame(n, brightness, track="video:0", buffer=None):
    luma = np.full((72, 128), brightness, np.uint8) if buffer is None else buffer
    luma[:] = brightness
    chroma = (np.full((36, 64), 128, np.uint8),) * 2
    return VideoFrame(track=track, pts=n / RATE, duration=1 / RATE, luma=luma, chroma=chroma)


def finding(begin, told, track="video:0", severity=Severity.WARNING, end=None):
    event = Event.OPENED if end is None else Event.CLOSED
    return Finding(
        event=event, detector="a.b", track=track, opened_at=begin, closed_at=end, told_at=told, severity=severity
    )


def brightness(picture):
    """Of a picture, undone to the limited code value that the frame had."""
    grey = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).mean()
    return 16 + grey * 219 / 255


def shown(evidence):
    """The picture of each finding that has one."""
    return {key: exhibit.during for key, exhibit in evidence.exhibits.items() if exhibit.during}


def watch(evidence, frames, findings):
    """Show all frames; tell each finding in the turn of the frame in which ``told_at`` lies."""
    waiting = list(findings)
    for item in evidence.watching(frames):
        for each in [f for f in waiting if f.told_at <= item.pts + item.duration + 1e-9]:
            evidence.add(each)
            waiting.remove(each)
    for each in waiting:
        evidence.add(each)


def test_a_freeze_that_is_dated_back_shows_itself():
    evidence = Evidence()
    freeze = finding(10.0, 12.0)
    watch(evidence, (frame(n, 200 if n < 250 else 60) for n in range(320)), [freeze])
    picture = shown(evidence)[freeze.key]
    assert 10.0 <= picture.pts <= 12.0
    assert brightness(picture) == pytest.approx(60, abs=3)


@pytest.mark.parametrize("at", [250, 251, 255, 261])
def test_a_defect_of_one_frame_shows_that_frame(at):
    evidence = Evidence()
    flash = finding(at / RATE, (at + 1) / RATE)
    watch(evidence, (frame(n, 30 if n == at else 180) for n in range(300)), [flash])
    assert brightness(shown(evidence)[flash.key]) == pytest.approx(30, abs=3)


def test_pictures_are_copies_of_what_the_decoder_overwrites():
    evidence, buffer = Evidence(), np.zeros((72, 128), np.uint8)
    early = finding(1.0, 2.0)
    watch(evidence, (frame(n, 100 if n < 60 else 220, buffer=buffer) for n in range(80)), [replace(early, told_at=3.0)])
    assert brightness(shown(evidence)[early.key]) == pytest.approx(100, abs=3)


def test_a_defect_of_the_sound_shows_the_picture_then():
    evidence = Evidence()
    silence = finding(4.0, 6.0, track="audio:0")
    watch(evidence, (frame(n, 50 + n // RATE * 10) for n in range(200)), [silence])
    assert shown(evidence)[silence.key].pts == pytest.approx(4.0, abs=0.5)


def test_each_video_track_has_its_own_pictures():
    evidence = Evidence()
    first, second = finding(1.0, 2.0, "video:0"), finding(1.0, 2.0, "video:1")
    frames = [frame(n, 60 if track == "video:0" else 200, track) for n in range(60) for track in ("video:0", "video:1")]
    watch(evidence, frames, [first, second])
    assert brightness(shown(evidence)[first.key]) == pytest.approx(60, abs=3)
    assert brightness(shown(evidence)[second.key]) == pytest.approx(200, abs=3)


def test_no_picture_is_better_than_one_of_another_time():
    evidence = Evidence()
    late = finding(1.0, 60.0, end=2.0)
    watch(evidence, (frame(n, 60) for n in range(60 * RATE)), [late])
    assert shown(evidence) == {}


def test_without_video_there_are_no_pictures():
    evidence = Evidence()
    evidence.add(finding(1.0, 2.0, track="audio:0"))
    assert shown(evidence) == {}


def test_the_first_picture_stays_when_a_finding_is_told_again():
    evidence = Evidence()
    opened = finding(1.0, 1.04)
    watch(evidence, (frame(n, 60) for n in range(100)), [opened, replace(opened, event=Event.CLOSED, told_at=3.0)])
    assert shown(evidence)[opened.key].pts == 1.0


def test_graver_findings_push_out_the_pictures_of_lesser_ones():
    evidence = Evidence(most=3)
    notes = [finding(n / RATE, (n + 1) / RATE, severity=Severity.INFO) for n in range(10)]
    alarm = finding(1.0, 1.04, severity=Severity.CRITICAL)
    watch(evidence, (frame(n, 60) for n in range(100)), [*notes, alarm])
    assert len(evidence.exhibits) == 3
    assert alarm.key in evidence.exhibits


def test_a_rotated_track_is_shown_upright():
    evidence = Evidence()
    declared = Tracks(0.0, (Track("video:0", "video", "h264", None, {"rotation": -90}),))
    opened = finding(0.0, 0.04)
    watch(evidence, [declared, *(frame(n, 60) for n in range(5))], [opened])
    picture = shown(evidence)[opened.key]
    assert (picture.width, picture.height) == (72, 128)


def block(n, samples, layout=("FL", "FR")):
    return AudioBlock(track="audio:0", pts=n / 10, samples=samples.astype(np.float32), rate=48_000, layout=layout)


def test_the_waveform_has_every_channel():
    loud, quiet = np.full(4800, 0.5), np.full(4800, -0.1)
    evidence = Evidence()
    for _ in evidence.watching(block(n, np.stack([loud, quiet])) for n in range(100)):
        pass
    left, right = evidence.waveforms
    assert (left.track, left.channel, right.channel) == ("audio:0", "FL", "FR")
    np.testing.assert_allclose(left.peak, 0.5, rtol=1e-5)
    np.testing.assert_allclose(left.rms, 0.5, rtol=1e-5)
    np.testing.assert_allclose(right.peak, 0.1, rtol=1e-5)
    assert left.begin + left.step * len(left.peak) == pytest.approx(10.0)


def test_many_channels_are_shown_together():
    samples = np.zeros((32, 4800))
    samples[17] = 0.25
    evidence = Evidence()
    list(evidence.watching([block(0, samples, ())]))
    [wave] = evidence.waveforms
    assert wave.channel == "all"
    assert wave.peak.max() == pytest.approx(0.25)


def test_other_channels_from_here_on_are_an_outline_of_their_own():
    evidence = Evidence()
    list(evidence.watching([block(0, np.ones((1, 4800)), ("FC",)), block(1, np.ones((2, 4800)))]))
    assert [wave.channel for wave in evidence.waveforms] == ["FC", "FL", "FR"]


def test_the_items_pass_unchanged():
    items = [frame(0, 60), block(0, np.zeros((2, 4800))), frame(1, 60)]
    evidence = Evidence()
    assert list(evidence.watching(items)) == items
    assert evidence.end == pytest.approx(0.1)
    assert evidence.frames == 2


def test_the_pictures_before_and_after_show_the_difference():
    evidence = Evidence()
    opened = finding(4.0, 4.04)
    closed = replace(opened, event=Event.CLOSED, closed_at=6.0, told_at=6.04)
    watch(evidence, (frame(n, 200 if n < 100 else 16 if n < 150 else 120) for n in range(200)), [opened, closed])
    exhibit = evidence.exhibits[opened.key]
    assert [round(brightness(each)) for each in (exhibit.before, exhibit.during, exhibit.after)] == pytest.approx(
        [200, 16, 120], abs=3
    )
    assert exhibit.before.pts < 4.0 <= exhibit.during.pts < 6.0 <= exhibit.after.pts < 6.1


def test_a_defect_of_the_sound_has_one_picture_only():
    evidence = Evidence()
    watch(evidence, (frame(n, 60) for n in range(200)), [silence := finding(4.0, 6.0, track="audio:0", end=5.0)])
    exhibit = evidence.exhibits[silence.key]
    assert exhibit.during
    assert not exhibit.before
    assert not exhibit.after


def readings(first, last, value, name="share", track="video:0"):
    return [Reading("a.b", track, name, n / RATE, 1 / RATE, value(n), "1") for n in range(first, last)]


def test_every_reading_around_a_short_finding_is_kept():
    evidence = Evidence()
    flash = finding(10.0, 10.04, end=10.04)
    for seen in [*readings(0, 251, lambda n: float(n == 250)), flash, *readings(251, 500, lambda n: 0.0)]:
        evidence.add(seen)
    [trace] = evidence.exhibits[flash.key].traces
    assert (trace.name, trace.unit, trace.step) == ("share", "1", pytest.approx(1 / RATE))
    assert trace.pts[0] == pytest.approx(7.0, abs=0.05)
    assert trace.pts[-1] == pytest.approx(13.04, abs=0.05)
    assert list(trace.pts[trace.mean > 0.0]) == pytest.approx([10.02])


def test_the_readings_of_a_long_finding_need_no_more_room():
    evidence = Evidence()
    opened = finding(10.0, 10.04)
    for seen in [*readings(0, 251, lambda n: 0.0), opened, *readings(251, 90_000, lambda n: 1.0)]:
        evidence.add(seen)
    [trace] = evidence.exhibits[opened.key].traces
    assert trace.pts.size <= 400
    assert trace.pts[-1] == pytest.approx(3600.0, abs=20.0)


def test_readings_of_others_are_not_mixed_in():
    evidence = Evidence()
    flash = finding(1.0, 1.04, end=1.04)
    for seen in [
        *readings(0, 26, lambda n: 0.5),
        *readings(0, 26, lambda n: 9.0, track="video:1"),
        flash,
        *readings(26, 60, lambda n: 7.0, track="video:1"),
    ]:
        evidence.add(seen)
    [trace] = evidence.exhibits[flash.key].traces
    assert set(trace.mean) == {0.5}


def test_sound_is_shown_from_before_its_defect_to_after_it():
    evidence = Evidence()
    hole = finding(4.0, 5.0, track="audio:0", end=5.0)
    tone = np.full((2, 4800), 0.5)
    for item in evidence.watching(block(n, tone * (not 40 <= n < 50)) for n in range(100)):
        if item.pts == 5.0:
            evidence.add(hole)
    exhibit = evidence.exhibits[hole.key]
    assert [strip.channel for strip in exhibit.waveforms] == ["FL", "FR"]
    left = exhibit.waveforms[0]
    assert (left.begin, left.begin + left.step * len(left.high)) == pytest.approx((2.5, 6.5), abs=0.02)
    middles = left.begin + left.step * (np.arange(len(left.high)) + 0.5)
    assert not left.high[(middles > 4.02) & (middles < 4.98)].any()
    assert left.high[middles < 3.98] == pytest.approx(0.5)
    assert exhibit.spectrogram.picture.jpeg[:2] == b"\xff\xd8"


def test_nothing_is_gathered_where_nobody_will_see_it():
    evidence = Evidence(most=0)
    flash = finding(1.0, 1.04)
    watch(evidence, (frame(n, 60) for n in range(50)), [flash])
    list(evidence.watching([block(50, np.ones((2, 4800)))]))
    evidence.add(readings(0, 1, float)[0])
    assert (evidence.exhibits, evidence.waveforms) == ({}, ())
    assert (evidence.frames, evidence.end) == (50, pytest.approx(5.1))
