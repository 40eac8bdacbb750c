"""Looks whether the machine keeps up, says so where it does not, and has streams give way."""

from collections.abc import Callable, Mapping
from typing import Literal

from watchglass.config.streams import MACHINE
from watchglass.model.finding import Severity
from watchglass.model.phrases import plural
from watchglass.supervisor.behind import Behind
from watchglass.supervisor.clock import SteadyUtc
from watchglass.supervisor.desk import Desk
from watchglass.supervisor.machine import Machine
from watchglass.supervisor.shedding import Load, Shedding
from watchglass.supervisor.spec import StreamSpec
from watchglass.supervisor.stream import StreamStatus
from watchglass.supervisor.supervisor import Supervisor

OVERLOADED = "monitor.overloaded"
"""Id of the finding that the machine cannot keep up."""
_EVERY = 2.0
"""Seconds between two looks."""
_CROWDED = 0.9
"""Share of the processors in use from which no stream is watched more closely by itself."""


class Balance:
    """Has streams give way where the machine cannot keep up.

    Args:
        supervisor: Whose streams.
        desk: Hears of it.
        utc: Dates it.
        note: Takes lines for the log.
    """

    def __init__(self, supervisor: Supervisor, desk: Desk, utc: SteadyUtc, note: Callable[[str, str], None]) -> None:
        self._supervisor, self._desk, self._utc, self._note = supervisor, desk, utc, note
        self._behind = Behind(desk)
        self._machine = Machine()
        self._shedding = Shedding(self._machine.cores)
        self._specs: Mapping[str, StreamSpec] = {}
        self._cpu: dict[int, float] = {}
        self._looked_at: float | None = None
        self._is_crowded = False
        self.busy = 0.0
        """Share of the processors in use, when it was looked last."""
        self.shares: Mapping[str, float] = {}
        """By stream, how much of one processor its process used since the time before."""

    def watch(self, specs: Mapping[str, StreamSpec]) -> None:
        """These are watched from now on."""
        self._specs = specs
        self._shedding.watch(specs.keys())

    def tick(self, now: float) -> None:
        """Look, if it is time to; ``now`` in seconds that never jump."""
        if self._looked_at is not None and now - self._looked_at < _EVERY:
            return
        seconds = now - self._looked_at if self._looked_at is not None else 0.0
        self._looked_at = now
        self.busy = self._machine.busy(seconds)
        statuses = self._supervisor.status()
        loads = self._loads(statuses, seconds)
        if seconds <= 0.0:
            return
        self.shares = {each.name: each.cpu for each in loads}
        step = self._shedding.decide(loads, self.busy, now)
        if step is not None:
            # The settings may have changed since it gave way.
            tier = _lighter(step.tier, self._specs[step.name].tier)
            self._supervisor.order(step.name, tier)
            self._note(step.name, f"{tier} tier: {step.why}")
        self._crowd()
        self._tell()
        self._behind.look(statuses, now, self._utc.now(), is_overloaded=self._shedding.is_overloaded)

    def _loads(self, statuses: list[StreamStatus], seconds: float) -> list[Load]:
        loads, cpu = [], {}
        for each in statuses:
            if each.pid is None or each.name not in self._specs:
                continue
            cpu[each.pid] = each.cpu
            used = (each.cpu - self._cpu.get(each.pid, each.cpu)) / seconds if seconds > 0.0 else 0.0
            spec = self._specs[each.name]
            # One that is light by its settings is watched fully for a while only, and has nothing to give.
            tier = _lighter(spec.tier, each.tier)
            loads.append(Load(each.name, tier, spec.priority, used, each.behind, each.age))
        self._cpu = cpu
        return loads

    def _crowd(self) -> None:
        """What looks wrong in a light stream is watched closely only while there is room for it."""
        is_crowded = self.busy >= _CROWDED or self._shedding.is_overloaded
        if is_crowded is not self._is_crowded:
            self._is_crowded = is_crowded
            for name in self._specs:
                self._supervisor.order(name, "no promotion" if is_crowded else "promotion")

    def _tell(self) -> None:
        now, shedding = self._utc.now(), self._shedding
        if not shedding.is_overloaded:
            self._desk.unsay(MACHINE, OVERLOADED, now)
            return
        late = f"{plural(len(shedding.late), 'stream')} fall behind" if shedding.late else "all keep up now"
        given = [f"light for want of power: {', '.join(shedding.shed)}"] if shedding.shed else []
        if shedding.is_exhausted:
            given.append("nothing is left to give way")
        severity = Severity.CRITICAL if shedding.is_exhausted else Severity.WARNING
        self._desk.say(MACHINE, OVERLOADED, "; ".join([f"this machine cannot keep up ({late})", *given]), now, severity)


def _lighter(one: str, other: str) -> Literal["full", "light"]:
    return "light" if "light" in (one, other) else "full"
