"""Calls of AWS and of what speaks like it: botocore finds credentials and endpoints and signs, our own client carries.

What a call sends and hears passes the guard, has limits and follows no redirect, as at every other sink. The one
exception is how botocore finds credentials where none are given: it reads the environment and ``~/.aws``, and may ask
AWS's own documented places itself (the metadata service at 169.254.169.254, that of a container, STS, SSO). None of
these is chosen by whoever adds a route. Proxies are not used.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from typing import Any

from watchglass.model.errors import AddressRefusedError, SourceError, TransferError, UsageError
from watchglass.model.sink import SinkError
from watchglass.net.address import StreamUrl, redact
from watchglass.net.guard import Guard, Network
from watchglass.net.http import HttpClient, Timeouts

_TIMEOUTS = Timeouts(connect=3.0, read=5.0, window=5.0)
_LARGEST_REPLY = 64 << 10
_MENDED_BY_PEOPLE = 900.0
"""Seconds until the next attempt after what somebody has to put right: a permission, a missing bucket, an old key."""
_LONGEST_WAIT = 3_600.0
_BUSY = re.compile(r"thrott|slowdown|toomanyrequests|limitexceeded|busy|timeout|unavailable|internal", re.IGNORECASE)
_MALFORMED = frozenset(
    {
        *("BatchRequestTooLong", "EntityTooLarge", "InvalidArgument", "InvalidBatchEntryId", "InvalidBucketName"),
        *("InvalidDigest", "InvalidParameter", "InvalidParameterValue", "KeyTooLongError", "MalformedQueryString"),
        *("MalformedXML", "MetadataTooLarge", "MissingParameter", "ParameterValueInvalid", "ValidationError"),
        "ValidationException",
    }
)
"""What AWS says of a request that will be as wrong the next time. Anything else people may mend within a day."""
_OURS_TO_SAY = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "accept-encoding"})
"""Headers that belong to whoever holds the connection; of these only the host is signed, and it is the URL's."""
_REGION = re.compile(r"[a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """A key that was given rather than found."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class AwsService:
    """One service of AWS, or something that speaks its language.

    Args:
        name: As botocore calls it, such as ``sns``.
        region: Where it is; empty where the environment says so.
        endpoint: Its address where that is not AWS's own; private only if that network is allowed.
        credentials: Those that are used; where there are none, botocore looks for some.
        allow_private: Private networks that it may be in.

    Raises:
        SourceError: The endpoint is no address.
        UsageError: botocore is not installed, or the region is none.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str = "",
        endpoint: str = "",
        credentials: AwsCredentials | None = None,
        allow_private: Sequence[Network] = (),
    ) -> None:
        try:
            self._errors = import_module("botocore.exceptions")
            self._parsing_error = import_module("botocore.parsers").ResponseParserError
        except ModuleNotFoundError as error:
            raise UsageError("sinks at AWS need botocore: pip install 'watchglass[aws]'") from error
        if not _REGION.fullmatch(region):
            raise UsageError(f"{region[:80]!r} is no region of AWS")
        self._name = name
        self._region = region
        self._endpoint = _checked(endpoint) if endpoint else ""
        self._credentials = credentials
        self._http = HttpClient(Guard((), allow_private), timeouts=_TIMEOUTS)
        self._client: Any = None
        self._has_sent = False

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call it once; whether to try again is for whoever has the outbox.

        Args:
            operation: In botocore's spelling, such as ``put_object``.
            parameters: In AWS's spelling.

        Raises:
            SinkError: It did not work, as far as anybody knows.
        """
        errors = self._errors
        self._has_sent = False
        try:
            self._client = self._client or self._connected()
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        except AddressRefusedError as error:
            raise SinkError(str(error), is_final=True) from error
        except TransferError as error:
            raise SinkError(str(error)) from error
        except errors.ClientError as error:
            raise self._refused(error.response) from None
        except (errors.ParamValidationError, ValueError) as error:
            raise SinkError(self._said(str(error)), is_final=True) from None
        except (self._parsing_error, LookupError, AttributeError, TypeError) as error:
            # What botocore's parsers make of an answer in another's language.
            raise SinkError(f"{self._name}: what answered does not speak as AWS does") from error
        except errors.BotoCoreError as error:  # no credentials or region, or an answer that cannot be read
            self._client = None  # it has none for ever if it began without
            raise SinkError(self._said(str(error)), retry_after=_MENDED_BY_PEOPLE) from None
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def failure(self, code: str, message: str, *, retry_after: float = 0.0, is_busy: bool = False) -> SinkError:
        """What AWS says has failed, and what comes of it."""
        if code in _MALFORMED:
            return SinkError(self._said(f"{code} ({message})"), is_final=True)
        is_busy = is_busy or bool(_BUSY.search(code))
        return SinkError(self._said(f"{code} ({message})"), retry_after=retry_after if is_busy else _MENDED_BY_PEOPLE)

    def _connected(self) -> Any:
        """A client that signs; made late, as to look for credentials may take seconds."""
        # Its records hold session tokens, and nobody who asks for our own details wants to read those.
        logging.getLogger("botocore").setLevel(logging.INFO)
        given = self._credentials
        region = self._region or ("us-east-1" if self._endpoint else None)
        client = (
            import_module("botocore.session")
            .Session()
            .create_client(
                self._name,
                region_name=region,
                endpoint_url=self._endpoint or None,
                aws_access_key_id=given.access_key if given else None,
                aws_secret_access_key=given.secret_key if given else None,
                aws_session_token=(given.session_token or None) if given else None,
                config=import_module("botocore.config").Config(
                    retries={"mode": "standard", "total_max_attempts": 1},
                    s3={"addressing_style": "path"} if self._endpoint else {},
                    # Others than AWS know no checksums in trailers; we send the one that all of them know.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        )
        client.meta.events.register(f"before-send.{self._name}.*", self._carry)
        return client

    def _carry(self, request: Any, **_: object) -> Any:
        """Send what botocore has signed, and give it the answer: so its own HTTP client has nothing to do.

        Raises:
            AddressRefusedError: If the guard does not let us.
            TransferError: If there is no answer, or one that is larger than any that AWS gives.
        """
        url = StreamUrl(request.url)
        if self._has_sent:  # botocore follows a bucket to the region that an answer names
            raise TransferError(f"{url}: not asked, as redirects are not followed; is the region right?")
        self._has_sent = True
        headers = {name: _text(told) for name, told in request.headers.items() if name.lower() not in _OURS_TO_SAY}
        headers["Accept-Encoding"] = "identity"
        reply = self._http.send(request.method, url, _bytes(request.body), headers, most=_LARGEST_REPLY)
        if 300 <= reply.status < 400:
            region = reply.headers.get("x-amz-bucket-region", "")
            hint = f"; is the region {region}?" if _REGION.fullmatch(region) and region else ""
            raise TransferError(f"{url}: HTTP {reply.status}, and redirects are not followed{hint}", reply.status)
        if len(reply.body) >= _LARGEST_REPLY:
            raise TransferError(f"{url}: HTTP {reply.status}, and an answer of {_LARGEST_REPLY >> 10} kB or more")
        return import_module("botocore.awsrequest").AWSResponse(
            request.url, reply.status, dict(reply.headers), _Body(reply.body)
        )

    def _refused(self, answer: Mapping[str, Any]) -> SinkError:
        said, about = answer.get("Error", {}), answer.get("ResponseMetadata", {})
        status = int(about.get("HTTPStatusCode", 0))
        wait = about.get("HTTPHeaders", {}).get("retry-after", "")
        return self.failure(
            str(said.get("Code") or f"HTTP {status}"),
            str(said.get("Message", "")),
            retry_after=min(float(wait), _LONGEST_WAIT) if wait.isascii() and wait.isdecimal() else 0.0,
            is_busy=status >= 500 or status in (408, 429),
        )

    def _said(self, text: str) -> str:
        """For people: in one line, without what is secret."""
        given = self._credentials
        for secret in (given.secret_key, given.session_token, given.access_key) if given else ():
            text = text.replace(secret, "***") if secret else text
        return f"{self._name}: {' '.join(redact(text).split())[:200]}"


class _Body(BytesIO):
    """An answer that botocore reads as it reads urllib3's."""

    def stream(self, **_: object) -> "_Body":
        return self


def _checked(endpoint: str) -> str:
    url = StreamUrl(endpoint)
    if url.parsed.userinfo or url.parsed.query or url.parsed.fragment:
        raise SourceError(f"{url}: an endpoint has a host and perhaps a path, and nothing else")
    return url.full_text


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def _text(told: str | bytes) -> str:
    return told.decode("latin-1") if isinstance(told, bytes) else told
