"""Whom incidents are told to: `[sinks.NAME]` with a `type`, and how each is made."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from watchglass.config.secret import Secret
from watchglass.config.tables import ConfigTable
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.model.sink import Sink
from watchglass.net.guard import Network, parse_networks
from watchglass.sinks.grouping import Pace

if TYPE_CHECKING:
    from watchglass.sinks.aws import AwsCredentials


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


class _AwsTable(_SinkTable):
    region: str = ""
    """As in `eu-north-1`; of the environment or the address where nothing is said."""
    endpoint: str = ""
    """Of a server of yours that speaks the same; AWS where nothing is said."""
    access_key: Secret | None = None
    """With `secret_key`; else whatever the environment, a profile or the machine's role has."""
    secret_key: Secret | None = None

    def _credentials(self, key: str) -> "AwsCredentials | None":
        from watchglass.sinks.aws import AwsCredentials

        if self.access_key is None or self.secret_key is None:
            if self.access_key is not self.secret_key:
                raise ConfigError(f"{key}: access_key and secret_key go together")
            return None
        return AwsCredentials(self.access_key.read(f"{key}.access_key"), self.secret_key.read(f"{key}.secret_key"))


class SnsTable(_AwsTable):
    """A topic of Amazon SNS."""

    type: Literal["sns"]
    topic: str
    """Its ARN; the end of a FIFO topic's is `.fifo`."""

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.sns import Sns

        credentials, networks = self._credentials(key), self._networks(key)
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


class S3Table(_AwsTable):
    """A bucket of S3, or of what speaks it: an object for each notification."""

    type: Literal["s3"]
    bucket: str
    prefix: str = "watchglass"
    """What the names of objects begin with."""

    def make(self, key: str, base: Path = Path()) -> Sink:
        """The sink that it describes; paths are relative to ``base``."""
        from watchglass.sinks.s3 import S3

        credentials, networks = self._credentials(key), self._networks(key)
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
