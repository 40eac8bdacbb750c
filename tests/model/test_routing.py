"""Who is told of what."""

import pytest

from telling import news
from watchglass.model.finding import Severity
from watchglass.model.incident import IncidentEvent
from watchglass.model.routing import Route, Routes

LABELS = {"site": "oslo", "kind": "tv"}
OPENED, RAISED, CLOSED = IncidentEvent.OPENED, IncidentEvent.RAISED, IncidentEvent.CLOSED
INFO, WARNING, CRITICAL = Severity


def sinks(routes, event=OPENED, labels=LABELS, **more):
    return [due.sink for due in routes.sinks_for(news(event, **more), labels)]


@pytest.mark.parametrize(("severity", "told"), [(INFO, []), (WARNING, ["a", "b"]), (CRITICAL, ["a", "b"])])
def test_without_a_rule_everybody_is_told_what_is_grave_enough(severity, told):
    assert sinks(Routes([], ["a", "b"]), severity=severity) == told


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        pytest.param({}, True, id="all"),
        pytest.param({"streams": ("sport*", "news")}, True, id="name"),
        pytest.param({"streams": ("n*w?",)}, True, id="pattern"),
        pytest.param({"streams": ("new",)}, False, id="another name"),
        pytest.param({"labels": {"site": "oslo"}}, True, id="label"),
        pytest.param({"labels": {"site": "oslo", "kind": "radio"}}, False, id="another label"),
        pytest.param({"labels": {"rack": ""}}, False, id="no such label"),
        pytest.param({"detectors": ("video.freeze",)}, True, id="detector"),
        pytest.param({"detectors": ("video",)}, True, id="family"),
        pytest.param({"detectors": ("vid", "video.fre")}, False, id="half a name"),
        pytest.param({"detectors": ("*.freeze",)}, True, id="detectors by pattern"),
        pytest.param({"severity": CRITICAL}, False, id="too harmless"),
        pytest.param({"severity": INFO}, True, id="grave enough"),
        pytest.param({"events": frozenset({OPENED})}, True, id="event"),
        pytest.param({"events": frozenset({CLOSED})}, False, id="another event"),
        pytest.param({"streams": ("news",), "severity": CRITICAL}, False, id="all of it must hold"),
    ],
)
def test_a_rule(rule, is_told):
    assert sinks(Routes([Route(sinks=("hook",), **rule)], ["hook", "other"])) == (["hook"] if is_told else [])


def test_whom_several_rules_name_is_told_once_grouped_by_the_first():
    routes = Routes([Route(sinks=("a", "b"), group_by=("kind",)), Route(sinks=("b", "c", "gone"))], ["a", "b", "c"])
    assert [(due.sink, due.group) for due in routes.sinks_for(news(), LABELS)] == [
        ("a", "video.freeze|kind=tv"), ("b", "video.freeze|kind=tv"), ("c", "video.freeze|site=oslo"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "group"),
    [({"site": "oslo"}, "video.freeze|stream=news"), (LABELS, "video.freeze|site=oslo|kind=tv")],
)
def test_a_stream_without_a_label_is_a_group_of_its_own(labels, group):
    [due] = Routes([Route(sinks=("a",), group_by=("site", "kind"))], ["a"]).sinks_for(news(), labels)
    assert due.group == group


def test_a_rule_of_graver_incidents_hears_of_one_that_becomes_so_and_of_its_end():
    routes = Routes([Route(sinks=("all",)), Route(sinks=("pager",), severity=CRITICAL)], ["all", "pager"])
    assert sinks(routes) == ["all"]
    assert sinks(routes, RAISED, severity=CRITICAL) == sinks(routes, CLOSED, severity=CRITICAL) == ["all", "pager"]
    assert sinks(routes, CLOSED) == ["all"]


def test_ends_are_for_whom_was_told_of_beginnings():
    routes = Routes([Route(sinks=("a",)), Route(sinks=("log",), events=frozenset({CLOSED}))], ["a", "log"])
    assert [(due.sink, due.is_sequel) for due in routes.sinks_for(news(CLOSED), LABELS)] == [
        ("a", True),
        ("log", False),
    ]
    assert not any(due.is_sequel for due in routes.sinks_for(news(RAISED), LABELS))


def test_who_was_told_before_is_told_on_unless_the_rules_say_that_nobody_wants_that():
    routes = Routes(
        [Route(sinks=("a",)), Route(sinks=("b",), streams=("sport",)), Route(sinks=("c",), events=frozenset({OPENED}))],
        ["a", "b", "c"],
    )
    told = routes.bulletin(news(CLOSED), LABELS, 5.0)
    assert ([due.sink for due in told.dues], told.followers, told.held_until) == (["a"], ("b",), 5.0)
