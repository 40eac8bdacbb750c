"""Incidents, routes, windows, ledger and sinks under a simulated clock, where anything may fail and the process dies.

Faults come and go, become graver and explain each other; sinks refuse, or take what they say they have not; windows
begin, and are ended early; in every other seed the database goes away, too. Each seed is a history of its own. What
must hold in the end is in ``check``: all that was recorded and that somebody should hear of has been told, in order,
nothing that was held back or was another's business, and little twice.
"""

import os
import random
from collections import defaultdict
from contextlib import suppress

import pytest
from sqlalchemy import select

from watchglass.model.errors import StoreError
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.maintenance import Maintenance, Window
from watchglass.model.routing import Route, Routes
from watchglass.model.sink import SinkError
from watchglass.monitor.incidents import Incidents, Patience
from watchglass.sinks.dispatch import LEASE, Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger
from watchglass.store.scribe import Scribe
from watchglass.store.tables import NEWS

PACES = {"lines": Pace(digests=False), "mail": Pace(), "pager": Pace(group_interval=60.0, burst=2)}
ROUTES = Routes(
    [Route(sinks=("lines", "mail")), Route(sinks=("pager",), severity=Severity.CRITICAL, group_by=("stream",))],
    list(PACES),
)
STREAMS = {"s0": {"site": "oslo"}, "s1": {"site": "oslo"}, "s2": {}}
DETECTORS = ("video.freeze", "audio.silence", "transport.stall")
SEQUELS = (IncidentEvent.CLOSED, IncidentEvent.MERGED, IncidentEvent.ACKNOWLEDGED)
ENDS = (IncidentEvent.CLOSED, IncidentEvent.MERGED)
PATIENCE = Patience(flaps=10**6, repeat=600.0)
STEPS = 150
SEEDS = sorted({*range(int(os.environ.get("WATCHGLASS_SEEDS", "24"))), 770, 1061, 1614, 1914, 2114, 2470})
"""As many as one likes (`make drill-simulation`), and those that taught us something."""


class Died(BaseException):
    """The process is no more."""


class World:
    """What outlives the process: the clock, the disk, what receivers have, and which faults there really are."""

    def __init__(self, seed, url):
        self.rng, self.now = random.Random(seed), 1_000.0
        self.engine = open_database(url)
        self.ledger = Ledger(self.engine)
        self.has_outages = bool(seed % 2)
        self.away_until = 0.0
        self.windows = []
        self.news = {}
        """By id, all that was ever told by who keeps incidents, with when it may be told."""
        self.held_later = set()
        """Ids of what one life may have told from memory, and a later one, which knows nothing of that, holds back."""
        self.received = {name: [] for name in PACES}
        """When, in which life, and ids; in order."""
        self.messages = {name: [] for name in PACES}
        """Those that were acknowledged: when, in which life, how grave what began in each group, and if in parts."""
        self.faults = {}
        """By stream and detector: when it began, and how grave it is."""
        self.life = self.deaths = self.exposed = self.in_flight = 0
        self.is_calm = False

    def may_die(self):
        if not self.is_calm and self.rng.random() < 0.01:
            self.deaths += 1
            self.exposed += self.in_flight
            self.in_flight = 0
            raise Died

    def may_be_away(self):
        if self.has_outages and not self.is_calm:
            if self.rng.random() < 0.01:
                self.away_until = self.now + self.rng.choice([0.0, 30.0, 200.0])
            return self.now <= self.away_until
        return False

    @property
    def maintenance(self):
        return Maintenance(self.windows)

    def plans_work(self):
        begins = self.now + self.rng.uniform(-10.0, 100.0)
        stream = self.rng.choice([*STREAMS, "*"])
        self.windows.append(Window(streams=(stream,), begins=begins, ends=begins + self.rng.uniform(10.0, 300.0)))

    def ends_work(self):
        """All of it, at once; as before a reload."""
        self.windows.clear()
        for id, (told, held_until) in self.news.items():
            self.news[id] = (told, min(held_until, self.now))


class Receiver:
    """Takes what is sent, or does not, or takes it and says so to nobody."""

    def __init__(self, world, name):
        self._world, self._name = world, name
        self._refused = 0.0, set()
        """When a message was refused as a whole, and what was in it: it comes again in parts."""

    def send(self, news):
        world = self._world
        world.may_die()
        luck = 1.0 if world.is_calm else world.rng.random()
        if luck < 0.1:
            raise SinkError("HTTP 503")
        ids = {one.id for one in news}
        is_part = self._refused[0] == world.now and ids < self._refused[1]
        if luck < 0.15 and len(news) > 1:
            if not is_part:
                self._refused = world.now, ids
            raise SinkError("HTTP 413", is_final=True)
        world.received[self._name] += [(world.now, one.id) for one in news]
        world.in_flight += len(news)
        world.may_die()
        if luck < 0.2:
            world.exposed += len(news)
            world.in_flight = 0
            raise SinkError("the answer ended early")
        groups = {}
        for one in news:
            grave = one.incident.severity if one.event in ("opened", "raised") else -1
            groups[one.group] = max(grave, groups.get(one.group, -1))
        world.messages[self._name].append((world.now, world.life, groups, is_part))


class MortalLedger:
    """The ledger, where the process may die before and after each step, and the database may be away."""

    def __init__(self, world):
        self._world = world

    def __getattr__(self, name):
        world, step = self._world, getattr(self._world.ledger, name)

        def mortal(*args, **more):
            world.may_die()
            if world.may_be_away():
                if world.rng.random() < 0.3:
                    step(*args, **more)  # and nobody hears of it
                raise StoreError("database is locked")
            done = step(*args, **more)
            if name == "sent":
                world.in_flight = 0
            world.may_die()
            return done

        return mortal


class Process:
    """From its start to its death."""

    def __init__(self, world):
        world.life += 1
        self._world, self._run = world, str(world.life)
        self.ledger = MortalLedger(world)
        self._scribe = Scribe(self.ledger)
        sinks = {name: Receiver(world, name) for name in PACES}
        self._deliveries = Deliveries(self._scribe, sinks, PACES, rng=random.Random(world.rng.random()))
        self.incidents = {stream: Incidents(stream, PATIENCE) for stream in STREAMS}
        for stream, incidents in self.incidents.items():
            incidents.resume(world.ledger.open_incidents(stream))
            incidents.begins(world.now)
        self._told = {}
        self.let_go()
        for fault in world.faults:  # watching begins anew, and finds what is there
            self.tell(fault, Event.OPENED)

    def let_go(self):
        now, maintenance = self._world.now, self._world.maintenance
        free = [stream for stream, labels in STREAMS.items() if not maintenance.held_until(stream, labels, now)]
        with suppress(StoreError):
            self._scribe.release(free, now)

    def tell(self, fault, event, by=None):
        world, (stream, detector) = self._world, fault
        began = self._told.setdefault(fault, world.now)
        severity = world.faults.get(fault, Severity.WARNING)
        finding = Finding(
            event=event, detector=detector, track=None, opened_at=began, told_at=world.now,
            severity=Severity.INFO if by else severity, explained_by=by,
        )  # fmt: skip
        self.say(stream, self.incidents[stream].take(finding, run=self._run, began=began, now=world.now))
        if event is Event.CLOSED:
            del self._told[fault]

    def say(self, stream, news):
        world, labels = self._world, STREAMS[stream]
        for one in news:
            held_until = world.maintenance.held_until(stream, labels, world.now)
            _, held_at_first = world.news.setdefault(one.id, (one, held_until))
            if held_until and not held_at_first:
                world.held_later.add(one.id)
            self._scribe.tell([ROUTES.bulletin(one, labels, held_until)], world.now)

    def turn(self):
        for stream, incidents in self.incidents.items():
            self.say(stream, incidents.tick(self._world.now))
        self._scribe.turn(self._world.now)
        self._deliveries.turn(self._world.now)


def lives(world, process):
    """One step of the world and of the process in it."""
    rng = world.rng
    world.now += rng.choice([0.1, 1.0, 5.0, 20.0])
    fault = stream, detector = rng.choice(list(STREAMS)), rng.choice(DETECTORS)
    luck = rng.random()
    if luck < 0.3:
        if world.faults.pop(fault, None) is None:
            world.faults[fault] = Severity.WARNING
            process.tell(fault, Event.OPENED)
        else:
            process.tell(fault, Event.CLOSED)
    elif luck < 0.4 and fault in world.faults:
        world.faults[fault] = Severity.CRITICAL
        process.tell(fault, Event.CHANGED)
    elif luck < 0.5 and fault in world.faults and (stream, "transport.stall") in world.faults:
        if detector != "transport.stall":
            process.tell(fault, Event.CHANGED, by="transport.stall")
    elif luck < 0.55:
        for incident in process.incidents[stream].open[:1]:
            process.say(stream, process.incidents[stream].acknowledge(incident.id, "ann", world.now))
    elif luck < 0.6:
        world.plans_work()
    elif luck < 0.62 and world.now > world.away_until:
        world.ends_work()
        process.let_go()
    process.turn()


def born(world):
    while True:
        try:
            return Process(world)
        except Died:
            continue


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_whatever_happens(seed, tmp_path):
    world = World(seed, f"sqlite:///{tmp_path}/w.db")
    process = born(world)
    for _ in range(STEPS):
        try:
            lives(world, process)
        except Died:
            process = born(world)
    world.is_calm = True
    process = born(world)
    process.turn()  # what is due is told before all is over
    for fault in list(world.faults):
        process.tell(fault, Event.CLOSED)
        world.faults.pop(fault)
    for _ in range(40):
        world.now += PATIENCE.confirm + PATIENCE.keep
        process.turn()
    assert [each.open for each in process.incidents.values()] == [[]] * len(STREAMS)
    assert world.ledger.open_incidents() == world.ledger.dead_letters() == []
    for name in PACES:
        assert world.ledger.claim(world.now + 1e6, LEASE, name) == []
    check(world)
    world.engine.dispose()


def check(world):
    with world.engine.begin() as connection:
        ids = list(connection.execute(select(NEWS.c.id).order_by(NEWS.c.number)).scalars())
    assert len(ids) > 20
    assert world.deaths > 0
    by_incident = defaultdict(list)
    for id in ids:
        by_incident[world.news[id][0].incident.id].append(id)
    for history in by_incident.values():
        assert sum(world.news[id][0].event in ENDS for id in history) == 1
    for name, pace in PACES.items():
        received = [id for _, id in world.received[name]]
        firsts = list(dict.fromkeys(received))
        for history in by_incident.values():
            check_incident(world, name, history, [id for id in firsts if id in set(history)])
        for at, id in world.received[name]:
            assert at >= world.news[id][1]  # nothing while a window holds
        if not world.has_outages:
            assert set(received) <= set(ids)
            check_pace(pace, world.messages[name])
    told_again = sum(len(each) - len({id for _, id in each}) for each in world.received.values())
    if not world.has_outages:
        assert told_again <= world.exposed


def check_incident(world, name, history, got):
    """What a sink has of an incident, in the order in which it came."""
    told = {id: world.news[id] for id in history}
    meant = [
        id
        for id in history
        if name in {due.sink for due in ROUTES.sinks_for(told[id][0], STREAMS[told[id][0].incident.stream])}
    ]
    assert set(got) <= set(meant)
    held = [id for id in meant if told[id][1]]
    if world.has_outages and not world.held_later.isdisjoint(meant):
        return
    if not held:
        assert set(got) == set(meant)
    elif got:  # all of it, but what happened while it was held
        # Who told from memory and died before that was written knows nothing of it, and may hold back the rest.
        assert world.has_outages or any(told[id][0].event in ENDS for id in got)
        assert world.has_outages or set(meant) - set(held) <= set(got)
    else:
        assert meant[0] in held
        end = told[history[-1]][0].at
        # What went on long after the window was not passed over.
        assert world.has_outages or end <= max(told[id][1] for id in held) + 100.0
    if got and not world.has_outages:
        assert got == [id for id in meant if id in got]
        assert told[got[0]][0].event not in SEQUELS


def check_pace(pace, messages):
    """At most one message about a group in its interval but for what is graver, and a few about all; parts aside."""
    whole = [each for each in messages if not each[3]]
    last = {}
    for at, life, groups, _ in whole if pace.digests else ():
        for group, grave in groups.items():
            before, gravest = last.get((life, group), (-1e9, -1))
            is_over = at - before >= pace.group_interval
            assert at == before or is_over or grave > gravest
            last[life, group] = at, grave if is_over else max(grave, gravest)
