"""What is told together, and when: the first news at once, what follows in digests, and nothing is left out.

For those who read what they are told. A thousand streams of a site that fail in one second are one message now and one
half a minute later; what is graver than all that they have been told of meanwhile does not wait. No clock is read
here: whoever asks says what time it is (UTC in seconds since 1970).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.sink import Notification

Message = list[Notification]
_BEGINS = (IncidentEvent.OPENED, IncidentEvent.RAISED)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a sink may be told."""

    digests: bool = True
    """Whether people read it; a machine gets everything at once."""
    group_interval: float = 30.0
    """Seconds between two messages about what belongs together."""
    burst: int = 10
    """Messages within ``per`` seconds, whatever they are about; beyond them all that is due is one."""
    per: float = 30.0


@dataclass(slots=True)
class Plan:
    """What to do with what is due."""

    messages: list[Message] = field(default_factory=list)
    later: list[tuple[Message, float]] = field(default_factory=list)
    """What has to wait, and until when."""


class Grouping:
    """Of one sink. It is forgotten with the process: the first news after that are told at once again.

    Args:
        pace: How fast it may be told.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._told: dict[str, tuple[float, Severity | None]] = {}
        """By group, when it was last told of, and how grave the gravest was that began within the interval."""
        self._tokens = float(pace.burst)
        self._counted_at: float | None = None

    def plan(self, due: Sequence[Notification], now: float) -> Plan:
        """Which messages to send now; whoever sends one says so (``begins``, ``told``)."""
        plan = Plan()
        if not self.pace.digests:
            plan.messages = [list(due)] if due else []
            return plan
        self._refill(now)
        interval = self.pace.group_interval
        # What was told in the future was told before the clock was set back.
        self._told = {group: told for group, told in self._told.items() if 0.0 <= now - told[0] < interval}
        ready: list[Message] = []
        for group, message in _by_group(due).items():
            told = self._told.get(group)
            if told is None or _is_graver(_gravest(message), told[1]):
                ready.append(message)
            else:
                plan.later.append((message, told[0] + interval))
        self._within_the_burst(ready, plan, now)
        return plan

    def begins(self, now: float) -> None:
        """A message is sent, whether it arrives or not."""
        self._refill(now)
        self._tokens = max(0.0, self._tokens - 1.0)

    def told(self, message: Sequence[Notification], now: float) -> None:
        """It has arrived."""
        if not self.pace.digests:
            return
        for group, news in _by_group(message).items():
            _, before = self._told.get(group, (now, None))
            gravest = _gravest(news)
            self._told[group] = now, gravest if _is_graver(gravest, before) else before

    def _within_the_burst(self, ready: list[Message], plan: Plan, now: float) -> None:
        allowed = int(self._tokens + 1e-9)
        if len(ready) <= allowed:
            plan.messages = ready
            return
        alone = max(0, allowed - 1)
        digest = sorted((one for message in ready[alone:] for one in message), key=lambda one: one.number)
        if allowed:
            plan.messages = [*ready[:alone], digest]
        else:
            plan.later.append((digest, now + (1.0 - self._tokens) * self.pace.per / self.pace.burst))

    def _refill(self, now: float) -> None:
        passed = 0.0 if self._counted_at is None else max(0.0, now - self._counted_at)
        self._counted_at = now
        self._tokens = min(float(self.pace.burst), self._tokens + passed * self.pace.burst / self.pace.per)


def _by_group(news: Sequence[Notification]) -> dict[str, Message]:
    groups: dict[str, Message] = {}
    for one in news:
        groups.setdefault(group_of(one), []).append(one)
    return groups


def _gravest(message: Sequence[Notification]) -> Severity | None:
    """Of what begins or becomes graver; None where nothing does."""
    return max((one.incident.severity for one in message if one.event in _BEGINS), default=None)


def _is_graver(severity: Severity | None, other: Severity | None) -> bool:
    return severity is not None and (other is None or severity > other)


def group_of(one: Notification) -> str:
    """What it is told with; of a name that no group has where it belongs to nothing."""
    return one.group or f"|{one.incident.id}"
