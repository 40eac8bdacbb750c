"""Turns of speech and ways of writing that several rooms share."""

from datetime import UTC, datetime


def plural(count: int, noun: str) -> str:
    """``1 warning``, ``2 warnings``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def lasting(seconds: float) -> str:
    """``" for 1.2 s"``, or nothing for what was told at its first moment and has not lasted yet."""
    return f" for {seconds:.1f} s" if seconds >= 0.05 else ""


def utc_time(seconds: float) -> str:
    """UTC in ISO 8601 with milliseconds: ``2026-11-23T02:35:36.120Z``."""
    return datetime.fromtimestamp(round(seconds, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
