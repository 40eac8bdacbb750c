"""What there is to watch, with every secret read: from the settings to one plan for each stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from watchglass.config.archive import Archive
from watchglass.config.build import crew
from watchglass.config.examine import Plan
from watchglass.config.settings import Config
from watchglass.media.content_keys import ContentKeys
from watchglass.media.source import SourceOptions, expect_address
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.monitor.proof import Framing
from watchglass.net.guard import parse_networks
from watchglass.supervisor.prover import Keeping


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One stream, and how to watch it; two that are equal are watched alike."""

    name: str
    url: str = field(repr=False)
    """With its secrets: for the wire, never for people."""
    plan: Plan = field(repr=False)
    tier: Literal["full", "light"] = "full"
    labels: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    memory: int = 1 << 30
    """Bytes that its process may take beyond what it begins with."""
    evidence: Keeping | None = None
    """Where the seconds around each finding are kept; None for nowhere."""
    archive: Path | None = None
    """Folder for the parts of what is measured; None if it is not kept."""


def keeping(config: Config, base: Path) -> Keeping | None:
    """Where proof is kept, if anywhere; ``base`` as for ``specs``."""
    table = config.serve.evidence
    if not table.keep:
        return None
    framing = Framing(before=table.before, after=table.after)
    folder = config.serve.evidence_folder(base)
    return Keeping(folder, framing, round(table.gigabytes * 1e9), table.days * 86_400.0)


def specs(config: Config, base: Path = Path()) -> dict[str, StreamSpec]:
    """The streams of a configuration, by name.

    Args:
        config: As ``load_config`` read it.
        base: Folder to which paths of local files are relative.

    Raises:
        ConfigError: A secret is not where it should be, an address or a network is none, or a detector is not there.
    """
    kept = archive(config, base)
    parts = None if kept is None else kept.parts
    return {name: replace(_spec(config, name, base), archive=parts) for name in config.streams}


def archive(config: Config, base: Path) -> Archive | None:
    """Where readings are kept, if anywhere; arguments and errors as for ``specs``."""
    table = config.serve.archive
    return None if table is None else table.make((base / config.serve.data).resolve())


def _spec(config: Config, name: str, base: Path) -> StreamSpec:
    table, key = config.streams[name], f"streams.{name}"
    own = config.of_stream(name)
    try:
        networks = parse_networks(table.allow_private)
        keys = ContentKeys.parse(secret.read(f"{key}.keys") for secret in table.keys)
        crew(own)
    except ConfigError:
        raise
    except UsageError as error:
        raise ConfigError(f"{key}: {error}") from None
    source = SourceOptions(
        headers={header: secret.read(f"{key}.headers.{header}") for header, secret in table.headers.items()},
        allow_private=networks,
        keys=keys,
        rtsp_over_udp=table.rtsp_transport == "udp",
        waits_after_end=True,
    )
    url = table.url.read(f"{key}.url")
    try:
        expect_address(url)
    except SourceError as error:
        raise ConfigError(f"{key}.url: {error}") from None
    return StreamSpec(
        name=name,
        url=url if "://" in url else str(base / url),
        plan=Plan(config=own, source=source),
        tier=table.tier or config.serve.tier,
        labels=dict(table.labels),
        priority=table.priority,
        memory=own.limits.memory << 20,
        evidence=keeping(config, base) if table.evidence else None,
    )
