"""Watches audio and video streams and tells what a viewer would call broken.

::

    import watchglass

    report = watchglass.check("programme.mp4")
    for finding in report.findings:
        print(finding.opened_at, finding.detector, finding.severity, finding.message)
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Before numpy is imported: its matrix products here are small, and threads would cost more than they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from watchglass.config.examine import check
    from watchglass.config.settings import Config, load_config
    from watchglass.media.source import SourceOptions, open_source
    from watchglass.model.detector import Detector, Settings, Status
    from watchglass.model.errors import WatchglassError
    from watchglass.model.finding import Event, Finding, Reading, Region, Severity
    from watchglass.model.gate import Gate
    from watchglass.model.media import AudioBlock, VideoFrame
    from watchglass.monitor.watch import watch

_HOMES = {
    "AudioBlock": "model.media",
    "Config": "config.settings",
    "Detector": "model.detector",
    "Event": "model.finding",
    "Finding": "model.finding",
    "Gate": "model.gate",
    "Reading": "model.finding",
    "Region": "model.finding",
    "Settings": "model.detector",
    "Severity": "model.finding",
    "SourceOptions": "media.source",
    "Status": "model.detector",
    "VideoFrame": "model.media",
    "WatchglassError": "model.errors",
    "check": "config.examine",
    "load_config": "config.settings",
    "open_source": "media.source",
    "watch": "monitor.watch",
}

__all__ = [
    "AudioBlock",
    "Config",
    "Detector",
    "Event",
    "Finding",
    "Gate",
    "Reading",
    "Region",
    "Settings",
    "Severity",
    "SourceOptions",
    "Status",
    "VideoFrame",
    "WatchglassError",
    "check",
    "load_config",
    "open_source",
    "watch",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Public names are imported on use: `watchglass --version` should not load a decoder."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
