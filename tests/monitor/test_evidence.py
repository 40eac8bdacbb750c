from dataclasses import replace

import cv2
import numpy as np
import pytest

from watchglass.model.finding import Event, Finding, Severity
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
    picture = evidence.pictures[freeze.key]
    assert 10.0 <= picture.pts <= 12.0
    assert brightness(picture) == pytest.approx(60, abs=3)


@pytest.mark.parametrize("at", [250, 251, 255, 261])
def test_a_defect_of_one_frame_shows_that_frame(at):
    evidence = Evidence()
    flash = finding(at / RATE, (at + 1) / RATE)
    watch(evidence, (frame(n, 30 if n == at else 180) for n in range(300)), [flash])
    assert brightness(evidence.pictures[flash.key]) == pytest.approx(30, abs=3)


def test_pictures_are_copies_of_what_the_decoder_overwrites():
    evidence, buffer = Evidence(), np.zeros((72, 128), np.uint8)
    early = finding(1.0, 2.0)
    watch(evidence, (frame(n, 100 if n < 60 else 220, buffer=buffer) for n in range(80)), [replace(early, told_at=3.0)])
    assert brightness(evidence.pictures[early.key]) == pytest.approx(100, abs=3)


def test_a_defect_of_the_sound_shows_the_picture_then():
    evidence = Evidence()
    silence = finding(4.0, 6.0, track="audio:0")
    watch(evidence, (frame(n, 50 + n // RATE * 10) for n in range(200)), [silence])
    assert evidence.pictures[silence.key].pts == pytest.approx(4.0, abs=0.5)


def test_each_video_track_has_its_own_pictures():
    evidence = Evidence()
    first, second = finding(1.0, 2.0, "video:0"), finding(1.0, 2.0, "video:1")
    frames = [frame(n, 60 if track == "video:0" else 200, track) for n in range(60) for track in ("video:0", "video:1")]
    watch(evidence, frames, [first, second])
    assert brightness(evidence.pictures[first.key]) == pytest.approx(60, abs=3)
    assert brightness(evidence.pictures[second.key]) == pytest.approx(200, abs=3)


def test_no_picture_is_better_than_one_of_another_time():
    evidence = Evidence()
    late = finding(1.0, 60.0, end=2.0)
    watch(evidence, (frame(n, 60) for n in range(60 * RATE)), [late])
    assert evidence.pictures == {}


def test_without_video_there_are_no_pictures():
    evidence = Evidence()
    evidence.add(finding(1.0, 2.0, track="audio:0"))
    assert evidence.pictures == {}


def test_the_first_picture_stays_when_a_finding_is_told_again():
    evidence = Evidence()
    opened = finding(1.0, 1.04)
    watch(evidence, (frame(n, 60) for n in range(100)), [opened, replace(opened, event=Event.CLOSED, told_at=3.0)])
    assert evidence.pictures[opened.key].pts == 1.0


def test_graver_findings_push_out_the_pictures_of_lesser_ones():
    evidence = Evidence(most_pictures=3)
    notes = [finding(n / RATE, (n + 1) / RATE, severity=Severity.INFO) for n in range(10)]
    alarm = finding(1.0, 1.04, severity=Severity.CRITICAL)
    watch(evidence, (frame(n, 60) for n in range(100)), [*notes, alarm])
    assert len(evidence.pictures) == 3
    assert alarm.key in evidence.pictures


def test_a_rotated_track_is_shown_upright():
    evidence = Evidence()
    declared = Tracks(0.0, (Track("video:0", "video", "h264", None, {"rotation": -90}),))
    opened = finding(0.0, 0.04)
    watch(evidence, [declared, *(frame(n, 60) for n in range(5))], [opened])
    picture = evidence.pictures[opened.key]
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
