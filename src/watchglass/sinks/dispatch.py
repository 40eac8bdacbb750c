"""Tells what is in the outbox, each sink by itself, again and again until it has arrived or is given up."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from watchglass.model.errors import StoreError
from watchglass.model.sink import Outbox, Sink, SinkError
from watchglass.net.address import redact
from watchglass.sinks.grouping import Grouping, Message, Pace

log = logging.getLogger(__name__)

LEASE = 60.0
"""Seconds after which what was claimed by somebody who died is due again."""
_FIRST, _LONGEST = 5.0, 600.0
"""Seconds up to which the pauses between attempts are drawn: the first one, and the last ones."""
_GIVEN_UP = 86_400.0
"""Seconds after which nobody wants to hear of it any more."""
_MOST = {True: 10_000, False: 500}
"""What is claimed at once: all of a flood where it becomes a digest, else what goes well into one request."""
_REFUSALS = 20
"""Requests in one turn that may be refused for good, while it is found out which piece of news is to blame."""
_POLL = 5.0
"""Seconds after which a sink looks for itself whether there is anything: windows end, and leases of the dead."""
_TROUBLE = 1.0
"""Seconds until the next look at an outbox that has failed."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A sink that is told nothing."""

    since: float
    """UTC of the first attempt that failed."""
    at: float
    """UTC of the last one."""
    why: str
    given_up: int
    """News that became dead letters since then."""


class Dispatcher:
    """Tells one sink.

    Args:
        name: Of the sink.
        sink: Whom to tell; may be exchanged between turns.
        outbox: What is to be told.
        pace: How fast.
        rng: Where chance comes from.
        clock: Seconds, for how long a turn takes.
    """

    def __init__(
        self,
        name: str,
        sink: Sink,
        outbox: Outbox,
        pace: Pace | None = None,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sink = sink
        self.is_stopping = False
        """Set by another thread: what is being sent is the last."""
        self.next_at: float | None = None
        """UTC at which something is known to be due; None if nothing is."""
        self.failing: Failing | None = None
        """How it has failed since something arrived; None if it has not."""
        self._name = name
        self._outbox = outbox
        self._grouping = Grouping(pace or Pace())
        self._rng = rng or random.Random()
        self._clock = clock
        self._rest_until = 0.0
        self._refusals = 0
        self._waiting: set[str] = set()
        """Incidents of which something failed in this turn, and has to come first the next time."""

    @property
    def pace(self) -> Pace:
        """How fast it tells."""
        return self._grouping.pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        if pace != self._grouping.pace:
            self._grouping = Grouping(pace)

    def turn(self, now: float) -> int:
        """Tell what is due; how many there were, also of those that have to wait.

        Args:
            now: UTC in seconds since 1970.

        Raises:
            StoreError: The outbox has failed.
        """
        self.next_at = None
        if now < self._rest_until:
            self._due_at(self._rest_until)
            return 0
        began, most = self._clock(), _MOST[self.pace.digests]
        self._refusals, self._waiting = 0, set()
        claimed = self._outbox.claim(now, LEASE, self._name, most)
        plan = self._grouping.plan(claimed, now)
        for message, at in plan.later:
            self._later(message, at)
        for number, message in enumerate(plan.messages):
            if self.is_stopping or now < self._rest_until or self._clock() - began > LEASE / 2:
                self._later([one for each in plan.messages[number:] for one in each], max(now, self._rest_until))
                break
            self._tell(message, now)
        if len(claimed) == most:
            self._due_at(now)
        return len(claimed)

    def _tell(self, message: Message, now: float) -> None:
        news = [one for one in message if one.incident.id not in self._waiting]
        if len(news) < len(message):
            self._later([one for one in message if one.incident.id in self._waiting], now)
        if not news:
            return
        self._grouping.begins(now)
        error = self._attempt(news)
        if error is None:
            self.failing = None
            self._outbox.sent(news)
            self._grouping.told(news, now)
        elif error.is_final and len(news) > 1 and self._refusals < _REFUSALS:
            self._refusals += 1  # perhaps only one of them is refused, or all are too long together
            half = len(news) // 2
            self._tell(news[:half], now)
            self._tell(news[half:], now)
        else:
            self._failed(news, error, now)

    def _attempt(self, news: Message) -> SinkError | None:
        try:
            self.sink.send(news)
        except SinkError as error:
            return error
        except Exception as error:  # one sink's mistake costs no other sink its news
            log.exception("the sink %s failed", self._name)
            return SinkError(redact(f"{type(error).__name__}: {error}")[:200])
        return None

    def _failed(self, news: Message, error: SinkError, now: float) -> None:
        attempts = min(one.attempts for one in news)
        pause = max(error.retry_after, self._rng.uniform(0.0, min(_LONGEST, _FIRST * 2.0 ** min(attempts, 20))))
        if error.retry_after > 0.0:
            self._rest_until = now + error.retry_after
        is_hopeless = error.is_final and len(news) == 1
        again = [] if is_hopeless else [one for one in news if now + pause - one.since <= _GIVEN_UP]
        over = news if is_hopeless else [one for one in news if now + pause - one.since > _GIVEN_UP]
        known = self.failing or Failing(now, now, "", 0)
        self.failing = Failing(known.since, now, str(error), known.given_up + len(over))
        if over:
            self._outbox.failed(over, str(error), None)
        if again:
            self._waiting |= {one.incident.id for one in again}
            self._outbox.failed(again, str(error), now + pause)
            self._due_at(now + pause)

    def _later(self, news: Message, at: float) -> None:
        self._outbox.later(news, at)
        self._due_at(at)

    def _due_at(self, at: float) -> None:
        self.next_at = at if self.next_at is None else min(self.next_at, at)


class Deliveries:
    """Tells all sinks, each in a thread of its own: who is slow or dead keeps nobody waiting.

    Args:
        outbox: What is to be told.
        sinks: By name.
        paces: How fast each may be told; as ``Pace`` says where nothing is said.
        rng: Where chance comes from.
        clock: UTC in seconds since 1970.
    """

    def __init__(
        self,
        outbox: Outbox,
        sinks: Mapping[str, Sink],
        paces: Mapping[str, Pace] | None = None,
        *,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._rng = rng or random.Random()
        self._clock = clock
        self._couriers: dict[str, _Courier] = {}
        self._is_started = self._is_stopped = False
        self.swap(sinks, paces)

    def start(self) -> None:
        """Begin."""
        self._is_started = True
        for courier in self._couriers.values():
            courier.start()

    def wake(self) -> None:
        """Something was recorded."""
        for courier in tuple(self._couriers.values()):
            courier.wake()

    def swap(self, sinks: Mapping[str, Sink], paces: Mapping[str, Pace] | None = None) -> None:
        """From now on there are these sinks; what is being sent to others arrives, or is kept for them.

        Returns when none of those that are gone is in use any more.
        """
        if self._is_stopped:
            return
        paces = paces or {}
        before = dict(self._couriers)
        gone = [courier for name, courier in before.items() if name not in sinks]
        for courier in gone:
            courier.end()
        couriers = {name: courier for name, courier in before.items() if name in sinks}
        for name, sink in sinks.items():
            pace = paces.get(name, Pace())
            if name in couriers:
                continue
            dispatcher = Dispatcher(name, sink, self._outbox, pace, self._rng)
            couriers[name] = _Courier(name, dispatcher, self._clock)
            if self._is_started:
                couriers[name].start()
        self._couriers = couriers
        for name, courier in before.items():
            if name in sinks:
                courier.exchange(sinks[name], paces.get(name, Pace()))
        for courier in gone:
            courier.join()

    def stop(self) -> None:
        """Let what is being sent finish, and end; the rest stays in the outbox. There are no other sinks after that."""
        self._is_stopped = True
        for courier in self._couriers.values():
            courier.end()
        for courier in self._couriers.values():
            courier.join()

    def turn(self, now: float) -> int:
        """Tell what is due, one sink after the other, where there are no threads; how many there were."""
        return sum(courier.dispatcher.turn(now) for courier in self._couriers.values())

    @property
    def failing(self) -> Mapping[str, Failing]:
        """Sinks of which the last attempts have failed, by name."""
        couriers = tuple(self._couriers.items())
        return {name: failing for name, courier in couriers if (failing := courier.dispatcher.failing) is not None}

    @property
    def ended(self) -> Sequence[str]:
        """Sinks that nobody tells any more, because of a mistake of ours."""
        return [name for name, courier in tuple(self._couriers.items()) if courier.has_died]


class _Courier:
    """The thread of one sink."""

    def __init__(self, name: str, dispatcher: Dispatcher, clock: Callable[[], float]) -> None:
        self.dispatcher = dispatcher
        self._clock = clock
        self._woken = threading.Event()
        self._turning = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)
        self._is_started = self._is_over = False

    def start(self) -> None:
        self._is_started = True
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        self._is_over = self.dispatcher.is_stopping = True
        self._woken.set()

    def join(self) -> None:
        if self._is_started:
            self._thread.join()

    @property
    def has_died(self) -> bool:
        return self._is_started and not self._is_over and not self._thread.is_alive()

    def exchange(self, sink: Sink, pace: Pace) -> None:
        """Between two turns; a long one is cut short."""
        self.dispatcher.is_stopping = True
        with self._turning:
            self.dispatcher.sink, self.dispatcher.pace = sink, pace
            self.dispatcher.is_stopping = self._is_over
        self.wake()

    def _run(self) -> None:
        while True:
            with self._turning:
                if self._is_over:
                    return
                pause = self._turn()
            self._woken.wait(pause)
            self._woken.clear()

    def _turn(self) -> float:
        """Seconds until there is something to do."""
        try:
            self.dispatcher.turn(self._clock())
        except StoreError as error:
            log.warning("what is to be told cannot be read or noted: %s", error)
            return _TROUBLE
        next_at = self.dispatcher.next_at
        return _POLL if next_at is None else min(_POLL, max(0.0, next_at - self._clock()))
