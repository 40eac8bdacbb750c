"""Whom incidents are told to: `[sinks.NAME]` with a `type`, and how each is made."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from watchglass.config.secret import Secret
from watchglass.config.tables import ConfigTable
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.model.sink import Sink
from watchglass.net.guard import Network, parse_networks
from watchglass.sinks.grouping import Pace


class _SinkTable(ConfigTable):
    allow_private: list[str] = Field([])
    """Private networks in which it may be, such as `10.0.0.0/8` or `127.0.0.1`; public ones always may."""
    digests: bool | None = None
    """Whether a flood becomes a few messages, as people want it and machines do not."""
    group_interval: float = Field(30.0, ge=0.0)
    """Seconds between two messages about what belongs together, where it is digested."""
    burst: int = Field(10, ge=1)
    """Messages in 30 s beyond which all that is due is one, where it is digested."""

    _is_read: ClassVar[bool] = False
    """Whether people read it, unless `digests` says otherwise."""

    @property
    def pace(self) -> Pace:
        """How fast it may be told."""
        digests = self._is_read if self.digests is None else self.digests
        return Pace(digests=digests, group_interval=self.group_interval, burst=self.burst)

    def _networks(self, key: str) -> tuple[Network, ...]:
        try:
            return parse_networks(self.allow_private)
        except UsageError as error:
            raise ConfigError(f"{key}.allow_private: {str(error).partition(': ')[2]}") from None


class StdoutTable(_SinkTable):
    """A line of JSON for each notification, on standard output."""

    type: Literal["stdout"]

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.jsonl import JsonLines

        return JsonLines(sys.stdout)


class FileTable(_SinkTable):
    """A line of JSON for each notification, at the end of a file."""

    type: Literal["file"]
    path: Path

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.jsonl import JsonLines

        path = base / self.path
        try:
            return JsonLines(path.open("a", encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{key}.path: {path} cannot be written ({error.strerror})") from None


class WebhookTable(_SinkTable):
    """A POST of a CloudEvent to an address of yours."""

    _is_read = True
    type: Literal["webhook"]
    url: Secret
    secret: Secret | None = None
    """For the signature (HMAC-SHA256, `Watchglass-Signature`)."""

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.webhook import Webhook

        secret = self.secret.read(f"{key}.secret") if self.secret else ""
        url, networks = self.url.read(f"{key}.url"), self._networks(key)
        return _made(key, lambda: Webhook(url, secret=secret, allow_private=networks))


class AlertmanagerTable(_SinkTable):
    """Prometheus Alertmanager: an incident is an alert."""

    type: Literal["alertmanager"]
    url: Secret

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.alertmanager import Alertmanager

        url, networks = self.url.read(f"{key}.url"), self._networks(key)
        return _made(key, lambda: Alertmanager(url, allow_private=networks))


SinkTable = Annotated[StdoutTable | FileTable | WebhookTable | AlertmanagerTable, Field(discriminator="type")]


def _made(key: str, make: Callable[[], Sink]) -> Sink:
    try:
        return make()
    except SourceError as error:
        raise ConfigError(f"{key}.url: {error}") from None
