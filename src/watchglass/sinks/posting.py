"""A POST that has arrived, or why it has not."""

from collections.abc import Mapping, Sequence

from watchglass.model.errors import AddressRefusedError, TransferError
from watchglass.model.sink import SinkError
from watchglass.net.address import StreamUrl, redact
from watchglass.net.guard import Guard, Network
from watchglass.net.http import HttpClient, Timeouts

_TIMEOUTS = Timeouts(connect=3.0, read=5.0, window=5.0)
_OUR_WORDS = frozenset({400, 413, 414, 415, 422, 431})
"""Statuses that blame what was sent, so that it would be refused another time, too. All else may be mended by those who
run the receiver: a token that was exchanged, a path that moved, a redirect."""
_LONGEST_WAIT = 3_600.0
"""Seconds; a receiver that wants to be left alone for longer is asked again all the same."""


class Poster:
    """Posts to one address.

    Args:
        url: Where to. Not even its own host is trusted: who may add a stream or a route is not who owns the network.
        allow_private: Private networks that the host may be in.

    Raises:
        SourceError: The address is none.
    """

    def __init__(self, url: str, allow_private: Sequence[Network] = ()) -> None:
        self._url = StreamUrl(url)
        self._client = HttpClient(Guard((), allow_private), home=self._url.origin, timeouts=_TIMEOUTS)

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Send it; redirects are not followed.

        Raises:
            SinkError: It did not arrive, as far as anybody knows.
        """
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
        is_final = reply.status in _OUR_WORDS
        raise SinkError(why, is_final=is_final, retry_after=_seconds(reply.headers.get("retry-after", "")))

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def _seconds(text: str) -> float:
    """Of ``Retry-After``; dates are not believed, as clocks differ."""
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdecimal() else 0.0
