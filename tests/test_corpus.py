"""Real clips: no crash, counts and durations as ffprobe has them, nothing critical in what is clean."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from watchglass.config.examine import Plan, examine
from watchglass.media.decode import DecodeOptions
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.finding import Severity
from watchglass.model.media import VideoFrame

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


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe, the second opinion, is not installed")
@pytest.mark.parametrize("row", rows())
def test_as_ffprobe_has_it(row):
    path = CORPUS / row["path"]
    pictures, duration = probed(path)
    with open_source(str(path), SourceOptions(decode=DecodeOptions(audio="all"))) as source:
        counted = sum(isinstance(item, VideoFrame) for item in source)
        assert counted == pictures
        if not row.get("known_defects") and duration is not None and source.duration is not None:
            assert source.duration == pytest.approx(duration, abs=SLACK)


@pytest.mark.parametrize("row", rows())
def test_nothing_critical_in_what_is_clean(row):
    report = examine(str(CORPUS / row["path"]), Plan(threads=1), lambda finding: None, lambda reached, whole: None)
    assert report.error is None
    if row.get("known_defects") or row["category"].startswith(DEFECTIVE):
        return
    grave = [f for f in report.findings if f.severity is Severity.CRITICAL and not measured(row, f)]
    assert [(f.detector, f.opened_at, f.closed_at, f.message) for f in grave] == []


def measured(row, finding):
    """Whether a finding meets a stretch that is known to be black, still or silent."""
    end = float("inf")
    spans = [span for kind in ("black", "static", "silence") for span in row.get(kind) or []]
    for span in spans:
        start, stop = (span["start"], span["end"]) if isinstance(span, dict) else span[:2]
        if finding.opened_at < (end if stop == "end" else float(stop)) and (finding.closed_at or end) > float(start):
            return True
    return False
