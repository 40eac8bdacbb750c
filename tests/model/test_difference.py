from dataclasses import replace

from watchglass.model.difference import differences
from watchglass.model.finding import Event, Finding, Severity


def finding(opened_at=1.0, closed_at=5.0, **fields):
    facts = {"event": Event.CLOSED, "detector": "video.black", "track": "video:0", "told_at": 6.0} | fields
    return Finding(opened_at=opened_at, closed_at=closed_at, **facts)


def test_the_same_again_is_no_difference():
    found = [finding(), finding(9.0, None)]
    assert not differences(found, [replace(each, told_at=99.0) for each in found])


def test_new_gone_and_changed():
    graver = finding(severity=Severity.CRITICAL)
    seen = differences([finding(), finding(9.0, 10.0)], [graver, finding(20.0, 21.0)])
    assert [each.opened_at for each in seen.new] == [20.0]
    assert [each.opened_at for each in seen.gone] == [9.0]
    assert [(each.then.severity, each.what) for each in seen.changed] == [(Severity.WARNING, ("severity",))]


def test_what_begins_earlier_is_the_same_defect():
    [changed] = differences([finding(2.0, 5.0)], [finding(1.5, 5.0)]).changed
    assert changed.what == ("opened_at",)


def test_another_track_is_another_defect():
    seen = differences([finding()], [finding(track="video:1")])
    assert (len(seen.new), len(seen.gone), seen.changed) == (1, 1, ())
