"""Addresses of sources that are no web servers: RTMP, RTSP, SRT and RIST, as typed by a user.

Nothing else leads to one: a playlist or a redirect cannot name them.
"""

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from watchglass.model.errors import SourceError
from watchglass.net.address import redact, redact_reference

_LONGEST = 4_096
"""Characters in such an address; more is mischief."""
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\s\x00-\x20\x7f\\\"'<>]")
"""What would end a line, an argument or a quoted name in one of the protocols."""
_SHORTEST_SECRET = 3
"""Characters of what is worth hiding: less would hide half of every sentence."""


class _Scheme(NamedTuple):
    port: int | None
    is_secure: bool = False


_SCHEMES = {
    "rtmp": _Scheme(1935),
    "rtmps": _Scheme(443, is_secure=True),
    "rtsp": _Scheme(554),
    "rtsps": _Scheme(322, is_secure=True),
    "srt": _Scheme(None),
    "rist": _Scheme(None),
}


class PeerAddress:
    """An ``rtmp``, ``rtsp``, ``srt`` or ``rist`` address, parsed once; ``str()`` leaves its secrets out.

    Args:
        text: The address, as typed.

    Raises:
        SourceError: If it cannot be one.
    """

    def __init__(self, text: str) -> None:
        text = text.strip()
        self.scheme = text.partition("://")[0].lower()
        self._shown = f"{self.scheme}://***"  # until it is known which part of it is the host
        if len(text) > _LONGEST:
            raise SourceError(f"{self}: longer than {_LONGEST} characters")
        if _UNPRINTABLE.search(text):
            raise SourceError(f"{self}: has a space, a quote or a backslash in it; they are written as %20 and so on")
        try:
            told = urlsplit(text, allow_fragments=False)  # "#!::" begins many an identifier of a stream
            port = told.port
        except ValueError as error:
            raise SourceError(f"{self}: the port must be a number; in a password, : / ? and @ are %-escaped") from error
        self.rest = text.partition("://")[2].partition("/")[2]
        """What follows the host and its slash: path and query, as typed."""
        if self.scheme.startswith("rtsp") and "@" in told.path and told.username is None:
            raise SourceError(f"{self}: has an @ behind the host; in a user or a password, / ? and @ are %-escaped")
        kind = _SCHEMES[self.scheme]
        self.is_secure = kind.is_secure
        self.user, self.password = unquote(told.username or ""), unquote(told.password or "")
        host = _host(told.hostname or "")
        if host is None or not (port or kind.port) or not (host or kind.port is None):
            raise SourceError(f"{self}: is not of the form {self.scheme}://HOST:PORT")
        self.host = host
        """Empty where none is named: all addresses of this machine."""
        self.has_at = told.netloc.startswith("@")
        """As in ``rist://@:5000``: it is we who listen there."""
        self.port = port or kind.port or 0
        pairs = [each.partition("=") for each in told.query.split("&") if each]
        self.query = {unquote(key): unquote(value) for key, _, value in pairs}
        self._shown = redact_reference(text)
        found = {told.username or "", told.password or "", *(value or key for key, _, value in pairs)}
        if self.scheme.startswith("rtmp"):  # the key of the stream is the end of its path
            found |= set(re.split(r"[/?&=]", self.rest.partition("/")[2]))
        found |= {unquote(each) for each in found}
        self._secrets = sorted((each for each in found if len(each) >= _SHORTEST_SECRET), key=len, reverse=True)

    @staticmethod
    def knows(text: str) -> bool:
        """Whether a text claims to be one."""
        return text.strip().partition("://")[0].lower() in _SCHEMES and "://" in text

    @property
    def authority(self) -> str:
        """Host and port, as other addresses of the same server have them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_default = self.port == _SCHEMES[self.scheme].port
        return host if is_default else f"{host}:{self.port}"

    def hide(self, text: str) -> str:
        """What somebody else said, without the secrets of this address, however they were woven in."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return redact(text)

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"PeerAddress({self._shown!r})"


def _host(text: str) -> str | None:
    """The host as a resolver takes it; empty where none is named, None if it cannot be one."""
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    try:
        text = text.encode("idna").decode("ascii") if text else ""
    except UnicodeError:
        return None
    return text if not text or _NAME.fullmatch(text) else None
