"""Real clips: no crash, counts and durations as ffprobe has them, nothing critical in what is clean."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from watchglass.config.build import crew
from watchglass.config.settings import Config
from watchglass.media.source import open_source
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.watch import watch

CORPUS = Path(os.environ.get("WATCHGLASS_CORPUS", "nowhere"))
DEFECTIVE = ("defect-", "raw-es", "flash", "test-pattern", "static-black")
"""Categories that are not clean content, as the corpus' own README has it."""
SLACK = 0.12
"""Seconds: ffprobe 5 counts an encoder's priming samples and another end of an edit list than FFmpeg 8 does."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="WATCHGLASS_CORPUS names no folder of real clips"),
]


def rows():
    manifest = CORPUS / "manifest.jsonl"
    lines = manifest.read_text().splitlines() if manifest.is_file() else []
    found = [row for row in map(json.loads, lines) if row["path"].startswith("av/")]
    return [pytest.param(row, id=Path(row["path"]).name) for row in found]


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


@pytest.mark.parametrize("row", rows())
def test_a_real_clip(row):
    path = CORPUS / row["path"]
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
    is_clean = not row.get("known_defects") and not row["category"].startswith(DEFECTIVE)
    grave = [f for f in found.values() if f.severity is Severity.CRITICAL and not measured(row, f)]
    assert not is_clean or [(f.detector, f.opened_at, f.closed_at, f.message) for f in grave] == []
    if not shutil.which("ffprobe"):
        pytest.skip("ffprobe, the second opinion, is not installed")
    pictures, duration = probed(path)
    assert frames == pictures
    if is_clean and duration is not None and declared is not None:
        assert declared == pytest.approx(duration, abs=SLACK)


def measured(row, finding):
    """Whether a finding meets a stretch that is known to be black, still or silent."""
    end = float("inf")
    spans = [span for kind in ("black", "static", "silence") for span in row.get(kind) or []]
    for span in spans:
        start, stop = (span["start"], span["end"]) if isinstance(span, dict) else span[:2]
        if finding.opened_at < (end if stop == "end" else float(stop)) and (finding.closed_at or end) > float(start):
            return True
    return False
