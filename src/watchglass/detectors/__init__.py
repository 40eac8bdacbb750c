"""One file per defect. This list is the only registry: ids and where their classes live, imported on use."""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from watchglass.model.detector import Detector
from watchglass.model.errors import UsageError

CATALOGUE: dict[str, str] = {
    "video.freeze": "Freeze",
    "video.black": "Black",
    "video.solid_color": "SolidColor",
    "video.color_bars": "ColorBars",
    "video.border": "Border",
    "video.flash": "Flash",
    "video.levels": "Levels",
    "video.corrupt": "Corrupt",
    "video.block_corruption": "BlockCorruption",
    "video.combing": "Combing",
    "video.tearing": "Tearing",
    "video.blockiness": "Blockiness",
    "video.blur": "Blur",
    "video.noise": "Noise",
    "video.banding": "Banding",
    "video.stutter": "Stutter",
    "video.dead_pixel": "DeadPixel",
    "video.slate": "Slate",
    "audio.silence": "Silence",
    "audio.dropout": "Dropout",
    "audio.click": "Click",
    "audio.noise": "Noise",
    "audio.clipping": "Clipping",
    "audio.imbalance": "Imbalance",
    "audio.dc_offset": "DcOffset",
    "audio.phase": "Phase",
    "audio.mono": "Mono",
    "audio.test_tone": "TestTone",
    "audio.hum": "Hum",
    "audio.loudness": "Loudness",
    "audio.true_peak": "TruePeak",
    "audio.lost": "Lost",
    "sync.timestamps": "Timestamps",
    "captions.lost": "Lost",
    "captions.corrupt": "Corrupt",
    "transport.stall": "NothingArrives",
    "transport.playlist_stale": "PlaylistStale",
    "transport.playlist_invalid": "PlaylistInvalid",
    "transport.mpd_invalid": "MpdInvalid",
    "transport.ladder": "Ladder",
    "transport.segment_failed": "SegmentFailed",
    "transport.segment_slow": "SegmentSlow",
    "transport.ts_sync_loss": "TsSyncLoss",
    "transport.ts_sync_byte": "TsSyncByte",
    "transport.ts_pat": "TsPat",
    "transport.ts_continuity": "TsContinuity",
    "transport.ts_pmt": "TsPmt",
    "transport.ts_pid": "TsPid",
    "transport.ts_programme": "TsProgramme",
    "transport.ts_transport_error": "TsTransportError",
    "transport.ts_crc": "TsCrc",
    "transport.ts_pcr_repetition": "TsPcrRepetition",
    "transport.ts_pcr_discontinuity": "TsPcrDiscontinuity",
    "transport.ts_pts": "TsPts",
    "transport.ts_cat": "TsCat",
}
"""Detector id to class name; the id is the path of the module."""


def foreign() -> dict[str, str]:
    """Detectors of other packages: id to ``module:Class``, from the entry point group ``watchglass.detectors``."""
    return {point.name: point.value for point in entry_points(group="watchglass.detectors")}


def known() -> list[str]:
    """All ids, ours first."""
    return [*CATALOGUE, *(name for name in foreign() if name not in CATALOGUE)]


def broken() -> dict[str, str]:
    """Detectors of other packages that cannot be used, and why: they must not cost the others."""
    reasons = {}
    for name in known():
        if name not in CATALOGUE:
            try:
                load(name)
            except UsageError as exc:
                reasons[name] = str(exc)
    return reasons


def load(name: str) -> type[Detector[Any]]:
    """The class of a detector.

    Raises:
        UsageError: There is no such detector, or the foreign one cannot be imported or breaks the contract.
    """
    if name in CATALOGUE:
        module, class_name = f"{__name__}.{name}", CATALOGUE[name]
    elif value := foreign().get(name):
        module, _, class_name = value.partition(":")
    else:
        raise UsageError(f"there is no detector {name!r}; `watchglass detectors` lists them")
    try:
        found = getattr(import_module(module), class_name)
    except (ImportError, AttributeError) as exc:
        raise UsageError(f"detector {name!r} cannot be loaded from {module}: {exc}") from exc
    if not (isinstance(found, type) and issubclass(found, Detector)) or found.name != name:
        raise UsageError(f"{module}:{class_name} does not implement the contract of detector {name!r}")
    for reading, bound in found.limits.items():
        if bound.setting not in found.settings_type.model_fields:
            raise UsageError(f"detector {name!r}: the limit of {reading!r} is no setting: {bound.setting!r}")
    return found
