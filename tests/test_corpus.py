"""Real clips: no crash, counts and durations as ffprobe has them, nothing critical in what is clean."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from proving.corpus import clips
from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.media.source import open_source
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.watch import watch

CORPUS = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere"))
SLACK = 0.12
"""Seconds: ffprobe 5 counts an encoder's priming samples and another end of an edit list than FFmpeg 8 does."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="WATCHGLASS_CORPUS names no folder of real clips"),
]


def probed(path):
    """Decoded pictures of the first picture track, and the seconds that the container declares."""
    shown = "stream=codec_type,nb_read_frames:stream_disposition=attached_pic:format=duration"
    command = ["ffprobe", "-v", "quiet", "-count_frames", "-show_entries", shown, "-of", "json", str(path)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout or "{}")
    pictures = [
        int(stream.get("nb_read_frames", 0))
        for stream in said.get("streams", [])
        if stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic")
    ]
    duration = said.get("format", {}).get("duration")
    return (pictures[0] if pictures else 0), None if duration is None else float(duration)


@pytest.mark.parametrize("real", [pytest.param(each, id=each.name) for each in clips(CORPUS)])
def test_a_real_clip(real):
    path = real.path
    frames, found = 0, {}

    def counted(source):
        nonlocal frames
        for item in source:
            frames += isinstance(item, VideoFrame)
            yield item

    with open_source(str(path)) as source:
        for seen in Context().weigh(watch(counted(source), crew(Config()))):
            if isinstance(seen, Finding):
                assert seen.detector != "monitor.detector_failed"
                found[seen.key] = seen
        declared = source.duration
    critical = [f for f in found.values() if f.severity is Severity.CRITICAL]
    grave = [f for f in critical if not real.excuses(f.opened_at, f.closed_at or float("inf"))]
    assert not real.is_clean or [(f.detector, f.opened_at, f.closed_at, f.message) for f in grave] == []
    if not shutil.which("ffprobe"):
        pytest.skip("ffprobe, the second opinion, is not installed")
    pictures, duration = probed(path)
    assert frames == pictures
    if real.is_clean and duration is not None and declared is not None:
        assert declared == pytest.approx(duration, abs=SLACK)
