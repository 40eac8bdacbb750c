"""A web address of yours: a POST for each notification, signed if there is a secret.

The signature is ``Watchglass-Signature: t=SECONDS,v1=HEX``: HMAC-SHA256 over the seconds since 1970, a full stop and
the body, so that who knows the secret knows who has sent it, and when.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence

from watchglass.model.errors import AddressRefusedError, TransferError
from watchglass.model.sink import Notification, SinkError
from watchglass.net.address import StreamUrl, redact
from watchglass.net.guard import Guard, Network
from watchglass.net.http import HttpClient, Timeouts
from watchglass.sinks.cloud_event import CONTENT_TYPE, cloud_event

_TIMEOUTS = Timeouts(connect=3.0, read=5.0, window=5.0)
_TEMPORARY = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which it may be well another time."""
_LONGEST_WAIT = 3_600.0
"""Seconds; a receiver that wants to be left alone for longer is asked again all the same."""


class Webhook:
    """Posts to one address.

    Args:
        url: Where to. Not even its own host is trusted: who may add a stream or a route is not who owns the network.
        secret: For the signature; none is made where it is empty.
        allow_private: Private networks that the host may be in.
        clock: UTC in seconds since 1970.

    Raises:
        SourceError: The address is none.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: str = "",
        allow_private: Sequence[Network] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = StreamUrl(url)
        self._secret = secret
        self._clock = clock
        self._client = HttpClient(Guard((), allow_private), home=self._url.origin, timeouts=_TIMEOUTS)

    def send(self, notification: Notification) -> None:
        """Post it.

        Raises:
            SinkError: It did not arrive, as far as anybody knows.
        """
        body = json.dumps(cloud_event(notification), ensure_ascii=False).encode()
        headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": notification.id}
        if self._secret:
            headers["Watchglass-Signature"] = signature(self._secret, round(self._clock()), body)
        try:
            reply = self._client.post(self._url, body, headers)
        except AddressRefusedError as error:
            raise SinkError(str(error), is_final=True) from error
        except TransferError as error:
            raise SinkError(str(error)) from error
        if 200 <= reply.status < 300:
            return
        said = " ".join(redact(reply.text).split())[:200]
        why = f"{self._url}: HTTP {reply.status}" + (f" ({said})" if said else "")
        is_temporary = reply.status >= 500 or reply.status in _TEMPORARY
        raise SinkError(why, is_final=not is_temporary, retry_after=_seconds(reply.headers.get("retry-after", "")))

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def signature(secret: str, at: int, body: bytes) -> str:
    """What a receiver works out, too, and compares."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def _seconds(text: str) -> float:
    """Of ``Retry-After``; dates are not believed, as clocks differ."""
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdecimal() else 0.0
