"""Reports to write out: made of observations, as a real run makes them."""

import cv2
import numpy as np

from watchglass.model.exhibit import Exhibit, Picture, Spectrogram, Strip, Trace
from watchglass.model.finding import Event, Finding, Reading, Region, Severity
from watchglass.model.limits import Limit
from watchglass.model.media import ClockAnchor, NotWatched, Track, Tracks
from watchglass.model.report import Duty, FileReport, Waveform
from watchglass.monitor.record import Record

VIDEO = Track("video:0", "video", "h264", None, {"width": 1280, "height": 720, "frame_rate": 25.0})
AUDIO = Track("audio:0", "audio", "aac", "eng", {"rate": 48_000, "channels": 2, "layout": "stereo"})


def finding(detector="video.black", begin=2.0, end=4.5, **more):
    track = more.pop("track", "audio:0" if detector.startswith("audio") else "video:0")
    told = begin + 1.0 if end is None else end
    event = Event.OPENED if end is None else Event.CLOSED
    more = {"message": "the picture is black while the sound goes on", "severity": Severity.CRITICAL} | more
    readings = (Reading(detector, track, "black_share", begin, 0.04, 0.995, "1"),)
    more.setdefault("readings", readings)
    return Finding(event=event, detector=detector, track=track, opened_at=begin, closed_at=end, told_at=told, **more)


def picture(pts=2.5):
    done, data = cv2.imencode(".jpg", np.full((18, 32, 3), 90, np.uint8))
    assert done
    return Picture(pts, data.tobytes(), 32, 18)


def file_report(source="/media/news.mp4", findings=None, seconds=10.0, **more):
    record = Record(source, run="run")
    record.add(Tracks(0.0, (VIDEO, AUDIO)))
    record.add(ClockAnchor(0.0, 1_700_000_000.25, "program-date-time"))
    for n in range(int(seconds * 25)):
        record.add(Reading("video.black", "video:0", "black_share", n / 25, 0.04, float(50 <= n < 112), "1"))
        record.add(Reading("audio.silence", "audio:0", "level", n / 25, 0.04, -20.0 - n % 7, "dBFS"))
    for each in DEFAULT if findings is None else findings:
        record.add(each)
    for each in more.pop("not_watched", ()):
        record.add(each)
    more.setdefault("waveforms", [wave("FL"), wave("FR")])
    more.setdefault("exhibits", {DEFAULT[0].key: exhibit()})
    more.setdefault("duties", DUTIES)
    return record.report(duration=more.pop("duration", seconds), **more)


def exhibit(**more):
    """Of a picture that is black from 2.0 to 4.5 s."""
    pts = np.arange(0.0, 6.0, 0.04) + 0.02
    share = ((pts >= 2.0) & (pts < 4.5)).astype(np.float32)
    trace = Trace("black_share", "1", pts, 0.04, share, share, share)
    return Exhibit(**{"before": picture(1.6), "during": picture(), "after": picture(4.5), "traces": (trace,)} | more)


def sound_exhibit():
    """Of a defect of the sound, with everything that may be shown of it."""
    swing = np.sin(np.arange(200, dtype=np.float32))
    strips = tuple(Strip(channel, 7.0, 0.01, -np.abs(swing), np.abs(swing)) for channel in ("FL", "FR"))
    level = (Strip("FL", 7.0, 0.02, 20.0 * swing - 40.0, 20.0 * swing - 40.0),)
    samples = Strip("FL", 8.1, 1 / 48_000, 1.2 * swing, 1.2 * swing)
    spectrogram = Spectrogram(7.0, 9.0, 30.0, 20_000.0, -110.0, -20.0, picture())
    return Exhibit(during=picture(8.0), waveforms=strips, levels=level, samples=samples, spectrogram=spectrogram)


def wave(channel):
    peak = np.abs(np.sin(np.arange(200, dtype=np.float32)))
    return Waveform("audio:0", channel, 0.0, 0.05, peak, peak / 2)


def unreadable(source="/media/broken.mp4", error="not audio or video that can be read (invalid data)"):
    return FileReport(source=source, error=error)


DEFAULT = (
    finding(),
    finding(
        "video.freeze",
        2.04,
        4.5,
        severity=Severity.INFO,
        explained_by="video.black",
        message="the picture stands still",
        region=Region(0.1, 0.2, 0.5, 0.25),
        confidence=0.93,
    ),
    finding("audio.silence", 8.0, None, severity=Severity.WARNING, message="no sound"),
)
PARTLY = (
    NotWatched(0.0, "SAMPLE-AES cannot be decrypted", "audio:1"),
    NotWatched(3.0, "undecodable", "video:0", None, 0.5),
)
DUTIES = (
    Duty("video.black", ("video:0",), {"black_share": (Limit(0.98, "above", "open_at", "Share of black pixels."),)}),
    Duty("video.freeze", ("video:0",)),
    Duty("audio.silence", ("audio:0",), {"level": (Limit(-60.0, "below", "open_below", "Nothing to hear."),)}),
    Duty("transport.stall", (None,)),
)
