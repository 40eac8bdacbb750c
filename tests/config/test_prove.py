"""From a stream that is watched to a folder of proof."""

import json
import math
from pathlib import Path

import av
import numpy as np
import pytest

from making import clip, flat, noise
from watchglass.config.build import crew
from watchglass.config.prove import prove
from watchglass.config.settings import Config
from watchglass.media.decode import DecodeOptions
from watchglass.media.ring import PacketRing
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.errors import EvidenceError
from watchglass.model.finding import Event, Finding
from watchglass.monitor.context import Context
from watchglass.monitor.proof import Proof
from watchglass.monitor.watch import watch
from watchglass.store.evidence import EvidenceFolder


def watched(path: Path, folder: EvidenceFolder) -> list[str]:
    """Watch a file as a live stream would be, and keep proof meanwhile; the incidents."""
    ring, proof, context, made = PacketRing(), Proof(), Context(), list[str]()

    def cut(jobs):
        for job in jobs:
            prove(job, ring, folder, "news", {"video.black": "1"})
            made.append(job.incident)

    with open_source(str(path), SourceOptions(decode=DecodeOptions(ring=ring))) as source:

        def items():
            for item in source:
                if not math.isinf(item.pts):
                    cut(proof.due(item.pts))
                yield item

        for seen in context.weigh(watch(items(), crew(Config(), ("video.black", "audio.silence")))):
            if isinstance(seen, Finding):
                proof.take(seen, seen.identity("news", "run"))
    cut(proof.finish())
    return made


def test_black_is_proven(tmp_path: Path) -> None:
    moving, black = noise(), flat((16, 128, 128))
    path = clip(
        tmp_path / "a.ts",
        seconds=26.0,
        gop=25,
        audio=("aac",),
        picture=lambda n: (black if 375 <= n < 450 else moving)(n),
    )
    folder = EvidenceFolder(tmp_path / "evidence", least_free=0)
    [incident] = watched(path, folder)
    assert set(folder.files(incident)) == {"clip.mp4", "strip.jpg", "facts.json"}
    with folder.open(incident, "facts.json") as file:
        facts = json.load(file)
    opened_at, start = facts["finding"]["opened_at"], facts["clip"]["start"]
    assert facts["schema"] == "watchglass.evidence/1"
    assert (facts["finding"]["detector"], facts["finding"]["severity"]) == ("video.black", "critical")
    assert opened_at == pytest.approx(15.02, abs=0.05)
    assert start == pytest.approx(opened_at - 10.0, abs=1.0)
    assert facts["clip"]["is_playable"]
    assert facts["clip"]["left_out"] == []
    assert facts["strip"]["times"][2] == pytest.approx(opened_at, abs=0.05)
    with av.open(str(folder.root / incident / "clip.mp4")) as container:
        bright = {start + frame.time: frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)}
    assert {at for at, mean in bright.items() if mean < 20} == {
        at for at in bright if opened_at - 1e-3 <= at < opened_at + 3.0 - 1e-3
    }
    with av.open(str(folder.root / incident / "strip.jpg")) as container:
        strip = next(container.decode(video=0)).to_ndarray(format="gray")
    dark = [strip[:, 320 * n : 320 * n + 320].mean() < 20 for n in range(6)]
    assert dark == [False, False, True, True, False, False]
    assert np.isfinite(facts["clip"]["stop"])


def test_what_is_no_more_leaves_nothing(tmp_path: Path) -> None:
    folder, proof = EvidenceFolder(tmp_path / "evidence", least_free=0), Proof()
    proof.take(Finding(event=Event.OPENED, detector="video.black", track="video:0", opened_at=5.0, told_at=6.0), "abc")
    [job] = proof.finish()
    with pytest.raises(EvidenceError, match="there is nothing of these seconds any more, or not yet"):
        prove(job, PacketRing(), folder, "news", {})
    assert list(folder.root.iterdir()) == []
