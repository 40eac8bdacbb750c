import av
import numpy as np
import pytest

from listening import findings, observe, spans
from making import clip
from watchglass.config.examine import check
from watchglass.detectors.audio.lost import Lost
from watchglass.model.finding import Event, Finding
from watchglass.model.media import AudioBlock, Progress


def block(pts, seconds=0.1):
    return AudioBlock(track="audio:0", pts=pts, samples=np.zeros((1, round(seconds * 8000)), np.float32), rate=8000)


def played(begin, end, turn=0.1, lead=0.0):
    """Sound and picture in turns of ``turn`` seconds, the picture first."""
    items = []
    for i in range(round(begin / turn), round(end / turn)):
        items.append(Progress(pts=(i + 1) * turn + lead))
        items += [block(i * turn + j * 0.1) for j in range(round(turn / 0.1))]
    return items


def silent(begin, end):
    """Only the picture goes on."""
    return [Progress(pts=begin + (i + 1) * 0.25) for i in range(round((end - begin) / 0.25))]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(played(0, 20), [], id="all is well"),
        pytest.param(played(0, 20) + silent(20, 20.75), [], id="ends a little early"),
        pytest.param(played(0, 20) + silent(20, 24), [(20.0, 24.0, "stopped")], id="stops"),
        pytest.param(played(0, 5) + silent(5, 8), [(5.0, 8.0, "stopped")], id="stops before it is known how it lags"),
        pytest.param(played(0, 20) + silent(20, 24) + played(24, 26), [(20.0, 24.0, "stopped")], id="comes back"),
        pytest.param(played(0, 5) + played(6.5, 10), [(5.0, 6.5, "hole")], id="a hole"),
        pytest.param(
            played(0, 20) + silent(20, 24) + [block(24.0)] + silent(24.1, 28) + played(28, 30),
            [(20.0, 28.0, "stopped")],
            id="a crumb does not end it",
        ),
        pytest.param(
            played(0, 5) + played(6.5, 6.8) + played(8.0, 10), [(5.0, 8.0, "hole")], id="nor does one between two holes"
        ),
        pytest.param(
            played(0, 5) + played(6.5, 8.0) + played(9.5, 11),
            [(5.0, 6.5, "hole"), (8.0, 9.5, "hole")],
            id="two holes",
        ),
        pytest.param(played(0, 5) + played(5.9, 10), [], id="a hole, but a short one"),
        pytest.param(silent(0, 6), [(0.0, 6.0, "never")], id="never a sample"),
        pytest.param(silent(0, 30), [(0.0, 30.0, "never")], id="never a sample, for long"),
        pytest.param(played(0, 24, turn=4.0), [], id="turns of four seconds"),
        pytest.param(played(0, 24, turn=4.0) + silent(24, 30), [(24.0, 30.0, "stopped")], id="stops, after long turns"),
        pytest.param(played(0, 24, turn=8.0), [], id="turns of eight seconds"),
        pytest.param(played(2, 9), [(0.0, 2.0, "hole")], id="begins late"),
    ],
)
def test_findings(items, expected):
    found = findings(observe(Lost, items))
    assert [(f.opened_at, f.closed_at, f.reason) for f in found] == [
        (pytest.approx(a, abs=1e-6), pytest.approx(b, abs=1e-6), why) for a, b, why in expected
    ]


def test_it_is_told_a_second_later_than_the_usual_lag():
    [opened] = [f for f in observe(Lost, played(0, 20) + silent(20, 30)) if isinstance(f, Finding)][:1]
    assert opened.event is Event.OPENED
    assert opened.told_at == pytest.approx(21.25, abs=0.01)


def test_the_timeline_may_start_anywhere():
    items = [Progress(pts=1000.1), *[block(1000 + i / 10) for i in range(200)], Progress(pts=1030.0)]
    assert spans(observe(Lost, items, start=1000.0)) == [pytest.approx((1020.0, 1030.0))]


def test_the_size_of_blocks_does_not_matter():
    items = [
        block(0.0, 2.0),
        block(2.0, 0.01),
        block(2.01, 1.99),
        Progress(pts=4.0),
        block(6.0, 4.0),
        Progress(pts=10.0),
    ]
    assert spans(observe(Lost, items)) == [pytest.approx((4.0, 6.0))]


def without_sound(whole, path, begin, end):
    """The same packets, but none of the sound from ``begin`` to ``end`` (seconds)."""
    with av.open(str(whole)) as given, av.open(str(path), "w") as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            at = 0.0 if packet.pts is None else float(packet.pts * packet.time_base) - given.start_time / av.time_base
            is_lost = packet.stream.type == "audio" and begin <= at < end
            if packet.dts is not None and not is_lost:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return path


@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        pytest.param(3.0, 5.0, [(3.0, 5.0, "hole")], id="a hole"),
        pytest.param(6.0, 9.0, [(6.0, 8.0, "stopped")], id="ends early"),
        pytest.param(0.0, 2.0, [(0.0, 2.0, "hole")], id="begins late"),
        pytest.param(3.0, 3.5, [], id="a short hole"),
    ],
)
def test_packets_that_are_missing_in_a_file(tmp_path, suffix, begin, end, expected):
    whole = clip(tmp_path / f"whole.{suffix}", seconds=8.0, audio=["aac"])
    report = check(str(without_sound(whole, tmp_path / f"lossy.{suffix}", begin, end)), detectors=["audio.lost"])
    assert [(f.opened_at, f.closed_at, f.reason) for f in report.findings] == [
        (pytest.approx(a, abs=0.1), pytest.approx(b, abs=0.1), why) for a, b, why in expected
    ]
