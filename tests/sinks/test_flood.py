"""A thousand streams fail within one second."""

import random

import pytest

from telling import NOW, incident
from watchglass.model.incident import IncidentEvent, IncidentNews
from watchglass.model.routing import Route, Routes
from watchglass.sinks.dispatch import Deliveries
from watchglass.sinks.grouping import Pace
from watchglass.store.database import open_database
from watchglass.store.ledger import Ledger

STREAMS = 1_000
INTERVAL = Pace().group_interval


@pytest.fixture
def ledger(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/watchglass.db")
    yield Ledger(engine)
    engine.dispose()


class Told:
    def __init__(self):
        self.at, self.messages = NOW, []

    def send(self, news):
        self.messages.append((self.at, [one.incident.id for one in news]))


@pytest.mark.parametrize("sites", [1, 5, 1_000])
def test_all_is_stored_all_is_told_and_nobody_is_drowned(ledger, sites):
    routes = Routes([Route(sinks=("mail", "lines"))], ["mail", "lines"])
    mail, lines = Told(), Told()
    deliveries = Deliveries(ledger, {"mail": mail, "lines": lines}, {"lines": Pace(digests=False)})
    fails_at = sorted((NOW + random.Random(number).random(), number) for number in range(STREAMS))
    now, waiting = NOW, list(fails_at)
    while now < NOW + 3 * INTERVAL:
        failed = [number for at, number in waiting if at <= now]
        waiting = waiting[len(failed) :]
        labels = {number: {"site": f"s{number % sites}"} for number in failed}
        opened = {
            number: IncidentNews(IncidentEvent.OPENED, incident(number, stream=f"news{number}"), now)
            for number in failed
        }
        ledger.record([routes.bulletin(opened[number], labels[number]) for number in failed], now)
        mail.at = lines.at = now
        deliveries.turn(now)
        now += 0.05 if now < NOW + 2.0 else 1.0
    everything = sorted(f"i{number}" for number in range(STREAMS))
    assert sorted(one.id for one in ledger.open_incidents()) == everything
    for sink in (mail, lines):
        assert sorted(one for _, ids in sink.messages for one in ids) == everything
    first_failure = fails_at[0][0]
    assert mail.messages[0][0] - first_failure <= 0.05
    assert lines.messages[-1][0] <= NOW + 1.1
    if sites < Pace().burst:  # a message now, and one when the interval is over
        for site in range(sites):
            of_it = [at for at, ids in mail.messages if any(int(one[1:]) % sites == site for one in ids)]
            assert len(of_it) == 2
            assert INTERVAL <= of_it[1] - of_it[0] <= INTERVAL + 1.0
    assert len(mail.messages) <= 2 * Pace().burst
