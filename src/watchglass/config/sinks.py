"""Whom incidents are told to: `[sinks.NAME]` with a `type`, and how each is made."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from watchglass.config.secret import Secret
from watchglass.config.tables import ConfigTable
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.model.sink import Sink
from watchglass.net.guard import Network, parse_networks


class _SinkTable(ConfigTable):
    allow_private: list[str] = Field([])
    """Private networks in which it may be, such as `10.0.0.0/8` or `127.0.0.1`; public ones always may."""

    def _networks(self, key: str) -> tuple[Network, ...]:
        try:
            return parse_networks(self.allow_private)
        except UsageError as error:
            raise ConfigError(f"{key}.allow_private: {str(error).partition(': ')[2]}") from None


class StdoutTable(_SinkTable):
    """A line of JSON for each notification, on standard output."""

    type: Literal["stdout"]

    def make(self, key: str) -> Sink:
        """The sink that it describes."""
        from watchglass.sinks.jsonl import JsonLines

        return JsonLines(sys.stdout)


class FileTable(_SinkTable):
    """A line of JSON for each notification, at the end of a file."""

    type: Literal["file"]
    path: Path

    def make(self, key: str) -> Sink:
        """The sink that it describes."""
        from watchglass.sinks.jsonl import JsonLines

        try:
            return JsonLines(self.path.open("a", encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{key}.path: {self.path} cannot be written ({error.strerror})") from None


class WebhookTable(_SinkTable):
    """A POST of a CloudEvent to an address of yours."""

    type: Literal["webhook"]
    url: Secret
    secret: Secret | None = None
    """For the signature (HMAC-SHA256, `Watchglass-Signature`)."""

    def make(self, key: str) -> Sink:
        """The sink that it describes."""
        from watchglass.sinks.webhook import Webhook

        secret = self.secret.read(f"{key}.secret") if self.secret else ""
        url, networks = self.url.read(f"{key}.url"), self._networks(key)
        return _made(key, lambda: Webhook(url, secret=secret, allow_private=networks))


class AlertmanagerTable(_SinkTable):
    """Prometheus Alertmanager: an incident is an alert."""

    type: Literal["alertmanager"]
    url: Secret

    def make(self, key: str) -> Sink:
        """The sink that it describes."""
        from watchglass.sinks.alertmanager import Alertmanager

        url, networks = self.url.read(f"{key}.url"), self._networks(key)
        return _made(key, lambda: Alertmanager(url, allow_private=networks))


SinkTable = Annotated[StdoutTable | FileTable | WebhookTable | AlertmanagerTable, Field(discriminator="type")]


def _made(key: str, make: Callable[[], Sink]) -> Sink:
    try:
        return make()
    except SourceError as error:
        raise ConfigError(f"{key}.url: {error}") from None
