"""What `watchglass.toml` may say: one tree, unknown keys forbidden."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from watchglass.detectors import known, load
from watchglass.model.detector import Delivery, Settings
from watchglass.model.errors import ConfigError

PROFILES = {
    "ebu-r128": Delivery("ebu-r128", loudness=-23.0, loudness_tolerance=1.0, true_peak=-1.0),
    "atsc-a85": Delivery("atsc-a85", loudness=-24.0, loudness_tolerance=2.0, true_peak=-2.0),
    "streaming": Delivery("streaming", loudness=-15.0, loudness_tolerance=1.5, true_peak=-1.0),
}
"""Delivery profiles: EBU R 128, ATSC A/85, and the -16 to -14 LUFS that streaming services ask for (AES TD1008)."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DeliveryTable(_Table):
    """The delivery profile that levels are judged against; without one they are only measured."""

    profile: Literal["ebu-r128", "atsc-a85", "streaming"]


class LimitsTable(_Table):
    """What is refused."""

    max_pixels: int = Field(8192 * 4320, ge=1)
    """The largest picture that is decoded, in pixels."""


class Config(_Table):
    """The whole of `watchglass.toml`."""

    watch: list[str] = ["default"]
    """Detector ids, or `default` (the stable ones) or `all` (previews, too)."""
    fail_on: Literal["info", "warning", "critical", "never"] = "warning"
    """Severity from which the exit code is 1."""
    rendition: str = Field("best", pattern=r"^(best|worst|[1-9][0-9]{1,4})$")
    """`best`, `worst` or a height in pixels, where a stream offers several renditions."""
    audio: str = "all"
    """`all`, `none`, the number of a track from 0, or a language."""
    captions: str = "all"
    """`all`, `none`, or a language: captions and subtitles."""
    delivery: DeliveryTable | None = None
    limits: LimitsTable = LimitsTable()
    detectors: dict[str, dict[str, Any]] = {}
    """Settings by detector: `[detectors.video.freeze]` with `open_after = 10`."""

    @property
    def delivery_profile(self) -> Delivery | None:
        """The targets of the named profile."""
        return PROFILES[self.delivery.profile] if self.delivery else None

    def settings_of(self, name: str) -> Settings:
        """The settings of a detector; its defaults where nothing else is said."""
        family, _, defect = name.partition(".")
        return load(name).settings_type(**self.detectors.get(family, {}).get(defect, {}))


def load_config(path: str | Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: It cannot be read or says something that cannot be followed; names file, key and reason.
    """
    try:
        with Path(path).open("rb") as file:
            data = tomllib.load(file)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror})") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: is not TOML: {exc}") from exc
    try:
        config = Config.model_validate(data)
    except ValidationError as exc:
        raise ConfigError(_sentence(path, (), exc)) from exc
    for family, table in config.detectors.items():
        if family in known():
            raise ConfigError(f'{path}: detectors."{family}": the id goes without quotes: [detectors.{family}]')
        for defect, settings in table.items():
            name = f"{family}.{defect}"
            if name not in known():
                raise ConfigError(f"{path}: detectors.{name}: there is no such detector")
            if not isinstance(settings, dict):
                raise ConfigError(f"{path}: detectors.{name}: must be a table of settings")
            try:
                config.settings_of(name)
            except ValidationError as exc:
                raise ConfigError(
                    _sentence(path, ("detectors", family, defect), exc, load(name).settings_type)
                ) from exc
    return config


def _sentence(path: str | Path, at: tuple[str, ...], exc: ValidationError, model: type[BaseModel] = Config) -> str:
    """File, key and reason of the first thing that is wrong."""
    error = exc.errors()[0]
    key = ".".join(str(part) for part in (*at, *error["loc"]))
    if error["type"] == "extra_forbidden":
        names = ", ".join(model.model_fields) if len(error["loc"]) == 1 else ""
        return f"{path}: {key}: unknown key" + (f"; known here: {names}" if names else "")
    unit = ""
    field = model.model_fields.get(str(error["loc"][0])) if error["loc"] else None
    for mark in field.metadata if field else ():
        unit = f" (a number in {mark.symbol})" if hasattr(mark, "symbol") and mark.symbol != "1" else unit
    return f"{path}: {key} = {error['input']!r}: {error['msg']}{unit}"
