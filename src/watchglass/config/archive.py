"""Where `watchglass serve` keeps what it measures: `[serve.archive]`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from watchglass.config.aws import AwsAccess, networks_of
from watchglass.model.errors import ConfigError, SourceError, UsageError
from watchglass.net.guard import Network
from watchglass.store import require

if TYPE_CHECKING:
    from watchglass.sinks.aws import AwsCredentials
    from watchglass.sinks.s3 import S3

_KEY = "serve.archive"
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where files are sent to."""

    name: str
    prefix: str
    region: str
    endpoint: str
    credentials: "AwsCredentials | None" = field(repr=False)
    allow_private: Sequence[Network]

    def open(self) -> "S3":
        """Who writes there.

        Raises:
            SourceError: The endpoint is no address.
            UsageError: botocore is not installed, or something is no name.
        """
        from watchglass.sinks.s3 import S3

        return S3(
            self.name,
            prefix=self.prefix,
            region=self.region,
            endpoint=self.endpoint,
            credentials=self.credentials,
            allow_private=self.allow_private,
        )


@dataclass(frozen=True, slots=True)
class Archive:
    """Where readings are kept."""

    parts: Path
    """Folder for what is not yet a file."""
    outgoing: Path
    """Folder for files that are still to be sent."""
    folder: Path | None
    """Folder for files; None if they need only be sent."""
    keep: float
    """Seconds for which they stay there."""
    bucket: Bucket | None


class ArchiveTable(AwsAccess):
    """An hour of readings of a stream is a file (Parquet), in a folder, in a bucket of S3, or in both."""

    folder: Path | None = None
    """Folder of the files, in `data` unless absolute."""
    keep: float = Field(30.0, gt=0.0)
    """Days after which they are let go there."""
    bucket: str = ""
    """Of S3, or of what speaks it."""
    prefix: str = "watchglass/readings"
    """What the names of objects begin with."""
    allow_private: list[str] = Field([])
    """Private networks in which `endpoint` may be."""

    @model_validator(mode="after")
    def _somewhere(self) -> "ArchiveTable":
        if self.folder is None and not self.bucket:
            raise ValueError("needs a folder, a bucket, or both")
        return self

    def make(self, data: Path) -> Archive:
        """What it says, with every secret read.

        Args:
            data: Folder of what is kept.

        Raises:
            ConfigError: It cannot be followed.
        """
        bucket = self._bucket() if self.bucket else None
        try:
            require()
            if bucket is not None:
                bucket.open().close()
        except (SourceError, UsageError) as error:
            raise ConfigError(f"{_KEY}: {error}") from None
        return Archive(
            parts=data / "archive-parts",
            outgoing=data / "archive-outgoing",
            folder=None if self.folder is None else data / self.folder,
            keep=_DAY * self.keep,
            bucket=bucket,
        )

    def _bucket(self) -> Bucket:
        return Bucket(
            self.bucket,
            self.prefix,
            self.region,
            self.endpoint,
            self.credentials(_KEY),
            networks_of(self.allow_private, _KEY),
        )
