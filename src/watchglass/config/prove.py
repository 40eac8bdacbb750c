"""Keeping the proof of a finding: its clip, a strip of pictures and the facts, in a folder of its own."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from watchglass import __version__
from watchglass.media.clip import Clip, write_clip
from watchglass.media.ring import PacketRing
from watchglass.media.thumbnails import Strip, strip
from watchglass.model.errors import EvidenceError
from watchglass.monitor.proof import Job
from watchglass.store.evidence import EvidenceFolder

SCHEMA = "watchglass.evidence/1"
"""Changes only when a reader of the old form would misread the new."""
CLIP, VIEW, STRIP, FACTS = "clip.mp4", "view.mp4", "strip.jpg", "facts.json"


def prove(
    job: Job,
    ring: PacketRing,
    folder: EvidenceFolder,
    stream: str,
    versions: Mapping[str, str],
    *,
    is_sound: bool = False,
) -> Clip:
    """Write what there is to see and to know of a finding.

    ``clip.*`` is as it came. Where a browser would stop at what is damaged, ``view.mp4`` beside it is without that.

    Args:
        job: What is to be shown.
        ring: The last seconds of the stream.
        folder: Where proof is kept.
        stream: What the stream is called (secrets removed).
        versions: Detectors, with the versions of the packages that they come from.
        is_sound: Nothing of it came damaged; then it costs a third.

    Raises:
        EvidenceError: It cannot be kept; then there is nothing of it.
    """
    with folder.keeping(job.incident) as draft:
        clip = write_clip(ring, draft.path / CLIP, job.start, job.stop, moment=job.moment, is_sound=is_sound)
        view: Clip | None = None
        if clip.stops_at is not None:
            with suppress(EvidenceError):  # the one that is as it came is what counts
                view = write_clip(ring, draft.path / VIEW, job.start, job.stop, moment=job.moment, without_damaged=True)
        pictures = strip(clip, job.moment)
        if pictures is not None:
            draft.write(STRIP, pictures.jpeg)
        draft.write(FACTS, json.dumps(_facts(job, stream, versions, clip, view, pictures), indent=1).encode())
    return clip


def _facts(
    job: Job, stream: str, versions: Mapping[str, str], clip: Clip, view: Clip | None, pictures: Strip | None
) -> dict[str, Any]:
    """All that is known; times in seconds of media time."""
    finding = asdict(job.finding)
    return {
        "schema": SCHEMA,
        "incident": job.incident,
        "stream": stream,
        "finding": finding | {"severity": str(job.finding.severity), "event": str(job.finding.event)},
        "asked": {"start": job.start, "stop": job.stop},
        "clip": _clip(clip),
        "view": None if view is None else _clip(view),
        "strip": None
        if pictures is None
        else {"file": STRIP, "times": pictures.times, "width": pictures.width, "height": pictures.height},
        "versions": {"watchglass": __version__, "av": version("av"), "detectors": dict(versions)},
    }


def _clip(clip: Clip) -> dict[str, Any]:
    return {
        "file": clip.path.name,
        "start": clip.start,
        "stop": clip.stop,
        "bytes": clip.bytes,
        "is_playable": clip.is_playable,
        "reason": clip.reason,
        "stops_at": clip.stops_at,
        "left_out": clip.left_out,
        "tracks": [asdict(track) for track in clip.tracks],
    }
