"""What an address of SRT or RIST means to the FFmpeg that receives it.

Sources: the SRT cookbook and `srt-live-transmit` (names of parameters), FFmpeg's documentation of protocols.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from watchglass.model.errors import SourceError
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress


@dataclass(frozen=True, slots=True)
class Target:
    """What to open."""

    url: str
    """With a literal address, and nothing secret."""
    options: Mapping[str, str]
    """FFmpeg's names of its options."""
    protocols: str
    has_secrets: bool
    listens: bool

    def listed(self) -> str:
        """As a list of one entry, for FFmpeg's `concat`."""
        options = "".join(f"option {name} {_quoted(value)}\n" for name, value in self.options.items())
        return f"ffconcat version 1.0\nfile {_quoted(self.url)}\n{options}"


class _Parameter(NamedTuple):
    """One that an address may have."""

    option: str
    """FFmpeg's name of it."""
    read: Callable[[str], str | None]
    """From the value as typed to FFmpeg's; None if it cannot be that."""
    is_secret: bool = False


def _number(least: int, most: int, factor: int = 1) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        return str(int(text) * factor) if is_number and least <= int(text) <= most else None

    return read


def _one_of(*known: str) -> Callable[[str], str | None]:
    return lambda text: text if text in known else None


def _text(least: int, most: int) -> Callable[[str], str | None]:
    return lambda text: text if least <= len(text) <= most and text.isprintable() else None


_SRT = {
    "mode": _Parameter("mode", _one_of("caller", "listener")),
    "latency": _Parameter("latency", _number(0, 20_000, 1_000)),  # milliseconds, as everywhere but in FFmpeg
    "passphrase": _Parameter("passphrase", _text(10, 79), is_secret=True),
    "pbkeylen": _Parameter("pbkeylen", _one_of("16", "24", "32")),
    "streamid": _Parameter("srt_streamid", _text(1, 512), is_secret=True),
}
_RIST = {
    "mode": _Parameter("", _one_of("caller", "listener")),
    "profile": _Parameter("rist_profile", _one_of("simple", "main")),
    "buffer": _Parameter("buffer_size", _number(0, 30_000)),
    "secret": _Parameter("secret", _text(1, 128), is_secret=True),
    "aes-type": _Parameter("encryption", _one_of("128", "256")),
}
_LIMITS = {
    "mode": "caller or listener",
    "latency": "milliseconds up to 20000",
    "passphrase": "10 to 79 characters",
    "pbkeylen": "16, 24 or 32",
    "streamid": "1 to 512 characters",
    "profile": "simple or main",
    "buffer": "milliseconds up to 30000",
    "secret": "1 to 128 characters",
    "aes-type": "128 or 256",
}


def listens(address: PeerAddress) -> bool:
    """Whether it is we who wait for the other side, at a port of this machine."""
    return address.query.get("mode") == "listener" or address.has_at or not address.host


def target(address: PeerAddress, guard: Guard) -> Target:
    """What to open: one address that the guard has vetted, or a port of this machine.

    Raises:
        SourceError: A parameter is not known, or has a value that it cannot have.
        AddressRefusedError: If the guard does not let us.
        TransferError: If there is no such host.
    """
    if address.rest.partition("?")[0]:
        raise SourceError(f"{address}: has a path, which {address.scheme} has no use for; a name goes into its query")
    known = _SRT if address.scheme == "srt" else _RIST
    options, has_secrets = {}, False
    for key, text in address.query.items():
        parameter = known.get(key)
        if parameter is None:
            raise SourceError(f"{address}: {key} is not known; what may stand there is {', '.join(known)}")
        value = parameter.read(text)
        if value is None:
            raise SourceError(f"{address}: {key} must be {_LIMITS[key]}")
        has_secrets |= parameter.is_secret
        if parameter.option:
            options[parameter.option] = value
    we_listen = listens(address)
    if not address.host and address.query.get("mode") == "caller":
        raise SourceError(f"{address}: there is no host to call")
    literal = _own(address) if we_listen else guard.vetted(address.host, address.port)[0]
    host = f"[{literal}]" if ":" in literal else literal
    if address.scheme == "srt":
        options["mode"] = "listener" if we_listen else "caller"
    else:
        host = f"@{host}" if we_listen else host
        options["overrun_nonfatal"] = "1"
    return Target(f"{address.scheme}://{host}:{address.port}", options, f"{address.scheme},udp", has_secrets, we_listen)


def _own(address: PeerAddress) -> str:
    """The address of this machine to listen at."""
    try:
        return str(ip_address(address.host or "0.0.0.0"))
    except ValueError as error:
        raise SourceError(f"{address}: where we listen must be an address of this machine, or nothing") from error


def _quoted(text: str) -> str:
    """As FFmpeg reads it whatever is in it."""
    return "'" + text.replace("'", "'\\''") + "'"
