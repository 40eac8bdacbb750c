import random
from itertools import count

import pytest

from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.incident import IncidentEvent
from watchglass.monitor.incidents import Incidents, Patience

INFO, WARNING, CRITICAL = Severity
OPENED, RAISED, FLAPPING = IncidentEvent.OPENED, IncidentEvent.RAISED, IncidentEvent.FLAPPING
MERGED, CLOSED, REMINDED = IncidentEvent.MERGED, IncidentEvent.CLOSED, IncidentEvent.REMINDED
TOLD = {OPENED, RAISED, MERGED, CLOSED}
"""What people are told of; that something comes and goes is told with what comes next."""
KEEP = Patience().keep


class Stream:
    """Tells findings to the incidents of a stream, and keeps what comes of it."""

    def __init__(self, patience=None):
        self.incidents, self.news, self.run = Incidents("news", patience), [], "1"

    def tell(
        self, at, detector="video.freeze", event=Event.OPENED, *, began=None, severity=WARNING, by=None, track=None
    ):
        opened_at = at if began is None else began
        finding = Finding(
            event=event, detector=detector, track=track, opened_at=opened_at, told_at=at, severity=severity,
            message=f"{detector} {severity}", explained_by=by,
        )  # fmt: skip
        self.news += self.incidents.take(finding, run=self.run, began=opened_at, now=at)
        return self

    def over(self, at, detector="video.freeze", *, began, **more):
        return self.tell(at, detector, Event.CLOSED, began=began, **more)

    def wait(self, until):
        self.news += self.incidents.tick(until)
        return self

    @property
    def said(self):
        return [(news.event, news.incident.detector, news.at) for news in self.news]

    @property
    def events(self):
        return [news.event for news in self.news]


def test_a_fault_is_one_incident_from_its_beginning_to_its_end():
    stream = Stream().tell(12.0, began=10.0).over(50.0, began=10.0).wait(50.0 + KEEP)
    assert stream.said == [(OPENED, "video.freeze", 12.0), (CLOSED, "video.freeze", 50.0 + KEEP)]
    opened, closed = (news.incident for news in stream.news)
    assert (opened.opened_at, opened.is_open, closed.closed_at) == (10.0, True, 50.0)
    assert opened.id == closed.id


def test_notes_are_no_incidents():
    assert Stream().tell(10.0, severity=INFO).over(20.0, began=10.0).wait(100.0).news == []


def test_what_becomes_graver_is_told_and_what_becomes_less_grave_is_not():
    stream = Stream().tell(10.0)
    for at, severity in ((11.0, CRITICAL), (12.0, WARNING), (13.0, CRITICAL)):
        stream.tell(at, event=Event.CHANGED, began=10.0, severity=severity)
    assert stream.events == [OPENED, RAISED]
    assert stream.news[-1].incident.message == "video.freeze critical"


def test_both_tracks_are_one_incident_that_lasts_until_both_are_well():
    stream = Stream().tell(10.0, "sync.timestamps", track="video:0").tell(10.0, "sync.timestamps", track="audio:0")
    stream.over(20.0, "sync.timestamps", began=10.0, track="video:0").wait(100.0)
    assert stream.events == [OPENED]
    stream.over(110.0, "sync.timestamps", began=10.0, track="audio:0").wait(110.0 + KEEP)
    assert stream.events == [OPENED, CLOSED]


def test_effects_belong_to_their_cause():
    stream = Stream().tell(10.0, "transport.stall").tell(11.0, "video.freeze", by="transport.stall", severity=INFO)
    assert stream.events == [OPENED]
    [incident] = stream.incidents.open
    assert (incident.detector, incident.others, len(incident.findings)) == ("transport.stall", ("video.freeze",), 2)


def test_what_was_an_incident_of_its_own_is_merged_when_its_cause_is_known():
    stream = Stream().tell(10.0, "video.freeze").tell(11.0, "transport.stall", began=9.0)
    stream.tell(11.0, "video.freeze", Event.CHANGED, began=10.0, by="transport.stall", severity=INFO)
    assert stream.said == [
        (OPENED, "video.freeze", 10.0), (OPENED, "transport.stall", 11.0), (MERGED, "video.freeze", 11.0),
    ]  # fmt: skip
    assert stream.news[-1].incident.merged_into == stream.incidents.open[0].id


def test_what_goes_on_after_its_cause_is_an_incident_of_its_own():
    stream = Stream().tell(10.0, "transport.stall").tell(11.0, "video.freeze", by="transport.stall", severity=INFO)
    stream.over(20.0, "transport.stall", began=10.0)
    stream.tell(23.0, "video.freeze", Event.CHANGED, began=11.0)
    assert stream.said[1:] == [(OPENED, "video.freeze", 23.0)]


def test_what_comes_back_soon_is_the_same_incident():
    stream = Stream().tell(10.0).over(20.0, began=10.0).tell(40.0).over(50.0, began=40.0).wait(200.0)
    assert stream.events == [OPENED, CLOSED]
    assert stream.news[-1].incident.closed_at == 50.0
    assert len(stream.news[-1].incident.findings) == 2


def test_what_comes_and_goes_every_second_is_told_twice():
    stream = Stream()
    for at in range(600):
        stream.tell(at + 0.0).over(at + 0.5, began=at + 0.0)
    stream.wait(599.5 + Patience().flap_window - 0.1)
    assert [event for event in stream.events if event in TOLD] == [OPENED]
    stream.wait(599.5 + Patience().flap_window)
    assert stream.events == [OPENED, FLAPPING, CLOSED]


def test_what_comes_and_goes_slowly_is_soon_told_no_more():
    stream = Stream()
    for at in range(0, 6000, 2 * round(KEEP)):
        stream.tell(at + 0.0).over(at + 1.0, began=at + 0.0).wait(at + 1.0 + KEEP)
    stream.wait(20_000.0)
    assert [event for event in stream.events if event in TOLD] == [OPENED, CLOSED] * 3


@pytest.mark.parametrize("is_found_again", [False, True])
def test_a_restart_of_ours_ends_nothing_before_it_has_been_looked_at_again(is_found_again):
    stream = Stream().tell(10.0).tell(20.0, event=Event.UNWATCHED, began=10.0).wait(500.0)
    assert stream.events == [OPENED]
    stream.run = "2"
    stream.incidents.begins(500.0)
    stream.wait(500.0 + Patience().confirm - 1.0)
    if is_found_again:
        stream.tell(501.0)
    stream.wait(500.0 + Patience().confirm + KEEP)
    assert stream.events == ([OPENED] if is_found_again else [OPENED, CLOSED])
    if not is_found_again:
        assert stream.news[-1].incident.closed_at == 500.0


@pytest.mark.parametrize("is_found_again", [False, True])
def test_who_begins_anew_goes_on_with_what_was_open(is_found_again):
    """After the death of the process that kept them."""
    before = Stream().tell(10.0).tell(12.0, "transport.stall")
    stream = Stream()
    stream.run = "2"
    stream.incidents.resume(before.incidents.open)
    stream.incidents.begins(100.0)
    if is_found_again:
        stream.tell(110.0).tell(111.0, "transport.stall")
    stream.wait(100.0 + Patience().confirm + KEEP)
    assert stream.events == ([] if is_found_again else [CLOSED, CLOSED])
    ids = {incident.id for incident in before.incidents.open}
    assert ids == {one.id for one in stream.incidents.open} | {news.incident.id for news in stream.news}


def test_who_has_it_in_hand_is_told_once():
    stream = Stream().tell(10.0)
    [incident] = stream.incidents.open
    assert [news.incident.acknowledged_by for news in stream.incidents.acknowledge(incident.id, "ann", 11.0)] == ["ann"]
    assert list(stream.incidents.acknowledge(incident.id, "bob", 12.0)) == []


def ticks(stream, until, step=60.0):
    for at in range(0, round(until), round(step)):
        stream.wait(float(at))
    return stream


def test_what_goes_on_is_told_again_until_somebody_has_it_in_hand():
    stream = ticks(Stream(Patience(repeat=3_600.0)).tell(10.0), 8_000.0)
    assert stream.said[1:] == [(REMINDED, "video.freeze", 3_660.0), (REMINDED, "video.freeze", 7_260.0)]
    assert len({news.id for news in stream.news}) == 3
    [incident] = stream.incidents.open
    list(stream.incidents.acknowledge(incident.id, "ann", 8_000.0))
    ticks(stream, 20_000.0)
    assert stream.events == [OPENED, REMINDED, REMINDED]


def test_nobody_is_reminded_of_what_is_well_again_or_where_that_is_not_wanted():
    stream = Stream(Patience(repeat=3_600.0)).tell(10.0).over(3_600.0, began=10.0).wait(3_615.0)
    assert stream.events == [OPENED]
    assert ticks(Stream(Patience(repeat=0.0)).tell(10.0), 100_000.0).events == [OPENED]


def test_a_long_absence_is_one_reminder():
    assert Stream(Patience(repeat=3_600.0)).tell(10.0).wait(20_000.0).events == [OPENED, REMINDED]


def test_who_begins_anew_reminds_under_the_same_ids():
    before = ticks(Stream(Patience(repeat=3_600.0)).tell(10.0), 8_000.0)
    after = Stream(Patience(repeat=3_600.0))
    after.incidents.resume(before.incidents.open)
    after.wait(8_000.0).wait(10_810.0)
    assert [news.number for news in after.news] == [2, 3]
    assert after.news[0].id == before.news[-1].id


@pytest.mark.parametrize("seed", range(200))
def test_reminders_against_a_model(seed):
    """One for each ``repeat`` that it has lasted, as soon as somebody looks and all is not well."""
    rng = random.Random(seed)
    repeat, opened_at = rng.choice([600.0, 3_600.0, 14_400.0]), 10.0
    stream, now, expected, reminded = Stream(Patience(repeat=repeat)).tell(opened_at), opened_at, [], 0
    for _ in range(200):
        now += rng.expovariate(1 / 300.0)
        stream.wait(now)
        if (now - opened_at) // repeat > reminded:
            reminded = (now - opened_at) // repeat
            expected.append(now)
    assert [at for event, _, at in stream.said if event is REMINDED] == expected
    ids = [news.id for news in stream.news]
    assert len(set(ids)) == len(ids)


def test_the_same_news_have_the_same_id_and_others_have_others():
    first, again = (Stream().tell(10.0).over(50.0, began=10.0).wait(100.0) for _ in range(2))
    ids = [news.id for news in first.news]
    assert ids == [news.id for news in again.news]
    assert len(set(ids)) == len(ids)


def expected(spans, keep):
    """What a fault that comes and goes in these spans is told as: spans that are further apart than ``keep``."""
    told = [list(spans[0])]
    for begin, end in spans[1:]:
        if begin - told[-1][1] < keep:
            told[-1][1] = end
        else:
            told.append([begin, end])
    return [tuple(span) for span in told]


@pytest.mark.parametrize("seed", range(1_000))
def test_against_a_model(seed):
    rng = random.Random(seed)
    at, spans = 0.0, []
    for _ in range(rng.randint(1, 20)):
        begin = at + rng.expovariate(1 / 30.0)
        at = begin + rng.expovariate(1 / 20.0)
        spans.append((begin, at))
    stream = Stream(Patience(flaps=10**6))
    for begin, end in spans:
        stream.tell(begin).over(end, began=begin)
    stream.wait(at + 1_000.0)
    closed = [news.incident for news in stream.news if news.event is CLOSED]
    assert [(one.opened_at, one.closed_at) for one in closed] == expected(spans, KEEP)
    assert len({one.id for one in closed}) == len(closed)


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_told_all_that_is_opened_is_closed_once(seed):
    rng, number = random.Random(seed), count()
    detectors = ["transport.stall", "video.freeze", "audio.silence"]
    stream, now, findings = Stream(), 0.0, {}
    for _ in range(200):
        now += rng.choice([0.0, 0.5, 10.0, 40.0])
        if not findings or rng.random() < 0.5:
            detector, began = rng.choice(detectors), now + next(number) * 1e-3
            findings[began] = detector
            stream.tell(now, detector, began=began, severity=rng.choice(list(Severity)))
        else:
            began = rng.choice(list(findings))
            by = rng.choice([None, *detectors])
            if rng.random() < 0.4:
                stream.tell(
                    now, findings[began], Event.CHANGED, began=began, severity=rng.choice(list(Severity)), by=by
                )
            else:
                stream.over(now, findings.pop(began), began=began)
    for began, detector in findings.items():
        stream.over(now, detector, began=began)
    stream.wait(now + 10_000.0)
    assert stream.incidents.open == []
    ids = {news.incident.id for news in stream.news}
    ends = [news.incident.id for news in stream.news if news.event in (CLOSED, MERGED)]
    assert sorted(ends) == sorted(ids)
    assert [news.incident.id for news in stream.news if news.event is OPENED] == list(dict.fromkeys(
        news.incident.id for news in stream.news
    ))  # fmt: skip


def test_who_took_it_in_hand_elsewhere_is_told_to_nobody_and_reminded_of_no_more():
    stream = Stream()
    stream.tell(0.0, "video.freeze")
    [opened] = stream.incidents.open
    assert stream.incidents.acknowledged(opened.id, "Aino")
    assert not stream.incidents.acknowledged(opened.id, "Aino")
    assert not stream.incidents.acknowledged("unknown", "Aino")
    stream.wait(100 * 3_600.0)
    assert [news.event for news in stream.news] == [OPENED]
    stream.over(100 * 3_600.0, began=0.0)
    stream.wait(200 * 3_600.0)
    assert stream.news[-1].event is CLOSED
    assert stream.news[-1].incident.acknowledged_by == "Aino"
