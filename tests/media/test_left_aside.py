"""What nobody asked to be watched is listed, and leaves a clean report clean."""

import io
import json

import av
import numpy as np
import pytest
from rich.console import Console

import watchglass
from watchglass.config.settings import Config
from watchglass.model.report import RunReport
from watchglass.reports import html, json_report, table, wording

SUBTITLES = "1\n00:00:00,000 --> 00:00:01,000\nGood evening.\n"


def clip(path, subtitles):
    """Two seconds of noise in picture and sound, two languages and, where given, subtitles."""
    rng = np.random.default_rng(4)
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        voices = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(2)]
        texts = container.add_stream_from_template(subtitles.streams.subtitles[0]) if subtitles else None
        if texts:
            for packet in subtitles.demux():
                if packet.size:
                    packet.stream = texts
                    container.mux(packet)
        for _ in range(50):
            frame = av.VideoFrame.from_ndarray(rng.integers(30, 220, (48, 64, 3)).astype(np.uint8), format="rgb24")
            container.mux(picture.encode(frame))
            for voice in voices:
                samples = rng.integers(-9000, 9000, (1, 320)).astype(np.int16)
                sound = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                sound.sample_rate = 8000
                container.mux(voice.encode(sound))
        container.mux(picture.encode())
    return path


@pytest.fixture
def subtitles(tmp_path):
    (tmp_path / "clip.srt").write_text(SUBTITLES)
    with av.open(str(tmp_path / "clip.srt")) as container:
        yield container


def test_subtitles_that_nobody_wants_are_listed_and_no_loss(tmp_path, subtitles):
    report = watchglass.check(str(clip(tmp_path / "clip.mkv", subtitles)), config=Config(captions="none"))
    [part] = report.coverage.not_watched
    assert "subtitle" in part.reason
    assert not part.is_loss
    assert report.coverage.is_complete
    assert wording.uncovered(report.coverage) == []
    [line] = wording.aside(report.coverage)
    assert line.startswith("Left aside: subtitles 0 (no language)")
    run = RunReport(files=(report,))
    [part] = json.loads(json_report.dumps(run))["coverage"]["not_watched"]
    assert part["loss"] is False
    assert "Left aside: subtitles 0" in html.render(run)
    assert "What this report does not say" not in html.render(run)
    console = Console(record=True, width=100, file=io.StringIO())
    table.show(run, console)
    assert "✓ Nothing found" in console.export_text()


def test_subtitles_that_are_watched_are_a_track(tmp_path, subtitles):
    report = watchglass.check(str(clip(tmp_path / "clip.mkv", subtitles)))
    assert [(track.id, track.codec) for track in report.tracks][-1] == ("captions:0", "srt")
    assert report.coverage.not_watched == ()


def test_neither_is_a_track_that_the_user_did_not_choose(tmp_path):
    report = watchglass.check(str(clip(tmp_path / "clip.mkv", None)), config=Config(audio="1"))
    [part] = report.coverage.not_watched
    assert part.track == "audio:0"
    assert report.coverage.is_complete
