"""Incidents, ledger and dispatcher under a simulated clock: faults come and go, sinks fail, the process dies anywhere.

Each seed is a history of its own. What must hold in the end: all that was recorded has been told, each piece of news
twice at most for each death and each answer that was lost, and every incident that was opened is over and told so.
"""

import random
from collections import Counter

import pytest

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.sink import Bulletin, Due, SinkError
from watchglass.monitor.incidents import Incidents, Patience
from watchglass.sinks.dispatch import LEASE, Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

SINKS = ("a", "b")
DETECTORS = ("video.freeze", "audio.silence", "transport.stall")
STEPS = 150
SEEDS = 30


class Died(BaseException):
    """The process is no more."""


class World:
    """What outlives the process: the clock, the disk, what receivers have, and which faults there really are."""

    def __init__(self, seed, url):
        self.rng, self.now = random.Random(seed), 1_000.0
        self.ledger = Ledger(open_database(url))
        self.received = {name: Counter() for name in SINKS}
        self.faults = {}
        """By detector, when it began."""
        self.deaths = self.lost_answers = 0
        self.is_calm = False

    def may_die(self):
        if not self.is_calm and self.rng.random() < 0.02:
            self.deaths += 1
            raise Died

    def sink(self, name):
        return Receiver(self, name)


class Receiver:
    """Takes what is sent, or does not, or takes it and says so to nobody."""

    def __init__(self, world, name):
        self._world, self._name = world, name

    def send(self, news):
        world = self._world
        world.may_die()
        luck = 1.0 if world.is_calm else world.rng.random()
        if luck < 0.2:
            raise SinkError("HTTP 503")
        world.received[self._name].update(one.id for one in news)
        world.may_die()
        if luck < 0.3:
            world.lost_answers += len(news)
            raise SinkError("the answer ended early")


class MortalLedger:
    """The ledger, where the process may die before and after each step."""

    def __init__(self, world):
        self._world = world

    def __getattr__(self, name):
        step = getattr(self._world.ledger, name)

        def mortal(*args, **more):
            self._world.may_die()
            done = step(*args, **more)
            self._world.may_die()
            return done

        return mortal


class Process:
    """From its start to its death."""

    def __init__(self, world, run):
        self._world, self._run = world, str(run)
        self._ledger = MortalLedger(world)
        self._incidents = Incidents("s", Patience(flaps=10**6))
        self._dispatcher = Deliveries(
            self._ledger,
            {name: world.sink(name) for name in SINKS},
            dict.fromkeys(SINKS, Pace(digests=False)),
            rng=random.Random(world.rng.random()),
        )
        self._told = {}
        self._incidents.resume(world.ledger.open_incidents())
        self._incidents.begins(world.now)
        for detector in world.faults:  # watching begins anew, and finds what is there
            self.tell(detector, Event.OPENED)

    def tell(self, detector, event):
        began = self._told.setdefault(detector, self._world.now)
        finding = Finding(
            event=event,
            detector=detector,
            track=None,
            opened_at=began,
            told_at=self._world.now,
            severity=Severity.WARNING,
        )
        news = list(self._incidents.take(finding, run=self._run, began=began, now=self._world.now))
        self._ledger.record([Bulletin(one, tuple(map(Due, SINKS))) for one in news], self._world.now)
        if event is Event.CLOSED:
            del self._told[detector]

    def turn(self):
        news = list(self._incidents.tick(self._world.now))
        self._ledger.record([Bulletin(one, tuple(map(Due, SINKS))) for one in news], self._world.now)
        self._dispatcher.turn(self._world.now)

    @property
    def open(self):
        return self._incidents.open


def lives(world, process):
    """One step of the world and of the process in it."""
    rng = world.rng
    world.now += rng.choice([0.1, 1.0, 5.0, 20.0])
    detector = rng.choice(DETECTORS)
    if rng.random() < 0.3:
        if world.faults.pop(detector, None) is None:
            world.faults[detector] = world.now
            process.tell(detector, Event.OPENED)
        else:
            process.tell(detector, Event.CLOSED)
    process.turn()


def born(world, run):
    while True:
        try:
            return Process(world, run)
        except Died:
            run += 0.001


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_is_lost_whatever_happens(seed, tmp_path):
    world = World(seed, f"sqlite:///{tmp_path}/w.db")
    process = born(world, 0)
    for step in range(STEPS):
        try:
            lives(world, process)
        except Died:
            process = born(world, step + 1)
    world.is_calm = True
    process = born(world, STEPS + 1)
    for detector in list(world.faults):
        world.faults.pop(detector)
        process.tell(detector, Event.CLOSED)
    for _ in range(30):
        world.now += Patience().confirm + Patience().keep + LEASE
        process.turn()
    history = list(world.ledger.history(most=10**6))
    assert process.open == world.ledger.open_incidents() == []
    assert world.ledger.dead_letters() == []
    opened = {incident.id for _, event, incident in history if event == IncidentEvent.OPENED}
    over = {incident.id for _, event, incident in history if event in (IncidentEvent.CLOSED, IncidentEvent.MERGED)}
    assert opened == over
    for name in SINKS:
        assert len(world.received[name]) == len(history)
    told_again = sum(sum(each.values()) - len(each) for each in world.received.values())
    assert told_again <= world.deaths + world.lost_answers
    assert len(history) > 10
    assert world.deaths > 0
