"""Amazon S3, and what speaks its language: each piece of news is an object, which lasts.

``PREFIX/YYYY/MM/DD/STREAM/INCIDENT/NEWS.json`` holds a CloudEvent. The day is that of the news, in UTC; what is written
again is written to the same place. What is not a letter, a digit, a dot, a hyphen or an underscore in the name of a
stream is percent-encoded, so that no name becomes a path.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from watchglass.model.errors import UsageError
from watchglass.model.sink import Notification, SinkError
from watchglass.net.guard import Network
from watchglass.sinks.aws import AwsCredentials, AwsService
from watchglass.sinks.cloud_event import CONTENT_TYPE, cloud_event

_LARGEST = 64 << 20
"""Bytes of one file; it is sent in one piece, from memory."""
_LONGEST_KEY = 1024
_LONGEST_NAME = 200
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}|arn:[a-z0-9-]+:s3[a-z0-9-]*:[A-Za-z0-9:/_-]+")


class S3:
    """Writes objects into one bucket.

    Args:
        bucket: Its name, or the ARN of an access point.
        prefix: Where in it, with slashes between the parts; may be empty.
        region: Where the bucket is; empty where the environment says so.
        endpoint: The service's address where it is not AWS's own; the bucket is then part of the path.
        credentials: Those that are used; where there are none, botocore looks for some.
        allow_private: Private networks that the endpoint may be in.

    Raises:
        SourceError: The endpoint is no address.
        UsageError: botocore is not installed, or the bucket or the prefix cannot be one.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "watchglass",
        region: str = "",
        endpoint: str = "",
        credentials: AwsCredentials | None = None,
        allow_private: Sequence[Network] = (),
    ) -> None:
        if not _BUCKET.fullmatch(bucket):
            raise UsageError(f"{bucket[:120]!r} is no name of a bucket")
        if prefix and not _is_key(prefix):
            raise UsageError(f"{prefix[:120]!r} is no prefix of keys (such as alerts/watchglass)")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._service = AwsService(
            "s3", region=region, endpoint=endpoint, credentials=credentials, allow_private=allow_private
        )

    def send(self, news: Sequence[Notification]) -> None:
        """Write them, each as an object of its own.

        Raises:
            SinkError: Some of them did not arrive, as far as anybody knows; repeating all of them does no harm.
        """
        for one in news:
            body = json.dumps(cloud_event(one), ensure_ascii=False).encode("utf-8", "replace")
            self._put(key_of(one), body, CONTENT_TYPE)

    def put_file(self, key: str, path: Path, content_type: str) -> str:
        """Write a file of 64 MiB or less, such as a picture that proves something.

        Args:
            key: Where to, below the prefix.
            path: The file.
            content_type: What it is, such as ``image/png``.

        Returns:
            Where it is now: ``s3://BUCKET/PREFIX/KEY``.

        Raises:
            SinkError: It did not arrive, cannot be read, or is larger.
        """
        try:
            with path.open("rb") as file:
                body = file.read(_LARGEST + 1)
        except OSError as error:
            raise SinkError(f"s3: {path.name} cannot be read: {error.strerror}", is_final=True) from error
        if len(body) > _LARGEST:
            raise SinkError(f"s3: {path.name} is larger than {_LARGEST >> 20} MiB", is_final=True)
        return self._put(key, body, content_type)

    def close(self) -> None:
        """Let go of the connections."""
        self._service.close()

    def _put(self, key: str, body: bytes, content_type: str) -> str:
        whole = self._prefix + key
        if not _is_key(whole):
            raise SinkError(f"s3: {whole[:120]!r} cannot be a key", is_final=True)
        self._service.call(
            "put_object",
            Bucket=self._bucket,
            Key=whole,
            Body=body,
            ContentType=content_type,
            # All of S3's relatives check this one, and buckets that lock their objects want it.
            ContentMD5=base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
        )
        return f"s3://{self._bucket}/{whole}"


def key_of(notification: Notification) -> str:
    """Where a notification is kept, below the prefix."""
    incident = notification.incident
    day = datetime.fromtimestamp(notification.at, UTC)
    return f"{day:%Y/%m/%d}/{segment(incident.stream)}/{segment(incident.id)}/{segment(notification.id)}.json"


def segment(name: str) -> str:
    """A name as one part of a key: never a path, and never the same for two names."""
    made = quote(name, safe="", errors="replace").replace("~", "%7E")
    if made in (".", ".."):
        return made.replace(".", "%2E")
    if len(made) > _LONGEST_NAME:
        digest = hashlib.blake2s(name.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return re.sub(r"%.?$", "", made[: _LONGEST_NAME - 17]) + "~" + digest
    return made or "%"


def _is_key(text: str) -> bool:
    """True for what means the same to everybody: relative, without empty parts, dots alone or control characters."""
    return (
        text.isprintable()
        and 0 < len(text.encode("utf-8", "replace")) <= _LONGEST_KEY
        and all(part not in ("", ".", "..") for part in text.split("/"))
    )
