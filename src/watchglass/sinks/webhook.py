"""A web address of yours: a POST for each notification, signed if there is a secret.

The signature is ``Watchglass-Signature: t=SECONDS,v1=HEX``: HMAC-SHA256 over the seconds since 1970, a full stop and
the body, so that who knows the secret knows who has sent it, and when.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence

from watchglass.model.sink import Notification
from watchglass.net.guard import Network
from watchglass.sinks.cloud_event import CONTENT_TYPE, cloud_event
from watchglass.sinks.posting import Poster


class Webhook:
    """Posts CloudEvents to one address.

    Args:
        url: Where to; private only if that network is allowed.
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
        self._poster = Poster(url, allow_private)
        self._secret = secret
        self._clock = clock

    def send(self, notification: Notification) -> None:
        """Post it.

        Raises:
            SinkError: It did not arrive, as far as anybody knows.
        """
        body = json.dumps(cloud_event(notification), ensure_ascii=False).encode()
        headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": notification.id}
        if self._secret:
            headers["Watchglass-Signature"] = signature(self._secret, round(self._clock()), body)
        self._poster.post(body, headers)

    def close(self) -> None:
        """Let go of the connection."""
        self._poster.close()


def signature(secret: str, at: int, body: bytes) -> str:
    """What a receiver works out, too, and compares."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"
