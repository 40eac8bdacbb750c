"""The program, whole: open a source, watch it with detectors, hand on what they say, and keep the record."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from os import cpu_count
from pathlib import Path

from watchglass.config.build import chosen, crew
from watchglass.config.keep import keeper
from watchglass.config.settings import Config
from watchglass.media.decode import DecodeOptions
from watchglass.media.pulse import Pulse
from watchglass.media.ring import PacketRing
from watchglass.media.samples import BLOCK, FILE_BLOCK
from watchglass.media.source import SourceOptions, open_source
from watchglass.model.attention import Attention
from watchglass.model.errors import SourceError, WatchglassError
from watchglass.model.finding import Finding
from watchglass.model.report import FileReport
from watchglass.model.stored import End
from watchglass.monitor.context import Context
from watchglass.monitor.evidence import Evidence
from watchglass.monitor.promotion import Promotion
from watchglass.monitor.record import Record
from watchglass.monitor.roster import Roster
from watchglass.monitor.watch import watch
from watchglass.net.address import redact_target

Tell = Callable[[Finding], None]
Progress = Callable[[float, float | None], None]
"""Takes media time reached and duration, both in seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to examine a file."""

    config: Config = field(default_factory=Config)
    detectors: tuple[str, ...] = ()
    """As ``build.chosen`` takes them; what the configuration says where empty."""
    with_evidence: bool = False
    """Gather what a page shows: pictures, curves and sound of each finding, outlines of the tracks."""
    start: float = 0.0
    stop: float | None = None
    threads: int = 0
    """Threads of the video decoder; 0 for all cores."""
    light: bool = False
    """Decode only the key frames of the picture, and all of it where something looks wrong."""
    source: SourceOptions = field(default_factory=SourceOptions)
    parts: Path | None = None
    """Folder in which readings are kept."""
    number: int = 0
    """Of the input among those of the run."""

    def options(
        self,
        *,
        is_live: bool = False,
        attention: Attention | None = None,
        ring: PacketRing | None = None,
        pulse: Pulse | None = None,
    ) -> SourceOptions:
        """The options of the source that this plan asks for.

        Args:
            is_live: What comes is to be told at once.
            attention: What it is to go by, if anything.
            ring: Where it keeps its last packets, if anywhere.
            pulse: Is told when it is at work.
        """
        decode = DecodeOptions(
            max_pixels=self.config.limits.max_pixels,
            audio=self.config.audio,
            captions=self.config.captions,
            block=BLOCK if is_live else FILE_BLOCK,
            threads=1 if is_live else self.threads or cpu_count() or 1,
            start=self.start,
            stop=self.stop,
            attention=attention,
            ring=ring,
            pulse=pulse,
        )
        return replace(self.source, decode=decode, rendition=self.config.rendition)


def spare_collector() -> None:
    """Collect garbage rarely: readings are many, short-lived and in no cycles."""
    gc.set_threshold(50_000, 20, 100)


def examine(target: str, plan: Plan, tell: Tell, progress: Progress) -> FileReport:
    """Examine one file or on-demand address from beginning to end.

    What cannot be read becomes the report's ``error``; what was watched until then still counts.
    """
    record, context = Record(redact_target(target), run="check"), Context()
    roster = Roster(chosen(plan.detectors or plan.config.watch), crew(plan.config, plan.detectors))
    evidence = Evidence(roster) if plan.with_evidence else Evidence(most=0)
    keeping = keeper(plan, redact_target(target), "check")
    attention = Attention() if plan.light else None
    promotion = None if attention is None else Promotion(attention)
    duration: float | None = None
    error: str | None = None
    counted = 0
    try:
        with open_source(target, plan.options(attention=attention)) as source:
            if source.is_live:
                raise SourceError(f"{redact_target(target)}: is live and has no end; `watchglass watch` follows it")
            items = evidence.watching(source) if keeping is None else keeping.watching(evidence.watching(source))
            weighed = context.weigh(watch(items, roster))
            for seen in weighed if promotion is None else promotion.watching(weighed):
                record.add(seen)
                evidence.add(seen)
                if keeping is not None:
                    keeping.add(seen)
                if isinstance(seen, Finding):
                    tell(seen)
                counted += 1
                if counted % 256 == 0:
                    progress(evidence.end, source.duration)
            duration = source.duration
    except WatchglassError as exc:
        error = str(exc)
    record.watched(evidence.end)
    if keeping is not None:
        keeping.close(End(evidence.end, "failed" if error else "ended", error, duration))
    return record.report(
        duration=duration,
        asked=(plan.start, plan.stop) if plan.start or plan.stop is not None else None,
        error=error,
        waveforms=evidence.waveforms,
        exhibits=evidence.exhibits,
        duties=roster.duties,
    )


def check(
    target: str, *, config: Config | None = None, detectors: Sequence[str] = (), with_evidence: bool = False
) -> FileReport:
    """Examine a file or on-demand address: the call for scripts.

    Args:
        target: A path or a URL.
        config: Settings; the defaults where not given.
        detectors: Ids, families, ``default`` or ``all``.
        with_evidence: Also gather what ``reports.html`` shows of each finding.

    Returns:
        The report; its ``error`` says why where the input could not be read.

    Raises:
        UsageError: There is no such detector.
    """
    plan = Plan(config=config or Config(), detectors=tuple(detectors), with_evidence=with_evidence)
    return examine(target, plan, lambda finding: None, lambda reached, whole: None)
