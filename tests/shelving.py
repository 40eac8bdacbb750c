"""Readings kept as ``watchglass serve`` keeps them, an hour of some seconds at a time."""

from pathlib import Path

from making import clip, flat, noise
from watchglass.config.build import crew
from watchglass.config.examine import Plan
from watchglass.config.keep import header
from watchglass.media.source import open_source
from watchglass.model.finding import Finding
from watchglass.model.media import VideoFrame
from watchglass.model.report import FileReport
from watchglass.model.stored import End
from watchglass.monitor.context import Context
from watchglass.monitor.record import Record
from watchglass.monitor.watch import watch
from watchglass.store.archive import Kept
from watchglass.store.shelf import Shelf

BEGIN = 1_764_378_000.0
"""2025-11-29T01:00:00Z."""
RUN = f"{BEGIN:.6f}"
HOUR = 3_600.0


def broken(path: Path) -> Path:
    """Motion, a freeze from 3 to 6 s, motion, black from 8 to 10.4 s, motion; a tone all the while."""
    moving, black = noise(), flat((16, 128, 128))
    still = moving(0)

    def picture(n):
        return still if 75 <= n < 150 else black(n) if 200 <= n < 260 else moving(n)

    return clip(path, seconds=14.0, picture=picture, audio=("aac",))


def keep(media: Path, folder: Path, *, hour: float = 1e9, stream: str = "news", run: str = RUN) -> FileReport:
    """Watch it, and keep what is observed; what was found. ``hour`` in seconds of media time."""
    plan = Plan()
    record, context = Record("clip", run=run), Context()
    shelf = Shelf(folder, stream, header(plan, "clip", run), BEGIN)

    def hearing(items):
        for item in items:
            if isinstance(item, VideoFrame):
                shelf.reached(BEGIN + item.pts / hour * HOUR)
            yield item

    with open_source(str(media), plan.options(is_live=True)) as source:
        for seen in context.weigh(watch(shelf.watching(hearing(source)), crew(plan.config))):
            shelf.add(seen)
            record.add(seen)
            assert not isinstance(seen, Finding) or seen.told_at >= 0.0
    record.watched(shelf.end)
    shelf.close(End(shelf.end, "ended"))
    assert shelf.trouble == ""
    return record.report(duration=shelf.end)


def judged(kept: Kept) -> FileReport:
    """The same once more, without the media."""
    from watchglass.config.rejudge import again

    plan = again(kept, None, ())
    return plan.report([plan.judge(name) for name in plan.names])
