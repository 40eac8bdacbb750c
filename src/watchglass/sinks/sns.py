"""Amazon SNS: an incident's news is a message on a topic, whose body is a CloudEvent.

``stream``, ``detector``, ``severity`` and ``event`` are attributes of the message, for the filter policies of
subscribers. On a FIFO topic the news of one incident come in order, and what is told again within five minutes is
dropped by SNS; elsewhere a subscriber knows it by the event's ``id``.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from watchglass.model.errors import UsageError
from watchglass.model.sink import Notification, SinkError
from watchglass.net.guard import Network
from watchglass.sinks.aws import AwsCredentials, AwsService
from watchglass.sinks.cloud_event import cloud_event

_ARN = re.compile(r"arn:[a-z0-9-]+:sns:([a-z0-9-]+):\d+:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_MOST_ENTRIES = 10
_LARGEST = 256 << 10
"""Bytes of one message, and of all of a batch."""
_LONGEST_SUBJECT = 100
_UNPRINTED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SNS takes in no text."""


class Sns:
    """Publishes on one topic.

    Args:
        topic_arn: The topic; its name ends in ``.fifo`` if it is such a one.
        region: Where it is, if not where its ARN says.
        endpoint: The service's address where it is not AWS's own.
        credentials: Those that are used; where there are none, botocore looks for some.
        allow_private: Private networks that the endpoint may be in.

    Raises:
        SourceError: The endpoint is no address.
        UsageError: botocore is not installed, or the ARN is none of a topic.
    """

    def __init__(
        self,
        topic_arn: str,
        *,
        region: str = "",
        endpoint: str = "",
        credentials: AwsCredentials | None = None,
        allow_private: Sequence[Network] = (),
    ) -> None:
        arn = _ARN.fullmatch(topic_arn)
        if arn is None:
            raise UsageError(f"{topic_arn[:120]!r} is no ARN of an SNS topic (arn:aws:sns:REGION:ACCOUNT:NAME)")
        self._topic = topic_arn
        self._is_fifo = arn[2] is not None
        self._service = AwsService(
            "sns", region=region or arn[1], endpoint=endpoint, credentials=credentials, allow_private=allow_private
        )

    def send(self, news: Sequence[Notification]) -> None:
        """Publish them: one message each, as few calls as SNS allows.

        Raises:
            SinkError: Some of them did not arrive, as far as anybody knows; the others may come twice.
        """
        for batch in _batches([message(one, is_fifo=self._is_fifo) for one in news]):
            if len(batch) == 1:
                self._service.call("publish", TopicArn=self._topic, **batch[0])
                continue
            entries = [{"Id": str(place), **entry} for place, entry in enumerate(batch)]
            answer = self._service.call("publish_batch", TopicArn=self._topic, PublishBatchRequestEntries=entries)
            self._check(answer.get("Failed", []), len(batch))

    def close(self) -> None:
        """Let go of the connections."""
        self._service.close()

    def _check(self, failed: Sequence[Mapping[str, Any]], count: int) -> None:
        if not failed:
            return
        told = [self._service.failure(str(one.get("Code")), str(one.get("Message", ""))) for one in failed]
        raise SinkError(
            f"{len(failed)} of {count} messages failed: {told[0]}",
            is_final=all(error.is_final for error in told),
            retry_after=min(error.retry_after for error in told),
        )


def message(notification: Notification, *, is_fifo: bool = False) -> dict[str, Any]:
    """What ``Publish`` wants to know of a notification, beside the topic.

    Raises:
        SinkError: SNS takes nothing as large.
    """
    incident = notification.incident
    attributes = {
        "stream": incident.stream,
        "detector": incident.detector,
        "severity": str(incident.severity),
        "event": str(notification.event),
    }
    made: dict[str, Any] = {
        "Message": _clean(json.dumps(cloud_event(notification), ensure_ascii=False)),
        "Subject": _subject(f"{incident.severity}: {incident.stream}: {incident.detector} {notification.event}"),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": _clean(text)} for name, text in attributes.items() if text
        },
    }
    if is_fifo:
        made |= {"MessageGroupId": incident.id, "MessageDeduplicationId": notification.id}
    if _size(made) > _LARGEST:
        raise SinkError(f"sns: {_size(made):,} bytes are more than SNS takes in one message", is_final=True)
    return made


def _batches(messages: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for one in messages:
        if batch and (len(batch) == _MOST_ENTRIES or size + _size(one) > _LARGEST):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += _size(one)
    if batch:
        yield batch


def _size(made: Mapping[str, Any]) -> int:
    """At least as SNS counts: body, subject, and names, types and values of the attributes."""
    attributes = made["MessageAttributes"]
    texts = [made["Message"], made["Subject"], *attributes]
    texts += [text for attribute in attributes.values() for text in attribute.values()]
    return sum(len(text.encode()) for text in texts)


def _subject(text: str) -> str:
    """In the little that SNS lets a subject be: printable ASCII, one line, 100 characters."""
    plain = " ".join(text.encode("ascii", "replace").decode().split())
    return re.sub(r"[^\x20-\x7e]", "?", plain)[:_LONGEST_SUBJECT].rstrip()


def _clean(text: str) -> str:
    return _UNPRINTED.sub("\N{REPLACEMENT CHARACTER}", text)
