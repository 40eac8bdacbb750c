"""Which addresses may be reached.

Everything that watchglass fetches, it fetches because somebody else's playlist or redirect said so. The guard keeps
such a stranger from reaching what only we can reach: the host that the user typed is trusted, every other host only
where all its addresses are on the public internet, or in a network that ``--allow-private`` names. Whoever types a
loopback address by one of its names (``localhost``, ``127.0.0.1``, ``[::1]``) has named that very address, so another
name for it is not refused; the rest of loopback is.

The name is resolved once, all its addresses are vetted, and the connection goes to a vetted address: a name server that
answers differently the second time is never asked a second time. Odd spellings of an address (octal, hexadecimal, a
single number) need no parser of ours, because what counts is what the resolver made of them.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo),
RFC 6598 (shared address space); OWASP Server-Side Request Forgery Prevention Cheat Sheet.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from watchglass.model.errors import AddressRefusedError, TransferError, UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host, as text; raises ``OSError`` if it has none."""

_RESERVED_4 = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared (carrier-grade NAT)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_RESERVED_6 = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", "this host"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),  # Teredo, benchmarking, ORCHID
        ("2001:db8::/32", "reserved"),
        ("3fff::/20", "reserved"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_MAPPED = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = IPv6Network("::/96")


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks that a user wrote for ``--allow-private``: ``10.0.0.0/8``, ``192.168.1.7``, ``fd00::/8``.

    Raises:
        UsageError: If one is not a network.
    """
    try:
        return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts)
    except ValueError as error:
        raise UsageError(f"--allow-private wants a network such as 10.0.0.0/8: {error}") from error


class Guard:
    """Decides which addresses may be reached, by host.

    Args:
        trusted_hosts: Hosts that the user typed; all their addresses may be reached.
        allow_private: Networks that any host may be in.
        resolve: The resolver, for tests.
    """

    def __init__(
        self,
        trusted_hosts: Sequence[str] = (),
        allow_private: Sequence[Network] = (),
        resolve: Resolver | None = None,
    ) -> None:
        self._trusted = frozenset(_canonical(host) for host in trusted_hosts)
        self._allowed = tuple(allow_private)
        self._resolve = resolve or _system_addresses
        self._typed_loopback: frozenset[str] | None = None

    def vetted(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host, all of which may be reached.

        Raises:
            AddressRefusedError: If one of them may not.
            TransferError: If the host has no address.
        """
        found = self._addresses(host, port)
        if _canonical(host) in self._trusted:
            return found
        typed = tuple(text for text in found if text in self._loopback(port))
        if typed:  # of a name with several addresses only the typed one is used
            return typed
        for text in found:
            self._vet(host, ipaddress.ip_address(text))
        return found

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = tuple(dict.fromkeys(self._resolve(host, port)))
        except (OSError, UnicodeError) as error:
            raise TransferError(f"{host}: there is no such host ({error})") from error
        if not found:
            raise TransferError(f"{host}: there is no such host")
        return found

    def _loopback(self, port: int) -> frozenset[str]:
        """The loopback addresses that the user named; a name that is not loopback's own names none, whatever it says.

        ``evil.example`` may resolve to 127.0.0.1, too: then it reaches what any playlist could have named anyway.
        """
        if self._typed_loopback is None:
            named = [text for host in self._trusted if _is_loopback(host) for text in self._addresses(host, port)]
            self._typed_loopback = frozenset(text for text in named if _is_loopback(text))
        return self._typed_loopback

    def _vet(self, host: str, address: Address) -> None:
        kind = reserved_for(address)
        if kind is None or any(self._is_allowed(form) for form in _forms(address)):
            return
        spelled = f"{host}, which is {address}," if host != str(address) else host
        network = f"{address}/{address.max_prefixlen}".replace(f"%{getattr(address, 'scope_id', None)}", "")
        raise AddressRefusedError(
            f"{spelled} is not reached: it is a {kind} address and not the host that was asked for; "
            f"--allow-private {network} would allow it"
        )

    def _is_allowed(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._allowed)


def reserved_for(address: Address) -> str | None:
    """What an address is reserved for, such as ``loopback``; None if it is on the public internet.

    An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is as reserved as that one.
    """
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _RESERVED_4 if address in network), None)
    for network, kind in _RESERVED_6:
        if address in network:
            return kind
    embedded = _embedded(address)
    if embedded is not None:
        return reserved_for(embedded)
    return None if address in _GLOBAL_6 else "reserved"


def _embedded(address: IPv6Address) -> IPv4Address | None:
    number = int(address)
    if any(address in network for network in (_MAPPED, _TRANSLATED, _COMPATIBLE, _NAT64)):
        return IPv4Address(number & 0xFFFF_FFFF)
    if number >> 112 == 0x2002:  # 6to4
        return IPv4Address(number >> 80 & 0xFFFF_FFFF)
    if number >> 32 & 0xFCFF_FFFF == 0x5EFE:  # ISATAP, with or without the universal bit
        return IPv4Address(number & 0xFFFF_FFFF)
    return None


def _forms(address: Address) -> Iterator[Address]:
    yield address
    if isinstance(address, IPv6Address):
        embedded = _embedded(address)
        if embedded is not None:
            yield embedded


def _canonical(host: str) -> str:
    """One spelling per host: lower case, no trailing dot, addresses as the resolver reads them."""
    host = host.lower().strip("[]").removesuffix(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host[:1].isdigit() and " " not in host else host
    except OSError:
        return host


def _is_loopback(host: str) -> bool:
    """True for the names that loopback has everywhere, and its addresses."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _system_addresses(host: str, port: int) -> Sequence[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
