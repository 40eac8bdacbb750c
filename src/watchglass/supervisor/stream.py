"""One stream as the supervisor has it: its process, begun anew when it dies, ended when it hangs."""

import logging
import os
import pickle
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import inf
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess

from watchglass.model.attention import Tier
from watchglass.model.finding import Severity
from watchglass.model.phrases import plural
from watchglass.supervisor import child
from watchglass.supervisor.board import Board, Phase
from watchglass.supervisor.budget import Budget
from watchglass.supervisor.clock import SteadyUtc, uptime
from watchglass.supervisor.desk import ARCHIVE, BLIND, Desk
from watchglass.supervisor.process import cpu_seconds, private_memory
from watchglass.supervisor.spec import StreamSpec
from watchglass.supervisor.words import (
    Archiving,
    Ended,
    Failed,
    Fell,
    Minute,
    Missed,
    Order,
    Told,
    Trouble,
    Watching,
    Word,
)

log = logging.getLogger(__name__)

OPENING = 25.0
"""Seconds that opening a source may take; servers are given up sooner, by the time-outs of what asks them."""
UNSEEN = 10.0
"""Seconds without watching after which people are told, whatever the reason."""
_MUCH = 0.75
"""Share of the memory that a process may take, from which it is better replaced than ended later."""
_LONGEST = 1 << 20
"""Bytes of one word of a process."""
_AT_ONCE = 1_000
"""Words that are taken from one process before others are heard."""
_RETRY = 0.5
"""Seconds until it is tried again to begin a process."""
_ASLEEP = 2.0
"""Seconds without a look at it after which a process is excused: the whole machine may have stood still."""
_LEAVES = 2.0
"""Seconds that a process has to end when its pipe is closed, and again when it was killed."""
_GARBLED = (pickle.UnpicklingError, AttributeError, ImportError, LookupError, TypeError, ValueError, MemoryError)
"""What reading the words of a process may end in whose memory is no longer in order."""
_UNKNOWN = 255
"""Exit code that stands for none: the fork server, which would know it, is gone."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How a stream is, for people."""

    name: str
    phase: str
    """``starting``, ``opening``, ``watching``, ``resting``, ``quarantine``, ``ended`` or ``stopped``."""
    tier: str
    position: float
    """Media time watched, in seconds."""
    frames: int
    lag: float
    """Seconds behind what is on air; NaN if nobody knows."""
    behind: float
    """Seconds by which it has fallen behind."""
    missed: float
    """Seconds so far that were gone before we came to them."""
    pid: int | None
    deaths: int
    """Of its processes, so far."""
    age: float
    """Seconds since its process began; 0 where there is none."""
    cpu: float
    """Seconds that its process has computed."""
    memory: int
    """Bytes that its process has of its own, as of some seconds ago."""
    trouble: str
    """What was wrong last, if anything is."""


class WatchedStream:
    """Watches over the process of a stream.

    Times that it is given are those of ``uptime``.

    Args:
        spec: What to watch.
        context: Where processes come from.
        desk: Hears of findings.
        utc: Dates what is told.
        hang: Seconds without a sign of life after which a process is ended.
        note: Takes what goes into the log.
        on_minute: Takes a minute of readings.
    """

    def __init__(
        self,
        spec: StreamSpec,
        context: ForkServerContext,
        desk: Desk,
        utc: SteadyUtc,
        *,
        hang: float,
        note: Callable[[str], None],
        on_minute: Callable[[Minute], None] = lambda minute: None,
    ) -> None:
        self.spec = spec
        self._on_minute = on_minute
        self._context, self._desk, self._utc, self._hang, self._note = context, desk, utc, hang, note
        self._budget = Budget()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._board = Board(context)
        self._start_at: float | None = 0.0
        self._unseen_since: float | None = None
        self._failures = 0
        self._ticked_at = self._looking_since = 0.0
        self._why_killed = ""
        self._fell = ""
        self._deaths = 0
        self._missed = 0.0
        self._memory = 0
        """Bytes that its process had of its own, when it was looked last: to look takes milliseconds."""
        self._tier = spec.tier
        self._trouble = ""
        self._is_over = False
        """The media have ended."""
        self._is_stopping = False
        self._orders: dict[str, Order] = {}
        """The last ones, which hold for the next process, too."""
        self._runs: set[str] = set()
        """Stretches of watching of this process."""
        self.begun_at = inf
        """When its process was begun; never, before it is."""
        self.is_quiet = False
        """True while another one watches the same stream, so that nobody need hear how this one fares."""

    @property
    def is_watching(self) -> bool:
        """True once media have come to its process."""
        return self._process is not None and self._board.phase is Phase.WATCHING

    @property
    def pipe(self) -> Connection | None:
        """What to wait for."""
        return self._pipe

    @property
    def is_gone(self) -> bool:
        """True once it has stopped as it was told to."""
        return self._is_stopping and self._process is None

    def tick(self, now: float) -> None:
        """Do what is due."""
        if now - self._ticked_at > _ASLEEP:
            self._looking_since = now
        self._ticked_at = now
        if self._process is None:
            if self._start_at is not None and now >= self._start_at and not self._is_stopping:
                self._start(now)
        elif self._hangs(now):
            self._kill(f"gave no sign of life for {self._board.silent_for:.0f} s")
        if self._unseen_since is not None and now - self._unseen_since >= UNSEEN and not self._is_stopping:
            self._say_blind(self._trouble or "it has not begun")

    @property
    def is_large(self) -> bool:
        """Whether its process takes nearly as much memory as it may."""
        return self._memory > _MUCH * self.spec.memory

    def look_at_memory(self) -> None:
        """End the process if it takes too much; its own limit has not held it then."""
        pid = self._process.pid if self._process is not None else None
        self._memory = private_memory(pid) if pid is not None else 0
        if self._memory > self.spec.memory:
            self._kill(f"took more than {self.spec.memory >> 20} MiB of memory")

    def hear(self, now: float) -> None:
        """Take what the process has said, or that it is gone."""
        assert self._pipe is not None
        try:
            for _ in range(_AT_ONCE):
                if not self._pipe.poll():
                    return
                self._heard(pickle.loads(self._pipe.recv_bytes(_LONGEST)), now)
        except (EOFError, OSError):
            self._died(now)
        except _GARBLED as error:
            self._fell = f"said what nobody understands ({type(error).__name__})"
            self._died(now)

    def order(self, order: Order) -> None:
        """Tell the process to do something, and those that follow it."""
        kind = "promotion" if order.endswith("promotion") else "tier"
        self._orders[kind] = order
        self._send(order)

    def follow(self, predecessor: "WatchedStream") -> None:
        """Take over what holds for another one that watches the same stream."""
        self._orders = dict(predecessor._orders)
        if self._orders.get("tier") == predecessor.spec.tier:  # nothing but its settings, which may say otherwise now
            del self._orders["tier"]

    def speaks(self, now: float) -> None:
        """The other one that watched has gone: from now on people hear how this one fares."""
        self.is_quiet = False
        if self._unseen_since is not None:
            self._unseen_since = now

    def _send(self, order: Order) -> None:
        if self._pipe is not None:
            with suppress(OSError):  # it is gone: that is heard
                self._pipe.send(order)

    def stop(self) -> None:
        """Have it end, in order."""
        self._is_stopping = True
        self._send("stop")

    def kill(self) -> None:
        """End it."""
        self._is_stopping = True
        self._kill("was ended")

    def status(self) -> StreamStatus:
        """How it is."""
        board, pid = self._board, self._process.pid if self._process is not None else None
        return StreamStatus(
            self.spec.name,
            self._phase,
            self._tier,
            board.position,
            board.frames,
            board.lag,
            board.behind if self.is_watching else 0.0,
            self._missed,
            pid,
            self._deaths,
            uptime() - self.begun_at if pid else 0.0,
            cpu_seconds(pid) if pid else 0.0,
            self._memory,
            self._trouble,
        )

    @property
    def _phase(self) -> str:
        if self._is_over:
            return "ended"
        if self._process is None:
            return "stopped" if self._is_stopping else "quarantine" if self._budget.is_spent else "starting"
        return self._board.phase.name.lower()

    def _hangs(self, now: float) -> bool:
        limit = OPENING if self._board.phase is Phase.OPENING else self._hang
        return not self._why_killed and min(self._board.silent_for, now - self._looking_since) > limit

    def _start(self, now: float) -> None:
        with ExitStack() as made:
            try:
                ours, theirs = self._context.Pipe()
                made.callback(ours.close)
                with theirs:
                    board = Board(self._context)
                    board.enter(Phase.STARTING)
                    process = self._context.Process(target=child.run, args=(self.spec, theirs, board), daemon=True)
                    process.start()
            except (OSError, EOFError) as error:  # EOFError: the fork server died over it
                self._start_at = now + _RETRY
                self._unseen_from(now)
                self._trouble = f"no process can be started ({getattr(error, 'strerror', None) or 'it ended at once'})"
                return
            made.pop_all()
        self._board = board
        self._process, self._pipe, self._start_at, self.begun_at = process, ours, None, now
        self._why_killed = self._fell = ""
        for order in self._orders.values():
            self._send(order)
        self._unseen_from(now)

    def _heard(self, word: Word, now: float) -> None:
        name = self.spec.name
        if isinstance(word, Told):
            self._desk.told(name, word, self._utc.now())
        elif isinstance(word, Minute):
            self._on_minute(word)
        elif isinstance(word, Archiving):
            self._archiving(word.trouble)
        elif isinstance(word, Watching):
            self._failures, self._unseen_since, self._trouble = 0, None, ""
            self._runs = {word.run}
            self._desk.begins(name, self._utc.now())
            self._desk.unsay(name, BLIND, self._utc.now())
        elif isinstance(word, Failed):
            self._failures += 1
            self._trouble = word.why
            self._unseen_from(now)
            if self._failures > 1 or word.is_refused:
                self._say_blind(word.why)
            self._note(f"{word.why}; again in {word.pause:.1f} s")
        elif isinstance(word, Trouble):
            self._note(word.text)
        elif isinstance(word, Missed):
            self._missed += word.seconds
            self._note(word.text)
        elif isinstance(word, Tier):
            self._tier = "light" if word.is_light else "full"
            self._note(f"{word.name} tier: {word.why}")
        elif isinstance(word, Fell):
            self._fell = word.why
        elif isinstance(word, Ended):
            self._is_over, self._unseen_since, self._trouble = True, None, ""
            self._desk.unsay(name, BLIND, self._utc.now())
            self._note("has ended, and was watched to its end")

    def _died(self, now: float) -> None:
        assert self._process is not None
        assert self._pipe is not None
        self._pipe.close()
        exit_code = _ended(self._process)
        self._process = self._pipe = None
        self._desk.died(self.spec.name, self._runs, self._utc.now())
        self._runs = set()
        if self._is_stopping or self._is_over:
            return
        self._deaths += 1
        pause = 0.0 if exit_code == _UNKNOWN else self._budget.died(now)  # of that it is innocent
        self._start_at = now + pause
        self._unseen_from(now)
        self._trouble = f"its process {self._why_killed or self._fell or _how(exit_code)}"
        if self._budget.is_spent:
            again = f"{plural(round(pause / 60.0), 'minute')}"
            self._say_blind(f"{self._trouble}, again and again; it is left alone for {again}")
        self._note(f"{self._trouble}; begun anew" + (f" in {pause:.3g} s" if pause else ""))

    def _archiving(self, trouble: str) -> None:
        name, now = self.spec.name, self._utc.now()
        if trouble:
            self._desk.say(name, ARCHIVE, f"readings are not kept: {trouble}", now, Severity.WARNING)
            self._note(f"readings are not kept: {trouble}")
        else:
            self._desk.unsay(name, ARCHIVE, now)

    def _unseen_from(self, now: float) -> None:
        """Nobody watches now, and perhaps for longer."""
        if self._unseen_since is None:
            self._unseen_since = now

    def _say_blind(self, why: str) -> None:
        if self.is_quiet:
            return
        self._desk.say(self.spec.name, BLIND, f"this stream is not watched: {why}", self._utc.now())

    def _kill(self, why: str) -> None:
        if self._process is not None and self._process.pid is not None:
            self._why_killed = why
            # It may not end even then, while a disk or a driver keeps it: nobody watches meanwhile.
            self._unseen_from(uptime())
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)


def _ended(process: BaseProcess) -> int | None:
    """See a process off that has closed its pipe; its exit code, None if it is still there."""
    process.join(_LEAVES)
    if process.exitcode is None and process.pid is not None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.join(_LEAVES)
    exit_code = process.exitcode
    if exit_code is not None:
        process.close()
    return exit_code


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        known = {int(each): each.name for each in signal.Signals}
        what = known.get(-exit_code, f"signal {-exit_code}")
        return "was killed from outside (SIGKILL)" if what == "SIGKILL" else f"crashed ({what})"
    if exit_code == _UNKNOWN:
        return "ended with the one of which all are copies"
    return f"ended before its time (exit code {exit_code})"
