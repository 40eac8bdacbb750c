"""Whom incidents are told to: `[sinks.NAME]` with a `type`, and how each is made."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from watchglass.config.aws import AwsAccess, networks_of
from watchglass.config.secret import Secret
from watchglass.config.tables import ConfigTable
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.model.sink import Sink
from watchglass.net.guard import Network
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
        return networks_of(self.allow_private, key)


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


class SnsTable(_SinkTable, AwsAccess):
    """A topic of Amazon SNS."""

    type: Literal["sns"]
    topic: str
    """Its ARN; the end of a FIFO topic's is `.fifo`."""

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.sns import Sns

        credentials, networks = self.credentials(key), self._networks(key)
        return _made(
            key,
            lambda: Sns(
                self.topic,
                region=self.region,
                endpoint=self.endpoint,
                credentials=credentials,
                allow_private=networks,
            ),
        )


class S3Table(_SinkTable, AwsAccess):
    """A bucket of S3, or of what speaks it: an object for each notification."""

    type: Literal["s3"]
    bucket: str
    prefix: str = "watchglass"
    """What the names of objects begin with."""

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.s3 import S3

        credentials, networks = self.credentials(key), self._networks(key)
        return _made(
            key,
            lambda: S3(
                self.bucket,
                prefix=self.prefix,
                region=self.region,
                endpoint=self.endpoint,
                credentials=credentials,
                allow_private=networks,
            ),
        )


class AppriseTable(_SinkTable):
    """Slack, e-mail, PagerDuty, MQTT and the hundred others that Apprise knows."""

    _is_read = True
    type: Literal["apprise"]
    url: Secret
    """As Apprise writes them: `slack://...`, `mailtos://...`, `pagerduty://...`."""

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.apprise import Apprise

        url, networks = self.url.read(f"{key}.url"), self._networks(key)
        return _made(key, lambda: Apprise(url, allow_private=networks))


SinkTable = Annotated[
    StdoutTable | FileTable | WebhookTable | AlertmanagerTable | SnsTable | S3Table | AppriseTable,
    Field(discriminator="type"),
]


def _made(key: str, make: Callable[[], Sink]) -> Sink:
    try:
        return make()
    except (SourceError, UsageError) as error:
        raise ConfigError(f"{key}: {error}") from None
