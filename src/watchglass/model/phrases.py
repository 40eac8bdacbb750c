"""Turns of speech that the sentences of several detectors share."""


def plural(count: int, noun: str) -> str:
    """``1 warning``, ``2 warnings``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def lasting(seconds: float) -> str:
    """``" for 1.2 s"``, or nothing for what was told at its first moment and has not lasted yet."""
    return f" for {seconds:.1f} s" if seconds >= 0.05 else ""
