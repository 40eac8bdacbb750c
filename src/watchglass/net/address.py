"""Addresses of streams, and how to name them without telling their secrets.

A URL of a stream is a password more often than not: userinfo, signed queries, tokens in the path. So a ``StreamUrl``
prints itself without them, and who wants the whole text has to ask for ``full_text``.
"""

import re
from functools import cached_property
from typing import NamedTuple

import httpx

from watchglass.model.errors import SourceError

_HIDDEN = "***"
_LONGEST = 8_192
"""Characters in a URL that we follow; longer ones are mischief, and no server takes them."""

_URL_IN_TEXT = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"<>]+?(?='[)\]},.:;!?]*(?:\s|$)|[\s\"<>]|$)", re.IGNORECASE)
"""An apostrophe may be part of a secret; only one that ends a word is taken for the end of a quotation."""
_TORN_USERINFO = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?//)[^/?#@:\[]*:(?!\d*(?:[/?#]|$))[^@]*@", re.IGNORECASE)
"""Where no port follows the colon it is a password, even if a slash or a question mark in it ends the host."""
_USERINFO = re.compile(r"//[^/?#]*@|(?:^|(?<=/))[^/?#:]*:[^/?#]*@")
"""Anywhere, as one address may be quoted right behind another; and where slashes before it are missing."""
_QUERY_VALUE = re.compile(r"((?:^|[&;])[^=&;]*)=[^&;]*")
_BARE_QUERY = re.compile(r"(?:^|(?<=[&;]))[^=&;]{24,}(?=$|[&;])")
_FRAGMENT = re.compile(r"#.*$", re.DOTALL)
_TOKEN_PARAMETER = re.compile(
    r"(?<![a-z0-9])((?:hdnea|hdnts|hdntl|exp|expires|st|acl|hmac|token|tok|auth|key|sig|signature|policy|pass|passwd"
    r"|password|session|sessionid|sid|jwt|secret|credential|key-pair-id)(?:=|~|%3d))[^/?#&;]*",
    re.IGNORECASE,
)
_OPAQUE_SEGMENT = re.compile(
    r"(?:^|(?<=/))(?:[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|[A-Za-z0-9_=~%+-]{32,})(?=/)"
)
_STREAM_KEY = re.compile(r"(rtmp[a-z]*://[^/?]*/[^/?]*/)[^?]+", re.IGNORECASE)
"""Over RTMP whoever knows the name of a stream may play it, and often publish it."""
_SCHEMES = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_.])?|[0-9a-f:.]+(?:%[a-z0-9._%-]+)?", re.IGNORECASE)
"""What is left of a host after IDNA: anything else is read differently by different parsers."""
_AMBIGUOUS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/?#]*\\", re.IGNORECASE)
"""A backslash before the host, which some parsers take for a slash: they would not agree on the host."""


class Origin(NamedTuple):
    """Who is asked: what may be told to one origin is not for another."""

    scheme: str
    host: str
    port: int


class StreamUrl:
    """An http or https URL, parsed once; ``str()`` and ``repr()`` leave its secrets out.

    Args:
        text: The URL, as typed or found.

    Raises:
        SourceError: If it is not an http or https URL with a host.
    """

    def __init__(self, text: str) -> None:
        text = text.strip()
        if len(text) > _LONGEST:
            raise SourceError(f"{redact_reference(text)[:100]}…: longer than {_LONGEST} characters, not followed")
        try:
            url = httpx.URL(text)
            host, port = url.raw_host.decode("ascii"), url.port
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise SourceError(f"{redact_reference(text)} is not a URL that can be followed") from error
        if url.scheme not in _SCHEMES:
            raise SourceError(
                f"{redact_reference(text)}: only http and https are followed, not {url.scheme or 'a bare name'}"
            )
        if port is not None and not 0 < port < 65_536:
            raise SourceError(f"{redact_reference(text)}: the port must be from 1 to 65535")
        if _AMBIGUOUS.match(text) or not _HOST.fullmatch(host):
            raise SourceError(f"{redact_reference(text)}: there is no host to ask")
        self.full_text = str(url.copy_with(fragment=None)) if url.fragment else str(url)
        """The whole URL with its secrets: for the wire, never for people."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamUrl) and other.full_text == self.full_text

    def __hash__(self) -> int:
        return hash(self.full_text)

    @cached_property
    def parsed(self) -> httpx.URL:
        """For the HTTP client."""
        return httpx.URL(self.full_text)

    @cached_property
    def origin(self) -> Origin:
        """Scheme, host and port."""
        url = self.parsed
        host = url.raw_host.decode("ascii").lower()
        return Origin(url.scheme, host, url.port or _SCHEMES[url.scheme])

    @property
    def path(self) -> str:
        """The path, decoded."""
        return self.parsed.path

    @property
    def query(self) -> httpx.QueryParams:
        """The parameters of the query."""
        return self.parsed.params

    def asking(self, query: str) -> "StreamUrl":
        """The same with more parameters at the end of its query."""
        return StreamUrl(f"{self.full_text}{'&' if '?' in self.full_text else '?'}{query}")

    def join(self, reference: str) -> "StreamUrl":
        """The URL that a reference found at this one means (RFC 3986, section 5).

        Raises:
            SourceError: If that is not an http or https URL.
        """
        if _AMBIGUOUS.match(reference.strip()):
            raise SourceError(f"{redact_reference(reference)} is not a URL that can be followed")
        try:
            joined = str(self.parsed.join(reference.strip()))
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise SourceError(f"{redact_reference(reference)} is not a URL that can be followed") from error
        return StreamUrl(joined)

    def __str__(self) -> str:
        return redact_reference(self.full_text)

    def __repr__(self) -> str:
        return f"StreamUrl({str(self)!r})"


def redact(text: str) -> str:
    """A text with the secrets of every URL in it replaced by ``***``.

    Userinfo, the values of queries, fragments, token parameters in a path (``hdnts=…``, ``token~…``) and opaque path
    segments (JSON web tokens, 32 or more characters without a dot) go, and the name of a stream over RTMP; scheme,
    host, port and other names stay. Where a URL ends is a guess: what is one as a whole goes to ``redact_reference``.
    """
    return _URL_IN_TEXT.sub(lambda match: _redact_url(match.group()), _printable(text))


def redact_reference(text: str) -> str:
    """The same for a text that is a URL or a relative reference from its beginning to its end."""
    return _redact_url(_printable(text))


def redact_target(text: str) -> str:
    """The same for what a user asks to watch; the name of a file is told as it is."""
    return redact_reference(text) if "://" in text else _printable(text)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def _redact_url(url: str) -> str:
    url = _TORN_USERINFO.sub(rf"\1{_HIDDEN}@", url)
    path, mark, query = _FRAGMENT.sub("", url).partition("?")
    path = _USERINFO.sub(lambda match: f"{'//' if match.group().startswith('//') else ''}{_HIDDEN}@", path)
    path = _TOKEN_PARAMETER.sub(rf"\1{_HIDDEN}", path)
    path = _STREAM_KEY.sub(rf"\1{_HIDDEN}", _OPAQUE_SEGMENT.sub(_HIDDEN, path))
    query = _QUERY_VALUE.sub(rf"\1={_HIDDEN}", query)
    return path + mark + _BARE_QUERY.sub(_HIDDEN, query)
