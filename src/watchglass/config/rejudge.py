"""Stored readings judged again: with which detectors and settings, and the report that comes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from watchglass.config.build import chosen, crew
from watchglass.config.settings import PROFILES, Config
from watchglass.detectors import known, load
from watchglass.model.difference import differences
from watchglass.model.errors import UsageError
from watchglass.model.finding import Finding
from watchglass.model.media import NotWatched
from watchglass.model.report import FileReport, FindingKey
from watchglass.model.stored import Header
from watchglass.model.units import Shapes
from watchglass.monitor.context import Context
from watchglass.monitor.record import Record
from watchglass.monitor.rejudge import Judged, Story, judge, observations
from watchglass.monitor.watch import FAILED

if TYPE_CHECKING:
    from watchglass.store.archive import Kept

CUT_OFF = "the readings were cut off here: what came after is not known"


@dataclass(frozen=True, slots=True)
class Again:
    """How to judge what is kept of an input.

    Make it with ``again``, which refuses what cannot be.
    """

    kept: "Kept"
    config: Config
    names: tuple[str, ...]
    """Detectors, in the order of the catalogue."""
    start: float = 0.0
    stop: float | None = None
    draws: bool = False
    """True to have curves of the readings in the report."""
    skims: bool = True
    by_config: bool = False
    """True if the configuration chose the detectors."""

    @property
    def story(self) -> Story:
        """What happened meanwhile."""
        return Story(self.kept.happenings(), self.start, self.stop)

    def judge(self, name: str, progress: Callable[[int], None] = lambda rows: None) -> Judged:
        """What one of the detectors says; ``progress`` is told how many readings have passed."""

        def batches() -> Any:
            for columns in self.kept.readings(name):
                yield columns
                progress(len(columns))

        hire = crew(self.config, [name])
        number = self.names.index(name)
        return judge(name, number, batches(), self.story, hire, draws=self.draws, skims=self.skims)

    def report(self, judged: Sequence[Judged], tell: Callable[[Finding], None] = lambda finding: None) -> FileReport:
        """The report as ``check`` makes it, and how it differs from what was found then."""
        story, header, context = self.story, self.kept.header, Context()
        record = Record(header.source, run=header.run)
        for seen in context.weigh(observations(story, judged, self.names)):
            record.add(seen)
            if isinstance(seen, Finding):
                tell(seen)
        for one in judged:
            for key, binner in one.curves.items():
                record.draw(key, binner)
        end = story.end
        if end is None:
            record.add(NotWatched(record.end, CUT_OFF))
        else:
            record.watched(story.pts(end.pts))
            if end.how == "unwatched":
                for finding in context.unwatched(story.pts(end.pts)):
                    record.add(finding)
        start, stop = max(self.start, header.start), self.stop if self.stop is not None else header.stop
        return record.report(
            duration=end.duration if end else None,
            asked=(start, stop) if start or stop is not None else None,
            error=end.error if end else None,
            compared=lambda found: differences(self._then(story), found),
        )

    def _then(self, story: Story) -> list[Finding]:
        """The last that was told of each finding then, of what is judged now."""
        last: dict[FindingKey, Finding] = {}
        for _, what in story.happened:
            if isinstance(what, Finding) and (what.reason if what.detector == FAILED else what.detector) in self.names:
                last[what.key] = what
        return [each for each in last.values() if self._counts(each)]

    def _counts(self, finding: Finding) -> bool:
        end = float("inf") if finding.closed_at is None else finding.closed_at
        return end >= self.start and (self.stop is None or finding.opened_at < self.stop)


def again(kept: "Kept", config: Config | None, names: Sequence[str], **options: Any) -> Again:
    """How to judge an input again.

    Args:
        kept: The input.
        config: Settings; those of then where not given.
        names: Detectors, as ``build.chosen`` takes them; those of ``config``, else all that measured where empty.
        **options: Further fields of ``Again``.

    Raises:
        UsageError: What is wanted needs the media, or a detector that is not there.
    """
    by_config = bool(config and not names)
    names = _names(kept, names or (config.watch if config else ()))
    header = kept.header
    judged_by = config.detectors if config else {}
    tables: dict[str, dict[str, Any]] = {}
    for name in names:
        family, _, defect = name.partition(".")
        wanted = judged_by.get(family, {}).get(defect, {})
        tables.setdefault(family, {})[defect] = _settings(name, header, wanted, keeps=config is None)
    base = config or _config_of(header)
    return Again(kept, base.model_copy(update={"detectors": tables}), tuple(names), by_config=by_config, **options)


def _names(kept: "Kept", names: Sequence[str]) -> list[str]:
    measured, installed = kept.detectors, known()
    if names:
        wanted = chosen(names)
        lacking = [name for name in names if name in wanted and name not in measured]
        if lacking or not set(wanted) & set(measured):
            raise UsageError(
                f"there are no readings of {', '.join(lacking or wanted)} of {kept.header.source}; there are of "
                f"{', '.join(measured) or 'none'}"
            )
        return [name for name in wanted if name in measured]
    absent = [name for name in measured if name not in installed]
    if absent:
        raise UsageError(
            f"{', '.join(absent)} measured {kept.header.source} and is not installed here; install its package, or "
            "leave it out with --detectors all"
        )
    return [name for name in installed if name in measured]


def _settings(name: str, header: Header, wanted: Mapping[str, Any], *, keeps: bool) -> dict[str, Any]:
    """Settings to judge by: as wanted or as then; those of the measurement always as then."""
    fields = load(name).settings_type.model_fields
    then = {key: value for key, value in header.settings.get(name, {}).items() if key in fields}
    measured = {key for key, field in fields.items() if Shapes("measurement") in field.metadata}
    for key in sorted(measured & wanted.keys() & then.keys()):
        if wanted[key] != then[key]:
            raise UsageError(
                f"detectors.{name}.{key} = {wanted[key]}: it shapes the measurement, which was made with {then[key]} "
                "and cannot be made again without the media; check them again, or leave it as it was"
            )
    judged_by = then if keeps else {**wanted, **{key: then[key] for key in measured & then.keys()}}
    try:
        load(name).settings_type(**judged_by)
    except ValidationError as exc:
        what = exc.errors()[0]
        raise UsageError(f"detectors.{name}.{what['loc'][0]} of {header.source}: {what['msg']} by now") from exc
    return judged_by


def _config_of(header: Header) -> Config:
    if header.delivery is None:
        return Config()
    if header.delivery.name not in PROFILES:
        raise UsageError(f"{header.source} was judged by the delivery profile {header.delivery.name!r}, unknown here")
    return Config.model_validate({"delivery": {"profile": header.delivery.name}})
