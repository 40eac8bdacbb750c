"""How times, values and hostile text are written for people."""

import math
import unicodedata

from watchglass.model.difference import Changed, Differences
from watchglass.model.finding import Finding, Severity
from watchglass.model.media import Track
from watchglass.model.phrases import plural
from watchglass.model.report import Coverage, FileReport, Unwatched

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Unicode categories that do not show and may deceive: controls, direction marks, half surrogates."""


def clean(text: str) -> str:
    """Text of unknown origin on one line, without what would steer a terminal or turn the writing direction."""
    shown = "".join(" " if c in "\n\t\r" else c if unicodedata.category(c) not in _HIDDEN else "\ufffd" for c in text)
    return shown.strip()


def clock_time(seconds: float) -> str:
    """Media time as ``h:mm:ss.mmm``."""
    sign, ms = ("-" if seconds < -0.0005 else ""), round(abs(seconds) * 1000)
    minutes, ms = divmod(ms, 60_000)
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"


def length(seconds: float) -> str:
    """A length for people: ``40 ms``, ``2.40 s``, ``3 min 12 s``, ``2 h 05 min``."""
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"


def words(name: str) -> str:
    """``black_share`` as ``Black share``."""
    text = clean(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def title(detector: str) -> str:
    """The name of a detector for people: ``audio.true_peak`` as ``True peak``."""
    return words(detector.rpartition(".")[2])


def number(value: float) -> str:
    """A value with as many digits as people read: ``-23.1``, ``0.045``, ``1,250``."""
    if value != 0.0 and abs(value) < 0.1:
        return f"{value:.2g}"
    text = f"{value:,.1f}"
    return text.removesuffix(".0")


def quantity(value: float, unit: str) -> str:
    """A value with its unit; a share of the whole in per cent."""
    if not math.isfinite(value):
        return "not measurable"
    if unit == "dBFS" and value <= -200.0:
        return "digital silence"
    if unit == "1":
        return f"{number(100.0 * value)} %" if 0.0 <= value <= 1.0 else number(value)
    return f"{number(value)} {clean(unit)}"


def short_name(source: str) -> str:
    """The last part of a path or an address, without its query."""
    text = clean(source)
    if "://" in text:
        text = text.partition("?")[0]
    return text.rstrip("/").rpartition("/")[2] or text


def verdict(file: FileReport) -> str:
    """What is to be said about a file, in one sentence."""
    if file.error is not None and not file.findings:
        return f"Could not be read: {clean(file.error)}"
    counts = [
        (file.count(Severity.CRITICAL), "critical defect"),
        (file.count(Severity.WARNING), "warning"),
        (file.count(Severity.INFO), "note"),
    ]
    told = [plural(count, noun) for count, noun in counts if count]
    said = join(told) if told else "Nothing found"
    if file.error is not None:
        return f"{said}, until it could not be read further: {clean(file.error)}"
    return f"{said}; not everything was watched" if not file.coverage.is_complete else said


def join(parts: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def span(finding: Finding) -> str:
    """From when to when."""
    if finding.closed_at is None:
        return f"{clock_time(finding.opened_at)} – open"
    return f"{clock_time(finding.opened_at)} – {clock_time(finding.closed_at)}"


def lasted(finding: Finding) -> str:
    """How long; for one that is open, how long at least."""
    if finding.closed_at is None:
        return f"at least {length(max(0.0, finding.told_at - finding.opened_at))}"
    return length(finding.closed_at - finding.opened_at)


def confidence(finding: Finding) -> str:
    """How sure the detector is, in whole per cent, never torn apart at the end of a line."""
    return f"{finding.confidence:.0%}".replace("%", "\u00a0%")


def explanation(finding: Finding) -> str:
    """Which other finding is the cause, or nothing."""
    return f"explained by {clean(finding.explained_by)}" if finding.explained_by else ""


def format_of(track: Track) -> str:
    """What a track is, in a line: ``h264, 1920 x 1080, 25 fps``."""
    facts = dict(track.facts)
    parts = [clean(track.codec)]
    if "width" in facts and "height" in facts:
        parts.append(f"{facts.pop('width')} × {facts.pop('height')}")
    if isinstance(rate := facts.pop("frame_rate", None), int | float) and rate:
        parts.append(f"{rate:g} fps")
    if isinstance(rate := facts.pop("rate", None), int | float):
        parts.append(f"{rate / 1000:g} kHz")
    if (layout := facts.pop("layout", None)) is not None:
        parts.append(clean(str(layout)))
        facts.pop("channels", None)
    elif (channels := facts.pop("channels", None)) is not None:
        parts.append(plural(int(channels), "channel"))
    unremarkable = {"sdr", "unknown", "0", "0.0", "False", ""}
    parts += [f"{words(k).lower()} {clean(str(v))}" for k, v in facts.items() if str(v) not in unremarkable]
    return ", ".join(part for part in parts if part)


def not_watched(part: Unwatched) -> str:
    """What was not watched, and why, in a line."""
    what = [clean(who) for who in (part.detector, part.track) if who]
    when = clock_time(part.start) if part.end is None else f"{clock_time(part.start)} – {clock_time(part.end)}"
    if part.end is None and part.start > 0.0:
        when = f"from {when}"
    elif part.end is None:
        when = ""
    amount = [length(part.seconds)] if part.seconds else []
    amount += [f"{part.count:,} times"] if part.count > 1 else []
    inner = "; ".join(text for text in (when, ", ".join(amount)) if text)
    return f"{' on '.join(what) + ': ' if what else ''}{clean(part.reason)}{f' ({inner})' if inner else ''}"


def aside(coverage: Coverage) -> list[str]:
    """A line for each thing that nobody asked to be watched."""
    return [f"Left aside: {not_watched(part)}" for part in coverage.not_watched if not part.is_loss]


def uncovered(coverage: Coverage) -> list[str]:
    """A line for each thing that was to be watched and was not, or is not told."""
    lines = [f"Not watched: {not_watched(part)}" for part in coverage.not_watched if part.is_loss]
    if coverage.findings_left_out:
        lines.append(f"Not told: {plural(coverage.findings_left_out, 'further finding')}")
    return lines


def compared(differences: Differences) -> str:
    """What differs from then, in one sentence."""
    counts = [
        (len(differences.new), "new"),
        (len(differences.gone), "gone"),
        (len(differences.changed), "changed"),
    ]
    told = [f"{count:,} {word}" for count, word in counts if count]
    return f"Against what was found then: {join(told) if told else 'no difference'}"


def differing(differences: Differences, *, several: bool) -> list[str]:
    """A line for each difference: ``+`` new, ``-`` gone, ``~`` changed, and how; by time.

    Args:
        differences: From what was found then.
        several: Name the track in each line.
    """

    def line(mark: str, finding: Finding, how: str) -> tuple[float, str]:
        track = f" on {clean(finding.track)}" if several and finding.track else ""
        return finding.opened_at, f"{mark} {span(finding)}  {clean(finding.detector)}{track}  {how}"

    lines = [line("+", each, f"{each.severity}: {clean(each.message)}") for each in differences.new]
    lines += [line("-", each, f"was {each.severity}: {clean(each.message)}") for each in differences.gone]
    lines += [line("~", each.now, _change(each)) for each in differences.changed]
    return [text for _, text in sorted(lines, key=lambda pair: pair[0])]


def _change(changed: Changed) -> str:
    """What is another than then, the most telling first."""
    then, now, what = changed.then, changed.now, changed.what
    parts = [f"{then.severity} -> {now.severity}"] if "severity" in what else []
    parts += [f"was {span(then)}"] if {"opened_at", "closed_at"} & set(what) else []
    if "explained_by" in what:
        parts.append(f"{explanation(then) or 'not explained'} -> {explanation(now) or 'not explained'}")
    return "; ".join(parts) or f"another {join([words(name).lower() for name in what])}"
