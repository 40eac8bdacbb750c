"""A web address of yours: a POST for each message, signed if there is a secret.

One piece of news is a CloudEvent, several are a batch of them: a JSON array of its own content type.

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
from watchglass.sinks.cloud_event import BATCH_CONTENT_TYPE, CONTENT_TYPE, cloud_event
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

    def send(self, news: Sequence[Notification]) -> None:
        """Post it.

        Raises:
            SinkError: It did not arrive, as far as anybody knows.
        """
        events = [cloud_event(one) for one in news]
        body = json.dumps(events[0] if len(events) == 1 else events, ensure_ascii=False).encode()
        content_type = CONTENT_TYPE if len(events) == 1 else BATCH_CONTENT_TYPE
        headers = {"Content-Type": content_type, "Idempotency-Key": key_of(news)}
        if self._secret:
            headers["Watchglass-Signature"] = signature(self._secret, round(self._clock()), body)
        self._poster.post(body, headers)

    def close(self) -> None:
        """Let go of the connection."""
        self._poster.close()


def key_of(news: Sequence[Notification]) -> str:
    """The same for the same news, in whatever order: a receiver may leave out what it has."""
    if len(news) == 1:
        return news[0].id
    return hashlib.blake2s("|".join(sorted(one.id for one in news)).encode(), digest_size=16).hexdigest()


def signature(secret: str, at: int, body: bytes) -> str:
    """What a receiver works out, too, and compares."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"
