"""What `watchglass.toml` may say: one tree, unknown keys forbidden."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from watchglass.config.routes import MaintenanceTable, RouteTable
from watchglass.config.serving import ServeTable
from watchglass.config.sinks import SinkTable
from watchglass.config.streams import MACHINE, StreamName, StreamTable
from watchglass.config.tables import ConfigTable
from watchglass.detectors import known, load
from watchglass.model.detector import Delivery, Settings
from watchglass.model.errors import ConfigError

PROFILES = {
    "ebu-r128": Delivery("ebu-r128", loudness=-23.0, loudness_tolerance=1.0, true_peak=-1.0),
    "atsc-a85": Delivery("atsc-a85", loudness=-24.0, loudness_tolerance=2.0, true_peak=-2.0),
    "streaming": Delivery("streaming", loudness=-15.0, loudness_tolerance=1.5, true_peak=-1.0),
}
"""Delivery profiles: EBU R 128, ATSC A/85, and the -16 to -14 LUFS that streaming services ask for (AES TD1008)."""


_OF_MACHINE = {"streams", "sinks", "routes", "maintenance", "serve"}
"""Tables that are not about one stream."""


class DeliveryTable(ConfigTable):
    """The delivery profile that levels are judged against; without one they are only measured."""

    profile: Literal["ebu-r128", "atsc-a85", "streaming"]


class LimitsTable(ConfigTable):
    """What is refused."""

    max_pixels: int = Field(8192 * 4320, ge=1)
    """The largest picture that is decoded, in pixels."""
    memory: int = Field(1024, ge=64)
    """Memory that a stream of `serve` may take, in MiB; one that wants more is ended, and that is told."""


class Config(ConfigTable):
    """The whole of `watchglass.toml`."""

    watch: list[str] = Field(["default"])
    """Detector ids, or `default` (the stable ones) or `all` (previews, too)."""
    fail_on: Literal["info", "warning", "critical", "never"] = "warning"
    """Severity from which the exit code is 1."""
    rendition: str = Field("best", pattern=r"^(best|worst|i-frames|[1-9][0-9]{1,4})$")
    """`best`, `worst`, `i-frames` or a height in pixels, where a stream offers several renditions."""
    audio: str = "all"
    """`all`, `none`, the number of a track from 0, or a language."""
    captions: str = "all"
    """`all`, `none`, or a language: captions and subtitles."""
    delivery: DeliveryTable | None = None
    limits: LimitsTable = LimitsTable()
    detectors: dict[str, dict[str, Any]] = Field({})
    """Settings by detector: `[detectors.video.freeze]` with `open_after = 10`."""
    streams: dict[StreamName, StreamTable] = Field({})
    """What `watchglass serve` watches, by name."""
    sinks: dict[StreamName, SinkTable] = Field({})
    """Whom it tells, by name."""
    routes: list[RouteTable] = Field([])
    """Which of them hears of what; without any all hear of everything."""
    maintenance: list[MaintenanceTable] = Field([])
    """When nobody wants to hear of it."""
    serve: ServeTable = ServeTable()
    """How it goes about it, and where it keeps things."""

    @property
    def delivery_profile(self) -> Delivery | None:
        """The targets of the named profile."""
        return PROFILES[self.delivery.profile] if self.delivery else None

    def settings_of(self, name: str) -> Settings:
        """The settings of a detector; its defaults where nothing else is said."""
        family, _, defect = name.partition(".")
        return load(name).settings_type(**self.detectors.get(family, {}).get(defect, {}))

    def of_stream(self, name: str) -> "Config":
        """The settings that hold for a stream: its own over those at the top."""
        whole = self.model_dump(exclude=_OF_MACHINE, exclude_unset=True)
        return Config.model_validate(self.streams[name].over(whole))


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
    config = _valid(path, (), Config, data)
    _examine_detectors(path, (), config)
    for name in config.streams:
        if name == MACHINE:
            raise ConfigError(f"{path}: streams.{name}: this is what the machine itself is called; choose another name")
        at = ("streams", name)
        whole = config.model_dump(exclude=_OF_MACHINE, exclude_unset=True)
        _examine_detectors(path, at, _valid(path, at, Config, config.streams[name].over(whole)))
    for number, route in enumerate(config.routes, start=1):
        for name in route.sinks:
            if name not in config.sinks:
                known_sinks = ", ".join(config.sinks) or "none"
                raise ConfigError(
                    f"{path}: routes (number {number}): there is no sink {name!r}; there are {known_sinks}"
                )
    return config


def _valid(path: str | Path, at: tuple[str, ...], model: type[Config], data: dict[str, Any]) -> Config:
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        raise ConfigError(_sentence(path, at, exc)) from exc


def _examine_detectors(path: str | Path, at: tuple[str, ...], config: Config) -> None:
    """See that each detector whose settings are given exists and can follow them."""
    for family, table in config.detectors.items():
        key = ".".join((*at, "detectors"))
        if family in known():
            raise ConfigError(f'{path}: {key}."{family}": the id goes without quotes: [{key}.{family}]')
        for defect, settings in table.items():
            name = f"{family}.{defect}"
            if name not in known():
                raise ConfigError(f"{path}: {key}.{name}: there is no such detector")
            if not isinstance(settings, dict):
                raise ConfigError(f"{path}: {key}.{name}: must be a table of settings")
            try:
                config.settings_of(name)
            except ValidationError as exc:
                of = load(name).settings_type
                raise ConfigError(_sentence(path, (*at, "detectors", family, defect), exc, of)) from exc


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
