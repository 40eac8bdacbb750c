"""SRT and RIST through a process of FFmpeg's, which receives and hands on a transport stream.

The FFmpeg within PyAV speaks neither. What is secret of an address is in no argument, where everybody on this machine
could read it: with a passphrase or an identifier the process is told by its standard input, as a list of one entry.
What reads that list puts the stream together anew; without a secret its bytes come as they were sent.
"""

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence

from watchglass.media.attempts import Attempts
from watchglass.media.bridge_address import Target, target
from watchglass.model.errors import SourceError, TransferError
from watchglass.net.backlog import Backlog, Rejoin
from watchglass.net.guard import Guard
from watchglass.net.peer_address import PeerAddress

_LEAVE = 2.0
"""Seconds that the process and its reader are given to end."""
_BLOCK = 1 << 16
_LINE, _LINES = 200, 16
"""Characters and lines of what the process says that are kept."""
_PREFIX = re.compile(r"^(?:\[[^\]]*\] *|\d\d:\d\d:[\d.]+/\S+ (?:@\d+: )?)")
_TELLING = ("REJECT reported", "Connection to", "Error during demuxing")
"""What tells more than the rest of what it says, the best first."""
_DIES_WITH_US = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
os.getppid() == int(sys.argv[1]) or sys.exit()
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Also where it waits for a sender, and so never notices that nobody reads what it would write."""
_QUIET = ("-hide_banner", "-nostats", "-loglevel", "error")
_WATCHED = ("-map", "0:v?", "-map", "0:a?", "-map", "0:s?")
"""Other tracks it might not know how to put together again, and would end."""
_WRITTEN = ("-c", "copy", "-flush_packets", "1")


class Bridge:
    """Receives in a process of its own, again and again.

    Args:
        address: What to receive.
        guard: Vets where it is.

    Raises:
        SourceError: The address is none that can be received, or there is nothing to receive it with.
        AddressRefusedError: If the guard does not let us.
        TransferError: If there is no such host.
    """

    def __init__(self, address: PeerAddress, guard: Guard) -> None:
        self.name = str(address)
        self.trouble = ""
        self.failure = ""
        """Why it was given up."""
        self.backlog = Backlog()
        self._address = address
        self._guard = guard
        self._target = target(address, guard)
        self.is_intact = not self._target.has_secrets
        self.waits_for = "a sender" if self._target.listens else "the stream"
        self._program = receiver(address)
        self._attempts = Attempts()
        self._is_over = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process."""
        self._is_over.set()
        self.backlog.close()
        self._end_child()
        self._thread.join(_LEAVE)

    def _end_child(self) -> None:
        child = self._child
        if child is not None:
            with contextlib.suppress(OSError):
                child.kill()

    def _run(self) -> None:
        lost: tuple[float, str] | None = None
        while not self._is_over.is_set():
            began = time.monotonic()
            received, why = self._receive(lost)
            pause = self._attempts.ended(time.monotonic() - began if received else 0.0)
            if self._attempts.has_media and (received or lost is None):
                lost = time.monotonic(), why
            if self._attempts.are_in_vain and not self._target.listens:
                self.failure = f"{self.name}: {why}"
                self.backlog.close()
                return
            self.trouble = f"{self.name}: {why}; trying again"
            self._is_over.wait(pause)

    def _receive(self, lost: tuple[float, str] | None) -> tuple[bool, str]:
        """One process, from beginning to end: whether anything came, and why there is no more."""
        try:
            where = target(self._address, self._guard)  # its name may have moved
        except TransferError as error:
            return False, str(error)
        words: deque[str] = deque(maxlen=_LINES)
        launcher = [sys.executable, "-I", "-S", "-c", _DIES_WITH_US, str(os.getpid()), self._program]
        received = False
        with subprocess.Popen(
            [*launcher, *arguments(where)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            self._child = child
            if self._is_over.is_set():
                self._end_child()
            assert child.stdin is not None
            assert child.stdout is not None
            listening = threading.Thread(target=self._listen, args=(child, words), daemon=True)
            listening.start()
            with contextlib.suppress(OSError):
                child.stdin.write(where.listed().encode() if where.has_secrets else b"")
            with contextlib.suppress(OSError):
                child.stdin.close()
            while data := child.stdout.read1(_BLOCK):  # type: ignore[attr-defined]
                if not received and lost is not None:
                    since, why = lost
                    self.backlog.put(Rejoin(why, time.monotonic() - since))
                received = self._attempts.has_media = True
                self.trouble = ""
                self.backlog.put(data)
            self._end_child()
            listening.join(_LEAVE)
            self._child = None
        return received, _most_telling(words)

    def _listen(self, child: "subprocess.Popen[bytes]", words: "deque[str]") -> None:
        """What it says of its trouble."""
        assert child.stderr is not None
        for line in iter(lambda: child.stderr.readline(_BLOCK), b""):  # type: ignore[union-attr]
            words.append(_PREFIX.sub("", self._address.hide(line.decode(errors="replace")).strip())[:_LINE])


def _most_telling(lines: Sequence[str]) -> str:
    """One of the lines that it left."""
    for sign in _TELLING:
        for line in lines:
            if sign in line:
                return line
    return next((line for line in reversed(lines) if line), "the stream has ended")


def arguments(where: Target) -> list[str]:
    """What the process is told where others can read it: nothing that is secret."""
    if where.has_secrets:
        opened = ["-protocol_whitelist", f"pipe,{where.protocols}", "-f", "concat", "-safe", "0", "-i", "pipe:0"]
        written = [*_WRITTEN, "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts", "pipe:1"]
        return [*_QUIET, *opened, *_WATCHED, *written]
    options = [each for name, value in where.options.items() for each in (f"-{name}", value)]
    opened = ["-protocol_whitelist", where.protocols, "-f", "data", *options, "-i", where.url]
    return [*_QUIET, "-nostdin", *opened, "-map", "0", *_WRITTEN, "-f", "data", "pipe:1"]


def receiver(address: PeerAddress) -> str:
    """The FFmpeg that is to receive: that of the extra, else the one of this machine.

    Raises:
        SourceError: There is none that speaks the protocol.
    """
    for program in _programs():
        if address.scheme in _protocols(program):
            return program
    raise SourceError(
        f"{address}: is received by an FFmpeg with {address.scheme.upper()}, and there is none; "
        "`pip install 'watchglass[srt]'` brings one"
    )


def _programs() -> Sequence[str]:
    found = []
    if importlib.util.find_spec("imageio_ffmpeg") is not None:
        from imageio_ffmpeg import get_ffmpeg_exe

        with contextlib.suppress(RuntimeError):
            found.append(str(get_ffmpeg_exe()))
    own = shutil.which("ffmpeg")
    return [*found, own] if own else found


@functools.cache
def _protocols(program: str) -> frozenset[str]:
    try:
        told = subprocess.run([program, "-hide_banner", "-protocols"], capture_output=True, text=True, timeout=20.0)
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(told.stdout.partition("Output:")[0].split())
