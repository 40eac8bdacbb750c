"""What is told together, and when: the first news at once, what follows in digests, and nothing is left out.

For those who read what they are told. A thousand streams of a site that fail in one second are one message now and one
half a minute later. No clock is read here: whoever asks says what time it is (UTC in seconds since 1970).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from watchglass.model.sink import Notification

Message = list[Notification]


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
        self._told_at: dict[str, float] = {}
        """By group, when it was last told of."""
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
        self._told_at = {group: at for group, at in self._told_at.items() if 0.0 <= now - at < interval}
        groups: dict[str, Message] = {}
        for one in due:
            groups.setdefault(group_of(one), []).append(one)
        ready: list[Message] = []
        for group, message in groups.items():
            if group in self._told_at:
                plan.later.append((message, self._told_at[group] + interval))
            else:
                ready.append(message)
        self._within_the_burst(ready, plan, now)
        return plan

    def begins(self, now: float) -> None:
        """A message is sent, whether it arrives or not."""
        self._refill(now)
        self._tokens = max(0.0, self._tokens - 1.0)

    def told(self, message: Sequence[Notification], now: float) -> None:
        """It has arrived."""
        if self.pace.digests:
            self._told_at |= dict.fromkeys(map(group_of, message), now)

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


def group_of(one: Notification) -> str:
    """What it is told with; of a name that no group has where it belongs to nothing."""
    return one.group or f"|{one.incident.id}"
