"""Stands between a player of RTSP on this machine and the server, so that the player connects to nobody else.

The player is given an address of loopback. We connect to one vetted address, put the server's own name into what is
asked, log in, and pass on what comes; a reply that leads elsewhere ends it. Where media are to come as datagrams, it is
we who take them, and the player gets them on its connection like all others.

Source: RFC 2326 (RTSP 1.0).
"""

import contextlib
import re
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from watchglass.model.errors import TransferError
from watchglass.net.guard import Guard
from watchglass.net.line import Line, Patience
from watchglass.net.peer_address import PeerAddress
from watchglass.net.rtsp_datagrams import Pair
from watchglass.net.rtsp_messages import Login, Message, Splitter

_PLAYER = 10.0
"""Seconds in which the player must come."""
_AGAIN = 0.25
"""Seconds after which a wait is counted."""
_LARGEST = 1 << 16
_LEAVE = 1.0
"""Seconds that the thread is given to end."""
_MOST_ASKED = 64
"""Requests that may wait for their replies."""


class _Asked(NamedTuple):
    request: Message
    """As the player made it, to the server's own name."""
    number: str
    """The player's number of it."""
    has_logged_in: bool
    pair: Pair | None = None
    channels: str = ""
    """Under which numbers the player wants what comes of it."""


class RtspRelay:
    """One connection of one player.

    Args:
        address: The server, and what of it.
        guard: Vets where it is.
        arrived: Is told when media arrive.
        over_udp: Have media sent as datagrams.
        patience: How long to wait for how little.

    Raises:
        AddressRefusedError: If the guard does not let us.
        TransferError: If nobody answers there.
    """

    def __init__(
        self,
        address: PeerAddress,
        guard: Guard,
        arrived: Callable[[], None] = lambda: None,
        *,
        over_udp: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self.failure = ""
        """Why it ended, in words without secrets; empty where the server just hung up."""
        self._address = address
        self._arrived = arrived
        self._over_udp = over_udp
        self._line = Line.connect(address, guard, patience)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._listening.settimeout(_PLAYER)
        self._local = f"rtsp://127.0.0.1:{self._listening.getsockname()[1]}/{secrets.token_hex(16)}"
        self._remote = f"{address.scheme}://{address.authority}/{address.rest}"
        self._player: socket.socket | None = None
        self._has_asked = self._plays = False
        self._login = Login(address.user, address.password)
        self._asked: dict[str, _Asked] = {}
        self._number = 0
        self._pairs: list[Pair] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the player finds it; nobody else on this machine can guess it."""
        return self._local

    def cut(self) -> None:
        """End it soon, from any thread."""
        self._line.cut()
        for each in (self._listening, self._player):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, and wait a moment for that."""
        if self._player is None:
            self.cut()
        self._thread.join(_LEAVE)
        self.cut()

    def _run(self) -> None:
        try:
            with self._listening:
                self._player, _ = self._listening.accept()
            self._player.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pass_on(self._player)
        except TransferError as error:
            self.failure = self.failure or str(error)
        except OSError:
            pass  # the player left, or nobody came
        finally:
            for pair in self._pairs:
                pair.close()
            if self._player is not None:
                self._player.close()
            self._line.close()

    def _pass_on(self, player: socket.socket) -> None:
        """Until one of both has no more to say."""
        from_server, from_player = Splitter(), Splitter()
        while True:
            sockets = [each for pair in self._pairs for each in pair.sockets]
            began = time.monotonic()
            wait = 0.0 if self._line.has_more else _AGAIN
            watched: list[Line | socket.socket] = [self._line, player, *sockets]
            ready, _, _ = select.select(watched, [], [], wait)
            self._line.patience.waited(time.monotonic() - began, 0)
            if player in ready:
                data = player.recv(_LARGEST)
                if not data:
                    return
                for each in from_player.feed(data):
                    self._to_server(each)
            if self._line in ready or self._line.has_more:
                data = self._line.read(_LARGEST)
                if not data:
                    return
                for each in from_server.feed(data):
                    self._to_player(player, each)
            for pair in self._pairs:
                self._datagrams(player, pair, ready)

    def _datagrams(self, player: socket.socket, pair: Pair, ready: Sequence[object]) -> None:
        for frame in pair.frames([each for each in pair.sockets if each in ready]):
            self._line.patience.waited(0.0, len(frame))
            self._arrived()
            player.sendall(frame)

    def _to_server(self, told: Message | bytes) -> None:
        if isinstance(told, bytes):
            if not any(pair.send(told) for pair in self._pairs):
                self._line.write(told)
            return
        method, uri, version = f"{told.first}  ".split(" ", 2)
        if not self._has_asked and not uri.startswith(self._local):
            raise TransferError("somebody else on this machine came instead of the player")
        self._has_asked = True
        if uri.startswith(self._local):
            uri = self._remote + uri.removeprefix(self._local)
        number, channels, pair = told.get("CSeq"), "", None
        request = Message(f"{method} {uri} {version.strip()}", told.fields, told.body)
        request = request.without("CSeq", "User-Agent", "Authorization").having("User-Agent", "watchglass")
        if method == "SETUP" and self._over_udp:
            found = re.search(r"interleaved=(\d{1,3}-\d{1,3})", request.get("Transport"))
            channels = found[1] if found else "0-1"
            pair = Pair(self._line.own, self._line.peer, int(channels.partition("-")[0]))
            self._pairs.append(pair)
            request = request.having("Transport", f"RTP/AVP;unicast;client_port={pair.ports}")
        self._ask(_Asked(request, number, False, pair, channels))

    def _ask(self, asked: _Asked) -> None:
        self._number += 1
        self._asked[str(self._number)] = asked
        while len(self._asked) > _MOST_ASKED:
            self._asked.pop(next(iter(self._asked)))
        self._line.write(self._login.applied(asked.request.having("CSeq", str(self._number))).coded())

    def _to_player(self, player: socket.socket, told: Message | bytes) -> None:
        if isinstance(told, bytes):
            self._arrived()
            player.sendall(told)
        elif told.first.startswith("RTSP/"):
            self._reply(player, told)
        elif told.first.startswith("REDIRECT"):
            raise TransferError("the server sends us elsewhere, which is not followed")
        else:  # whether we are still there
            self._line.write(Message("RTSP/1.0 200 OK", [("CSeq", told.get("CSeq"))]).coded())

    def _reply(self, player: socket.socket, reply: Message) -> None:
        found = re.fullmatch(r"RTSP/\d\.\d +(\d{3})(?: (.*))?", reply.first)
        if found is None:
            raise TransferError("not RTSP that can be read")
        status, reason = int(found[1]), found[2] or ""
        said = self._address.hide(f"{status} {reason}")[:100]
        asked = self._asked.pop(reply.get("CSeq"), None)
        if 300 <= status < 400:
            raise TransferError(f"the server sends us elsewhere ({said}), which is not followed")
        if asked is None:
            return
        if status == 401 and not asked.has_logged_in and self._login.challenged(reply):
            self._ask(asked._replace(has_logged_in=True))
            return
        method = asked.request.first.partition(" ")[0]
        if status >= 400 and not self._plays:
            raise TransferError(f"the server answers {said} to {method}")
        self._plays |= method == "PLAY"
        if asked.pair is not None and status < 300:
            reply = reply.having("Transport", asked.pair.agreed(reply.get("Transport"), asked.channels))
        fields = reply.without("CSeq", "Location", "WWW-Authenticate").fields
        passed = Message(f"RTSP/1.0 {status} {reason}", [("CSeq", asked.number), *fields], reply.body)
        player.sendall(passed.coded())
