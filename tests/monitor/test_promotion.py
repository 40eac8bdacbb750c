import itertools

import pytest

from watchglass.model.attention import Attention
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.monitor.promotion import Promotion

INFO, WARNING = Severity.INFO, Severity.WARNING


def sound(pts):
    """Media go on."""
    return Reading("audio.silence", "audio:0", "level", pts - 1.0, 1.0, -20.0, "dBFS")


def key(pts, change=40.0):
    return Reading("video.freeze", "video:0", "key_change", pts, 0.04, change, "code values")


def found(at, detector="video.black", severity=WARNING, event=Event.OPENED, told=None, track="video:0"):
    return Finding(
        event=event,
        detector=detector,
        track=track,
        opened_at=at,
        told_at=at if told is None else told,
        severity=severity,
    )


def over(at, until, detector="video.black"):
    return found(at, detector, event=Event.CLOSED, told=until)


def tiers(*seen, allowed=True, **limits):
    """Decisions, as (seconds, is_light)."""
    told, attention = [], Attention()
    promotion = Promotion(attention, tell=told.append, **limits)
    promotion.allowed = allowed
    assert list(promotion.watching(seen)) == list(seen)
    assert attention.is_light is (not told or told[-1].is_light)
    return [(tier.pts, tier.is_light) for tier in told]


def going_on(begin, end):
    return [sound(float(pts)) for pts in range(begin, end)]


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param(found(10.0), id="an alarm of the picture"),
        pytest.param(found(10.0, "audio.silence", track="audio:0"), id="an alarm of the sound"),
        pytest.param(found(10.0, severity=INFO), id="what may become an alarm"),
        pytest.param(key(9.96, 0.3), id="a picture that has not changed"),
        pytest.param(Reading("video.corrupt", "video:0", "damaged", 9.96, 0.04, 1.0, "pictures"), id="damage"),
        pytest.param(Reading("video.freeze", "video:0", "hold", 8.0, 2.0, 2.0, "s"), id="pictures that never came"),
    ],
)
def test_what_looks_wrong_is_looked_at(reason):
    assert tiers(*going_on(1, 10), reason) == [(10.0, False)]


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param(found(10.0, "audio.silence", INFO, track="audio:0"), id="information on the sound"),
        pytest.param(found(10.0, "transport.segment_slow", track=None), id="how bytes arrive"),
        pytest.param(key(10.0), id="motion"),
        pytest.param(Reading("video.corrupt", "video:0", "damaged", 10.0, 0.04, 0.0, "pictures"), id="a whole picture"),
    ],
)
def test_what_does_not_concern_the_picture_is_not(harmless):
    assert tiers(*going_on(1, 10), harmless, *going_on(10, 20)) == []


def test_key_frames_that_do_not_come_any_more_are_missed():
    keys = [seen for pts in range(2, 12, 2) for seen in (sound(float(pts)), key(float(pts)))]
    assert tiers(*keys, *going_on(11, 14)) == []
    assert tiers(*keys, *going_on(11, 20)) == [(16.0, False)]


def test_information_that_becomes_an_alarm_counts_as_one():
    raised = found(10.0, severity=WARNING, event=Event.CHANGED, told=100.0)
    seen = [found(10.0, severity=INFO), *going_on(11, 100), raised, *going_on(101, 240)]
    assert tiers(*seen) == [(10.0, False), (220.0, True)]


def test_it_is_light_again_once_it_has_been_calm_for_long():
    seen = [found(10.0), *going_on(11, 31), over(10.0, 31.0), *going_on(32, 120)]
    assert tiers(*seen) == [(10.0, False), (91.0, True)]


def test_what_goes_on_for_ever_is_no_reason_for_ever():
    assert tiers(found(10.0), *going_on(11, 300)) == [(10.0, False), (130.0, True)]


def test_what_is_new_is_looked_at_for_as_long_again():
    seen = [found(10.0), *going_on(11, 100), found(100.0, "video.freeze"), *going_on(101, 300)]
    assert tiers(*seen) == [(10.0, False), (220.0, True)]


def test_suspicions_that_come_to_nothing_are_looked_into_ever_more_seldom():
    seen = [each for pts in range(1, 1200) for each in (sound(float(pts)), key(pts - 0.04, 0.3))]
    told = tiers(*seen, tire=60.0)
    promoted = [pts for pts, is_light in told if not is_light]
    assert promoted[0] == pytest.approx(1.0)
    pauses = [after - before for before, after in itertools.pairwise(promoted)]
    assert pauses == pytest.approx([120.0, 180.0, 300.0, 540.0], abs=3.0)


def test_but_an_alarm_is_looked_at_at_once():
    quiet = [each for pts in range(1, 90) for each in (sound(float(pts)), key(pts - 0.04, 0.3))]
    assert tiers(*quiet, found(90.0), tire=60.0)[-1] == (90.0, False)


def test_it_never_turns_more_than_once_a_minute():
    seen = [
        each for pts in range(1, 2000, 3) for each in (found(float(pts)), over(float(pts), pts + 1.0), sound(pts + 2.0))
    ]
    told = tiers(*seen)
    assert all(after - before >= 60.0 for (before, _), (after, _) in itertools.pairwise(told))


def test_where_there_is_no_room_for_it_nothing_is_promoted():
    assert tiers(found(10.0), *going_on(11, 30), allowed=False) == []


def test_and_what_was_is_light_again_at_once():
    told, attention = [], Attention()
    promotion = Promotion(attention, tell=told.append)
    list(promotion.watching([found(10.0)]))
    promotion.allowed = False
    assert attention.is_light
    assert [(tier.name, tier.pts) for tier in told] == [("full", 10.0), ("light", 10.0)]
    assert "no room" in told[-1].why
