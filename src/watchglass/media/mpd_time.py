"""Durations and dates as manifests write them (ISO 8601, XML Schema part 2, 3.2.6 and 3.2.7)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DURATION = re.compile(
    r"P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:[.,]\d{0,12})?)S)?)?"
)
_SECONDS = (365 * 86_400.0, 30 * 86_400.0, 86_400.0, 3_600.0, 60.0, 1.0)


def duration(text: str) -> float | None:
    """Seconds of a duration such as ``PT1H2.5S``; None if it is none.

    Years and months are taken as 365 and 30 days, as players do: the schema advises against them.
    """
    told = _DURATION.fullmatch(text.strip())
    if told is None or not any(told.groups()):
        return None
    parts = (float((part or "0").replace(",", ".")) for part in told.groups())
    return sum(part * unit for part, unit in zip(parts, _SECONDS, strict=True))


def moment(text: str) -> float | None:
    """UTC in seconds since 1970 of a date such as ``2026-01-01T00:00:00Z``, without a zone taken as UTC; else None."""
    try:
        when = datetime.fromisoformat(text.strip()[:64])
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def http_date(text: str) -> float | None:
    """UTC in seconds since 1970 of a ``Date`` header (RFC 9110, 5.6.7); None if it is none."""
    try:
        return parsedate_to_datetime(text[:64]).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
