"""A process of its own in which Apprise runs, as its 180 plugins are other people's code and reach where they like.

It is told one address first, then messages; a line of JSON each, on standard input, so that the address is neither in
the arguments nor in the environment, where others can read it. Each line is answered with one.

What a plugin does is checked where Python asks the system for it (``sys.addaudithook``), whatever module it uses, and
nobody can take that back; only C code that asks the system itself is not seen, and no plugin brings any. A connection
or a datagram goes only to an address that the guard lets us reach, as a number, so that it does not matter what a name
server says the second time; to no UNIX socket; no program is started, nothing is written, and of files only those of
Python and what TLS needs are read. An address cannot ask for redirects.
"""

import contextlib
import errno
import json
import os
import socket
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TextIO

from watchglass.model.errors import AddressRefusedError, TransferError
from watchglass.net.guard import Guard, Network, parse_networks

DEADLINE = 8.0
"""Seconds that Apprise has for one message; whoever waits for us waits a little longer."""
_BY_SOCKET = frozenset(
    {
        *("amqp", "amqps", "aprs", "deltachat", "deltachats", "growl", "irc", "ircs", "mailto", "mailtos", "mqtt"),
        *("mqtts", "rsyslog", "smpp", "smpps", "xmpp", "xmpps"),
    }
)
"""Schemas of plugins that reach over the network without HTTP; all others that are not HTTP are of this machine."""
_READABLE = ("/usr/lib", "/usr/share/zoneinfo", "/etc/ssl", "/etc/pki", "/etc/mime.types", "/dev/null", "/dev/urandom")
_CODE = (*SOURCE_SUFFIXES, *BYTECODE_SUFFIXES, *EXTENSION_SUFFIXES)
_PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"})
_CHANGES = frozenset({"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod"})
_LARGEST_REPLY = 256 << 10
"""Bytes; of what some services say, a plugin has to find its part."""
_MOST_WORDS = 600
"""Characters of what a plugin says of its failure."""


class Fence:
    """What the process may still do, from ``close`` on until it ends.

    Args:
        allow_private: Private networks that may be reached.
    """

    def __init__(self, allow_private: Sequence[Network]) -> None:
        self._names = Guard((), allow_private)
        self._numbers = Guard((), allow_private, resolve=lambda host, port: [host])
        given = (os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"))
        libraries = [place for place in sys.path if Path(place).name in ("site-packages", "dist-packages")]
        places = (*_READABLE, *libraries, sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), *given)
        self._readable = tuple(os.path.realpath(place) for place in places if place)
        # The folder that somebody happened to start us in may be among these: of them only code is read.
        self._importable = tuple(os.path.realpath(place) for place in sys.path if place)
        self.refused: list[str] = []
        """Addresses that were, of late."""

    def close(self) -> None:
        """Let nothing else pass any more."""
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, self._by_number(getattr(socket.socket, name)))
        sys.addaudithook(self._check)

    def _by_number(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with a name replaced by an address of it."""

        def with_number(sock: socket.socket, *arguments: Any) -> Any:
            *more, address = arguments
            if sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and address:
                address = (self._number(sock, *address[:2]), *address[1:])
            return call(sock, *more, address)

        return with_number

    def _number(self, sock: socket.socket, host: Any, port: int) -> str:
        try:
            found = self._names.vetted(str(host), port)
        except AddressRefusedError as error:
            raise self._refusal(str(error)) from None
        except TransferError as error:
            raise socket.gaierror(socket.EAI_NONAME, str(error)) from None
        version = 4 if sock.family == socket.AF_INET else 6
        for text in found:
            if ip_address(text).version == version:
                return text
        raise socket.gaierror(socket.EAI_NONAME, f"{host}: no IPv{version} address")

    def _check(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            self._check_address(*arguments)
        elif event == "open":
            self._check_file(*arguments)
        elif event in _PROGRAMS or event in _CHANGES:
            raise PermissionError(errno.EACCES, f"a plugin of Apprise may not do this here: {event}")

    def _check_address(self, sock: socket.socket, address: Any) -> None:
        if address is None:  # a datagram socket that was connected before
            return
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            raise self._refusal("a plugin of Apprise may reach nothing but the network")
        try:
            self._numbers.vetted(str(ip_address(address[0])), address[1])
        except AddressRefusedError as error:
            raise self._refusal(str(error)) from None
        except ValueError:
            raise self._refusal("a name is not connected to before it is vetted") from None

    def _check_file(self, path: Any, mode: Any, flags: int) -> None:
        if isinstance(path, int):
            return
        whole = os.path.realpath(os.fsdecode(path))
        is_read = not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        is_code = whole.endswith(_CODE) and any(_is_in(whole, place) for place in self._importable)
        is_known = is_code or any(_is_in(whole, place) for place in self._readable)
        if whole != os.devnull and not (is_read and is_known):
            raise PermissionError(errno.EACCES, "a plugin of Apprise may not open files of this machine")

    def _refusal(self, why: str) -> OSError:
        """An error that plugins know how to fail with; kept, as they say little of it."""
        self.refused.append(why)
        return PermissionError(errno.EACCES, why)


class Courier:
    """Delivers by one plugin.

    Args:
        url: Apprise's, with its secrets.
        allow_private: Private networks that may be reached.

    Raises:
        ValueError: It is not one that can be used here.
    """

    def __init__(self, url: str, allow_private: Sequence[Network]) -> None:
        import apprise
        from apprise.manager_plugins import NotificationManager

        schema = url.partition("://")[0].strip().lower()
        kinds: Any = NotificationManager()  # type: ignore[no-untyped-call]
        if "://" not in url or schema not in kinds:
            raise ValueError("Apprise knows no such kind of address")
        if schema not in _BY_SOCKET and not _speaks_http(kinds[schema]):
            raise ValueError(f"{schema}:// is not reached over the network, and nothing else is used")
        asset = apprise.AppriseAsset(
            app_id="watchglass",
            app_desc="watchglass",
            app_url="",
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
            http_redirects=False,
            storage_mode="memory",
            pgp_autogen=False,
            pem_autogen=False,
        )
        _bounded_http()
        _with_pairs()
        self.fence = Fence(allow_private)
        self.fence.close()
        plugin = apprise.Apprise.instantiate(url, asset=asset)
        if plugin is None:
            raise ValueError(f"this {schema}:// address is not as Apprise wants it, or a library for it is missing")
        plugin.redirects = False
        self._apprise = apprise.Apprise(plugin, asset=asset)

    def deliver(self, message: Mapping[str, str]) -> dict[str, Any]:
        """Deliver it; what came of it."""
        self.fence.refused.clear()
        result = self._apprise.notify(
            message["body"], message["title"], notify_type=message["kind"], body_format="text", timeout=DEADLINE
        )
        if result:
            return {"ok": True}
        said = " ".join(dict.fromkeys(entry.message for entry in result.logs()))
        refused = next(iter(self.fence.refused), "")
        return {"ok": False, "refused": refused, "why": said[:_MOST_WORDS], "late": result.status.name == "TIMEOUT"}


def main() -> None:
    """Answer line by line, until nobody asks."""
    sys.dont_write_bytecode = True  # the fence lets nothing be written
    answers = _answers()
    courier: Courier | None = None
    for line in sys.stdin:
        told = json.loads(line)
        if courier is None:
            try:
                courier = Courier(told["url"], parse_networks(told["allow"]))
                answer: dict[str, Any] = {"ok": True}
            except ValueError as error:
                answer = {"ok": False, "why": str(error)}
            except ModuleNotFoundError:
                answer = {"ok": False, "missing": True}
        else:
            answer = courier.deliver(told)
        print(json.dumps(answer), file=answers, flush=True)


def _answers() -> TextIO:
    """Where answers go; what plugins print goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nothing, stream.fileno())
    return answers


def _speaks_http(plugin: Any) -> bool:
    """True if it, or what it is made of, uses Requests; Apprise's own description of plugins does not say."""
    homes = {kind.__module__ for kind in plugin.__mro__} - {"apprise.plugins.base", "apprise.url", "builtins"}
    return any(hasattr(sys.modules.get(home), "requests") for home in homes)


def _bounded_http() -> None:
    """Plugins say to Requests what they like: no redirect is followed, and no endless answer read."""
    from requests import ConnectionError, Response, Session

    send = Session.send

    def send_once(session: Session, request: Any, **more: Any) -> Response:
        answer = send(session, request, **{**more, "allow_redirects": False, "stream": True})
        if not more.get("stream"):
            said = b""
            for chunk in answer.iter_content(8192):
                said += chunk
                if len(said) > _LARGEST_REPLY:
                    answer.close()
                    raise ConnectionError(f"an answer of more than {_LARGEST_REPLY >> 10} kB")
            answer._content = said  # where Requests itself keeps what it has read
        return answer

    Session.send = send_once  # type: ignore[assignment,method-assign]


def _with_pairs() -> None:
    """MQTT's client connects to itself over loopback to wake itself; the system has pairs of sockets for that."""
    with contextlib.suppress(ImportError):
        from paho.mqtt import client

        client._socketpair_compat = socket.socketpair


def _is_in(path: str, place: str) -> bool:
    return path == place or Path(path).is_relative_to(place)


if __name__ == "__main__":
    main()
